//! `-o FORMAT`: everything but tables.
//!
//! Models cli-runtime/pkg/genericclioptions (print_flags.go and its parts) and pkg/printers (json, yaml, name, jsonpath,
//! template).

use machinery::version::Features;
use machinery::{json, yaml};
use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value};

use super::custom_columns::{self, CustomColumn};
use super::tabwriter::{TABLE, align};
use super::whole;
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::Parsed;
use crate::{go_value, gotemplate, jsonpath};

/// How objects are printed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    /// As the command prints them by itself: a table, or a line that says what was done.
    Human,
    /// The same with more columns.
    Wide,
    /// `type/name`.
    Name,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// KYAML: YAML with brackets and quotes.
    Kyaml,
    /// A JSONPath template, with its text.
    JsonPath(String, jsonpath::Template),
    /// What a JSONPath template finds, as a JSON list.
    JsonPathAsJson(jsonpath::Template),
    /// A Go template, with its text.
    GoTemplate(String, gotemplate::Template),
    /// A table of one's own.
    CustomColumns(Vec<CustomColumn>),
}

/// What every command can print.
const COMMON: [&str; 9] = [
    "go-template",
    "go-template-file",
    "json",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "name",
    "template",
    "templatefile",
];

impl Format {
    /// The format that `-o`, or else `default`, and `--template` ask for; `of_get` if the command knows the formats of tables.
    ///
    /// # Errors
    /// Upstream's message, if there is no such format or its template cannot be read.
    pub fn parse(
        context: &Context<'_, '_>,
        parsed: &Parsed,
        default: &str,
        of_get: bool,
    ) -> Result<Format, Failure> {
        let output = parsed.text("output").unwrap_or(default);
        let mut format = Format::of(context, output, parsed.text("template"), of_get)?;
        let wants_keys = !parsed.on_or("allow-missing-template-keys", true);
        match &mut format {
            Format::JsonPath(_, template) | Format::JsonPathAsJson(template) => template.strict = wants_keys,
            Format::GoTemplate(_, template) => template.strict = wants_keys,
            _ => {}
        }
        Ok(format)
    }

    fn of(
        context: &Context<'_, '_>,
        output: &str,
        template: Option<&str>,
        of_get: bool,
    ) -> Result<Format, Failure> {
        let output = match (output, template) {
            ("", Some(template)) if !template.is_empty() => return go_template(template),
            ("", _) => return Ok(Format::Human),
            (output, _) => output,
        };
        let (name, argument) = match output.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (output, template),
        };
        match (name, argument) {
            ("json", _) => Ok(Format::Json),
            ("yaml", _) => Ok(Format::Yaml),
            ("name", _) => Ok(Format::Name),
            ("wide", _) if of_get => Ok(Format::Wide),
            ("custom-columns", argument) if of_get => {
                Ok(Format::CustomColumns(custom_columns::parse(argument.unwrap_or_default())?))
            }
            ("custom-columns-file", argument) if of_get => {
                let text = template_file(context, argument.unwrap_or_default(), "")?;
                Ok(Format::CustomColumns(custom_columns::parse_file(&text)?))
            }
            ("kyaml", _) if context.env.features.kyaml_is_a_format() => Ok(Format::Kyaml),
            (name, _) if !COMMON.contains(&name) => Err(no_printer(output, of_get, context.env.features)),
            (_, None | Some("")) => Err(Failure::message("template format specified but no template given")),
            (name, Some(argument)) => {
                let text = match name.ends_with("file") {
                    true => template_file(context, argument, "--")?,
                    false => argument.to_owned(),
                };
                match name {
                    "jsonpath" | "jsonpath-file" => Ok(Format::JsonPath(text.clone(), json_path(&text)?)),
                    "jsonpath-as-json" => Ok(Format::JsonPathAsJson(json_path(&text)?)),
                    _ => go_template(&text),
                }
            }
        }
    }

    /// Prints one object or list.
    ///
    /// # Errors
    /// Upstream's message, if a template fails; what it wrote before is printed.
    pub fn print(
        &self,
        context: &mut Context<'_, '_>,
        value: &Value,
        no_headers: bool,
    ) -> Result<(), Failure> {
        match self {
            Format::Human | Format::Wide => {}
            Format::Name => {
                for object in items(value) {
                    context.out(format!("{}\n", type_and_name(object)));
                }
            }
            Format::Json => context.out(pretty(value) + "\n"),
            Format::Yaml => context.out(yaml::to_yaml(value)),
            Format::Kyaml => context.out(yaml::to_kyaml(value)),
            Format::JsonPath(text, template) => match template.text(value) {
                Ok(found) => context.out(found),
                Err(error) => return Err(json_path_failure(text, &error, value)),
            },
            Format::JsonPathAsJson(template) => {
                let all = template.values(value).map_err(Failure::Message)?;
                context.out(pretty(&Value::Array(all)) + "\n");
            }
            Format::GoTemplate(text, template) => match template.execute(value) {
                Ok(out) => context.out(out),
                Err((before, error)) => return Err(template_failure(context, text, &before, &error, value)),
            },
            Format::CustomColumns(columns) => {
                let mut text = if no_headers { String::new() } else { custom_columns::header(columns) };
                for object in items(value) {
                    text.push_str(&custom_columns::row(columns, object)?);
                }
                context.out(align(&text, TABLE));
            }
        }
        Ok(())
    }

    /// Prints an object that kubectl holds in its Go type, which JSON shows: in the order of the type's fields.
    ///
    /// # Errors
    /// As of [`Format::print`].
    pub fn print_typed(&self, context: &mut Context<'_, '_>, value: &Value) -> Result<(), Failure> {
        if *self == Format::Json {
            context.out(indented(&whole::encoded(value), "    ") + "\n");
            return Ok(());
        }
        self.print(context, value, false)
    }
}

fn go_template(text: &str) -> Result<Format, Failure> {
    match gotemplate::Template::parse(text) {
        Ok(template) => Ok(Format::GoTemplate(text.to_owned(), template)),
        Err(error) => Err(Failure::message(format!("error parsing template {text}, {error}"))),
    }
}

fn json_path(text: &str) -> Result<jsonpath::Template, Failure> {
    jsonpath::parse(text)
        .map_err(|error| Failure::message(format!("error parsing jsonpath {text}, {error}\n")))
}

fn template_file(context: &Context<'_, '_>, name: &str, dashes: &str) -> Result<String, Failure> {
    match context.env.files.read(name) {
        Some(text) => Ok(text.to_owned()),
        None => Err(Failure::message(format!(
            "error reading {dashes}template {name}, open {name}: no such file or directory\n"
        ))),
    }
}

/// The formats that `-o` may name, sorted.
pub(crate) fn allowed_formats(of_get: bool, features: Features) -> Vec<&'static str> {
    let mut allowed = COMMON.to_vec();
    allowed.push("yaml");
    allowed.extend(features.kyaml_is_a_format().then_some("kyaml"));
    if of_get {
        allowed.extend(["custom-columns", "custom-columns-file", "wide"]);
    }
    allowed.sort_unstable();
    allowed
}

fn no_printer(output: &str, of_get: bool, features: Features) -> Failure {
    Failure::message(format!(
        "unable to match a printer suitable for the output format {}, allowed formats are: {}",
        go_value::quote(output),
        allowed_formats(of_get, features).join(",")
    ))
}

fn json_path_failure(text: &str, error: &str, value: &Value) -> Failure {
    Failure::message(format!(
        "error executing jsonpath {}: Error executing template: {error}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{text}\n\tobject given to jsonpath engine was:\n\t\t{}\n\n\n",
        go_value::quote(text),
        go_value::syntax(value)
    ))
}

fn template_failure(
    context: &mut Context<'_, '_>,
    text: &str,
    before: &str,
    error: &str,
    value: &Value,
) -> Failure {
    context.out(format!(
        "{before}Error executing template: {error}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{text}\n\traw data was:\n\t\t{}\n\tobject given to template engine was:\n\t\t{}\n\n",
        json::to_string(value),
        go_value::plain(value)
    ));
    Failure::message(format!("error executing template {}: {error}", go_value::quote(text)))
}

/// The objects of a list, or the object alone.
fn items(value: &Value) -> Vec<&Value> {
    match value["items"].as_array() {
        Some(items) if value["kind"] == "List" => items.iter().collect(),
        _ => vec![value],
    }
}

/// `pod/web-0`, `statefulset.apps/web`.
fn type_and_name(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap_or_default().to_ascii_lowercase();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    match object["apiVersion"].as_str().unwrap_or_default().split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{name}"),
        None => format!("{kind}/{name}"),
    }
}

/// JSON with an indent of four, as Go escapes it.
pub(crate) fn pretty(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    "));
    // Neither the writer nor the values can fail.
    let _ = value.serialize(&mut serializer);
    json::escape_html(&String::from_utf8_lossy(&bytes))
}

/// The same JSON text over several lines (Go's `json.Indent`): what a text has in some order stays so.
pub(crate) fn indented(text: &str, indent: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut in_string, mut is_escaped, mut is_opened) = (0_usize, false, false, false);
    let line = |out: &mut String, depth: usize| {
        out.extend(std::iter::once("\n").chain(std::iter::repeat_n(indent, depth)))
    };
    for letter in text.trim_end().chars() {
        if in_string {
            in_string = is_escaped || letter != '"';
            is_escaped = letter == '\\' && !is_escaped;
            out.push(letter);
            continue;
        }
        let closes = matches!(letter, '}' | ']');
        if letter.is_whitespace() {
            continue;
        }
        if closes {
            depth = depth.saturating_sub(1);
        }
        if is_opened != closes && (is_opened || closes) {
            line(&mut out, depth);
        }
        is_opened = matches!(letter, '{' | '[');
        depth += usize::from(is_opened);
        in_string = letter == '"';
        out.push(letter);
        match letter {
            ',' => line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
    }
    out
}
