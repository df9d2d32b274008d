//! From a request's body to an object.
//!
//! Models how apiserver/pkg/endpoints/handlers/{create,update}.go decode a body, with strict field validation.

use client::api::{Body, FieldValidation, Refusal, Request};
use machinery::version::Features;
use machinery::{Kind, Object, Status, decode};
use serde_json::Value;

use crate::strategy;

/// The largest body, in bytes (apiserver/pkg/server/config.go, MaxRequestBodyBytes).
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;

/// The object in the body; what comes from people is decoded strictly.
pub fn decoded(features: Features, request: &Request, body: Body) -> Result<Object, Refusal> {
    let refuse = |why: &str| undecodable(request.kind.name(), why);
    let object = decoded_only(features, request, body, refuse)?;
    match strategy::conversion_error(&object) {
        None => Ok(object),
        Some(why) => Err(refuse(&why)),
    }
}

/// The same, before it becomes an object of the version that the server works with; `refuse` words why it cannot be decoded.
pub fn decoded_only(
    features: Features,
    request: &Request,
    body: Body,
    refuse: impl Fn(&str) -> Refusal,
) -> Result<Object, Refusal> {
    let value = match body {
        Body::Typed(object) => return Ok(object),
        Body::Json(value) => value,
    };
    if json_bytes(&value) > MAX_BODY_BYTES {
        return Err(Box::new(Status::too_large(MAX_BODY_BYTES)));
    }
    let kind = request.kind;
    check_type(kind, &value)?;
    let given = strategy::Given::of(&value);
    let normalized =
        decode::normalize(kind.go_type(), value, features).map_err(|e| refuse(&e.to_string()))?;
    match (request.field_validation, normalized.strict_error()) {
        (FieldValidation::Strict, Some(unknown)) => return Err(refuse(&unknown)),
        (FieldValidation::Warn, Some(_)) => {
            for path in &normalized.unknown {
                request.warnings.add(format!("unknown field \"{path}\""));
            }
        }
        _ => {}
    }
    let mut object = Object::from_value(kind, normalized.value).map_err(|e| refuse(&e.to_string()))?;
    given.mark(&mut object);
    Ok(object)
}

/// A body that is no object of its kind.
pub fn undecodable(name: &str, why: &str) -> Refusal {
    Box::new(Status::bad_request(format!("{name} in version \"v1\" cannot be handled as a {name}: {why}")))
}

/// The body has to be of the kind that the request is about.
fn check_type(kind: Kind, value: &Value) -> Result<(), Refusal> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    let (version, given) = (text("apiVersion"), text("kind"));
    let expected = kind.api_version();
    if !version.is_empty() && version != expected {
        let why = format!(
            "the API version in the data ({version}) does not match the expected API version ({expected})"
        );
        return Err(Box::new(Status::bad_request(why)));
    }
    match other_kind(kind, value) {
        None => Ok(()),
        Some(why) => {
            let why = format!("{given} in version \"v1\" cannot be handled as a {kind}: {why}");
            Err(Box::new(Status::bad_request(why)))
        }
    }
}

/// Why an object that says what it is cannot become one of the kind.
pub fn other_kind(kind: Kind, value: &Value) -> Option<String> {
    let text = |field: &str, usual: &'static str| {
        let given = value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        if given.is_empty() { usual.to_owned() } else { given }
    };
    let (version, given) = (text("apiVersion", kind.api_version()), text("kind", kind.name()));
    if (version.as_str(), given.as_str()) == (kind.api_version(), kind.name()) {
        return None;
    }
    Some(match Kind::from_api(&version, &given) {
        Some(other) => {
            format!("converting (v1.{other}) to ({}.{kind}): unknown conversion", kind.go_type().0)
        }
        None => format!(
            "no kind \"{given}\" is registered for version \"{version}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
        ),
    })
}

/// How many bytes the value takes as compact JSON.
fn json_bytes(value: &Value) -> usize {
    let mut counter = Counter(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn json_is_counted_without_being_made() {
        let value = json!({"a": ["x\n", 1], "b": null});
        assert_eq!(super::json_bytes(&value), value.to_string().len());
    }
}
