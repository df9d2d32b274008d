//! The string types whose values are known: `enums.tsv`, one line a value.

use std::collections::BTreeMap;

use machinery::fields::Field;
use serde_json::Value;

const TABLE: &str = include_str!("enums.tsv");

/// The values of a type with what each one means, sorted.
#[derive(Debug, Default)]
pub(crate) struct Enum(Vec<(&'static str, &'static str)>);

impl Enum {
    /// The values.
    pub fn values(&self) -> Value {
        self.0.iter().map(|(value, _)| *value).collect()
    }

    /// What the API server adds to the description of a field of this type.
    pub fn description(&self) -> String {
        let lines = self.0.iter().map(|(value, meaning)| format!("\n - `\"{value}\"` {meaning}"));
        format!("\n\nPossible enum values:{}", lines.collect::<String>())
    }
}

/// Every such type, by group and Go name.
pub(crate) struct Enums(BTreeMap<(&'static str, &'static str), Enum>);

impl Enums {
    /// Reads the table.
    pub fn read() -> Enums {
        let mut types: BTreeMap<_, Enum> = BTreeMap::new();
        for line in TABLE.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let &[group, name, value, meaning] = cells.as_slice() else { panic!("enums.tsv: {line}") };
            types.entry((group, name)).or_default().0.push((value, meaning));
        }
        Enums(types)
    }

    /// The values of a field of a struct of that group, or of its elements.
    pub fn of(&self, group: &'static str, field: &Field) -> Option<&Enum> {
        let declared = field.declared_type.trim_start_matches('*');
        let element = declared.rsplit_once(']').map_or(declared, |(_, element)| element);
        let (group, name) = match element.split_once('.') {
            Some(("v1", name)) => ("core", name),
            Some(_) => return None,
            None => (group, element),
        };
        self.0.get(&(group, name))
    }
}
