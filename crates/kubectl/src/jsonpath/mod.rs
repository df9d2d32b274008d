//! JSONPath in kubectl's dialect: `{range .items[*]}{.metadata.name}{"\n"}{end}`.
//!
//! Models client-go/util/jsonpath: text around actions in braces, fields with escapes, slices, unions, filters, `..`,
//! ranges. Missing keys are nothing, unless a template is made strict. Departs in one point: where Go walks a map in random order,
//! the order is that of the keys; and work and text are bounded.

mod eval;
mod parse;

use serde_json::Value;

pub(crate) use eval::Evaluated;
pub(crate) use parse::parse;

use crate::go_value;

/// Most bytes of the text that a template makes, and of the values that are taken from what it finds.
const TEXT_LIMIT: usize = 64 << 20;
const VALUES_LIMIT: usize = 512 << 20;

/// A template that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    parts: Vec<Part>,
    /// Whether a key that no value has is an error (`--allow-missing-template-keys=false`).
    pub strict: bool,
}

/// Text or an action.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// `{.a.b[0]}`, or text: a path of one text node.
    Path(Vec<Node>),
    /// `{range …}`: the path, and how many parts follow up to its `{end}` (that included).
    Range(Vec<Node>, usize),
    /// `{end}`.
    End,
}

/// A step of a path: it takes values and gives values.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    Literal(Value),
    Field(String),
    Wildcard,
    Recursive,
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        end_is_derived: bool,
        step: Option<i64>,
    },
    Union(Vec<Vec<Node>>),
    Filter {
        left: Vec<Node>,
        operator: String,
        right: Vec<Node>,
    },
    /// A mistake that upstream finds only when it gets there.
    Failing(String),
}

impl Template {
    /// The results of every part, in order (`FindResults`).
    ///
    /// # Errors
    /// Upstream's message.
    pub fn find<'a>(&'a self, data: &'a Value) -> Result<Vec<Evaluated<'a>>, String> {
        eval::find(&self.parts, data, self.strict)
    }

    /// All the text that the template makes of the data.
    ///
    /// # Errors
    /// Upstream's message.
    pub fn text(&self, data: &Value) -> Result<String, String> {
        let mut out = String::new();
        for values in self.find(data)? {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(&text(value));
                if out.len() > TEXT_LIMIT {
                    return Err(too_long(TEXT_LIMIT));
                }
            }
        }
        Ok(out)
    }

    /// All the values that it finds.
    ///
    /// # Errors
    /// Upstream's message.
    pub fn values(&self, data: &Value) -> Result<Vec<Value>, String> {
        Ok(self.lists(data)?.into_iter().flatten().collect())
    }

    /// The values that each part finds.
    ///
    /// # Errors
    /// Upstream's message.
    pub fn lists(&self, data: &Value) -> Result<Vec<Vec<Value>>, String> {
        let mut left = VALUES_LIMIT;
        let mut owned = |value: std::borrow::Cow<'_, Value>| {
            left = left.checked_sub(go_value::size(&value)).ok_or_else(|| too_long(VALUES_LIMIT))?;
            Ok(value.into_owned())
        };
        self.find(data)?.into_iter().map(|found| found.into_iter().map(&mut owned).collect()).collect()
    }
}

fn too_long(limit: usize) -> String {
    format!("what it finds is longer than {} MiB, and here it ends", limit >> 20)
}

/// One value as the template prints it (`evalToText`).
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => machinery::json::to_string(value),
        other => go_value::plain(other),
    }
}

/// Reads the path of a column or of `--sort-by`: the braces and the first dot may be missing
/// (get.RelaxedJSONPathExpression).
///
/// # Errors
/// Upstream's message.
pub(crate) fn parse_relaxed(text: &str) -> Result<Template, String> {
    parse(&relaxed(text)?)
}

/// The path with its braces and its first dot.
///
/// # Errors
/// Upstream's message, if it has braces elsewhere.
pub(crate) fn relaxed(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let path = inner.strip_prefix('.').unwrap_or(inner);
    if path.is_empty() || path.contains(['{', '}']) {
        return Err(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
                .to_owned(),
        );
    }
    Ok(format!("{{.{path}}}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{parse, relaxed};

    #[test]
    fn templates_find_what_upstreams_find() {
        let data = json!({"kind": "List", "n": 3, "items": [
            {"name": "a", "labels": {"x/y.z": "1"}, "ip": "10.0.0.1", "c": [{"type": "Ready", "v": "True"}]},
            {"name": "b", "c": [{"type": "Ready", "v": "False"}, {"type": "Other", "v": "?"}]},
            {"name": "c", "ip": "10.0.0.3"},
        ]});
        let cases = [
            ("{.n}", "3"),
            (".n", ".n"),
            ("{.nope.deeper}", ""),
            ("{.items[*].name}", "a b c"),
            ("{.items[0].name} and {.items[-1:].name}", "a and c"),
            ("{.items[0:2].name}", "a b"),
            ("{.items[::2].name}", "a c"),
            ("{.items[].name}", "a"),
            ("{.items[?(name)].name}", "a b c"),
            ("{.items[?(@.c[7])].name}", "a b"),
            ("{.items[0,2].name}", "a c"),
            ("{.items[*]['name','ip']}", "a b c 10.0.0.1 10.0.0.3"),
            ("{.items[?(@.name==\"b\")].c[0].v}", "False"),
            ("{.items[?(@.ip)].name}", "a c"),
            ("{.items[?(@.name>'a')].name}", "b c"),
            ("{.items[*].c[?(@.type==\"Ready\")].v}", "True False"),
            ("{.items[0].labels.x/y\\.z}{.items[0].labels['x/y\\.z']}", "11"),
            ("{..v}", "True False ?"),
            ("{range .items[*]}{.name}={.ip}{\"\\n\"}{end}.", "a=10.0.0.1\nb=\nc=10.0.0.3\n."),
            ("{range .nope[*]}{.x}{end}", ""),
            ("{range .items[*]}{range .c[*]}{.v},{end};{end}", "True,;False,?,;;"),
            ("{.items[0].c}", r#"[{"type":"Ready","v":"True"}]"#),
            ("{$.kind}{@.kind}", "ListList"),
        ];
        for (text, expected) in cases {
            let template = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(template.text(&data).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        let data = json!({"a": [1]});
        assert_eq!(parse("{.a").expect_err("unclosed"), "unclosed action");
        assert_eq!(parse("{.a[0}").expect_err("unclosed"), "unterminated array");
        assert_eq!(parse("{.a[x]}").expect_err("index"), "invalid array index x");
        let at_once = [
            ("{.a[-]}", "array index - is not a number"),
            ("{.a[+1]}", "invalid array index +1"),
            (r#"{"\d"}"#, r#"unquote string "\d" error invalid syntax"#),
            ("{....a}", "invalid multiple recursive descent"),
            ("{.a[?(@.b[?(@.c)])]}", "unterminated filter"),
            ("{.a[?(@.b==)]}", "unrecognized character in action: U+003D '='"),
        ];
        for (text, message) in at_once {
            assert_eq!(parse(text).expect_err(text), message, "{text}");
        }
        let when_reached = [
            ("{end}", "not in range, nothing to end"),
            ("{.a}{foo}", "unrecognized identifier foo"),
            ("{.a[?(@==x)]}", "unrecognized identifier x"),
            ("{.a[?(@=1)]}", "unrecognized filter operator ="),
        ];
        for (text, message) in when_reached {
            assert_eq!(parse(text).expect(text).text(&data), Err(message.to_owned()), "{text}");
        }
        let template = parse("{.a[9]}").expect("parses");
        assert_eq!(template.text(&data), Err("array index out of bounds: index 9, length 1".to_owned()));
        let cases =
            [("{.b}", Err("b is not found")), ("{.a[?(@.b)]}", Ok("")), ("{.a[*].b}", Err("b is not found"))];
        for (text, expected) in cases {
            let mut template = parse(text).expect(text);
            template.strict = true;
            assert_eq!(template.text(&data), expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
        assert_eq!(relaxed("a.b").as_deref(), Ok("{.a.b}"));
        assert!(relaxed("{a}{b}").is_err());
    }

    #[test]
    fn work_and_text_are_bounded() {
        let data =
            json!({"items": (0..30).map(|n| json!({"n": n, "text": "x".repeat(1000)})).collect::<Vec<_>>()});
        // Each union finds everything twice.
        let cases =
            [(30, "it finds more than 4194304 values"), (12, "what it finds is longer than 64 MiB"), (8, "")];
        for (unions, message) in cases {
            let template = parse(&format!("{{.items[*]{}}}", "['','']".repeat(unions))).expect("parses");
            let error = template.text(&data).err().unwrap_or_default();
            assert_eq!(error.is_empty(), message.is_empty(), "{unions}");
            assert!(error.starts_with(message), "{unions}: {error}");
            assert_eq!(template.values(&data).is_ok(), unions < 15, "{unions}");
        }
    }

    #[test]
    fn nested_filters_do_not_overflow_the_stack() {
        let deep = format!("{{{}{}}}", "[?(@.a".repeat(10_000), ")]".repeat(10_000));
        assert!(parse(&deep).is_err());
        let ranges = "{range .a}".repeat(10_000) + &"{end}".repeat(10_000);
        let template = parse(&ranges).expect("parses");
        assert!(template.text(&json!({"a": 1})).is_ok());
    }
}
