//! The schema of the API's kinds as the API server publishes it, read from its JSON.
//!
//! `docs/src/schema.md` describes the document. It is big and only `explain` reads it, so it is not a part of the program: whoever
//! runs a kubectl puts it into [`SchemaSlot`] when it is there, and sees there that it was wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use machinery::Kind;
use machinery::version::Version;
use serde::Deserialize;

/// How references to other types begin.
const REFERENCE: &str = "#/components/schemas/";

/// A type, or what a field, an element or a value is of.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Type {
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// `string`, `object`, …; empty where several will do.
    #[serde(default, rename = "type")]
    pub name: String,
    /// The type of this name is meant.
    #[serde(default, rename = "$ref", deserialize_with = "referenced")]
    pub reference: Option<String>,
    /// What a list's elements are.
    pub items: Option<Box<Type>>,
    /// What a map's values are.
    #[serde(rename = "additionalProperties")]
    pub values: Option<Box<Type>>,
    /// An object's fields.
    #[serde(default)]
    properties: BTreeMap<String, Type>,
    /// The fields that must be there.
    #[serde(default)]
    required: Vec<String>,
    /// Every value that it may have.
    #[serde(default, rename = "enum")]
    pub possible: Vec<String>,
    /// The kinds that this type is.
    #[serde(default, rename = "x-kubernetes-group-version-kind")]
    kinds: Vec<GroupVersionKind>,
    /// Versions without this field.
    #[serde(default, rename = "x-absent-in")]
    absent_in: Vec<String>,
    /// Versions in which this field must be there.
    #[serde(default, rename = "x-required-in")]
    required_in: Vec<String>,
}

fn referenced<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let reference = String::deserialize(deserializer)?;
    Ok(reference.strip_prefix(REFERENCE).map(str::to_owned))
}

#[derive(Clone, Debug, Deserialize)]
struct GroupVersionKind {
    group: String,
    version: String,
    kind: String,
}

/// The schema of every kind.
#[derive(Clone, Debug)]
pub struct Schema {
    types: BTreeMap<String, Type>,
}

/// What there is to say of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About<'a> {
    /// What it is for.
    pub description: &'a str,
    /// Every value that it, or each element of its list, may have; empty where they are not counted.
    pub possible: &'a [String],
}

impl Schema {
    /// Reads the document.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(document: &str) -> Result<Schema, String> {
        #[derive(Deserialize)]
        struct Document {
            components: Components,
        }
        #[derive(Deserialize)]
        struct Components {
            schemas: BTreeMap<String, Type>,
        }
        let document: Document = serde_json::from_str(document).map_err(|error| error.to_string())?;
        Ok(Schema { types: document.components.schemas })
    }

    /// What there is to say of a field of a kind; the path leads there through lists and maps, as `["spec", "containers",
    /// "image"]` does. `None` if that version has no such field.
    pub fn about(&self, kind: Kind, path: &[impl AsRef<str>], version: Version) -> Option<About<'_>> {
        let mut field = self.kind(kind.api_version(), kind.name())?;
        for name in path {
            field = self.object(field)?.field(name.as_ref(), version)?;
        }
        Some(About { description: &field.description, possible: &self.innermost(field).possible })
    }

    /// The type of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Type> {
        self.types.get(name)
    }

    /// What the type refers to, or itself.
    pub(crate) fn resolve<'a>(&'a self, of: &'a Type) -> &'a Type {
        of.reference.as_ref().and_then(|name| self.get(name)).unwrap_or(of)
    }

    /// What a type is that is no list and no map, or what its innermost elements are.
    pub(crate) fn innermost<'a>(&'a self, of: &'a Type) -> &'a Type {
        let mut at = self.resolve(of);
        while let Some(element) = at.element() {
            at = self.resolve(element);
        }
        at
    }

    /// The object that a type is, or that its elements are; `None` if they have no fields.
    pub(crate) fn object<'a>(&'a self, of: &'a Type) -> Option<&'a Type> {
        Some(self.innermost(of)).filter(|of| !of.properties.is_empty())
    }

    /// The type of a kind.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<&Type> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let is_it =
            |gvk: &GroupVersionKind| (&*gvk.group, &*gvk.version, &*gvk.kind) == (group, version, kind);
        self.types.values().find(|of| of.kinds.iter().any(is_it))
    }
}

impl Type {
    /// The fields that an object of that version may have, by name.
    pub fn fields(&self, version: Version) -> impl Iterator<Item = (&str, &Type)> {
        let fields = self.properties.iter().map(|(name, field)| (name.as_str(), field));
        fields.filter(move |(_, field)| !field.absent_in.iter().any(|other| other == version.name()))
    }

    /// The field of that name, if that version has it.
    pub fn field(&self, name: &str, version: Version) -> Option<&Type> {
        self.fields(version).find(|(other, _)| *other == name).map(|(_, field)| field)
    }

    /// Whether an object of that version must have the field.
    pub fn requires(&self, name: &str, version: Version) -> bool {
        let was_required = |field: &Type| field.required_in.iter().any(|other| other == version.name());
        self.required.iter().any(|other| other == name) || self.properties.get(name).is_some_and(was_required)
    }

    /// What the elements of a list or the values of a map are.
    pub fn element(&self) -> Option<&Type> {
        self.items.as_deref().or(self.values.as_deref())
    }
}

/// Where the schema is when it is there.
#[derive(Clone, Debug, Default)]
pub struct SchemaSlot {
    schema: Option<Arc<Schema>>,
    wanted: bool,
}

impl SchemaSlot {
    /// Puts the schema there.
    pub fn fill(&mut self, schema: Arc<Schema>) {
        *self = SchemaSlot { schema: Some(schema), wanted: false };
    }

    /// Whether a command wanted it before it was there, and failed.
    pub fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Whether it is there.
    pub fn is_filled(&self) -> bool {
        self.schema.is_some()
    }

    /// The schema, for whoever can do without.
    pub(crate) fn get(&self) -> Option<Arc<Schema>> {
        self.schema.clone()
    }

    /// The schema; notes that it was wanted.
    pub(crate) fn take(&mut self) -> Option<Arc<Schema>> {
        self.wanted |= self.schema.is_none();
        self.schema.clone()
    }
}
