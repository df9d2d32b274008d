//! One step of a path into an object.
//!
//! Models structured-merge-diff's fieldpath/element.go and serialize-pe.go. Invariant: elements are ordered as upstream
//! orders them, which decides the order of conflicts.

use std::fmt;

use serde_json::{Map, Value};

use crate::{go_text, json};

/// A value that tells items of a list apart; numbers come before texts before bools.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// A whole number.
    Number(i64),
    /// A string.
    Text(String),
    /// A bool.
    Bool(bool),
}

impl Scalar {
    /// The value as a scalar, if it is one that can tell items apart.
    pub fn of(value: &Value) -> Option<Scalar> {
        match value {
            Value::Number(number) => number.as_i64().map(Scalar::Number),
            Value::String(text) => Some(Scalar::Text(text.clone())),
            Value::Bool(bool) => Some(Scalar::Bool(*bool)),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Scalar::Number(number) => (*number).into(),
            Scalar::Text(text) => text.as_str().into(),
            Scalar::Bool(bool) => (*bool).into(),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Number(number) => write!(f, "{number}"),
            Scalar::Text(text) => f.write_str(&go_text::quote(text)),
            Scalar::Bool(bool) => write!(f, "{bool}"),
        }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// A field of a struct, or an entry of a map.
    Field(String),
    /// The item of a list that has these keys, sorted by name.
    Key(Vec<(String, Scalar)>),
    /// The item of a set.
    Item(Scalar),
    /// The item at a position, from 0. No list here is told apart by positions, but clients may send it.
    Index(i64),
}

impl Element {
    /// As FieldsV1 writes it: `f:spec`, `k:{"name":"nginx"}`, `v:"a"`, `i:0`.
    pub fn to_key(&self) -> String {
        match self {
            Element::Field(name) => format!("f:{name}"),
            Element::Key(keys) => {
                let keys: Map<String, Value> = keys.iter().map(|(k, v)| (k.clone(), v.to_value())).collect();
                format!("k:{}", json::to_string(&Value::Object(keys)))
            }
            Element::Item(value) => format!("v:{}", json::to_string(&value.to_value())),
            Element::Index(index) => format!("i:{index}"),
        }
    }

    /// Reads what [`Element::to_key`] writes; `None` for what is nothing like it.
    pub fn from_key(text: &str) -> Option<Element> {
        let (kind, rest) = text.split_once(':')?;
        let value = || serde_json::from_str::<Value>(rest).ok();
        match kind {
            "f" => Some(Element::Field(rest.to_owned())),
            "k" => match value()? {
                Value::Object(keys) => {
                    let keys = keys.iter().map(|(name, value)| Some((name.clone(), Scalar::of(value)?)));
                    keys.collect::<Option<Vec<_>>>().map(Element::Key)
                }
                _ => None,
            },
            "v" => Scalar::of(&value()?).map(Element::Item),
            "i" => rest.parse().ok().map(Element::Index),
            _ => None,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Field(name) => write!(f, ".{name}"),
            Element::Key(keys) => {
                let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                write!(f, "[{}]", keys.join(","))
            }
            Element::Item(value) => write!(f, "[={value}]"),
            Element::Index(index) => write!(f, "[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_written_as_fields_v1_and_as_paths() {
        let port = vec![
            ("containerPort".to_owned(), Scalar::Number(80)),
            ("protocol".to_owned(), Scalar::Text("TCP".to_owned())),
        ];
        let cases = [
            (Element::Field("spec".to_owned()), "f:spec", ".spec"),
            (Element::Field("a:b".to_owned()), "f:a:b", ".a:b"),
            (
                Element::Key(port),
                r#"k:{"containerPort":80,"protocol":"TCP"}"#,
                r#"[containerPort=80,protocol="TCP"]"#,
            ),
            (Element::Item(Scalar::Text("a<b".to_owned())), r#"v:"a\u003cb""#, r#"[="a<b"]"#),
            (Element::Item(Scalar::Bool(true)), "v:true", "[=true]"),
            (Element::Index(3), "i:3", "[3]"),
        ];
        for (element, key, path) in &cases {
            assert_eq!((element.to_key().as_str(), element.to_string().as_str()), (*key, *path));
            assert_eq!(Element::from_key(key).as_ref(), Some(element));
        }
        for broken in ["", "f", "x:1", "k:[1]", "k:{\"a\":{}}", "v:{", "i:x"] {
            assert_eq!(Element::from_key(broken), None, "{broken}");
        }
    }
}
