//! The API server's own structs (pkg/apis/core/types.go), and how upstream shows what differs between two of them.
//!
//! Refusals of changes to immutable specs end with such a difference. Its form is the version's: of [JSON](json_dump), or
//! by [go-cmp](go_cmp). Values are held in their public form; the shapes of the structs are in `core.types`, one struct a
//! line, its fields in declaration order. A field is its Go name, `=` and its JSON name where that is no plain lower case
//! form (nothing: the struct's own value), and its [`Type`]. Before the name, `+` means embedded, `^` not yet in 1.32.

mod go_cmp;
mod json_dump;

use k8s_openapi::serde::Serialize;
use machinery::version::Features;
use serde_json::{Map, Value};

const SHAPES: &str = include_str!("core.types");

/// What changes from `old` to `new`, both the public form of the internal struct `shape`.
pub fn difference<T: Serialize>(shape: &'static str, old: &T, new: &T, features: Features) -> String {
    let [old, new] = [old, new].map(|object| {
        // A struct of strings, numbers, lists and string-keyed maps always serializes.
        let mut value = serde_json::to_value(object).unwrap_or_default();
        gather_security_context(&mut value);
        value
    });
    let difference =
        if features.differences_are_of_json() { json_dump::difference } else { go_cmp::difference };
    // An empty line ends the refusal.
    difference(shape, &old, &new) + "\n"
}

/// Internally the host's namespaces belong to the security context.
fn gather_security_context(spec: &mut Value) {
    let Some(Value::Object(context)) = spec.get("securityContext").cloned() else {
        return;
    };
    let mut context: Map<String, Value> = context;
    for field in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
        if let Some(value) = spec.get(field) {
            context.insert(field.to_owned(), value.clone());
        }
    }
    spec["securityContext"] = Value::Object(context);
}

/// A Go type as `core.types` writes it: nothing for text, `'T` for text of a named type, `!` for a bool, `#` for a number,
/// `|` for 1 where the value is text, else 0, `$` for a quantity, `{}` for labels and `{$}` for resources, `[]T` for a
/// list, `*T` for a pointer, `T` for a struct (`:T` behind a field's name), `?` for anything that can be nil.
#[derive(Clone, Copy)]
struct Type(&'static str);

/// What a [`Type`] is made of.
enum Form {
    Text,
    Bool,
    Number,
    /// Go's `intstr.Type`.
    IsText,
    Quantity,
    Unknown,
    Struct(&'static str),
    Pointer(Type),
    List(Type),
    Map(Type),
}

impl Type {
    fn form(self) -> Form {
        if let Some(element) = self.0.strip_prefix("[]") {
            return Form::List(Type(element));
        }
        match self.0.split_at_checked(1) {
            None | Some(("'", _)) => Form::Text,
            Some(("!", _)) => Form::Bool,
            Some(("#", _)) => Form::Number,
            Some(("|", _)) => Form::IsText,
            Some(("$", _)) => Form::Quantity,
            Some(("?", _)) => Form::Unknown,
            Some(("*", target)) => Form::Pointer(Type(target)),
            Some(("{", value)) => Form::Map(Type(value.trim_end_matches('}'))),
            Some((":", shape)) => Form::Struct(shape),
            Some(_) => Form::Struct(self.0),
        }
    }
}

struct Field {
    go_name: &'static str,
    json_name: Option<String>,
    of: Type,
    is_embedded: bool,
    is_later: bool,
}

impl Field {
    /// The field's value in the struct's; null where it is left out.
    fn value<'a>(&self, of: &'a Value) -> &'a Value {
        match &self.json_name {
            Some(name) => of.get(name).unwrap_or(&Value::Null),
            None => of,
        }
    }
}

fn fields(shape: &str) -> impl Iterator<Item = Field> {
    let line = SHAPES.lines().find_map(|line| line.strip_prefix(shape)?.strip_prefix(' '));
    line.into_iter().flat_map(|line| line.split(' ')).map(field)
}

fn field(word: &'static str) -> Field {
    let name = word.trim_start_matches(['+', '^']);
    let is_embedded = word.starts_with('+');
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '=').unwrap_or(name.len());
    let (names, of) = name.split_at(end);
    let (go_name, json_name) = match names.split_once('=') {
        Some((go_name, json_name)) => (go_name, Some(json_name.to_owned()).filter(|name| !name.is_empty())),
        None if is_embedded => (names, None),
        None => (names, Some(lower_camel(names))),
    };
    let of = Type(if is_embedded { go_name } else { of });
    Field { go_name, json_name, of, is_embedded, is_later: word.starts_with('^') }
}

/// `DNSPolicy` is `dnsPolicy`, `NFS` is `nfs`.
fn lower_camel(name: &str) -> String {
    let run = name.chars().take_while(char::is_ascii_uppercase).count();
    let lowered = if run == name.len() || run <= 1 { run } else { run - 1 };
    format!("{}{}", name[..lowered].to_ascii_lowercase(), &name[lowered..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_names_follow_from_go_names() {
        let cases = [
            ("DNSPolicy", "dnsPolicy"),
            ("NFS", "nfs"),
            ("Name", "name"),
            ("FSGroup", "fsGroup"),
            ("TTY", "tty"),
        ];
        for (go, json) in cases {
            assert_eq!(lower_camel(go), json);
        }
    }

    #[test]
    fn every_named_struct_has_a_shape() {
        for line in SHAPES.lines() {
            let (shape, _) = line.split_once(' ').expect("a name and fields");
            for field in fields(shape) {
                let mut form = field.of.form();
                while let Form::Pointer(of) | Form::List(of) = form {
                    form = of.form();
                }
                if let Form::Struct(named) = form {
                    assert!(fields(named).next().is_some(), "{shape}.{}: {named}", field.go_name);
                }
            }
        }
    }
}
