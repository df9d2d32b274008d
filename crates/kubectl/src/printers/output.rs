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
    /// What each part of a JSONPath template finds, as a JSON list, with the template's text.
    JsonPathAsJson(String, jsonpath::Template),
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
            Format::JsonPath(_, template) | Format::JsonPathAsJson(_, template) => {
                template.strict = wants_keys
            }
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
        // These are read in any case, and wide is not.
        match output.to_ascii_lowercase().as_str() {
            "json" => return Ok(Format::Json),
            "yaml" => return Ok(Format::Yaml),
            "name" => return Ok(Format::Name),
            "kyaml" if context.env.features.kyaml_is_a_format() => return Ok(Format::Kyaml),
            _ if output == "wide" && of_get => return Ok(Format::Wide),
            _ => {}
        }
        let (name, argument) = match (template, output.split_once('=')) {
            (Some(template), _) if !template.is_empty() => (output, template),
            (_, Some((name, argument))) => (name, argument),
            _ => (output, ""),
        };
        if of_get && ["custom-columns", "custom-columns-file"].contains(&name) {
            return custom(context, name, argument).map(Format::CustomColumns);
        }
        let of_a_file = match name {
            "jsonpath" | "jsonpath-as-json" | "go-template" | "template" => false,
            "jsonpath-file" | "go-template-file" | "templatefile" => true,
            _ => return Err(no_printer(output, &allowed_formats(of_get, context.env.features))),
        };
        if argument.is_empty() {
            return Err(Failure::message("template format specified but no template given"));
        }
        let text = if of_a_file { template_file(context, argument, "--")? } else { argument.to_owned() };
        match name {
            "jsonpath" | "jsonpath-file" => Ok(Format::JsonPath(text.clone(), json_path(&text)?)),
            "jsonpath-as-json" => Ok(Format::JsonPathAsJson(text.clone(), json_path(&text)?)),
            _ => go_template(&text),
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
            Format::JsonPathAsJson(text, template) => match template.lists(value) {
                Ok(lists) => {
                    for list in lists {
                        context.out(pretty(&Value::Array(list)) + "\n");
                    }
                }
                Err(error) => return Err(json_path_failure(text, &error, value)),
            },
            Format::GoTemplate(text, template) => match template.execute(value) {
                Ok(out) => context.out(out),
                Err((before, error)) => return Err(template_failure(context, text, &before, &error, value)),
            },
            Format::CustomColumns(columns) => {
                let mut text = if no_headers { String::new() } else { custom_columns::header(columns) };
                let (rows, result) = custom_columns::rows(columns, &items(value));
                text.push_str(&rows);
                context.out(align(&text, TABLE));
                return result;
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

fn custom(context: &Context<'_, '_>, name: &str, argument: &str) -> Result<Vec<CustomColumn>, Failure> {
    if name == "custom-columns" || argument.is_empty() {
        return custom_columns::parse(argument);
    }
    custom_columns::parse_file(&template_file(context, argument, "")?)
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

/// That a format is none of those allowed.
pub(crate) fn no_printer(output: &str, allowed: &[&str]) -> Failure {
    Failure::message(format!(
        "unable to match a printer suitable for the output format {}, allowed formats are: {}",
        go_value::quote(output),
        allowed.join(",")
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
