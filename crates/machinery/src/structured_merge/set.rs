//! A set of fields: a tree of path elements, some of which belong to it.
//!
//! Models structured-merge-diff's fieldpath/set.go and serialize.go. Invariant: no child of a set is empty.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Element, Shape};

/// A path into an object.
pub type Path = Vec<Element>;

/// A set of fields. That one belongs to it says nothing of those above and below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    members: BTreeSet<Element>,
    children: BTreeMap<Element, FieldSet>,
}

impl FieldSet {
    /// The set of these fields, each the names of fields and map entries on the way to it.
    pub fn of(paths: &[&[&str]]) -> FieldSet {
        let mut set = FieldSet::default();
        for path in paths {
            let path: Path = path.iter().map(|name| Element::Field((*name).to_owned())).collect();
            set.insert(&path);
        }
        set
    }

    /// Whether nothing belongs to it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.is_empty()
    }

    /// Adds one field; the whole object is none.
    pub fn insert(&mut self, path: &[Element]) {
        match path {
            [] => {}
            [last] => drop(self.members.insert(last.clone())),
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// Whether the field belongs to it.
    pub fn has(&self, path: &[Element]) -> bool {
        match path {
            [] => false,
            [last] => self.members.contains(last),
            [first, rest @ ..] => self.children.get(first).is_some_and(|child| child.has(rest)),
        }
    }

    /// Whether the item or field right below belongs to it, and what does below that.
    pub fn below(&self, element: &Element) -> (bool, Option<&FieldSet>) {
        (self.members.contains(element), self.children.get(element))
    }

    /// What belongs to either.
    pub fn union(&self, other: &FieldSet) -> FieldSet {
        let mut both = self.clone();
        both.members.extend(other.members.iter().cloned());
        for (element, child) in &other.children {
            let own = both.children.entry(element.clone()).or_default();
            *own = own.union(child);
        }
        both
    }

    /// What belongs to both.
    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        let members = self.members.intersection(&other.members).cloned().collect();
        let child = |(element, child): (&Element, &FieldSet)| {
            let both = child.intersection(other.children.get(element)?);
            Some((element.clone(), both))
        };
        FieldSet::from_parts(members, self.children.iter().filter_map(child))
    }

    /// What belongs to this one alone; a field and those below it are different fields.
    pub fn difference(&self, other: &FieldSet) -> FieldSet {
        let members = self.members.difference(&other.members).cloned().collect();
        let child = |(element, child): (&Element, &FieldSet)| {
            let rest = match other.children.get(element) {
                Some(minus) => child.difference(minus),
                None => child.clone(),
            };
            (element.clone(), rest)
        };
        FieldSet::from_parts(members, self.children.iter().map(child))
    }

    /// The same without what lies below a field of the other one.
    pub fn recursive_difference(&self, other: &FieldSet) -> FieldSet {
        let members = self.members.difference(&other.members).cloned().collect();
        let child = |(element, child): (&Element, &FieldSet)| {
            let rest = match other.children.get(element) {
                Some(minus) => child.recursive_difference(minus),
                None => child.clone(),
            };
            (!other.members.contains(element)).then(|| (element.clone(), rest))
        };
        FieldSet::from_parts(members, self.children.iter().filter_map(child))
    }

    /// The same with the struct fields on the way to each field (`EnsureNamedFieldsAreMembers`).
    pub fn with_named_fields(&self, shape: Shape) -> FieldSet {
        let mut set = FieldSet { members: self.members.clone(), children: BTreeMap::new() };
        for (element, child) in &self.children {
            if let (Element::Field(name), Shape::Struct(owner)) = (element, shape)
                && owner.field(name).is_some()
            {
                set.members.insert(element.clone());
            }
            set.children.insert(element.clone(), child.with_named_fields(shape.child(element)));
        }
        set
    }

    /// Every field, those right below before those farther down.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths: Vec<Path> = self.members.iter().map(|element| vec![element.clone()]).collect();
        for (element, child) in &self.children {
            paths.extend(child.paths().into_iter().map(|mut path| {
                path.insert(0, element.clone());
                path
            }));
        }
        paths
    }

    /// As `fieldsV1` of a managedFields entry.
    pub fn to_fields_v1(&self) -> Value {
        let mut map = Map::new();
        for element in &self.members {
            map.insert(element.to_key(), Value::Object(Map::new()));
        }
        for (element, child) in &self.children {
            let mut below = child.to_fields_v1();
            if self.members.contains(element) {
                below["."] = Value::Object(Map::new());
            }
            map.insert(element.to_key(), below);
        }
        Value::Object(map)
    }

    /// Reads `fieldsV1`; what is no path element is passed over, and with it what lies below.
    pub fn from_fields_v1(value: &Value) -> FieldSet {
        let mut set = FieldSet::default();
        for (key, below) in value.as_object().into_iter().flatten() {
            let Some(element) = Element::from_key(key) else {
                continue;
            };
            let child = FieldSet::from_fields_v1(below);
            if child.is_empty() || below.get(".").is_some() {
                set.members.insert(element.clone());
            }
            if !child.is_empty() {
                set.children.insert(element, child);
            }
        }
        set
    }

    fn from_parts(
        members: BTreeSet<Element>,
        children: impl Iterator<Item = (Element, FieldSet)>,
    ) -> FieldSet {
        FieldSet { members, children: children.filter(|(_, child)| !child.is_empty()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::FieldSet;

    fn set(paths: &[&[&str]]) -> FieldSet {
        FieldSet::of(paths)
    }

    #[test]
    fn sets_are_joined_and_parted() {
        let a = set(&[&["a"], &["a", "b"], &["c", "d"]]);
        let b = set(&[&["a", "b"], &["c"], &["c", "e"]]);
        assert_eq!(a.union(&b), set(&[&["a"], &["a", "b"], &["c"], &["c", "d"], &["c", "e"]]));
        assert_eq!(a.intersection(&b), set(&[&["a", "b"]]));
        assert_eq!(a.difference(&b), set(&[&["a"], &["c", "d"]]));
        assert_eq!(a.recursive_difference(&b), set(&[&["a"]]));
        assert!(a.difference(&a).is_empty());
        let paths: Vec<String> =
            a.paths().iter().map(|path| path.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(paths, [".a", ".a.b", ".c.d"]);
    }

    #[test]
    fn fields_v1_are_written_and_read() {
        let value = json!({"f:a": {".": {}, "f:b": {}}, "f:c": {"k:{\"name\":\"x\"}": {".": {}, "f:d": {}}}});
        let read = FieldSet::from_fields_v1(&value);
        assert_eq!(read.paths().len(), 4);
        assert_eq!(read.to_fields_v1(), value);
        assert!(FieldSet::from_fields_v1(&json!({"z:a": {"f:b": {}}, "f": 1})).is_empty());
        assert!(FieldSet::from_fields_v1(&json!(["f:a"])).is_empty());
    }
}
