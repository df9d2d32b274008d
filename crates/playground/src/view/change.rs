//! Which fields of an object a change has set, as paths with short values.

use machinery::Object;
use serde_json::Value;

/// Longest value that is shown, in characters.
const SHOWN: usize = 48;

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// `status.conditions[Ready].status`.
    pub path: String,
    /// What it was, if it was there.
    pub old: Option<String>,
    /// What it is, if it is there.
    pub new: Option<String>,
}

/// The fields that differ, in the order of their names; never the resourceVersion, which always differs.
pub fn field_changes(old: &Object, new: &Object) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", Some(&old.to_value()), Some(&new.to_value()), &mut changes);
    changes.retain(|change| !matches!(change.path.as_str(), "metadata.resourceVersion"));
    changes
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let mut names: Vec<&String> =
                a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))).collect();
            names.sort();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, a.get(name), b.get(name), changes);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => compare_lists(path, a, b, changes),
        _ => changes.push(FieldChange { path: path.to_owned(), old: old.map(short), new: new.map(short) }),
    }
}

/// Items are matched by the field that names them, else by their place.
fn compare_lists(path: &str, old: &[Value], new: &[Value], changes: &mut Vec<FieldChange>) {
    let name = |item: &Value| {
        let named = ["type", "name", "containerPort"].iter().find_map(|field| item.get(field));
        named.map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned))
    };
    let mut names: Vec<String> = Vec::new();
    for (index, item) in old.iter().enumerate().chain(new.iter().enumerate()) {
        let name = name(item).unwrap_or_else(|| index.to_string());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let find = |list: &'_ [Value], wanted: &str| {
        let place = list
            .iter()
            .enumerate()
            .position(|(index, item)| name(item).unwrap_or_else(|| index.to_string()) == wanted);
        place.map(|place| list[place].clone())
    };
    for name in names {
        compare(&format!("{path}[{name}]"), find(old, &name).as_ref(), find(new, &name).as_ref(), changes);
    }
}

fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use machinery::{Kind, Object};
    use serde_json::json;

    #[test]
    fn fields_are_named_by_path_and_items_by_their_names() {
        let pod = |phase: &str, ready: &str, node: Option<&str>| {
            let value = json!({
                "metadata": {"name": "web-0", "resourceVersion": phase.len().to_string()},
                "spec": {"nodeName": node, "containers": [{"name": "c", "image": "a".repeat(60)}]},
                "status": {"phase": phase, "conditions": [
                    {"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": ready},
                ]},
            });
            Object::from_value(Kind::Pod, value).expect("a pod")
        };
        let changes =
            super::field_changes(&pod("Pending", "False", None), &pod("Running", "True", Some("node-1")));
        let told: Vec<String> = changes
            .iter()
            .map(|change| format!("{} {:?} {:?}", change.path, change.old.as_deref(), change.new.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                r#"spec.nodeName None Some("node-1")"#,
                r#"status.conditions[Ready].status Some("False") Some("True")"#,
                r#"status.phase Some("Pending") Some("Running")"#,
            ]
        );
    }
}
