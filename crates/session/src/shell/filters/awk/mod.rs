//! `awk`, as far as it goes for one-liners: patterns, `print`, `printf`, variables and fields.
//!
//! Follows POSIX' awk. Departs: no functions of one's own, no arrays, no loops. Invariants: an expression nests at most
//! [`parse::MAX_DEPTH`] deep; a value has at most [`VALUE_LIMIT`] bytes, and all that are made at most [`WORK_LIMIT`].

mod parse;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Arguments;
use super::out::{Out, VALUE_LIMIT, VALUE_STOPPED};
use super::pattern::build;
use parse::{Expression, Program, Statement};

/// Most bytes of all values that one program makes, and what each value counts besides; a pattern that is made while the
/// program runs counts as much as so many values.
const WORK_LIMIT: usize = 128 << 20;
const WORK_STOPPED: &str = "stopped: an awk may make 128 MiB of values";
const VALUE_COST: usize = 8;
const PATTERN_COST: usize = 1 << 12;

/// A running `awk`.
#[derive(Clone, Debug)]
pub(super) struct Awk {
    program: Arc<Program>,
    /// The open ranges: `/a/,/b/`.
    inside: Vec<bool>,
    variables: BTreeMap<String, Value>,
    /// The record, and its fields.
    record: String,
    fields: Vec<String>,
    number: u64,
    begun: bool,
    status: Option<i32>,
    /// How many bytes it has made, and why it must not go on.
    made: usize,
    stopped: Option<&'static str>,
}

/// Text, or a number; text that came from outside and looks like a number compares as one.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(f64),
    Text(String),
    Input(String),
    Unset,
}

/// What comes after a statement.
enum Flow {
    On,
    Next,
    Exit,
}

impl Value {
    fn number(&self) -> f64 {
        match self {
            Value::Number(number) => *number,
            Value::Text(text) | Value::Input(text) => leading_number(text),
            Value::Unset => 0.0,
        }
    }

    fn text(&self) -> String {
        match self {
            Value::Number(number) => number_text(*number),
            Value::Text(text) | Value::Input(text) => text.clone(),
            Value::Unset => String::new(),
        }
    }

    /// The number, if the value compares as one.
    fn numeric(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Input(text) => text.trim().parse().ok(),
            Value::Text(_) => None,
            Value::Unset => Some(0.0),
        }
    }

    fn is_true(&self) -> bool {
        match self {
            Value::Input(text) => text.trim().parse::<f64>().map_or(!text.is_empty(), |number| number != 0.0),
            Value::Number(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Unset => false,
        }
    }
}

fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || *c == '.' || *i == 0 && matches!(c, '-' | '+')));
    text[..end.map_or(text.len(), |(i, _)| i)].parse().unwrap_or(0.0)
}

/// Whole numbers as they are, others with six digits (`%.6g`).
fn number_text(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e16 {
        return format!("{number:.0}");
    }
    let digits = number.abs().log10().floor() as i32;
    let places = usize::try_from(5 - digits).unwrap_or(0).min(20);
    let text = format!("{number:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

impl Awk {
    pub(super) fn new(arguments: &mut Arguments<'_>) -> Result<Awk, String> {
        let mut variables = BTreeMap::from([
            ("FS".to_owned(), Value::Text(" ".to_owned())),
            ("OFS".to_owned(), Value::Text(" ".to_owned())),
            ("ORS".to_owned(), Value::Text("\n".to_owned())),
        ]);
        while let Some(option) = arguments.next() {
            match option {
                'F' => {
                    let separator = arguments.value('F')?;
                    let separator = if separator == "t" { "\t" } else { separator };
                    variables.insert("FS".to_owned(), Value::Text(parse::unescaped(separator)));
                }
                'v' => {
                    let text = arguments.value('v')?;
                    let (name, value) = text
                        .split_once('=')
                        .ok_or(format!("awk: `{text}' argument to `-v' not in `var=value' form"))?;
                    variables.insert(name.to_owned(), Value::Input(parse::unescaped(value)));
                }
                other => return Err(arguments.invalid(other)),
            }
        }
        if arguments.operands.is_empty() {
            return Err("Usage: awk [-F SEPARATOR] [-v NAME=VALUE] 'PROGRAM' [FILE]".to_owned());
        }
        let program = parse::program(&arguments.operands.remove(0)).map_err(|why| format!("awk: {why}"))?;
        Ok(Awk {
            inside: vec![false; program.rules.len()],
            program: Arc::new(program),
            variables,
            record: String::new(),
            fields: Vec::new(),
            number: 0,
            begun: false,
            status: None,
            made: 0,
            stopped: None,
        })
    }

    pub(super) fn line(&mut self, line: &str, out: &mut Out) {
        self.begin(out);
        if self.is_done() {
            return;
        }
        self.number += 1;
        self.set_record(line);
        let program = self.program.clone();
        for (index, rule) in program.rules.iter().enumerate() {
            let applies = match &rule.pattern {
                None => true,
                Some((pattern, None)) => self.value(pattern).is_true(),
                Some((first, Some(last))) => {
                    let applies = self.inside[index] || self.value(first).is_true();
                    self.inside[index] = applies && !self.value(last).is_true();
                    applies
                }
            };
            if applies {
                match self.run(&rule.statements, out) {
                    Flow::On => {}
                    Flow::Next | Flow::Exit => break,
                }
            }
        }
        self.check(out);
    }

    /// The input is over; the exit status.
    pub(super) fn finish(mut self, out: &mut Out) -> i32 {
        self.begin(out);
        let program = self.program.clone();
        if self.status.is_none() {
            self.run(&program.end, out);
        }
        self.status.unwrap_or(0)
    }

    /// Whether nothing more can come out.
    pub(super) fn is_done(&self) -> bool {
        self.status.is_some()
    }

    fn begin(&mut self, out: &mut Out) {
        if !std::mem::replace(&mut self.begun, true) {
            let program = self.program.clone();
            self.run(&program.begin, out);
        }
    }

    /// Counts what was made.
    fn count(&mut self, bytes: usize) {
        self.made += bytes + VALUE_COST;
        if bytes > VALUE_LIMIT {
            self.stopped.get_or_insert(VALUE_STOPPED);
        }
        if self.made > WORK_LIMIT {
            self.stopped.get_or_insert(WORK_STOPPED);
        }
    }

    /// Stops what must not go on.
    fn check(&self, out: &mut Out) {
        if let Some(why) = self.stopped {
            out.stop(why);
        }
    }

    fn set_record(&mut self, record: &str) {
        self.count(record.len());
        if self.stopped.is_some() {
            return;
        }
        self.record = record.to_owned();
        let separator = self.variables.get("FS").map_or(" ".to_owned(), Value::text);
        let fields: Vec<&str> = match separator.as_str() {
            " " => record.split_whitespace().collect(),
            _ if record.is_empty() => Vec::new(),
            one if one.chars().count() == 1 => record.split(one).collect(),
            pattern => {
                self.made += PATTERN_COST;
                match build(pattern, false) {
                    Ok(pattern) => pattern.split(record).collect(),
                    Err(_) => record.split(pattern).collect(),
                }
            }
        };
        self.fields = fields.into_iter().map(str::to_owned).collect();
    }

    fn run(&mut self, statements: &[Statement], out: &mut Out) -> Flow {
        for statement in statements {
            let flow = self.statement(statement, out);
            self.check(out);
            match flow {
                _ if out.is_stopped() => return Flow::Exit,
                Flow::On => {}
                flow => return flow,
            }
        }
        Flow::On
    }

    fn statement(&mut self, statement: &Statement, out: &mut Out) -> Flow {
        match statement {
            Statement::Print(values) => {
                let separator = self.variables.get("OFS").map_or_else(String::new, Value::text);
                let texts: Vec<String> = values.iter().map(|value| self.value(value).text()).collect();
                let text = if values.is_empty() { self.record.clone() } else { texts.join(&separator) };
                out.push_str(&text);
                out.push_str(&self.variables.get("ORS").map_or_else(String::new, Value::text));
            }
            Statement::Printf(values) => {
                let values: Vec<Value> = values.iter().map(|value| self.value(value)).collect();
                let text = formatted(&values);
                self.count(text.len());
                out.push_str(&text);
            }
            Statement::Expression(expression) => drop(self.value(expression)),
            Statement::If(condition, then, otherwise) => {
                let branch = if self.value(condition).is_true() { then } else { otherwise };
                return self.run(branch, out);
            }
            Statement::Next => return Flow::Next,
            Statement::Exit(status) => {
                let status = status.as_ref().map_or(0.0, |status| self.value(status).number());
                self.status = Some(status as i32 & 0xff);
                return Flow::Exit;
            }
        }
        Flow::On
    }

    fn field(&self, index: f64) -> Value {
        let index = index as usize;
        let text = match index {
            0 => Some(&self.record),
            index => self.fields.get(index - 1),
        };
        text.cloned().map_or(Value::Unset, Value::Input)
    }

    fn value(&mut self, expression: &Expression) -> Value {
        if self.stopped.is_some() {
            return Value::Number(0.0);
        }
        let value = self.evaluated(expression);
        self.count(match &value {
            Value::Number(_) => 0,
            Value::Text(text) | Value::Input(text) => text.len(),
            Value::Unset => 0,
        });
        value
    }

    fn evaluated(&mut self, expression: &Expression) -> Value {
        let truth = |holds: bool| Value::Number(f64::from(u8::from(holds)));
        match expression {
            Expression::Number(number) => Value::Number(*number),
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Pattern(pattern) => truth(pattern.is_match(&self.record)),
            Expression::Field(index) => {
                let index = self.value(index).number();
                self.field(index)
            }
            Expression::Variable(name) => self.variable(name),
            Expression::Assign(name, sign, value) => {
                let value = self.value(value);
                let before = self.variable(name).number();
                let value = match sign {
                    None => value,
                    Some(sign) => Value::Number(calculate(*sign, before, value.number())),
                };
                self.variables.insert(name.clone(), value.clone());
                value
            }
            Expression::Increment(name, by, before) => {
                let old = self.variable(name).number();
                self.variables.insert(name.clone(), Value::Number(old + by));
                Value::Number(if *before { old + by } else { old })
            }
            Expression::Not(value) => truth(!self.value(value).is_true()),
            Expression::Negative(value) => Value::Number(-self.value(value).number()),
            Expression::And(left, right) => truth(self.value(left).is_true() && self.value(right).is_true()),
            Expression::Or(left, right) => truth(self.value(left).is_true() || self.value(right).is_true()),
            Expression::Choice(condition, yes, no) => {
                if self.value(condition).is_true() {
                    self.value(yes)
                } else {
                    self.value(no)
                }
            }
            Expression::Matches(value, pattern, negated) => {
                let text = self.value(value).text();
                let found = match pattern.as_ref() {
                    Expression::Pattern(pattern) => pattern.is_match(&text),
                    other => {
                        self.made += PATTERN_COST;
                        build(&self.value(other).text(), false).is_ok_and(|pattern| pattern.is_match(&text))
                    }
                };
                truth(found != *negated)
            }
            Expression::Compare(sign, left, right) => {
                let (left, right) = (self.value(left), self.value(right));
                let order = match (left.numeric(), right.numeric()) {
                    (Some(left), Some(right)) => left.partial_cmp(&right),
                    _ => Some(left.text().cmp(&right.text())),
                };
                truth(order.is_some_and(|order| match sign.as_str() {
                    "==" => order.is_eq(),
                    "!=" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            Expression::Calculate(sign, left, right) => {
                let (left, right) = (self.value(left).number(), self.value(right).number());
                Value::Number(calculate(*sign, left, right))
            }
            Expression::Join(left, right) => {
                let left = self.value(left).text();
                Value::Text(left + &self.value(right).text())
            }
            Expression::Call(name, arguments) => {
                let values: Vec<Value> = arguments.iter().map(|argument| self.value(argument)).collect();
                self.call(name, &values)
            }
        }
    }

    fn variable(&self, name: &str) -> Value {
        match name {
            "NR" | "FNR" => Value::Number(self.number as f64),
            "NF" => Value::Number(self.fields.len() as f64),
            name => self.variables.get(name).cloned().unwrap_or(Value::Unset),
        }
    }

    fn call(&self, name: &str, values: &[Value]) -> Value {
        let text = |index: usize| values.get(index).map(Value::text).unwrap_or_default();
        match name {
            "length" if values.is_empty() => Value::Number(self.record.chars().count() as f64),
            "length" => Value::Number(text(0).chars().count() as f64),
            "toupper" => Value::Text(text(0).to_uppercase()),
            "tolower" => Value::Text(text(0).to_lowercase()),
            "int" => Value::Number(values.first().map_or(0.0, |value| value.number().trunc())),
            "index" => {
                let (whole, part) = (text(0), text(1));
                let found = whole.find(&part).map_or(0, |at| whole[..at].chars().count() + 1);
                Value::Number(found as f64)
            }
            // substr
            _ => {
                let start = values.get(1).map_or(1.0, Value::number).round();
                let end = values.get(2).map_or(f64::INFINITY, |count| start + count.number().round());
                // What would stand before the text is counted.
                let (start, end) = (start.max(1.0) as usize, end.max(1.0) as usize);
                Value::Text(text(0).chars().skip(start - 1).take(end.saturating_sub(start)).collect())
            }
        }
    }
}

fn calculate(sign: char, left: f64, right: f64) -> f64 {
    match sign {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        '/' => left / right,
        _ => left % right,
    }
}

/// `printf`: the first value is the format.
fn formatted(values: &[Value]) -> String {
    let mut values = values.iter();
    let format = values.next().map(Value::text).unwrap_or_default();
    let (mut out, mut rest) = (String::new(), format.as_str());
    while let Some(at) = rest.find('%').filter(|_| out.len() <= VALUE_LIMIT) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '.' | '+' | ' '));
        let (flags, tail) = rest.split_at(end.unwrap_or(rest.len()));
        let Some(kind) = tail.chars().next() else { break };
        rest = &tail[kind.len_utf8()..];
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = values.next().cloned().unwrap_or(Value::Text(String::new()));
        let (width, places) =
            flags.split_once('.').map_or((flags, None), |(width, places)| (width, places.parse().ok()));
        let text = match (kind, places) {
            ('d' | 'i', _) => format!("{:.0}", value.number().trunc()),
            ('f', places) => format!("{:.*}", places.unwrap_or(6).min(100), value.number()),
            ('s', Some(most)) => value.text().chars().take(most).collect(),
            _ => value.text(),
        };
        let left = width.starts_with('-');
        let width = width.trim_start_matches(['-', '+', ' ']).parse().unwrap_or(0).min(1000);
        out.push_str(&if left { format!("{text:<width$}") } else { format!("{text:>width$}") });
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Awk, Out};

    fn run(words: &[&str], input: &str) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        match Awk::new(&mut Arguments::new("awk", &words)) {
            Err(message) => message,
            Ok(mut awk) => {
                let mut out = Out::default();
                input.lines().for_each(|line| awk.line(line, &mut out));
                awk.finish(&mut out);
                out.done().expect("it is short")
            }
        }
    }

    #[test]
    fn programs_do_as_in_awk() {
        let pods = "NAME READY RESTARTS\nmyapp-0 1/1 2\nmyapp-1 0/1 10\n";
        let cases: [(&[&str], &str); 26] = [
            (&["{print $1}"], "NAME\nmyapp-0\nmyapp-1\n"),
            (&["NR>1 {print $1, $3}"], "myapp-0 2\nmyapp-1 10\n"),
            (&["NR==2"], "myapp-0 1/1 2\n"),
            (&["/myapp/{print $NF}"], "2\n10\n"),
            (&["!/NAME/ {print $1\":\"$2}"], "myapp-0:1/1\nmyapp-1:0/1\n"),
            (&["$2==\"1/1\" {print $1}"], "myapp-0\n"),
            (&["$3 > 5 {print $1}"], "NAME\nmyapp-1\n"),
            (&["NR>1 && $3 > 5 {print $1}"], "myapp-1\n"),
            (&["$1 ~ /-1$/"], "myapp-1 0/1 10\n"),
            (&["NR>1 && $2 !~ /^1/ {print NR, NF}"], "3 3\n"),
            (&["{s += $3} END {print s}"], "12\n"),
            (&["END {print NR}"], "3\n"),
            (&["BEGIN {print \"a\\tb\"} NR==1 {exit}"], "a\tb\n"),
            (&["-F/", "NR>1 {print $2}"], "1 2\n1 10\n"),
            (&["-v", "n=2", "NR==n {print $1}"], "myapp-0\n"),
            (&["NR>1 {printf \"%-8s|%3d\\n\", $1, $3}"], "myapp-0 |  2\nmyapp-1 | 10\n"),
            (&["NR>1 {print $3 * 2 + 1}"], "5\n21\n"),
            (&["NR==2 {print 1 / 3, 2 ^ 3}"], "awk: syntax error near `^'"),
            (&["NR==2 {print length($1), toupper($1), substr($1, 1, 2)}"], "7 MYAPP-0 my\n"),
            (&["NR>1 {print ($3 > 5) ? \"many\" : \"few\"}"], "few\nmany\n"),
            (&["NR>1 {if ($3 > 5) print \"many\"; else print \"few\"}"], "few\nmany\n"),
            (&["BEGIN {OFS=\"-\"} NR==2 {print $1, $2}"], "myapp-0-1/1\n"),
            (&["/myapp-0/,/myapp-1/ {n++} END {print n}"], "2\n"),
            (&["{print"], "awk: unexpected end of the program"),
            (&["{ while (1) {} }"], "awk: `while' is not part of this small awk"),
            (&[], "Usage: awk [-F SEPARATOR] [-v NAME=VALUE] 'PROGRAM' [FILE]"),
        ];
        for (words, expected) in cases {
            assert_eq!(run(words, pods), expected, "{words:?}");
        }
        assert!(run(&[&"1+".repeat(5000)], pods).contains("operators"));
        assert!(run(&[&"(".repeat(5000)], pods).contains("nested"));
        assert!(run(&[&format!("{{print {}1}}", "- ".repeat(5000))], pods).contains("nested"));
    }
}
