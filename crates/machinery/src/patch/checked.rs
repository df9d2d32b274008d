//! What the API server asks of a patch before it applies it, where it checks fields.
//!
//! Models `applyJSPatch` of apiserver/pkg/endpoints/handlers/patch.go.

use serde_json::Value;

use super::{PatchError, PatchErrorKind, PatchType};

const MAP: &str = "map[string]interface {}";

/// Whether the patch has the shape of its type.
///
/// # Errors
/// With the server's text. A strategic merge patch is checked where it is applied.
pub fn check(patch_type: PatchType, patch: &Value) -> Result<(), PatchError> {
    let wrong = |found: &Value, into: &str| {
        let what = match found {
            Value::Object(_) => "object",
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Number(_) => "number",
            Value::Bool(_) | Value::Null => "bool",
        };
        let message = format!("error decoding patch: json: cannot unmarshal {what} into Go {into}");
        Err(PatchError::new(PatchErrorKind::BadRequest, message))
    };
    match (patch_type, patch) {
        (PatchType::Strategic, _) | (_, Value::Null) | (PatchType::Merge, Value::Object(_)) => Ok(()),
        (PatchType::Merge, other) => wrong(other, &format!("value of type {MAP}")),
        (PatchType::Json, Value::Array(operations)) => operations.iter().try_for_each(|operation| {
            if operation.is_null() {
                return Ok(());
            }
            let Some(fields) = operation.as_object() else {
                return wrong(operation, "value of type handlers.jsonPatchOp");
            };
            ["op", "path", "from"].iter().try_for_each(|name| match fields.get(*name) {
                None | Some(Value::Null | Value::String(_)) => Ok(()),
                Some(other) => wrong(other, &format!("struct field jsonPatchOp.{name} of type string")),
            })
        }),
        (PatchType::Json, other) => wrong(other, "value of type []handlers.jsonPatchOp"),
    }
}

/// What the operations of a JSON patch have besides the fields of `jsonPatchOp`.
pub fn unknown_fields(patch: &Value) -> Vec<String> {
    let operations = patch.as_array().into_iter().flatten().enumerate();
    let fields = |(index, operation): (usize, &Value)| {
        let names = operation.as_object().into_iter().flat_map(|fields| fields.keys());
        let unknown = names.filter(|name| !["op", "path", "from", "value"].contains(&name.as_str()));
        unknown.map(|name| format!("[{index}].{name}")).collect::<Vec<_>>()
    };
    operations.flat_map(fields).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{PatchType, check, unknown_fields};

    #[test]
    fn unknown_fields_of_operations_are_found() {
        let operation = json!({"op": "add", "path": "/a", "from": "", "value": {"x": 1}});
        let patch = json!([operation, {"op": "test", "Path": "/a", "why": 1}, null]);
        assert_eq!(unknown_fields(&patch), ["[1].Path", "[1].why"]);
    }

    #[test]
    fn shapes_are_checked_in_gos_words() {
        let wrong = [
            (PatchType::Json, json!({"spec": {}}), "object into Go value of type []handlers.jsonPatchOp"),
            (PatchType::Json, json!([1]), "number into Go value of type handlers.jsonPatchOp"),
            (
                PatchType::Json,
                json!([{"op": 1}]),
                "number into Go struct field jsonPatchOp.op of type string",
            ),
            (PatchType::Merge, json!([]), "array into Go value of type map[string]interface {}"),
        ];
        for (patch_type, patch, expected) in wrong {
            let error = check(patch_type, &patch).expect_err(expected).to_string();
            assert_eq!(error, format!("error decoding patch: json: cannot unmarshal {expected}"));
        }
        for (patch_type, patch) in [
            (PatchType::Json, json!([{"op": "foo", "value": 1}])),
            (PatchType::Merge, json!({})),
            (PatchType::Strategic, json!([])),
        ] {
            assert_eq!(check(patch_type, &patch), Ok(()));
        }
    }
}
