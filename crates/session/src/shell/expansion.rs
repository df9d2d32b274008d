//! What variables and patterns expand to.
//!
//! Follows POSIX' Shell Command Language, 2.6.2 and 2.13.

use std::sync::Arc;

use super::Memory;
use super::glob::Pattern;
use super::lexer::Modifier;
use crate::files::Files;

/// The value of a variable; empty if it has none.
pub fn variable(name: &str, memory: &Memory) -> Arc<str> {
    match name {
        "?" => memory.status.to_string().into(),
        "#" => "0".into(),
        name => memory.variables.get(name).cloned().unwrap_or_default(),
    }
}

/// What `${name…}` becomes.
///
/// # Errors
/// If a pattern would be too much work.
pub fn modified(name: &str, modifier: Modifier, operand: &str, memory: &Memory) -> Result<String, String> {
    let value = variable(name, memory);
    let is_set = name == "?" || memory.variables.get(name).is_some();
    let is_there = |or_empty: bool| is_set && !(or_empty && value.is_empty());
    Ok(match modifier {
        Modifier::Length => value.chars().count().to_string(),
        Modifier::Default { or_empty } if is_there(or_empty) => value.to_string(),
        Modifier::Default { .. } => operand.to_owned(),
        Modifier::Instead { or_empty } if is_there(or_empty) => operand.to_owned(),
        Modifier::Instead { .. } => String::new(),
        Modifier::WithoutPrefix { longest } => {
            let operand: Vec<char> = operand.chars().collect();
            let cut = Pattern::new(&operand).prefix(value.chars(), longest)?;
            value.chars().skip(cut.unwrap_or(0)).collect()
        }
        Modifier::WithoutSuffix { longest } => {
            let operand: Vec<char> = operand.chars().collect();
            let cut = Pattern::new(&operand).reversed().prefix(value.chars().rev(), longest)?;
            let left = value.chars().count() - cut.unwrap_or(0);
            value.chars().take(left).collect()
        }
    })
}

/// The files whose names fit, sorted; those that begin with a dot only if the pattern does.
pub fn files(pattern: &str, files: &Files) -> Vec<String> {
    let hidden = pattern.starts_with('.');
    let chars: Vec<char> = pattern.chars().collect();
    let pattern = Pattern::new(&chars);
    let names = files.names().into_iter();
    names.filter(|name| (hidden || !name.starts_with('.')) && pattern.fits(name)).collect()
}
