//! Names and the texts that they stand for: variables, and aliases.
//!
//! Invariant: all of them together stay below [`LIMIT`]; a clone shares its texts.

use std::sync::Arc;

use imbl::OrdMap;

/// Most bytes of all names and texts, and what each name counts besides.
const LIMIT: usize = 4 << 20;
const NAME_COST: usize = 64;

/// What one line leaves for the next under names.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    texts: OrdMap<Arc<str>, Arc<str>>,
    size: usize,
}

impl Variables {
    /// The text of a name.
    pub fn get(&self, name: &str) -> Option<&Arc<str>> {
        self.texts.get(name)
    }

    /// Gives a name its text.
    ///
    /// # Errors
    /// If there would be too much in all; nothing changes then.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        let before = self.get(name).map_or(0, |before| cost(name, before));
        let size = self.size - before + cost(name, text);
        if size > LIMIT {
            return Err(format!("all variables together may have {} MiB", LIMIT >> 20));
        }
        self.size = size;
        self.texts.insert(name.into(), text.into());
        Ok(())
    }

    /// Forgets a name; whether it was known.
    pub fn remove(&mut self, name: &str) -> bool {
        let removed = self.texts.remove(name);
        self.size -= removed.as_ref().map_or(0, |text| cost(name, text));
        removed.is_some()
    }

    /// Every name with its text, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (&**name, &**text))
    }
}

fn cost(name: &str, text: &str) -> usize {
    name.len() + text.len() + NAME_COST
}
