//! JSON patch, RFC 6902.
//!
//! Models evanphx/json-patch v4, patch.go, leniency and error texts included: `replace` of a key that an object does not
//! have adds it, indices may count from the end.

use serde_json::{Map, Value};

use super::{PatchError, PatchErrorKind};

/// apiserver/pkg/endpoints/handlers/patch.go, `maxJSONPatchOperations`.
const MAX_OPERATIONS: usize = 10_000;
/// What `copy` may add in all: the limit of a request's body.
const MAX_COPIED_BYTES: usize = 3 << 20;

const MISSING: &str = "missing value";
const TEST_FAILED: &str = "test failed";

pub(super) fn apply(target: &Value, patch: &Value) -> Result<Value, PatchError> {
    let operations = operations(patch)?;
    if operations.len() > MAX_OPERATIONS {
        let message = format!(
            "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}",
            operations.len()
        );
        return Err(PatchError::new(PatchErrorKind::TooLarge, message));
    }
    let mut document = target.clone();
    let mut copied = 0;
    for operation in operations {
        operate(&mut document, operation, &mut copied)
            .map_err(|message| PatchError::new(PatchErrorKind::Unprocessable, message))?;
    }
    Ok(document)
}

fn operations(patch: &Value) -> Result<Vec<&Map<String, Value>>, PatchError> {
    let bad = |found: &Value, into: &str| {
        let what = match found {
            Value::Object(_) => "object",
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Number(_) => "number",
            Value::Bool(_) | Value::Null => "bool",
        };
        let message = format!("json: cannot unmarshal {what} into Go value of type jsonpatch.{into}");
        PatchError::new(PatchErrorKind::BadRequest, message)
    };
    let Value::Array(items) = patch else {
        return Err(bad(patch, "Patch"));
    };
    items.iter().map(|item| item.as_object().ok_or_else(|| bad(item, "Operation"))).collect()
}

fn operate(document: &mut Value, operation: &Map<String, Value>, copied: &mut usize) -> Result<(), String> {
    let text = |key: &str| operation.get(key).and_then(Value::as_str);
    let op = text("op").unwrap_or("unknown");
    let value = || operation.get("value").cloned().unwrap_or_default();
    let path = || match op {
        "replace" | "move" | "test" => text("path").ok_or_else(|| {
            format!("{op} operation failed to decode path: operation missing path field: {MISSING}")
        }),
        _ => text("path").ok_or_else(|| format!("{op} operation failed to decode path: {MISSING}")),
    };
    let from = || {
        text("from").ok_or_else(|| {
            format!("{op} operation failed to decode from: operation, missing from field: {MISSING}")
        })
    };
    match op {
        "add" => add(document, path()?, value()),
        "remove" => remove(document, path()?),
        "replace" => replace(document, path()?, value()),
        "test" => test(document, path()?, &value()),
        "move" => {
            let from = from()?;
            let moved = take(document, from)?;
            insert(document, path()?, moved, "move", |path, error| {
                format!("error in move for path: '{path}': {error}")
            })
        }
        "copy" => {
            let from = from()?;
            let Some((container, key)) = find(document, from) else {
                return Err(format!(
                    "copy operation does not apply: doc is missing from path: {from}: {MISSING}"
                ));
            };
            let found =
                get(container, &key).map_err(|error| format!("error in copy for from: '{from}': {error}"))?;
            let copy = found.cloned().unwrap_or_default();
            *copied += copy.to_string().len();
            if *copied > MAX_COPIED_BYTES {
                return Err(format!(
                    "Unable to complete the copy, the accumulated size increase of copy is {copied}, exceeding the limit {MAX_COPIED_BYTES}"
                ));
            }
            insert(document, path()?, copy, "copy", |_, error| {
                format!("error while adding value during copy: {error}")
            })
        }
        op => Err(format!("Unexpected kind: {op}")),
    }
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let Some((container, key)) = find(document, path) else {
        return Err(format!("add operation does not apply: doc is missing path: \"{path}\": {MISSING}"));
    };
    put(container, key, value).map_err(|error| format!("error in add for path: '{path}': {error}"))
}

fn insert(
    document: &mut Value,
    path: &str,
    value: Value,
    op: &str,
    wrap: impl Fn(&str, String) -> String,
) -> Result<(), String> {
    let Some((container, key)) = find(document, path) else {
        return Err(format!(
            "{op} operation does not apply: doc is missing destination path: {path}: {MISSING}"
        ));
    };
    put(container, key, value).map_err(|error| wrap(path, error))
}

fn remove(document: &mut Value, path: &str) -> Result<(), String> {
    let Some((container, key)) = find(document, path) else {
        return Err(format!("remove operation does not apply: doc is missing path: \"{path}\": {MISSING}"));
    };
    delete(container, &key)
        .map(|_| ())
        .map_err(|error| format!("error in remove for path: '{path}': {error}"))
}

fn take(document: &mut Value, from: &str) -> Result<Value, String> {
    let Some((container, key)) = find(document, from) else {
        return Err(format!("move operation does not apply: doc is missing from path: {from}: {MISSING}"));
    };
    delete(container, &key).map_err(|error| format!("error in move for path: '{key}': {error}"))
}

fn replace(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        if !value.is_object() && !value.is_array() {
            return Err("replace operation value must be object or array: %!w(<nil>)".to_owned());
        }
        *document = value;
        return Ok(());
    }
    let Some((container, key)) = find(document, path) else {
        return Err(format!("replace operation does not apply: doc is missing path: {path}: {MISSING}"));
    };
    match container {
        Value::Array(items) => {
            let index = index(&key, items.len()).map_err(|_| {
                format!("replace operation does not apply: doc is missing key: {path}: {MISSING}")
            })?;
            items[index] = value;
        }
        Value::Object(map) => {
            map.insert(key, value);
        }
        _ => {}
    }
    Ok(())
}

fn test(document: &mut Value, path: &str, expected: &Value) -> Result<(), String> {
    let failed = || format!("testing value {path} failed: {TEST_FAILED}");
    if path.is_empty() {
        return if document == expected { Ok(()) } else { Err(failed()) };
    }
    let Some((container, key)) = find(document, path) else {
        return Err(format!("test operation does not apply: is missing path: {path}: {MISSING}"));
    };
    let found = get(container, &key).map_err(|error| format!("error in test for path: '{path}': {error}"))?;
    if found.unwrap_or(&Value::Null) == expected { Ok(()) } else { Err(failed()) }
}

// The object or list that holds what the path names, and the key in it.
fn find<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (parents, key) = path.rsplit_once('/')?;
    let mut container = document;
    for part in parents.split('/').skip(1) {
        let part = unescape(part);
        container = match container {
            Value::Object(map) => map.get_mut(&part)?,
            Value::Array(items) => {
                let index = index(&part, items.len()).ok()?;
                &mut items[index]
            }
            _ => return None,
        };
    }
    (container.is_object() || container.is_array()).then(|| (container, unescape(key)))
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn get<'a>(container: &'a Value, key: &str) -> Result<Option<&'a Value>, String> {
    match container {
        Value::Array(items) => index(key, items.len()).map(|index| items.get(index)),
        container => Ok(container.get(key)),
    }
}

fn put(container: &mut Value, key: String, value: Value) -> Result<(), String> {
    match container {
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => {
            parse_index(&key)
                .map_err(|error| format!("value was not a proper array index: '{key}': {error}"))?;
            let index = index(&key, items.len() + 1)?;
            items.insert(index, value);
        }
        Value::Object(map) => {
            map.insert(key, value);
        }
        _ => {}
    }
    Ok(())
}

fn delete(container: &mut Value, key: &str) -> Result<Value, String> {
    match container {
        Value::Array(items) => index(key, items.len()).map(|index| items.remove(index)),
        Value::Object(map) => {
            map.remove(key).ok_or_else(|| format!("Unable to remove nonexistent key: {key}: {MISSING}"))
        }
        _ => Ok(Value::Null),
    }
}

// strconv.Atoi
fn parse_index(key: &str) -> Result<i64, String> {
    key.parse().map_err(|_| format!("strconv.Atoi: parsing {}: invalid syntax", crate::go_text::quote(key)))
}

// Negative ones count from the end.
fn index(key: &str, len: usize) -> Result<usize, String> {
    let given = parse_index(key)?;
    let length = i64::try_from(len).unwrap_or(i64::MAX);
    let index = if given < 0 { given.saturating_add(length) } else { given };
    if !(0..length).contains(&index) {
        return Err(format!("Unable to access invalid index: {given}: invalid index referenced"));
    }
    usize::try_from(index).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn target() -> Value {
        json!({"spec": {"replicas": 2, "list": ["a", "b"]}, "a/b": {"~": 1}})
    }

    #[test]
    fn operations_apply() {
        let cases = [
            (json!([{"op": "replace", "path": "/spec/replicas", "value": 3}]), "/spec/replicas", json!(3)),
            (
                json!([{"op": "add", "path": "/spec/list/-", "value": "c"}]),
                "/spec/list",
                json!(["a", "b", "c"]),
            ),
            (
                json!([{"op": "add", "path": "/spec/list/0", "value": "c"}]),
                "/spec/list",
                json!(["c", "a", "b"]),
            ),
            (json!([{"op": "remove", "path": "/spec/list/-1"}]), "/spec/list", json!(["a"])),
            (json!([{"op": "move", "from": "/spec/replicas", "path": "/n"}]), "/n", json!(2)),
            (json!([{"op": "copy", "from": "/a~1b/~0", "path": "/n"}]), "/n", json!(1)),
            (json!([{"op": "test", "path": "/spec/replicas", "value": 2}]), "/spec/replicas", json!(2)),
            (json!([{"op": "test", "path": "/spec/none"}]), "/spec/replicas", json!(2)),
            (json!([{"op": "replace", "path": "/spec/new", "value": 1}]), "/spec/new", json!(1)),
        ];
        for (patch, pointer, expected) in cases {
            let patched = super::apply(&target(), &patch).unwrap_or_else(|e| panic!("{patch}: {e}"));
            assert_eq!(patched.pointer(pointer), Some(&expected), "{patch}");
        }
    }

    #[test]
    fn errors_are_upstreams() {
        let cases = [
            (json!({}), "json: cannot unmarshal object into Go value of type jsonpatch.Patch"),
            (
                json!([{"op": "replace", "path": "/spec/nope/x", "value": 3}]),
                "replace operation does not apply: doc is missing path: /spec/nope/x: missing value",
            ),
            (
                json!([{"op": "test", "path": "/spec/replicas", "value": 9}]),
                "testing value /spec/replicas failed: test failed",
            ),
            (json!([{"op": "foo", "path": "/spec/replicas"}]), "Unexpected kind: foo"),
            (
                json!([{"op": "remove", "path": "/spec/nope"}]),
                "error in remove for path: '/spec/nope': Unable to remove nonexistent key: nope: missing value",
            ),
            (
                json!([{"op": "add", "path": "/spec/list/9", "value": 1}]),
                "error in add for path: '/spec/list/9': Unable to access invalid index: 9: invalid index referenced",
            ),
            (json!([{"op": "add"}]), "add operation failed to decode path: missing value"),
        ];
        for (patch, expected) in cases {
            let error = super::apply(&target(), &patch).expect_err(expected);
            assert_eq!(error.to_string(), expected);
        }
    }
}
