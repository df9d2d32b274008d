//! Every field that an object mentions.
//!
//! Models structured-merge-diff's typed/tofieldset.go.

use serde_json::Value;

use super::{Element, FieldSet, Path, Shape};

/// The leaves of the object, and the items of its maps and lists.
pub fn field_set(shape: Shape, value: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    walk(shape, value, &mut Vec::new(), &mut set);
    set
}

fn walk(shape: Shape, value: &Value, path: &mut Path, set: &mut FieldSet) {
    match (shape, value) {
        (Shape::Leaf, _) => set.insert(path),
        (Shape::Struct(_) | Shape::Map(_), Value::Object(map)) => {
            for (name, value) in map {
                walk_field(shape, name, value, path, set);
            }
        }
        (Shape::Keyed(..) | Shape::Set, Value::Array(items)) => walk_items(shape, items, path, set),
        _ => {}
    }
}

fn walk_field(shape: Shape, name: &str, value: &Value, path: &mut Path, set: &mut FieldSet) {
    let element = Element::Field(name.to_owned());
    let child = shape.child(&element);
    path.push(element);
    walk(child, value, path, set);
    let is_empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
    let is_named = matches!(shape, Shape::Struct(owner) if owner.field(name).is_some());
    if is_empty || !is_named {
        set.insert(path);
    }
    path.pop();
}

// Of items that nothing tells apart only that they are there.
fn walk_items(shape: Shape, items: &[Value], path: &mut Path, set: &mut FieldSet) {
    let elements: Vec<Option<Element>> = items.iter().map(|item| shape.item(item)).collect();
    for (element, item) in elements.iter().zip(items) {
        let Some(known) = element else {
            continue;
        };
        path.push(known.clone());
        if elements.iter().filter(|other| *other == element).count() == 1 {
            walk(shape.child(known), item, path, set);
        }
        set.insert(path);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leaves_and_items_are_found() {
        let set = json!({
            "metadata": {"labels": {"app": "web"}, "annotations": {}},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"spec": {"containers": [{"name": "a", "args": ["x"], "resources": {}}]}},
            },
        });
        let found = field_set(Shape::root(("apps", "StatefulSet")), &set).to_fields_v1();
        let expected = json!({
            "f:metadata": {"f:labels": {"f:app": {}}, "f:annotations": {}},
            "f:spec": {
                "f:replicas": {},
                "f:selector": {},
                "f:template": {"f:spec": {"f:containers": {
                    "k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:args": {}, "f:resources": {}},
                }}},
            },
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn of_duplicates_only_the_item_is_noted() {
        let pod = json!({"spec": {"containers": [{"name": "a", "env": [{"name": "X"}, {"name": "X", "value": "1"}]}]}});
        let found = field_set(Shape::root(("core", "Pod")), &pod).to_fields_v1();
        let env = &found["f:spec"]["f:containers"]["k:{\"name\":\"a\"}"]["f:env"];
        assert_eq!(*env, json!({"k:{\"name\":\"X\"}": {}}));
    }
}
