//! JSON text as Go's encoding/json writes it: keys sorted, no spaces, HTML-safe escapes.
//!
//! Revision hashes are taken over these bytes (pkg/controller/history/controller_history.go), so they have to be exact.
//! Invariant: `serde_json`'s map is sorted by bytes (`preserve_order` is off).

use serde_json::Value;

/// The value as compact JSON.
pub fn to_string(value: &Value) -> String {
    escape_html(&value.to_string())
}

/// The text as a JSON string, quotes included.
pub fn quote(text: &str) -> String {
    to_string(&Value::from(text))
}

/// JSON text with the five characters escaped that Go escapes everywhere; in JSON they occur only inside strings.
pub fn escape_html(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn keys_are_sorted_and_html_is_escaped() {
        let value = json!({"b": "a<b>&c", "$patch": "replace", "a": [1, null]});
        let expected = r#"{"$patch":"replace","a":[1,null],"b":"a\u003cb\u003e\u0026c"}"#;
        assert_eq!(super::to_string(&value), expected);
    }
}
