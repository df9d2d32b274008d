//! `cargo xtask bench`: how much compute the engine takes, natively and in wasm, and how it grows with the replicas.
//!
//! The cases stand in `tests/src/bench.rs`. Both builds are `--release`; the wasm runs under Node.js.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::process::output;
use crate::tools;
use crate::workspace::Workspace;

/// What to measure, and how to say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Print JSON and nothing else.
    pub json: bool,
    /// Only this case.
    pub case: Option<String>,
    /// Only this target: `native` or `wasm`.
    pub target: Option<String>,
}

impl Options {
    /// Reads what stands behind `bench` on the command line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(words: &[&str]) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--json" => options.json = true,
                "--case" => options.case = Some((*words.next().ok_or("--case needs a name")?).to_owned()),
                "--target" => match words.next() {
                    Some(&target @ ("native" | "wasm")) => options.target = Some(target.to_owned()),
                    _ => return Err("--target: it is native or wasm".to_owned()),
                },
                _ => return Err(format!("bench: there is no option \"{word}\"")),
            }
        }
        Ok(options)
    }
}

/// Measures, and prints a table or JSON.
pub fn bench(workspace: &Workspace, options: &Options) -> Result<()> {
    let wants = |target| options.target.as_deref().is_none_or(|wanted| wanted == target);
    let mut measured = Vec::new();
    if wants("native") {
        measured.extend(native(workspace, options)?);
    }
    if wants("wasm") {
        measured.extend(wasm(workspace, options)?);
    }
    if options.json {
        println!("{}", Value::Array(measured));
    } else {
        print!("{}", table(&measured));
    }
    Ok(())
}

fn native(workspace: &Workspace, options: &Options) -> Result<Vec<Value>> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "tests", "--bin", "bench", "--"]);
    lines(&output(cargo.args(&options.case))?)
}

fn wasm(workspace: &Workspace, options: &Options) -> Result<Vec<Value>> {
    tools::wasm_target()?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--quiet", "--release", "--package", "petset", "--example", "bench"]);
    output(cargo.args(["--target", tools::WASM_TARGET]))?;
    let compiled = workspace.target.join(tools::WASM_TARGET).join("release/examples/bench.wasm");
    let folder = workspace.target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).nodejs(true)?.typescript(false);
    bindgen.generate(&folder).context("wasm-bindgen failed")?;
    let mut node = Command::new("node");
    node.arg(workspace.path("crates/wasm/examples/bench.cjs")).arg(folder.join("bench.js"));
    lines(&output(node.args(&options.case))?)
}

fn lines(text: &str) -> Result<Vec<Value>> {
    let measured: Vec<Value> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("the bench printed no JSON")?;
    ensure!(!measured.is_empty(), "nothing was measured");
    Ok(measured)
}

/// One line a measurement; growth is the time per pod against the case's smallest size.
fn table(measured: &[Value]) -> String {
    let mut text = format!(
        "{:<8}{:<24}{:>9}{:>11}{:>12}{:>10}{:>8}\n",
        "target", "case", "replicas", "ms", "µs per pod", "pods/s", "growth"
    );
    for row in measured {
        let of = |row: &Value, field: &str| row[field].as_f64().unwrap_or(f64::NAN);
        let same = |other: &&Value| other["case"] == row["case"] && other["target"] == row["target"];
        let first = measured.iter().find(same).unwrap_or(row);
        let (target, case) = (row["target"].as_str().unwrap_or("?"), row["case"].as_str().unwrap_or("?"));
        let (per_pod, growth) = (of(row, "us_per_pod"), of(row, "us_per_pod") / of(first, "us_per_pod"));
        text += &format!(
            "{target:<8}{case:<24}{:>9}{:>11.2}{per_pod:>12.1}{:>10.0}{growth:>8.2}\n",
            row["replicas"],
            of(row, "ms"),
            1e6 / per_pod
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_read_or_refused() {
        let read = Options::parse(&["--json", "--case", "seek", "--target", "wasm"]).expect("an option");
        assert_eq!(
            (read.json, read.case.as_deref(), read.target.as_deref()),
            (true, Some("seek"), Some("wasm"))
        );
        for wrong in [&["--case"][..], &["--target", "arm"], &["all"]] {
            assert!(Options::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn growth_is_against_the_smallest_size() {
        let row = |replicas: u32, ms: f64| json!({"case": "c", "target": "native", "replicas": replicas, "ms": ms, "us_per_pod": ms * 1000.0 / f64::from(replicas)});
        let table = table(&[row(100, 1.0), row(1000, 15.0)]);
        assert!(table.lines().nth(2).is_some_and(|line| line.ends_with("1.50")), "{table}");
    }
}
