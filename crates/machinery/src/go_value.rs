//! Values of Go's types as validation errors print them: as JSON, or before that in Go's own syntax (`%#v`).
//!
//! Models what apimachinery/pkg/util/validation/field/errors.go gets from encoding/json and fmt for values that are no
//! simple text or number. Departs in one point: where `%#v` prints an address, it is always the same one.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::field::Printed;
use crate::version::Features;
use crate::{go_text, json};

/// A value in both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoValue {
    json: String,
    go: String,
}

impl GoValue {
    /// A string of any named type.
    pub fn text(text: &str) -> GoValue {
        GoValue { json: json::quote(text), go: go_text::quote(text) }
    }

    /// A number or a boolean.
    pub fn plain(value: impl ToString) -> GoValue {
        let text = value.to_string();
        GoValue { json: text.clone(), go: text }
    }

    /// A nil map, list or pointer; a pointer's type has its own parentheses: `(*string)`.
    pub fn nil(go_type: &str) -> GoValue {
        GoValue { json: "null".to_owned(), go: format!("{go_type}(nil)") }
    }

    /// What a pointer points to, or nil; `go_type` is that of the target: `core.NodeSelector`.
    pub fn pointer(go_type: &str, target: Option<GoValue>) -> GoValue {
        match target {
            Some(target) => GoValue { json: target.json, go: format!("(*{go_type})(0xc000000000)") },
            None => GoValue::nil(&format!("(*{go_type})")),
        }
    }

    /// A list; an empty one is nil. `go_type` is that of the list: `[]string`.
    pub fn list(go_type: &str, items: impl IntoIterator<Item = GoValue>) -> GoValue {
        let (json, go): (Vec<String>, Vec<String>) = items.into_iter().map(|i| (i.json, i.go)).unzip();
        if json.is_empty() {
            return GoValue::nil(go_type);
        }
        GoValue { json: format!("[{}]", json.join(",")), go: format!("{go_type}{{{}}}", go.join(", ")) }
    }

    /// A list of strings.
    pub fn texts(items: &[String]) -> GoValue {
        GoValue::list("[]string", items.iter().map(|item| GoValue::text(item)))
    }

    /// A map with its keys sorted; an empty one is not nil. `go_type` is that of the map: `map[string]string`.
    pub fn map<'a>(go_type: &str, entries: impl IntoIterator<Item = (&'a String, GoValue)>) -> GoValue {
        let quoted = entries.into_iter().map(|(key, value)| (GoValue::text(key), value));
        let (json, go): (Vec<String>, Vec<String>) = quoted
            .map(|(key, value)| (format!("{}:{}", key.json, value.json), format!("{}:{}", key.go, value.go)))
            .unzip();
        GoValue { json: format!("{{{}}}", json.join(",")), go: format!("{go_type}{{{}}}", go.join(", ")) }
    }

    /// A struct. A field is its Go name, its JSON name and its value; the JSON name is empty where Go has no tag, and a
    /// field with a tag is left out of the JSON where it is nil.
    pub fn structure<'a>(
        go_type: &str,
        fields: impl IntoIterator<Item = (&'a str, &'a str, GoValue)>,
    ) -> GoValue {
        let (mut json, mut go) = (Vec::new(), Vec::new());
        for (go_name, json_name, value) in fields {
            go.push(format!("{go_name}:{}", value.go));
            let name = if json_name.is_empty() { go_name } else { json_name };
            if json_name.is_empty() || value.json != "null" {
                json.push(format!("{}:{}", json::quote(name), value.json));
            }
        }
        GoValue { json: format!("{{{}}}", json.join(",")), go: format!("{go_type}{{{}}}", go.join(", ")) }
    }

    /// `intstr.IntOrString`.
    pub fn int_or_string(value: &IntOrString) -> GoValue {
        let (kind, number, text, json) = match value {
            IntOrString::Int(number) => (0, *number, "", number.to_string()),
            IntOrString::String(text) => (1, 0, text.as_str(), json::quote(text)),
        };
        let text = go_text::quote(text);
        GoValue { json, go: format!("intstr.IntOrString{{Type:{kind}, IntVal:{number}, StrVal:{text}}}") }
    }

    /// `resource.Quantity`, from its canonical text.
    pub fn quantity(text: &str) -> GoValue {
        let (number, suffix) =
            text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
        let number: i64 = number.parse().unwrap_or(0);
        let power = |letters: &str| suffix.chars().next().and_then(|c| letters.find(c)).unwrap_or(0);
        let (value, scale, format) = if suffix.ends_with('i') {
            let shift = u32::try_from(10 * power(" KMGTPE")).unwrap_or(0);
            (number.checked_shl(shift).unwrap_or(0), 0, "BinarySI")
        } else {
            let scale = match suffix {
                "n" => -9,
                "u" => -6,
                "m" => -3,
                _ => 3 * i32::try_from(power(" kMGTPE")).unwrap_or(0),
            };
            (number, scale, "DecimalSI")
        };
        let go = format!(
            "resource.Quantity{{i:resource.int64Amount{{value:{value}, scale:{scale}}}, d:resource.infDecAmount{{Dec:(*inf.Dec)(nil)}}, s:{}, Format:\"{format}\"}}",
            go_text::quote(text)
        );
        GoValue { json: json::quote(text), go }
    }

    /// As that version prints it.
    pub fn print(self, features: Features) -> Printed {
        Printed::as_is(if features.values_print_as_json() { self.json } else { self.go })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Version;

    #[test]
    fn both_forms_are_gos() {
        let labels = [("a".to_owned(), "b<".to_owned()), ("c".to_owned(), "d".to_owned())];
        let entries = labels.iter().map(|(key, value)| (key, GoValue::text(value)));
        let cases = [
            (
                GoValue::map("map[string]string", entries),
                r#"{"a":"b\u003c","c":"d"}"#,
                r#"map[string]string{"a":"b<", "c":"d"}"#,
            ),
            (GoValue::nil("map[string]string"), "null", "map[string]string(nil)"),
            (GoValue::texts(&["x".to_owned()]), r#"["x"]"#, r#"[]string{"x"}"#),
            (GoValue::pointer("string", None), "null", "(*string)(nil)"),
            (
                GoValue::structure(
                    "v1.X",
                    [("A", "a", GoValue::plain(1)), ("B", "b", GoValue::nil("[]v1.B"))],
                ),
                r#"{"a":1}"#,
                "v1.X{A:1, B:[]v1.B(nil)}",
            ),
            (
                GoValue::structure(
                    "core.X",
                    [("A", "", GoValue::plain(true)), ("B", "", GoValue::nil("[]string"))],
                ),
                r#"{"A":true,"B":null}"#,
                "core.X{A:true, B:[]string(nil)}",
            ),
            (
                GoValue::int_or_string(&IntOrString::Int(0)),
                "0",
                r#"intstr.IntOrString{Type:0, IntVal:0, StrVal:""}"#,
            ),
            (
                GoValue::quantity("1Ki"),
                r#""1Ki""#,
                r#"resource.Quantity{i:resource.int64Amount{value:1024, scale:0}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"1Ki", Format:"BinarySI"}"#,
            ),
        ];
        for (value, json, go) in cases {
            assert_eq!(value.clone().print(Features::default()), Printed::as_is(json));
            assert_eq!(value.print(Features::of(Version::V1_32)), Printed::as_is(go));
        }
    }
}
