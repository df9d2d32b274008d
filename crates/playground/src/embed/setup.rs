//! What an embed's address asks for: `?embed#show=stage,terminal&commands=kubectl get pods`.
//!
//! A setting stands after `?` or after `#`; what stands after `#` reaches no server, and leaves the page's address the
//! same for every embed, so that browsers keep one copy. Nothing that is wrong stops the embed: it is said in it.

use std::collections::BTreeSet;

use session::Start;

use super::{Embed, Part};

/// What makes the page an embed.
const MARK: &str = "embed";
/// Settings that the page takes whether it is an embed or not.
const OF_THE_PAGE: [&str; 4] = ["g", "lesson", "step", "lang"];
/// Most lines that are run first.
const LINE_LIMIT: usize = 100;

/// What an embed's address asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// How it shows.
    pub embed: Embed,
    /// How the session begins.
    pub start: Start,
    /// The file that Apply applies.
    pub file: String,
    /// What is written into that file.
    pub manifest: Option<String>,
    /// The lines that are typed before anything shows, each when the one before has taken effect.
    pub lines: Vec<String>,
    /// Whether the file is applied as soon as it shows.
    pub applies: bool,
}

impl Setup {
    /// Reads the settings of an address; `None` if it is not that of an embed.
    pub fn read(settings: &[(String, String)]) -> Option<Setup> {
        settings.iter().any(|(name, _)| name == MARK).then(|| {
            let mut setup = Setup::default();
            let mut brings_a_world = false;
            for (name, value) in settings {
                brings_a_world |= matches!(name.as_str(), "g" | "lesson");
                if let Err(problem) = setup.take(name, value) {
                    setup.embed.problems.push(format!("{name}: {problem}"));
                }
            }
            // A kept world or a lesson comes a little later, and has its own story.
            setup.applies &= !brings_a_world;
            setup
        })
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "show" => self.embed.parts = parts(value)?,
            "manifest" => self.manifest = Some(value.to_owned()),
            "file" => value.clone_into(&mut self.file),
            "commands" => self.commands(value)?,
            "world" => self.start.world = value.parse()?,
            "version" => self.start.features.version = value.parse()?,
            "gate" => self.start.features.set_gate(value, true)?,
            "autoplay" => self.applies = switch(value)?,
            "readonly" => self.embed.read_only = switch(value)?,
            "theme" if matches!(value, "light" | "dark" | "system") => {}
            "theme" => return Err(format!("there is no theme {value:?}; there are light, dark and system")),
            name if name == MARK || OF_THE_PAGE.contains(&name) => {}
            _ => return Err("an embed has no such setting".to_owned()),
        }
        Ok(())
    }

    fn commands(&mut self, lines: &str) -> Result<(), String> {
        let lines = lines.lines().filter(|line| !line.trim().is_empty());
        self.lines.extend(lines.map(str::to_owned));
        if self.lines.len() > LINE_LIMIT {
            let count = self.lines.len();
            self.lines.clear();
            return Err(format!("{count} lines; at most {LINE_LIMIT} are run"));
        }
        Ok(())
    }
}

impl Default for Setup {
    fn default() -> Setup {
        let embed = Embed { parts: Part::DEFAULT.into(), read_only: false, problems: Vec::new() };
        Setup {
            embed,
            start: Start::default(),
            file: "manifest.yaml".to_owned(),
            manifest: None,
            lines: Vec::new(),
            applies: false,
        }
    }
}

/// `stage,terminal` or `stage terminal`.
fn parts(names: &str) -> Result<BTreeSet<Part>, String> {
    let names = names.split([',', ' ', '\n']).filter(|name| !name.is_empty());
    let part = |name: &str| {
        let found = Part::ALL.into_iter().find(|part| part.name() == name);
        found.ok_or_else(|| {
            let all = Part::ALL.map(Part::name).join(", ");
            format!("there is no part {name:?}; there are {all}")
        })
    };
    names.map(part).collect()
}

/// A setting that is on if it is there at all, unless it says `false`.
fn switch(value: &str) -> Result<bool, String> {
    match value {
        "" | "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{value:?} is neither true nor false")),
    }
}
