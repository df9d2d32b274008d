//! Field paths and what can be wrong with a field.
//!
//! Models apimachinery/pkg/util/validation/field/{path,errors}.go (v1.36.2).

use std::fmt;

use crate::{go_text, json};

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
        if self.0.is_empty() { Path::new(name) } else { self.with([".", name, ""]) }
    }

    /// The list item at `index` (from 0).
    pub fn index(&self, index: usize) -> Path {
        self.key(&index.to_string())
    }

    /// The map entry `key`.
    pub fn key(&self, key: &str) -> Path {
        self.with(["[", key, "]"])
    }

    fn with(&self, parts: [&str; 3]) -> Path {
        // Validation makes many paths, most of which nobody reads: this is quicker than to format them.
        let mut text =
            String::with_capacity(self.0.len() + parts.iter().map(|part| part.len()).sum::<usize>());
        text.push_str(&self.0);
        parts.into_iter().for_each(|part| text.push_str(part));
        Path(text)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Upstream prints the root as `<nil>`, except in messages that wrap it in brackets.
        f.write_str(if self.0.is_empty() { "<nil>" } else { &self.0 })
    }
}

/// A value as the error prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed(String);

impl Printed {
    /// A text that is printed as it is; see [`crate::go_value`] for what is no simple text or number.
    pub fn as_is(text: impl Into<String>) -> Printed {
        Printed(text.into())
    }

    /// A pointer that is nil.
    pub fn null() -> Printed {
        Printed::from("null")
    }
}

impl From<&str> for Printed {
    fn from(text: &str) -> Printed {
        Printed(go_text::quote(text))
    }
}

impl From<&String> for Printed {
    fn from(text: &String) -> Printed {
        Printed::from(text.as_str())
    }
}

impl From<String> for Printed {
    fn from(text: String) -> Printed {
        Printed::from(text.as_str())
    }
}

impl From<i32> for Printed {
    fn from(number: i32) -> Printed {
        Printed(number.to_string())
    }
}

impl From<i64> for Printed {
    fn from(number: i64) -> Printed {
        Printed(number.to_string())
    }
}

impl From<bool> for Printed {
    fn from(value: bool) -> Printed {
        Printed(value.to_string())
    }
}

/// What kind of mistake a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorType {
    /// A value has to be given.
    Required,
    /// The value breaks a rule.
    Invalid(Printed),
    /// The value is none of the allowed ones.
    NotSupported(Printed),
    /// The field may not be set, or not like this.
    Forbidden,
    /// The value occurs twice.
    Duplicate(Printed),
    /// The value names something that is not there.
    NotFound(Printed),
    /// The value has too many bytes.
    TooLong,
    /// The list has too many items.
    TooMany,
}

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub fn invalid(path: &Path, value: impl Into<Printed>, detail: impl Into<String>) -> FieldError {
        FieldError::new(path, ErrorType::Invalid(value.into()), detail)
    }

    /// `Unsupported value: VALUE: supported values: "A", "B"`, the values in the order given.
    pub fn not_supported(path: &Path, value: impl Into<Printed>, supported: &[&str]) -> FieldError {
        let quoted: Vec<String> = supported.iter().map(|s| json::quote(s)).collect();
        let detail = format!("supported values: {}", quoted.join(", "));
        FieldError::new(path, ErrorType::NotSupported(value.into()), detail)
    }

    /// `Forbidden[: detail]`.
    pub fn forbidden(path: &Path, detail: impl Into<String>) -> FieldError {
        FieldError::new(path, ErrorType::Forbidden, detail)
    }

    /// `Duplicate value: VALUE`.
    pub fn duplicate(path: &Path, value: impl Into<Printed>) -> FieldError {
        FieldError::new(path, ErrorType::Duplicate(value.into()), "")
    }

    /// `Not found: VALUE`.
    pub fn not_found(path: &Path, value: impl Into<Printed>) -> FieldError {
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
            ErrorType::Invalid(value) => format!("Invalid value: {}", value.0),
            ErrorType::NotSupported(value) => format!("Unsupported value: {}", value.0),
            ErrorType::Forbidden => "Forbidden".to_owned(),
            ErrorType::Duplicate(value) => format!("Duplicate value: {}", value.0),
            ErrorType::NotFound(value) => format!("Not found: {}", value.0),
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
