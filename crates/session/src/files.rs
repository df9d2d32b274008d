//! The files that commands and the editor work on: one flat folder, in the order in which the files were made.
//!
//! Invariant: names are plain (no folders), and the whole stays below [`TOTAL_LIMIT`].

use std::sync::Arc;

/// Longest name, in bytes.
const NAME_LIMIT: usize = 100;
/// Most files.
const COUNT_LIMIT: usize = 100;
/// Longest text, in bytes: more than the API server takes in one request, so that it is the one to say no.
pub const TEXT_LIMIT: usize = 4 << 20;
/// Most bytes in all.
const TOTAL_LIMIT: usize = 16 << 20;

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: Arc<str>,
    /// What it holds.
    pub text: Arc<str>,
}

/// A name without `./`, which says nothing: the folder is the one where commands run.
pub(crate) fn plain(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
}

/// The folder. Wherever a file is named, `./NAME` is the same as `NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(Vec<File>);

impl Files {
    /// The files, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &File> {
        self.0.iter()
    }

    /// The text of a file.
    pub fn get(&self, name: &str) -> Option<&str> {
        let name = plain(name);
        self.0.iter().find(|file| &*file.name == name).map(|file| &*file.text)
    }

    /// The names, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.iter().map(|file| file.name.to_string()).collect();
        names.sort();
        names
    }

    /// Whether the text could be written under that name.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn check(&self, name: &str, text: &str) -> Result<(), String> {
        let name = plain(name);
        if name.is_empty() || matches!(name, "." | "..") || name.len() > NAME_LIMIT {
            return Err(format!("a file's name has 1 to {NAME_LIMIT} characters"));
        }
        if name.contains(|c: char| c == '/' || c.is_control()) {
            return Err(format!("{name}: there are no folders here, a name has no slash"));
        }
        if text.len() > TEXT_LIMIT {
            let size = text.len().div_ceil(1 << 20);
            return Err(format!(
                "{name}: {size} MiB is over the limit of {} MiB for a file",
                TEXT_LIMIT >> 20
            ));
        }
        let others = self.0.iter().filter(|file| &*file.name != name);
        let (count, bytes) = others.fold((0, 0), |(count, bytes), file| (count + 1, bytes + file.text.len()));
        if count >= COUNT_LIMIT {
            return Err(format!("{name}: there are {COUNT_LIMIT} files already"));
        }
        if bytes + text.len() > TOTAL_LIMIT {
            return Err(format!("{name}: all files together may have {} MiB", TOTAL_LIMIT >> 20));
        }
        Ok(())
    }

    /// Makes the file, or replaces what it holds.
    ///
    /// # Errors
    /// As [`Files::check`]; nothing changes then.
    pub fn write(&mut self, name: &str, text: &str) -> Result<(), String> {
        self.check(name, text)?;
        let name = plain(name);
        match self.0.iter_mut().find(|file| &*file.name == name) {
            Some(file) => file.text = text.into(),
            None => self.0.push(File { name: name.into(), text: text.into() }),
        }
        Ok(())
    }

    /// Removes a file, if it is there.
    pub fn remove(&mut self, name: &str) {
        let name = plain(name);
        self.0.retain(|file| &*file.name != name);
    }
}

impl kubectl::Files for Files {
    fn read(&self, name: &str) -> Option<&str> {
        self.get(name)
    }

    fn names(&self) -> Vec<String> {
        self.names()
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, TEXT_LIMIT};

    #[test]
    fn files_keep_their_order_and_their_bounds() {
        let mut files = Files::default();
        files.write("web.yaml", "a").expect("fits");
        files.write("./a.yaml", "b").expect("fits");
        files.write("web.yaml", "c").expect("fits");
        let all: Vec<_> = files.iter().map(|f| (&*f.name, &*f.text)).collect();
        assert_eq!(all, [("web.yaml", "c"), ("a.yaml", "b")]);
        assert_eq!((files.get("./web.yaml"), files.get("none")), (Some("c"), None));
        assert_eq!(files.names(), ["a.yaml", "web.yaml"]);
        let long = "x".repeat(TEXT_LIMIT + 1);
        for (name, text) in [("", ""), ("..", ""), ("a/b", ""), ("a\n", ""), ("big.yaml", long.as_str())] {
            assert!(files.write(name, text).is_err(), "{name:?}");
        }
        assert_eq!(files.iter().count(), 2);
        assert!(files.check("./a", "").is_ok());
        files.remove("./a.yaml");
        assert_eq!(files.names(), ["web.yaml"]);
    }
}
