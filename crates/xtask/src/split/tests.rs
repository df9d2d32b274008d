//! Splits a small module and compares what it and its parts do, in Node.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use super::*;
use crate::process::output;

/// A loop with ways out that are rarely taken: a branch, a return, another turn; and a function that only they call.
const WHOLE: &str = r#"
(module
  (memory (export "memory") 1)
  (data (i32.const 1024) "\07\00\00\00\0b\00\00\00")
  (table 2 2 funcref)
  (elem (i32.const 1) $rare)
  (global $calls (mut i32) (i32.const 0))
  (type $unary (func (param i32) (result i32)))
  (func $rare (param i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.mul (i32.add (local.get 0) (i32.load (i32.const 1024))) (i32.load (i32.const 1028))))
  (func (export "calls") (result i32) (global.get $calls))
  (func $run (export "run") (param $n i32) (param $odd i32) (result i32) (local $sum i32) (local $seen i32)
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (block $common
          (br_if $common (i32.ne (local.get $n) (local.get $odd)))
          ;; From here on, nothing runs if no number is odd.
          (local.set $seen (i32.add (local.get $seen) (i32.const 1)))
          (local.set $sum (call $rare (i32.add (local.get $sum) (local.get $seen))))
          (if (i32.eq (local.get $odd) (i32.const 3))
            (then (return (i32.xor (local.get $sum) (i32.const 255)))))
          (local.set $odd (i32.sub (local.get $odd) (i32.const 1)))
          (if (i32.eq (local.get $odd) (i32.const 5))
            (then
              (local.set $sum (call_indirect (type $unary) (local.get $sum) (i32.const 1)))
              (br $out)))
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (i32.mul (local.get $seen) (i32.const 5))))
          (br_if $again (i32.and (local.get $sum) (i32.const 1)))
          (local.set $sum (i32.add (local.get $sum) (i32.const 1))))
        (br $again)))
    (i32.add (local.get $sum) (local.get $seen))))
"#;

/// Loads the parts as the page does when it has to, and prints what `run` says of many numbers.
const RUN: &str = "
const [first, second] = process.argv.slice(1).map((file) => new WebAssembly.Module(require('fs').readFileSync(file)));
const load = () => {
    loads += 1;
    new WebAssembly.Instance(second, { first: exports });
};
let loads = 0;
const { exports } = new WebAssembly.Instance(first, { second: { load } });
const said = [];
for (let n = 0; n < 12; n += 1) {
    for (let odd = -1; odd < 12; odd += 1) said.push(exports.run(n, odd));
}
console.log(said.join(' '), exports.calls());
console.log(loads);
";

/// Runs what is marked on numbers of which none is odd, and prints the stretches that ran.
const RECORD: &str = "
const module = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));
const { exports } = new WebAssembly.Instance(module);
exports.run(5, -1);
exports.calls();
const notes = new Uint8Array(exports.memory.buffer, exports.ran.value, exports.stretches.value);
console.log(Array.from(notes).flatMap((ran, number) => (ran ? [number] : [])).join(' '));
";

fn file(name: &str, wasm: &[u8]) -> PathBuf {
    let path = env::temp_dir().join(format!("petset-{}-{name}.wasm", std::process::id()));
    fs::write(&path, wasm).expect("written");
    path
}

fn node(script: &str, modules: &[PathBuf]) -> String {
    output(Command::new("node").args(["--eval", script, "--"]).args(modules)).expect("node runs it")
}

#[test]
fn parts_do_what_the_whole_did_and_the_second_is_loaded_once() {
    let whole = wat::parse_str(WHOLE).expect("valid");
    let marked = file("marked", &marks::mark(&whole).expect("marks"));
    let ran: BTreeSet<usize> = node(RECORD, std::slice::from_ref(&marked))
        .split_whitespace()
        .map(|number| number.parse().expect("a number"))
        .collect();

    let (module, begun) = prepared(&whole, &ran).expect("valid");
    let functions = module.funcs.iter().count();
    assert_eq!(functions, parse(&whole).expect("valid").funcs.iter().count() + 1, "one region is outlined");
    let mut plan = Plan::new(&module, &begun).expect("splits");
    plan.constants.push(1024..1032);
    let parts =
        [first, second].map(|part| part(prepared(&whole, &ran).expect("valid").0, &plan).expect("splits"));
    assert!(
        data(&parts[0]).iter().all(|bytes| bytes.iter().all(|byte| *byte == 0)),
        "the first part has no constants"
    );

    let whole = file("whole", &whole);
    let [first, second] = [file("first", &parts[0]), file("second", &parts[1])];
    let expected = node(RUN, &[whole.clone(), whole.clone()]);
    let found = node(RUN, &[first.clone(), second.clone()]);
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    assert_eq!(found[0], expected[0]);
    assert_eq!((expected[1], found[1]), ("0", "1"), "loads");
    for path in [marked, whole, first, second] {
        fs::remove_file(path).expect("removed");
    }
}

fn data(wasm: &[u8]) -> Vec<Vec<u8>> {
    parse(wasm).expect("valid").data.iter().map(|data| data.value.clone()).collect()
}

#[test]
fn crates_are_known_by_their_functions_names() {
    for (name, is_first) in [
        (
            "_ZN4core3ptr78drop_in_place$LT$alloc..boxed..Box$LT$dyn$u20$yew..scheduler..Runnable$GT$$GT$17h0123456789abcdefE",
            true,
        ),
        ("_ZN4core3ptr46drop_in_place$LT$alloc..vec..Vec$LT$u8$GT$$GT$17h0123456789abcdefE", false),
        ("yew::dom::by_id", true),
        ("_ZN3yew3dom5by_id17h0123456789abcdefE", true),
        ("<yew::app::App as web::Component>::render", true),
        ("<&gloo_utils::x as y>::z", true),
        ("yewsite::page", false),
        ("<kubectl::verbs::Verb as yew::T>::run", false),
        ("", false),
    ] {
        assert_eq!(is_always_first(name), is_first, "{name}");
    }
}
