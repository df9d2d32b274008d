//! What variables and patterns expand to.
//!
//! Follows POSIX' Shell Command Language, 2.6.2 and 2.13.

use super::lexer::Modifier;
use super::{Memory, glob};
use crate::files::Files;

/// The value of a variable; empty if it has none.
pub fn variable(name: &str, memory: &Memory) -> String {
    match name {
        "?" => memory.status.to_string(),
        "#" => "0".to_owned(),
        name => memory.variables.get(name).cloned().unwrap_or_default(),
    }
}

/// What `${name…}` becomes.
pub fn modified(name: &str, modifier: Modifier, operand: &str, memory: &Memory) -> String {
    let value = variable(name, memory);
    let is_set = name == "?" || memory.variables.contains_key(name);
    let is_there = |or_empty: bool| is_set && !(or_empty && value.is_empty());
    match modifier {
        Modifier::Length => value.chars().count().to_string(),
        Modifier::Default { or_empty } if is_there(or_empty) => value,
        Modifier::Default { .. } => operand.to_owned(),
        Modifier::Instead { or_empty } if is_there(or_empty) => operand.to_owned(),
        Modifier::Instead { .. } => String::new(),
        Modifier::WithoutPrefix { longest } => {
            let mut ends: Vec<usize> = ends(&value).collect();
            if longest {
                ends.reverse();
            }
            let end = ends.into_iter().find(|end| glob::fits(operand, &value[..*end])).unwrap_or(0);
            value[end..].to_owned()
        }
        Modifier::WithoutSuffix { longest } => {
            let mut starts: Vec<usize> = ends(&value).collect();
            if !longest {
                starts.reverse();
            }
            let start = starts.into_iter().find(|start| glob::fits(operand, &value[*start..]));
            value[..start.unwrap_or(value.len())].to_owned()
        }
    }
}

/// Every place between characters, the beginning and the end too.
fn ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices().map(|(at, _)| at).chain([text.len()])
}

/// The files whose names fit, sorted; those that begin with a dot only if the pattern does.
pub fn files(pattern: &str, files: &Files) -> Vec<String> {
    let hidden = pattern.starts_with('.');
    let names = files.names().into_iter();
    names.filter(|name| (hidden || !name.starts_with('.')) && glob::fits(pattern, name)).collect()
}
