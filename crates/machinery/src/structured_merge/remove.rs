//! An object without some of its items and fields.
//!
//! Models structured-merge-diff's typed/remove.go. A list or map that loses everything becomes null.

use serde_json::{Map, Value};

use super::{Element, FieldSet, Shape};

/// `value` without the items and fields of `fields`.
pub fn remove(shape: Shape, value: &Value, fields: &FieldSet) -> Value {
    match (shape, value) {
        (Shape::Struct(_) | Shape::Map(_), Value::Object(map)) => {
            let kept = |(name, value): (&String, &Value)| {
                let element = Element::Field(name.clone());
                kept(shape, &element, value, fields).map(|value| (name.clone(), value))
            };
            let out: Map<String, Value> = map.iter().filter_map(kept).collect();
            if out.is_empty() { Value::Null } else { Value::Object(out) }
        }
        (Shape::Keyed(..) | Shape::Set, Value::Array(items)) => {
            let kept = |item: &Value| match shape.item(item) {
                Some(element) => kept(shape, &element, item, fields),
                None => Some(item.clone()),
            };
            let out: Vec<Value> = items.iter().filter_map(kept).collect();
            if out.is_empty() { Value::Null } else { Value::Array(out) }
        }
        (Shape::Leaf, Value::Array(_) | Value::Object(_)) => Value::Null,
        _ => value.clone(),
    }
}

fn kept(shape: Shape, element: &Element, value: &Value, fields: &FieldSet) -> Option<Value> {
    match fields.below(element) {
        (true, _) => None,
        (false, None) => Some(value.clone()),
        (false, Some(below)) => Some(remove(shape.child(element), value, below)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_and_fields_are_taken_out() {
        let pod = json!({
            "metadata": {"labels": {"a": "1", "b": "2"}, "annotations": {"c": "3"}},
            "spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b"}], "hostname": "h"},
        });
        let gone = FieldSet::from_fields_v1(&json!({
            "f:metadata": {"f:labels": {"f:a": {}}, "f:annotations": {"f:c": {}}},
            "f:spec": {
                "f:containers": {"k:{\"name\":\"a\"}": {"f:image": {}}, "k:{\"name\":\"b\"}": {".": {}}},
                "f:none": {},
            },
        }));
        let expected = json!({
            "metadata": {"labels": {"b": "2"}, "annotations": null},
            "spec": {"containers": [{"name": "a"}], "hostname": "h"},
        });
        assert_eq!(remove(Shape::root(("core", "Pod")), &pod, &gone), expected);
        assert_eq!(remove(Shape::root(("core", "Pod")), &pod, &FieldSet::default()), pod);
    }
}
