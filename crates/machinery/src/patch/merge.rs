//! JSON merge patch, RFC 7386.
//!
//! Models evanphx/json-patch v4, merge.go. Recursion is as deep as the values, which reading bounds.

use serde_json::{Map, Value};

use super::{PatchError, PatchErrorKind};

pub(super) fn apply(target: &Value, patch: &Value) -> Result<Value, PatchError> {
    let Value::Object(patch) = patch else {
        return Err(PatchError::new(PatchErrorKind::BadRequest, "Invalid JSON Patch"));
    };
    let mut result = target.as_object().cloned().unwrap_or_default();
    merge(&mut result, patch);
    Ok(Value::Object(result))
}

fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match (target.get_mut(key), value) {
            (_, Value::Null) => {
                target.remove(key);
            }
            (Some(Value::Object(current)), Value::Object(patch)) => merge(current, patch),
            (Some(Value::Object(_)), value) => {
                target.insert(key.clone(), value.clone());
            }
            (_, value) => {
                target.insert(key.clone(), without_nulls(value));
            }
        }
    }
}

// Nulls in objects go, those in lists stay.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

/// The merge patch that makes `modified` of `original` (`CreateMergePatch`); `{}` if they are equal.
pub fn diff(original: &Value, modified: &Value) -> Value {
    let (Value::Object(original), Value::Object(modified)) = (original, modified) else {
        return modified.clone();
    };
    let mut patch = Map::new();
    for (key, value) in modified {
        match original.get(key) {
            Some(old) if old == value => {}
            Some(old @ Value::Object(_)) if value.is_object() => {
                patch.insert(key.clone(), diff(old, value));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in original.keys().filter(|key| !modified.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn patches_as_the_rfc_says() {
        let cases = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
        ];
        for (target, patch, expected) in cases {
            assert_eq!(super::apply(&target, &patch), Ok(expected), "{patch}");
        }
        let error = super::apply(&json!({}), &json!([])).expect_err("is refused");
        assert_eq!(error.to_string(), "Invalid JSON Patch");
    }

    #[test]
    fn a_diff_applied_gives_the_modified_one() {
        let original = json!({"a": 1, "b": {"c": 2, "d": [1]}, "x": "y"});
        let modified = json!({"a": 1, "b": {"c": 3, "d": [2]}, "z": {}});
        let patch = super::diff(&original, &modified);
        assert_eq!(patch, json!({"b": {"c": 3, "d": [2]}, "x": null, "z": {}}));
        assert_eq!(super::apply(&original, &patch), Ok(modified));
    }
}
