//! Short names for what the page's wasm imports from its glue: wasm-bindgen's end with hashes, which do not compress and
//! stand in the glue and in every part of the wasm.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::split;

/// Renames in place what the parts import from `./NAME` of the glue, and what that exports for them.
pub fn shorten(glue: &Path, parts: &[PathBuf]) -> Result<()> {
    let file = glue.file_name().context("the glue has a name")?.to_string_lossy();
    let module_name = format!("./{file}");
    let mut modules = Vec::new();
    let mut names = BTreeSet::new();
    for part in parts {
        let module =
            split::parse(&fs::read(part).with_context(|| format!("cannot read {}", part.display()))?)?;
        names.extend(module.imports.iter().filter(|i| i.module == module_name).map(|i| i.name.clone()));
        modules.push((part, module));
    }
    let names: Vec<String> = names.into_iter().collect();
    let script = fs::read_to_string(glue).with_context(|| format!("cannot read {}", glue.display()))?;
    fs::write(glue, exporting(&script, &names)?)?;
    for (part, mut module) in modules {
        for import in module.imports.iter_mut().filter(|import| import.module == module_name) {
            let index = names.binary_search(&import.name).ok().context("a name that was collected")?;
            import.name = short(index);
        }
        fs::write(part, module.emit_wasm())?;
    }
    Ok(())
}

/// The glue with those functions under their short names.
fn exporting(script: &str, names: &[String]) -> Result<String> {
    ensure!(!script.contains("function $"), "the glue has names like those that would be given");
    names.iter().enumerate().try_fold(script.to_owned(), |script, (index, name)| {
        let (long, short) =
            (format!("export function {name}("), format!("export function {}(", short(index)));
        ensure!(script.matches(&long).count() == 1, "the glue does not export the function {name} once");
        Ok(script.replace(&long, &short))
    })
}

/// The name of that number: no identifier of wasm-bindgen's begins so.
fn short(index: usize) -> String {
    format!("${index}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glue_and_wasm_keep_to_the_same_names() {
        let folder = std::env::temp_dir().join(format!("petset-names-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let (glue, part) = (folder.join("glue.js"), folder.join("part.wasm"));
        let script =
            "export function b_1(x) { return x; }\nexport function a_1() { }\nexport function set() { }\n";
        fs::write(&glue, script).expect("written");
        let text = r#"(module (import "./glue.js" "b_1" (func (param i32))) (import "other" "b_1" (func)))"#;
        fs::write(&part, wat::parse_str(text).expect("wasm")).expect("written");
        shorten(&glue, std::slice::from_ref(&part)).expect("renamed");
        let module = split::parse(&fs::read(&part).expect("read")).expect("wasm");
        let imports: Vec<(&str, &str)> =
            module.imports.iter().map(|import| (&*import.module, &*import.name)).collect();
        assert_eq!(imports, [("./glue.js", "$0"), ("other", "b_1")]);
        let expected = script.replace("b_1", "$0");
        assert_eq!(fs::read_to_string(&glue).expect("read"), expected);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn an_import_that_the_glue_lacks_is_noticed() {
        assert!(exporting("export function a() { }", &["b".to_owned()]).is_err());
    }
}
