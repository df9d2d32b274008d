//! The order of a wasm's functions, for compression: those that begin alike stand together, so that each repeats much of the
//! one before. The page's is smaller by 3 % for it.

use std::convert::Infallible;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Parser, Payload, TypeRef};

/// The same wasm with its functions sorted: by their types, of which the list gets short, then by their code.
pub fn sort(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut sorted = Sorted::read(wasm)?;
    let mut module = Module::new();
    sorted.parse_core_module(&mut module, Parser::new(0), wasm).context("cannot write the wasm anew")?;
    Ok(module.finish())
}

struct Sorted {
    /// How many functions are imported: they keep their places, which come first.
    imported: u32,
    /// The functions that are defined, as they will stand.
    order: Vec<u32>,
    /// Where each of them will stand.
    places: Vec<u32>,
}

impl Sorted {
    fn read(wasm: &[u8]) -> Result<Sorted> {
        let (mut imported, mut types, mut bodies) = (0, Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => {
                    types = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => bodies.push(&wasm[body.range()]),
                _ => {}
            }
        }
        let functions: Vec<(u32, &[u8])> = types.into_iter().zip(bodies).collect();
        let count = u32::try_from(functions.len())?;
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_by_key(|function| functions[*function as usize]);
        let mut places = vec![0; functions.len()];
        (0..count).zip(&order).for_each(|(place, function)| places[*function as usize] = place);
        Ok(Sorted { imported, order, places })
    }
}

impl Reencode for Sorted {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Infallible>> {
        let defined = function.checked_sub(self.imported);
        Ok(defined.map_or(function, |defined| self.imported + self.places[defined as usize]))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error<Infallible>> {
        let types = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.order.iter().for_each(|function| {
            functions.function(types[*function as usize]);
        });
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error<Infallible>> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for function in self.order.clone() {
            self.parse_function_body(code, bodies[function as usize].clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::{env, fs};

    use super::*;
    use crate::process::output;

    /// Functions of three types that are imported, exported, called, in a table and started.
    const WHOLE: &str = r#"
    (module
      (import "host" "say" (func $say (param i32)))
      (table 2 2 funcref)
      (elem (i32.const 0) $two $twice)
      (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func $two (result i32) (i32.const 2))
      (func $twice (export "twice") (param i32) (result i32) (call $add (local.get 0) (local.get 0)))
      (func $one (result i32) (i32.const 1))
      (func $next (export "next") (param i32) (result i32) (call $add (local.get 0) (call $one)))
      (func $start (call $say (call $next (call_indirect (result i32) (i32.const 0)))))
      (start $start))
    "#;

    const RUN: &str = "
    const said = [];
    const module = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));
    const { exports } = new WebAssembly.Instance(module, { host: { say: (number) => said.push(number) } });
    console.log(...said, exports.twice(20), exports.next(4));
    ";

    #[test]
    fn sorted_wasm_does_the_same() {
        let whole = wat::parse_str(WHOLE).expect("valid");
        let sorted = sort(&whole).expect("sorts");
        let places = Sorted::read(&whole).expect("valid").places;
        // By type as the types come; `one` before `two`, and `next`, which calls sooner, before `twice`.
        assert_eq!(places, [0, 2, 4, 1, 3, 5]);
        let path = env::temp_dir().join(format!("petset-{}-sorted.wasm", std::process::id()));
        fs::write(&path, sorted).expect("written");
        let said = output(Command::new("node").args(["--eval", RUN, "--"]).arg(&path)).expect("node runs it");
        assert_eq!(said.trim(), "3 40 5");
        fs::remove_file(path).expect("removed");
    }
}
