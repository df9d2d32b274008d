//! What one writes into a page to embed what is on the screen: the element, or a frame where scripts are not allowed.

use std::collections::BTreeSet;

use machinery::version::MAX_UNAVAILABLE_STATEFUL_SET;
use session::{Start, StartWorld};

use super::Part;
use crate::keep::Extent;
use crate::model::Model;

/// What is to be embedded.
#[derive(Clone, Debug, PartialEq)]
pub struct Snippet {
    /// What shows.
    pub parts: BTreeSet<Part>,
    /// Whether readers may only look.
    pub read_only: bool,
    /// The world, as a link has it, if the manifest and how the session began are not enough.
    pub state: Option<String>,
    /// How the session began.
    pub start: Start,
    /// The file in the editor.
    pub file: String,
    /// Its text.
    pub manifest: String,
}

impl Model {
    /// Whether the file in the editor, and how the session began, are all that is handed on.
    pub fn is_one_manifest(&self) -> bool {
        let (saved, _) = self.handed_on();
        let (files, _) = saved.contents();
        if matches!(self.session.start().world, StartWorld::Imported(_)) {
            return false;
        }
        self.keep.extent == Extent::Start && files.iter().all(|file| *file == &*self.file)
    }
}

impl Snippet {
    /// The settings that differ from what an embed does by itself; those that are on or off have no value.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = Vec::new();
        if self.parts != Part::DEFAULT.into() {
            let names: Vec<&str> = self.parts.iter().map(|part| part.name()).collect();
            settings.push(("show", names.join(" ")));
        }
        if self.read_only {
            settings.push(("readonly", String::new()));
        }
        if self.state.is_some() {
            return settings;
        }
        let (usual, start) = (Start::default(), &self.start);
        settings.push(("file", self.file.clone()));
        if start.world != usual.world {
            settings.push(("world", start.world.to_string()));
        }
        if start.features.version != usual.features.version {
            settings.push(("version", start.features.version.name().to_owned()));
        }
        if start.features.max_unavailable_stateful_set {
            settings.push(("gate", MAX_UNAVAILABLE_STATEFUL_SET.to_owned()));
        }
        settings
    }

    /// The element, for a page whose playground lies in that folder. Where it cannot run, the manifest stands.
    pub fn element(&self, folder: &str) -> String {
        let mut attributes = String::new();
        for (name, value) in self.settings() {
            attributes += &if value.is_empty() { format!(" {name}") } else { attribute(name, &value) };
        }
        if let Some(state) = &self.state {
            attributes += &attribute("state", state);
        }
        format!(
            "<script type=\"module\" src=\"{}embed.js\"></script>\n<petset-playground{attributes}>\n<pre>\n{}\n</pre>\n</petset-playground>\n",
            escaped(folder),
            escaped(self.manifest.trim_end())
        )
    }

    /// The address of a frame.
    pub fn address(&self, folder: &str) -> String {
        let mut settings = self.settings();
        match &self.state {
            Some(state) => settings.push(("g", state.clone())),
            None => settings.push(("manifest", self.manifest.clone())),
        }
        let settings: Vec<String> =
            settings.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
        format!("{folder}?embed#{}", settings.join("&"))
    }

    /// A frame with a title for those who do not see it.
    pub fn frame(&self, folder: &str, title: &str) -> String {
        format!(
            "<iframe src=\"{}\" title=\"{}\" width=\"100%\" height=\"480\" loading=\"lazy\"></iframe>\n",
            escaped(&self.address(folder)),
            escaped(title)
        )
    }
}

fn attribute(name: &str, value: &str) -> String {
    format!(" {name}=\"{}\"", escaped(value))
}

/// A text as HTML has it, in an element or in an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text as the value of a setting in an address.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' => {
                encoded.push(char::from(byte));
            }
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snippet() -> Snippet {
        Snippet {
            parts: Part::DEFAULT.into(),
            read_only: false,
            state: None,
            start: Start::default(),
            file: "a&b.yaml".to_owned(),
            manifest: "kind: \"<x>\" # 100 %\n".to_owned(),
        }
    }

    #[test]
    fn a_manifest_stands_in_the_page_and_nothing_in_it_is_markup() {
        assert_eq!(
            snippet().element("https://a.test/"),
            "<script type=\"module\" src=\"https://a.test/embed.js\"></script>\n\
             <petset-playground file=\"a&amp;b.yaml\">\n<pre>\nkind: &quot;&lt;x&gt;&quot; # 100 %\n</pre>\n</petset-playground>\n"
        );
        assert_eq!(
            snippet().address("https://a.test/"),
            "https://a.test/?embed#file=a%26b.yaml&manifest=kind:%20%22%3Cx%3E%22%20%23%20100%20%25%0A"
        );
    }

    #[test]
    fn what_differs_from_the_default_is_said() {
        let mut snippet = Snippet { parts: [Part::Why, Part::Stage].into(), read_only: true, ..snippet() };
        snippet.start.features.max_unavailable_stateful_set = true;
        let attributes =
            " show=\"stage why\" readonly file=\"a&amp;b.yaml\" gate=\"MaxUnavailableStatefulSet\">";
        assert!(snippet.element("/").contains(attributes), "{}", snippet.element("/"));
        // A kept world knows how it began.
        snippet.state = Some("H4s_-".to_owned());
        assert!(snippet.element("/").contains(" show=\"stage why\" readonly state=\"H4s_-\">"));
        assert_eq!(
            snippet.frame("/", "a \"title\""),
            "<iframe src=\"/?embed#show=stage%20why&amp;readonly=&amp;g=H4s_-\" title=\"a &quot;title&quot;\" width=\"100%\" height=\"480\" loading=\"lazy\"></iframe>\n"
        );
    }
}
