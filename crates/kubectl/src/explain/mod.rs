//! What `kubectl explain` prints: the fields of a kind, from the API's schema.

mod openapi_v2;
mod plaintext;
mod wrap;

use machinery::version::{Features, Version};

use crate::discovery::{self, Resource};
use crate::schema::Schema;
use openapi_v2::OpenApiV2;
use plaintext::Plaintext;

/// What is explained.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// The type.
    pub resource: Resource,
    /// The names of fields, from the outermost one.
    pub path: &'a [String],
    /// Whether fields of fields are listed, without their descriptions.
    pub recursive: bool,
    /// The version of the API server.
    pub version: Version,
}

/// What was found.
pub(crate) struct Answer {
    /// What is printed in any case.
    pub text: String,
    /// The field that is not there.
    pub missing: Option<String>,
}

impl Question<'_> {
    /// The answer as `--output plaintext` prints it; `None` if the schema has no such type.
    pub fn plaintext(&self, schema: &Schema) -> Option<Answer> {
        let of = schema.kind(self.resource.api_version, self.resource.kind)?;
        let mut text = String::new();
        if !self.resource.group.is_empty() {
            text += &format!("GROUP:      {}\n", self.resource.group);
        }
        let version = self.resource.api_version.rsplit('/').next().unwrap_or_default();
        text += &format!("KIND:       {}\nVERSION:    {version}\n\n", self.resource.kind);
        let printer = Plaintext { schema, version: self.version, recursive: self.recursive };
        let (found, missing) = match printer.output(of, self.path) {
            Some(found) => (found + "\n", None),
            // Upstream blames the last one, whichever it is.
            None => (String::new(), self.path.last().cloned()),
        };
        Some(Answer { text: text + &found, missing })
    }

    /// The answer as `--output plaintext-openapiv2` prints it; `None` if the schema has no such type.
    pub fn openapi_v2(&self, schema: &Schema) -> Option<Answer> {
        let Resource { api_version, kind, .. } = self.resource;
        let of = schema.kind(api_version, kind)?;
        let printer =
            OpenApiV2 { schema, version: self.version, recursive: self.recursive, api_version, kind };
        Some(match printer.output(of, self.path) {
            Ok(text) => Answer { text, missing: None },
            Err(field) => Answer { text: String::new(), missing: Some(field.to_owned()) },
        })
    }
}

/// The type that a word begins with, and the fields after it. With `with_group` the type may have its group behind it:
/// `deployments.apps.spec`.
pub(crate) fn split(word: &str, with_group: bool, features: Features) -> Option<(Resource, Vec<String>)> {
    let word = word.strip_suffix('.').unwrap_or(word);
    let name = word.split('.').next().unwrap_or_default();
    let found = discovery::named(name, features);
    let full = found.iter().find(|resource| with_group && word.starts_with(&resource.group_resource()));
    let fields = match full {
        Some(resource) => &word[resource.group_resource().len()..],
        None => &word[name.len()..],
    };
    let path = fields.split('.').skip(1).map(str::to_owned).collect();
    Some((*full.or(found.first())?, path))
}

/// The fields of what a path leads to.
pub(crate) fn field_names(
    schema: &Schema,
    resource: &Resource,
    path: &[String],
    version: Version,
) -> Vec<String> {
    let mut at = schema.kind(resource.api_version, resource.kind);
    for name in path {
        at = at.and_then(|of| schema.object(of.field(name, version)?));
    }
    at.into_iter().flat_map(|of| of.fields(version)).map(|(name, _)| name.to_owned()).collect()
}
