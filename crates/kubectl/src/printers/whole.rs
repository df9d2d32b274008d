//! An object as JSON, as the API server sends it and as kubectl prints what it makes itself.
//!
//! Models encoding/json over the structs of k8s.io/api: what is empty and not to be omitted prints as `null`, `{}` or a
//! zero, which k8s-openapi's types leave out.

use machinery::version::Features;
use machinery::{Kind, Object, decode};
use serde_json::Value;

/// An object of the server.
pub fn value(object: &Object, features: Features) -> Value {
    decode::with_printed_nulls(object.kind().go_type(), &object.to_value(), features)
}

/// A manifest, as its Go type prints.
pub(crate) fn typed(kind: Kind, value: Value, features: Features) -> Value {
    let mut typed = decode::with_printed_nulls(kind.go_type(), &value, features);
    typed["apiVersion"] = kind.api_version().into();
    typed["kind"] = kind.name().into();
    typed
}
