//! Field paths and what can be wrong with a field.
//!
//! Models apimachinery/pkg/util/validation/field/{path,errors}.go (v1.36.2).

use std::fmt;

use serde_json::Value;

use crate::json;

/// A path into an object, as validation errors print it: `spec.template.spec.containers[0].name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// A path of one segment; an empty name is the object itself.
    pub fn new(name: &str) -> Path {
        Path(name.to_owned())
    }

    /// The field `name` below this path.
    pub fn child(&self, name: &str) -> Path {
        if self.0.is_empty() { Path::new(name) } else { Path(format!("{}.{name}", self.0)) }
    }

    /// The list item at `index` (from 0).
    pub fn index(&self, index: usize) -> Path {
        Path(format!("{}[{index}]", self.0))
    }

    /// The map entry `key`.
    pub fn key(&self, key: &str) -> Path {
        Path(format!("{}[{key}]", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Upstream prints the root as `<nil>`, except in messages that wrap it in brackets.
        f.write_str(if self.0.is_empty() { "<nil>" } else { &self.0 })
    }
}

/// What kind of mistake a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum ErrorType {
    /// A value has to be given.
    Required,
    /// The value breaks a rule.
    Invalid(Value),
    /// The value breaks a rule; its JSON, where Go prints a struct and the keys are not sorted.
    InvalidStruct(String),
    /// The value is none of the allowed ones.
    NotSupported(Value),
    /// The field may not be set, or not like this.
    Forbidden,
    /// The value occurs twice.
    Duplicate(Value),
    /// The value occurs twice; its JSON, where Go prints a struct and the keys are not sorted.
    DuplicateStruct(String),
    /// The value names something that is not there.
    NotFound(Value),
    /// The value has too many bytes.
    TooLong,
    /// The list has too many items.
    TooMany,
}

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// The field.
    pub path: Path,
    /// The kind of mistake, with the offending value where upstream prints one.
    pub error: ErrorType,
    /// The rule that is broken, in upstream's words; may be empty.
    pub detail: String,
}

impl FieldError {
    fn new(path: &Path, error: ErrorType, detail: impl Into<String>) -> FieldError {
        FieldError { path: path.clone(), error, detail: detail.into() }
    }

    /// `Required value[: detail]`.
    pub fn required(path: &Path, detail: impl Into<String>) -> FieldError {
        FieldError::new(path, ErrorType::Required, detail)
    }

    /// `Invalid value: VALUE: detail`.
    pub fn invalid(path: &Path, value: impl Into<Value>, detail: impl Into<String>) -> FieldError {
        FieldError::new(path, ErrorType::Invalid(value.into()), detail)
    }

    /// `Invalid value: JSON: detail`, for a value that Go prints with its struct's own order of fields.
    pub fn invalid_struct(path: &Path, json: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError::new(path, ErrorType::InvalidStruct(json.into()), detail)
    }

    /// `Duplicate value: JSON`, for a value that Go prints with its struct's own order of fields.
    pub fn duplicate_struct(path: &Path, json: impl Into<String>) -> FieldError {
        FieldError::new(path, ErrorType::DuplicateStruct(json.into()), "")
    }

    /// `Unsupported value: VALUE: supported values: "A", "B"`, the values in the order given.
    pub fn not_supported(path: &Path, value: impl Into<Value>, supported: &[&str]) -> FieldError {
        let quoted: Vec<String> = supported.iter().map(|s| json::quote(s)).collect();
        let detail = format!("supported values: {}", quoted.join(", "));
        FieldError::new(path, ErrorType::NotSupported(value.into()), detail)
    }

    /// `Forbidden[: detail]`.
    pub fn forbidden(path: &Path, detail: impl Into<String>) -> FieldError {
        FieldError::new(path, ErrorType::Forbidden, detail)
    }

    /// `Duplicate value: VALUE`.
    pub fn duplicate(path: &Path, value: impl Into<Value>) -> FieldError {
        FieldError::new(path, ErrorType::Duplicate(value.into()), "")
    }

    /// `Not found: VALUE`.
    pub fn not_found(path: &Path, value: impl Into<Value>) -> FieldError {
        FieldError::new(path, ErrorType::NotFound(value.into()), "")
    }

    /// `Too long: may not be more than N bytes`.
    pub fn too_long(path: &Path, max: usize) -> FieldError {
        FieldError::new(path, ErrorType::TooLong, format!("may not be more than {max} bytes"))
    }

    /// `Too many: N: must have at most MAX items`.
    pub fn too_many(path: &Path, actual: usize, max: usize) -> FieldError {
        FieldError::new(path, ErrorType::TooMany, format!("{actual}: must have at most {max} items"))
    }

    /// The error without its path, as kubectl's list of causes words it.
    pub fn body(&self) -> String {
        let head = match &self.error {
            ErrorType::Required => "Required value".to_owned(),
            ErrorType::Invalid(v) => format!("Invalid value: {}", json::to_string(v)),
            ErrorType::InvalidStruct(json) => format!("Invalid value: {json}"),
            ErrorType::NotSupported(v) => format!("Unsupported value: {}", json::to_string(v)),
            ErrorType::Forbidden => "Forbidden".to_owned(),
            ErrorType::Duplicate(v) => format!("Duplicate value: {}", json::to_string(v)),
            ErrorType::DuplicateStruct(json) => format!("Duplicate value: {json}"),
            ErrorType::NotFound(v) => format!("Not found: {}", json::to_string(v)),
            ErrorType::TooLong => "Too long".to_owned(),
            ErrorType::TooMany => "Too many".to_owned(),
        };
        if self.detail.is_empty() { head } else { format!("{head}: {}", self.detail) }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.body())
    }
}

/// The errors in their order, each text once.
pub fn deduplicated(errors: Vec<FieldError>) -> Vec<FieldError> {
    let mut seen = std::collections::BTreeSet::new();
    errors.into_iter().filter(|e| seen.insert(e.to_string())).collect()
}

/// One error as it is, several as `[a, b]` (util/errors, `Aggregate`).
pub fn aggregate(errors: &[FieldError]) -> String {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    match texts.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    }
}
