//! Go templates: `{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}`.
//!
//! Models text/template over decoded JSON, with the functions that kubectl adds (cli-runtime/pkg/printers/template.go).
//! Departs in two points: `define`, `block` and `template` are refused, and nesting, output and work are bounded.
//! Invariant: parsing and running recurse at most [`parse::MAX_DEPTH`] deep.

mod eval;
mod functions;
mod lex;
mod parse;

use serde_json::Value;

/// A template that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    nodes: Vec<parse::Node>,
    /// Whether a key that is not there is an error (Go's option `missingkey=error`).
    pub strict: bool,
}

impl Template {
    /// Reads a template; kubectl names it `output`.
    ///
    /// # Errors
    /// Go's message.
    pub fn parse(text: &str) -> Result<Template, String> {
        let nodes =
            parse::parse(text).map_err(|(line, message)| format!("template: output:{line}: {message}"))?;
        Ok(Template { nodes, strict: false })
    }

    /// What the template makes of the data.
    ///
    /// # Errors
    /// Go's message, with what was written before it.
    pub fn execute(&self, data: &Value) -> Result<String, (String, String)> {
        let mut out = String::new();
        match eval::execute(&self.nodes, data, self.strict, &mut out) {
            Ok(()) => Ok(out),
            Err(error) => Err((out, format!("template: output:{error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Template;

    fn run(text: &str) -> Result<String, String> {
        let data = json!({"kind": "List", "n": 3, "zero": 0, "null": null, "name": "web", "labels": {"b": "2", "a": "1"},
            "items": [{"name": "x", "c": [{"image": "i"}]}, {"name": "y"}]});
        Template::parse(text)?.execute(&data).map_err(|(_, error)| error)
    }

    #[test]
    fn templates_print_what_gos_print() {
        let cases = [
            ("{{range $i, $c := (index .items 0).c}}{{$c.image}}{{end}}", "i"),
            ("{{range .items}}{{.name}}{{\"\\n\"}}{{end}}", "x\ny\n"),
            ("{{.nope}}|{{.nope.deeper}}|{{.null}}", "<no value>|<no value>|<no value>"),
            ("{{len .items}} {{len .name}}", "2 3"),
            ("{{index .labels \"a\"}}", "1"),
            ("{{range $i,$p := .items}}{{if $i}},{{end}}{{$p.name}}{{end}}", "x,y"),
            ("{{if eq .n 3}}three{{else}}other{{end}}", "three"),
            ("{{if .zero}}a{{else if .n}}b{{else}}c{{end}}", "b"),
            ("{{.name | printf \"%q-%5d|%-4s|\" }}", "\"web\"-%!d(BADINDEX)|%!s(BADINDEX)|"),
            ("{{printf \"%s %d %v\" .name .n .labels}}", "web 3 map[a:1 b:2]"),
            ("{{with .nope}}a{{else}}none{{end}}", "none"),
            ("{{with $x := .labels}}{{$x.a}}{{.b}}{{end}}", "12"),
            ("{{range $k,$v := .labels}}{{$k}}={{$v}} {{end}}", "a=1 b=2 "),
            ("{{range .nope}}a{{else}}empty{{end}}", "empty"),
            ("a {{- /* gone */ -}} b", "ab"),
            ("{{$x := 1}}{{range .items}}{{$x = 2}}{{end}}{{$x}}", "2"),
            ("{{range .items}}{{if eq .name \"y\"}}{{break}}{{end}}{{.name}}{{end}}", "x"),
            ("{{and .n \"\" .name}}|{{or .zero .name}}|{{not .zero}}", "|web|true"),
            ("{{eq .name \"a\" \"web\"}} {{ne .n 3}} {{lt .n 4}} {{ge .n 4}}", "true false true false"),
            ("{{slice .name 1 2}}{{print 1 2 \"a\" \"b\"}}{{println .n}}", "e1 2ab3\n"),
            ("{{\"aGk=\" | base64decode}}", "hi"),
            ("{{exists . \"labels\" \"a\"}} {{exists . \"labels\" \"z\"}}", "true false"),
            ("{{html \"<a>\"}}{{`raw\\n`}}", "&lt;a&gt;raw\\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(run(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_as_go_tells_them() {
        let cases = [
            ("{{.spec", "template: output:1: unclosed action"),
            ("{{nofunc .x}}", "template: output:1: function \"nofunc\" not defined"),
            ("{{if .x}}", "template: output:1: unexpected EOF"),
            ("a\n{{end}}", "template: output:2: unexpected {{end}}"),
            ("{{$x}}", "template: output:1: undefined variable \"$x\""),
            ("{{.labels.app.kubernetes.io/name}}", "template: output:1: bad character U+002F '/'"),
            ("{{.a-b}}", "template: output:1: bad character U+002D '-'"),
            ("{{.}", "template: output:1: bad character U+007D '}'"),
            ("{{/}}", "template: output:1: unexpected \"/\" in command"),
            ("{{.n / 2}}", "template: output:1: unexpected \"/\" in operand"),
            (
                "{{1 2}}",
                "template: output:1:2: executing \"output\" at <1>: can't give argument to non-function 1",
            ),
            (
                "{{index .items 9}}",
                "template: output:1:2: executing \"output\" at <index .items 9>: error calling index: index out of range: 9",
            ),
            (
                "{{.name.x}}",
                "template: output:1:7: executing \"output\" at <.name.x>: can't evaluate field x in type interface {}",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(run(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_strict_template_wants_every_key() {
        let mut template = Template::parse("a{{.n}}{{.nope}}").expect("parses");
        template.strict = true;
        let error =
            "template: output:1:9: executing \"output\" at <.nope>: map has no entry for key \"nope\"";
        assert_eq!(template.execute(&json!({"n": 3})), Err(("a3".to_owned(), error.to_owned())));
    }

    #[test]
    fn output_and_values_are_bounded() {
        let doubled = "{{$x = printf \"%s%s\" $x $x}}".repeat(40);
        let escaped = "{{$x = html $x $x}}".repeat(30);
        let ranges = |body: &str| format!("{}{body}{}", "{{range $.items}}".repeat(40), "{{end}}".repeat(40));
        let cases = [
            (format!("{{{{$x := \"ab\"}}}}{doubled}"), "the text is longer than 16 MiB"),
            (format!("{{{{$x := \"&\"}}}}{escaped}"), "the text is longer than 16 MiB"),
            (
                format!("{{{{printf \"{}\"{}}}}}", "%999d".repeat(20_000), " 1".repeat(20_000)),
                "the text is longer",
            ),
            (ranges(&"x".repeat(9999)), "the text is longer than 16 MiB"),
            (ranges(""), "it looks at more than 512 MiB of values"),
        ];
        for (text, message) in cases {
            let error = run(&text).expect_err(message);
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        for text in ["(".repeat(10_000), "{{if 1}}".repeat(10_000)] {
            let text = if text.starts_with('(') { format!("{{{{{text}") } else { text };
            assert!(run(&text).is_err());
        }
    }
}
