//! Runs a template.
//!
//! Models text/template/exec.go over decoded JSON: a missing key is no value, and prints as `<no value>`, or an error.

use serde_json::Value;

use super::functions;
use super::parse::{Command, Node, Operand, Pipe, Word};
use crate::go_value;

/// What an expression gives; `None` is Go's invalid value: a key that is not there, or null.
pub(super) type Given = Option<Value>;

// Whether the template goes on after a node.
#[derive(PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

/// Most bytes of output, and of one text.
pub(super) const TEXT_LIMIT: usize = 16 << 20;
/// Most bytes of all values that a template looks at.
const WORK_LIMIT: usize = 512 << 20;

struct State {
    variables: Vec<(String, Given)>,
    strict: bool,
    /// How many bytes it has looked at.
    work: usize,
}

/// Runs the nodes; the error has its place before it.
pub(super) fn execute(nodes: &[Node], data: &Value, strict: bool, out: &mut String) -> Result<(), String> {
    let mut state = State { variables: vec![(String::new(), Some(data.clone()))], strict, work: 0 };
    state.nodes(nodes, &Some(data.clone()), out).map(drop)
}

/// Whether Go takes the value for true.
pub(super) fn is_true(value: &Given) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(b)) => *b,
        Some(Value::Number(n)) => n.as_f64() != Some(0.0),
        Some(Value::String(s)) => !s.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(entries)) => !entries.is_empty(),
    }
}

/// The value as `{{.}}` prints it.
pub(super) fn print(value: &Given) -> String {
    match value {
        None | Some(Value::Null) => "<no value>".to_owned(),
        Some(value) => go_value::plain(value),
    }
}

/// What is said of a text that is longer than [`TEXT_LIMIT`].
pub(super) fn too_long() -> String {
    format!("the text is longer than {} MiB, and here it ends", TEXT_LIMIT >> 20)
}

/// Adds to the output.
fn write(text: &str, out: &mut String) -> Result<(), String> {
    if out.len() + text.len() > TEXT_LIMIT {
        return Err(format!("1: executing \"output\": {}", too_long()));
    }
    out.push_str(text);
    Ok(())
}

impl State {
    /// Counts a value that is looked at.
    fn count(&mut self, value: &Given) -> Result<(), String> {
        self.work += go_value::size(value.as_ref().unwrap_or(&Value::Null));
        match value {
            Some(Value::String(text)) if text.len() > TEXT_LIMIT => Err(too_long()),
            _ if self.work > WORK_LIMIT => {
                Err(format!("it looks at more than {} MiB of values, and here it ends", WORK_LIMIT >> 20))
            }
            _ => Ok(()),
        }
    }

    fn nodes(&mut self, nodes: &[Node], dot: &Given, out: &mut String) -> Result<Flow, String> {
        for node in nodes {
            match node {
                Node::Text(text) => write(text, out)?,
                Node::Action(pipe) => {
                    let value = self.pipe(pipe, dot)?;
                    if pipe.variables.is_empty() {
                        write(&print(&value), out)?;
                    }
                }
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
                Node::Block { word, pipe, body, otherwise } => {
                    let known = self.variables.len();
                    let flow = match word {
                        Word::Range => self.range(pipe, body, otherwise, dot, out)?,
                        Word::If | Word::With => {
                            let value = self.pipe(pipe, dot)?;
                            let inner = if *word == Word::With { &value } else { dot };
                            if is_true(&value) {
                                self.nodes(body, inner, out)?
                            } else {
                                self.nodes(otherwise, dot, out)?
                            }
                        }
                    };
                    self.variables.truncate(known);
                    if flow != Flow::On {
                        return Ok(flow);
                    }
                }
            }
        }
        Ok(Flow::On)
    }

    fn range(
        &mut self,
        pipe: &Pipe,
        body: &[Node],
        otherwise: &[Node],
        dot: &Given,
        out: &mut String,
    ) -> Result<Flow, String> {
        let over = self.commands(pipe, dot)?;
        let entries: Vec<(Value, Value)> = match over {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => {
                items.into_iter().enumerate().map(|(i, item)| (i.into(), item)).collect()
            }
            Some(Value::Object(entries)) => entries.into_iter().map(|(k, v)| (k.into(), v)).collect(),
            Some(other) => {
                let (place, text) = (pipe.commands[0].place, &pipe.commands[0].text);
                let other = go_value::plain(&other);
                return Err(located(place, text, &format!("range can't iterate over {other}")));
            }
        };
        if entries.is_empty() {
            return self.nodes(otherwise, dot, out);
        }
        let known = self.variables.len();
        for (key, item) in entries {
            let item = Some(item);
            match pipe.variables.as_slice() {
                [] => {}
                [one] => self.set(one, item.clone(), pipe.assign),
                [first, second, ..] => {
                    self.set(first, Some(key), pipe.assign);
                    self.set(second, item.clone(), pipe.assign);
                }
            }
            let flow = self.nodes(body, &item, out)?;
            self.variables.truncate(known);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn set(&mut self, name: &str, value: Given, assign: bool) {
        match self.variables.iter_mut().rev().find(|(known, _)| assign && known == name) {
            Some((_, old)) => *old = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Given) -> Result<Given, String> {
        let value = self.commands(pipe, dot)?;
        for name in &pipe.variables {
            self.set(name, value.clone(), pipe.assign);
        }
        Ok(value)
    }

    fn commands(&mut self, pipe: &Pipe, dot: &Given) -> Result<Given, String> {
        let mut last: Option<Given> = None;
        for command in &pipe.commands {
            last = Some(self.command(command, last, dot)?);
        }
        Ok(last.flatten())
    }

    fn command(&mut self, command: &Command, last: Option<Given>, dot: &Given) -> Result<Given, String> {
        let value = self.called(command, last, dot)?;
        self.count(&value).map_err(|error| located(command.place, &command.text, &error))?;
        Ok(value)
    }

    fn called(&mut self, command: &Command, last: Option<Given>, dot: &Given) -> Result<Given, String> {
        let fail = |message: String| located(command.place, &command.text, &message);
        let Some((first, rest)) = command.operands.split_first() else {
            return Ok(None);
        };
        let Operand::Function(name) = first else {
            if !rest.is_empty() || last.is_some() {
                let text = match command.text.split_once(' ') {
                    Some((first, _)) if !first.starts_with(['"', '`', '(']) => first,
                    _ => &command.text,
                };
                let message = format!("can't give argument to non-function {text}");
                return Err(located(command.place, text, &message));
            }
            return self
                .operand(first, dot)
                .map_err(|error| if error.starts_with(char::is_numeric) { error } else { fail(error) });
        };
        // `and` and `or` look at their arguments one by one.
        let mut arguments = Vec::with_capacity(rest.len() + 1);
        for operand in rest {
            let value = match operand {
                Operand::Function(inner) => functions::call(inner, Vec::new()),
                operand => self.operand(operand, dot),
            };
            let value = value
                .and_then(|value| self.count(&value).map(|()| value))
                .map_err(|error| if error.starts_with(char::is_numeric) { error } else { fail(error) })?;
            let stop = (name == "and" && !is_true(&value)) || (name == "or" && is_true(&value));
            if stop {
                return Ok(value);
            }
            arguments.push(value);
        }
        arguments.extend(last);
        functions::call(name, arguments).map_err(|error| fail(format!("error calling {name}: {error}")))
    }

    fn operand(&mut self, operand: &Operand, dot: &Given) -> Result<Given, String> {
        match operand {
            Operand::Dot => Ok(dot.clone()),
            Operand::Nil => Err("nil is not a command".to_owned()),
            Operand::Bool(b) => Ok(Some(Value::Bool(*b))),
            Operand::Int(int) => Ok(Some((*int).into())),
            Operand::Float(float) => Ok(Some((*float).into())),
            Operand::Quoted(text) => Ok(Some(Value::String(text.clone()))),
            Operand::Function(name) => functions::call(name, Vec::new()),
            Operand::Fields(names) => self.fields(dot.as_ref(), names),
            Operand::Variable(name, names) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                self.fields(found.and_then(|(_, value)| value.as_ref()), names)
            }
            Operand::Pipe(pipe, names) => {
                let value = self.commands(pipe, dot)?;
                self.fields(value.as_ref(), names)
            }
        }
    }

    fn fields(&self, value: Option<&Value>, names: &[String]) -> Result<Given, String> {
        let mut value = value;
        for name in names {
            value = match value {
                None => None,
                Some(Value::Object(entries)) => match entries.get(name) {
                    None if self.strict => {
                        return Err(format!("map has no entry for key {}", go_value::quote(name)));
                    }
                    found => found,
                },
                Some(Value::Null) => return Err(format!("nil pointer evaluating interface {{}}.{name}")),
                Some(_) => return Err(format!("can't evaluate field {name} in type interface {{}}")),
            };
        }
        Ok(value.cloned())
    }
}

fn located((line, column): (usize, usize), text: &str, message: &str) -> String {
    let shown: String = text.chars().take(20).collect();
    let more = if shown.len() < text.len() { "..." } else { "" };
    format!("{line}:{column}: executing \"output\" at <{shown}{more}>: {message}")
}
