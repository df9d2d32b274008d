//! What differs between two objects.
//!
//! Models structured-merge-diff's typed/compare.go.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Element, FieldSet, Path, Shape};

/// What differs; no field is in two of the sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What only the old object has.
    pub removed: FieldSet,
    /// What both have, with other values.
    pub modified: FieldSet,
    /// What only the new object has.
    pub added: FieldSet,
}

impl Comparison {
    /// The same without some fields and what lies below them.
    pub fn without(&self, fields: &FieldSet) -> Comparison {
        Comparison {
            removed: self.removed.recursive_difference(fields),
            modified: self.modified.recursive_difference(fields),
            added: self.added.recursive_difference(fields),
        }
    }

    /// What the new object has that the old one has not, or has otherwise.
    pub fn changed(&self) -> FieldSet {
        self.modified.union(&self.added)
    }
}

/// What differs from `old` to `new`.
pub fn compare(shape: Shape, old: &Value, new: &Value) -> Comparison {
    let mut walk = Walk { path: Vec::new(), found: Comparison::default() };
    walk.compare(shape, Some(old), Some(new));
    walk.found
}

struct Walk {
    path: Path,
    found: Comparison,
}

type Items<'a> = BTreeMap<Element, Vec<&'a Value>>;

impl Walk {
    fn compare(&mut self, shape: Shape, old: Option<&Value>, new: Option<&Value>) {
        let is_leaf = matches!(shape, Shape::Leaf) || (is_empty(old) && is_empty(new));
        match shape {
            _ if is_leaf => {
                if old.is_some() && new.is_some() && old != new {
                    self.found.modified.insert(&self.path);
                }
            }
            Shape::Keyed(..) | Shape::Set => self.items(shape, items(shape, old), items(shape, new)),
            _ => self.fields(shape, old, new),
        }
        match (old, new) {
            (None, Some(_)) => self.found.added.insert(&self.path),
            (Some(_), None) => self.found.removed.insert(&self.path),
            _ => {}
        }
    }

    fn fields(&mut self, shape: Shape, old: Option<&Value>, new: Option<&Value>) {
        let maps = [old, new].map(|value| value.and_then(Value::as_object));
        let names: BTreeSet<&String> = maps.iter().flatten().flat_map(|map| map.keys()).collect();
        for name in names {
            let element = Element::Field(name.clone());
            let [old, new] = maps.map(|map| map.and_then(|map| map.get(name)));
            self.below(shape, element, old, new);
        }
    }

    fn items(&mut self, shape: Shape, old: Items<'_>, new: Items<'_>) {
        let elements: BTreeSet<&Element> = old.keys().chain(new.keys()).collect();
        for element in elements {
            let [before, after] = [&old, &new].map(|items| items.get(element).map_or(&[][..], Vec::as_slice));
            self.item(shape, element, before, after);
        }
    }

    // Several items that nothing tells apart are compared as one.
    fn item(&mut self, shape: Shape, element: &Element, old: &[&Value], new: &[&Value]) {
        let single = |items: &[&Value]| items.len() < 2;
        if single(old) && single(new) {
            return self.below(shape, element.clone(), old.first().copied(), new.first().copied());
        }
        if single(old) && !old.is_empty() {
            self.below(shape, element.clone(), old.first().copied(), None);
        } else if single(new) && !new.is_empty() {
            self.below(shape, element.clone(), None, new.first().copied());
        }
        self.path.push(element.clone());
        match (single(old), single(new)) {
            (true, _) => self.found.added.insert(&self.path),
            (_, true) => self.found.removed.insert(&self.path),
            _ if old != new => self.found.modified.insert(&self.path),
            _ => {}
        }
        self.path.pop();
    }

    fn below(&mut self, shape: Shape, element: Element, old: Option<&Value>, new: Option<&Value>) {
        let child = shape.child(&element);
        self.path.push(element);
        self.compare(child, old, new);
        self.path.pop();
    }
}

fn items(shape: Shape, list: Option<&Value>) -> Items<'_> {
    let mut items = Items::new();
    for item in list.and_then(Value::as_array).into_iter().flatten() {
        if let Some(element) = shape.item(item) {
            items.entry(element).or_default().push(item);
        }
    }
    items
}

/// Nothing, null, or an empty list or map.
pub(super) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_told_by_field() {
        let pod = |spec: Value| json!({"spec": spec});
        let old = pod(json!({"containers": [{"name": "a", "image": "x"}, {"name": "b"}], "hostname": "h"}));
        let new = pod(json!({
            "containers": [{"name": "a", "image": "y", "args": ["1"]}],
            "nodeSelector": {"disk": "ssd"},
            "hostname": "h",
        }));
        let found = compare(Shape::root(("core", "Pod")), &old, &new);
        let a = |below: Value| json!({"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": below}}});
        assert_eq!(found.modified.to_fields_v1(), a(json!({"f:image": {}})));
        let mut added = a(json!({"f:args": {}}));
        added["f:spec"]["f:nodeSelector"] = json!({});
        assert_eq!(found.added.to_fields_v1(), added);
        let b = json!({"f:spec": {"f:containers": {"k:{\"name\":\"b\"}": {".": {}, "f:name": {}}}}});
        assert_eq!(found.removed.to_fields_v1(), b);
        assert_eq!(compare(Shape::root(("core", "Pod")), &new, &new), Comparison::default());
    }

    #[test]
    fn a_new_map_counts_with_its_entries() {
        let old = json!({"metadata": {"name": "a"}});
        let new = json!({"metadata": {"name": "a", "labels": {"app": "web"}}});
        let found = compare(Shape::root(("core", "Pod")), &old, &new);
        assert_eq!(found.added.to_fields_v1(), json!({"f:metadata": {"f:labels": {".": {}, "f:app": {}}}}));
    }

    #[test]
    fn duplicates_are_compared_as_one() {
        let pod = |env: Value| json!({"spec": {"containers": [{"name": "a", "env": env}]}});
        let x = |value: &str| json!({"name": "X", "value": value});
        let env = |set: &FieldSet| {
            set.to_fields_v1()["f:spec"]["f:containers"]["k:{\"name\":\"a\"}"]["f:env"].clone()
        };
        let shape = Shape::root(("core", "Pod"));
        let (one, two) = (pod(json!([x("1")])), pod(json!([x("1"), x("2")])));
        let other = pod(json!([x("1"), x("3")]));
        assert_eq!(env(&compare(shape, &two, &other).modified), json!({"k:{\"name\":\"X\"}": {}}));
        assert_eq!(env(&compare(shape, &one, &two).added), json!({"k:{\"name\":\"X\"}": {}}));
        assert_eq!(env(&compare(shape, &two, &one).removed), json!({"k:{\"name\":\"X\"}": {}}));
    }
}
