//! An object with a configuration laid over it.
//!
//! Models structured-merge-diff's typed/merge.go: nothing is removed; a list's items come in the configuration's order
//! where that says something of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::compare::is_empty;
use super::{Element, Shape};

/// `live` with what `config` gives.
pub fn merge(shape: Shape, live: &Value, config: &Value) -> Value {
    merged(shape, Some(live), Some(config)).unwrap_or_default()
}

fn merged(shape: Shape, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    match shape {
        Shape::Leaf => config.or(live).cloned(),
        _ if is_empty(live) && is_empty(config) => config.or(live).cloned(),
        Shape::Keyed(..) | Shape::Set => merged_items(shape, list(live), list(config)),
        _ => merged_fields(shape, live, config),
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn merged_fields(shape: Shape, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    let maps = [live, config].map(|value| value.and_then(Value::as_object));
    let names: BTreeSet<&String> = maps.iter().flatten().flat_map(|map| map.keys()).collect();
    let mut out = Map::new();
    for name in names {
        let child = shape.child(&Element::Field(name.clone()));
        let [live, config] = maps.map(|map| map.and_then(|map| map.get(name)));
        if let Some(value) = merged(child, live, config) {
            out.insert(name.clone(), value);
        }
    }
    (!out.is_empty()).then_some(Value::Object(out))
}

fn merged_items(shape: Shape, live: &[Value], config: &[Value]) -> Option<Value> {
    let (theirs, ours) = (elements(shape, live), elements(shape, config));
    let mut found: BTreeMap<&Element, Option<&Value>> = BTreeMap::new();
    for (element, item) in &theirs {
        // Of items that nothing tells apart none merges.
        found.entry(element).and_modify(|item| *item = None).or_insert(Some(item));
    }
    let names =
        |items: &[(Element, &Value)]| items.iter().map(|(element, _)| element.clone()).collect::<Vec<_>>();
    let next = |next: Next| match next {
        Next::Theirs(at) => merged(shape.child(&theirs[at].0), Some(theirs[at].1), None),
        Next::Ours(at) => {
            let (element, item) = &ours[at];
            merged(shape.child(element), found.get(element).copied().flatten(), Some(item))
        }
    };
    let out: Vec<Value> = order(&names(&theirs), &names(&ours)).into_iter().filter_map(next).collect();
    (!out.is_empty()).then_some(Value::Array(out))
}

fn elements(shape: Shape, items: &[Value]) -> Vec<(Element, &Value)> {
    items.iter().filter_map(|item| Some((shape.item(item)?, item))).collect()
}

/// The next item of a merged list, by its position: one that only the object has, or one of the configuration.
#[derive(Clone, Copy)]
enum Next {
    Theirs(usize),
    Ours(usize),
}

// The configuration's items keep their order; the object's own ones stay behind the shared ones that they followed.
fn order(theirs: &[Element], ours: &[Element]) -> Vec<Next> {
    let is_given = |element: &Element| ours.contains(element);
    let mut shared = ours.iter().filter(|element| theirs.contains(element)).peekable();
    let (mut order, mut their, mut our) = (Vec::new(), 0, 0);
    while their < theirs.len() || our < ours.len() {
        match (theirs.get(their), ours.get(our)) {
            (Some(a), Some(b)) if a == b => their += 1,
            // It is shared, and its turn comes later, or has been.
            (Some(a), Some(_)) if is_given(a) && shared.peek().is_some_and(|next| *next != a) => {
                their += 1;
                continue;
            }
            (Some(a), _) if !is_given(a) => {
                order.push(Next::Theirs(their));
                their += 1;
                continue;
            }
            (Some(a), _) if ours[..our].contains(a) => their += 1,
            _ => {}
        }
        if let Some(taken) = ours.get(our) {
            order.push(Next::Ours(our));
            shared.next_if(|next| *next == taken);
            our += 1;
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_given_lies_over_what_is_there() {
        let live = json!({"spec": {
            "hostname": "h",
            "nodeSelector": {"a": "1"},
            "containers": [{"name": "a", "image": "x", "args": ["1", "2"]}, {"name": "b"}],
        }});
        let config = json!({"spec": {
            "nodeSelector": {"b": "2"},
            "containers": [{"name": "a", "args": ["3"]}],
        }});
        let expected = json!({"spec": {
            "hostname": "h",
            "nodeSelector": {"b": "2"},
            "containers": [{"name": "a", "image": "x", "args": ["3"]}, {"name": "b"}],
        }});
        assert_eq!(merge(Shape::root(("core", "Pod")), &live, &config), expected);
    }

    #[test]
    fn lists_keep_the_order_of_the_configuration() {
        let cases = [
            ("ab", "", "ab"),
            ("", "ab", "ab"),
            ("ab", "ba", "ba"),
            ("abc", "ca", "bca"),
            ("abc", "bd", "abcd"),
            ("axbycz", "cba", "xyczba"),
            ("abc", "xa", "xabc"),
        ];
        for (live, config, expected) in cases {
            let list = |text: &str| -> Value { text.chars().map(|c| c.to_string()).collect() };
            let pod = |text: &str| json!({"metadata": {"finalizers": list(text), "name": "p"}});
            let found = merge(Shape::root(("core", "Pod")), &pod(live), &pod(config));
            assert_eq!(found, pod(expected), "{live} with {config}");
        }
    }
}
