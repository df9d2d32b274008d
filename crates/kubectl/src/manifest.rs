//! Objects from files: `-f FILE`, `-f -`, `-f .`.
//!
//! Models cli-runtime/pkg/resource/visitor.go (`StreamVisitor`), mapper.go (`infoForData`) and, for the checks before an
//! object is sent, kubectl/pkg/validation and cli-runtime's metadata_decoder.go. Departs in one point: URLs are refused.
//! Invariant: what cannot be read is a failure in its place; the objects before it are still there.

use std::collections::BTreeMap;

use machinery::Kind;
use machinery::decode::decode_metadata_only;
use machinery::version::Features;
use machinery::yaml;
use serde_json::Value;

use crate::context::Context;
use crate::failure::Failure;

/// An object in a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Manifest {
    /// Its kind.
    pub kind: Kind,
    /// Where it goes: its own namespace, or the command's; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name; empty if it has none.
    pub name: String,
    /// The file, as messages name it.
    pub source: String,
    /// The object, with its namespace filled in where it is sent.
    pub value: Value,
}

impl Manifest {
    /// The labels that it gives the object.
    pub fn labels(&self) -> Option<BTreeMap<String, String>> {
        let labels = self.value["metadata"]["labels"].as_object()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some(labels.iter().map(|(key, value)| (key.clone(), text(value))).collect())
    }
}

/// How the objects of files are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    /// Whether objects are checked as `create` and `apply` do (`--validate`).
    pub validate: bool,
    /// The command's namespace.
    pub namespace: &'a str,
    /// Whether that one was typed, so that no other is allowed.
    pub enforce_namespace: bool,
    /// Whether an object without a namespace stays so (`--local`).
    pub as_written: bool,
    /// Whose kubectl reads.
    pub features: Features,
}

/// What the given files hold, in order.
///
/// # Errors
/// If a file is not there.
pub(crate) fn read(
    context: &Context<'_, '_>,
    files: &[&str],
    reading: Reading<'_>,
) -> Result<Vec<Result<Manifest, Failure>>, Failure> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for file in files {
        match texts(context, file) {
            Ok(texts) => found.extend(texts),
            Err(failure) => missing.push(failure),
        }
    }
    Failure::all(missing)?;
    let mut objects = Vec::new();
    for (source, text) in found {
        read_text(&text, &source, reading, &mut objects);
    }
    Ok(objects)
}

/// What was saved in an editor holds.
pub(crate) fn read_saved(text: &str, reading: Reading<'_>) -> Vec<Result<Manifest, Failure>> {
    let mut objects = Vec::new();
    read_text(text, "edited-file", reading, &mut objects);
    objects
}

/// The text of a file that holds no manifest, such as a patch.
///
/// # Errors
/// If it is not there.
pub(crate) fn text(context: &Context<'_, '_>, file: &str) -> Result<String, Failure> {
    match context.env.files.read(file) {
        Some(text) => Ok(text.to_owned()),
        None => {
            Err(Failure::message(format!("unable to read {file}: open {file}: no such file or directory")))
        }
    }
}

fn texts(context: &Context<'_, '_>, file: &str) -> Result<Vec<(String, String)>, Failure> {
    if file == "-" {
        return Ok(vec![("STDIN".to_owned(), context.stdin.unwrap_or_default().to_owned())]);
    }
    if file.starts_with("http://") || file.starts_with("https://") {
        return Err(Failure::message(format!(
            "unable to read URL \"{file}\": this cluster has no network; paste the manifest into a file"
        )));
    }
    if matches!(file, "" | "." | "./") {
        let is_manifest = |name: &String| [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end));
        let names = context.env.files.names().into_iter().filter(is_manifest);
        let found = names.filter_map(|name| Some((name.clone(), context.env.files.read(&name)?.to_owned())));
        return Ok(found.collect());
    }
    match context.env.files.read(file) {
        Some(text) => Ok(vec![(file.to_owned(), text.to_owned())]),
        None => Err(Failure::message(format!("the path \"{file}\" does not exist"))),
    }
}

fn read_text(text: &str, source: &str, reading: Reading<'_>, objects: &mut Vec<Result<Manifest, Failure>>) {
    for document in yaml::documents_in(text, reading.features) {
        let value = match document {
            Ok(document) => document.value,
            Err(error) => {
                objects.push(Err(Failure::message(format!("error parsing {source}: {error}"))));
                return;
            }
        };
        if reading.validate
            && let Err(why) = validate(&value)
        {
            objects.push(Err(Failure::message(format!(
                "error validating \"{source}\": error validating data: {why}; if you choose to ignore these errors, turn validation off with --validate=false"
            ))));
            continue;
        }
        for value in flatten(value) {
            objects.push(manifest(value, source, reading));
        }
    }
}

// The items of a List, of Lists within it too.
fn flatten(value: Value) -> Vec<Value> {
    let mut objects = Vec::new();
    let mut waiting = vec![value];
    while let Some(mut value) = waiting.pop() {
        let is_list = value["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
        match value.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) if is_list => waiting.extend(items.into_iter().rev()),
            Some(items) => {
                value["items"] = items;
                objects.push(value);
            }
            None => objects.push(value),
        }
    }
    objects
}

fn validate(value: &Value) -> Result<(), String> {
    let is_list = value["kind"] == "List" && value["apiVersion"] == "v1";
    let wrong: Vec<String> = match (is_list, &value["items"]) {
        (false, _) => object_kind_errors(value),
        (true, Value::Array(items)) => items.iter().flat_map(object_kind_errors).collect(),
        (true, _) => vec!["invalid object to validate".to_owned()],
    };
    let mut once = Vec::new();
    for text in wrong {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    match once.len() {
        0 => Ok(()),
        1 => Err(once.remove(0)),
        _ => Err(format!("[{}]", once.join(", "))),
    }
}

fn object_kind_errors(value: &Value) -> Vec<String> {
    let Value::Object(fields) = value else {
        return vec!["invalid object to validate".to_owned()];
    };
    let mut wrong = Vec::new();
    for field in ["apiVersion", "kind"] {
        match fields.get(field) {
            None | Some(Value::Null) => wrong.push(format!("{field} not set")),
            Some(Value::String(text)) if field == "apiVersion" && text.matches('/').count() > 1 => {
                wrong.push(format!("unexpected GroupVersion string: {text}"));
            }
            Some(Value::String(_)) => {}
            Some(_) => wrong.push(format!("{field} isn't string type")),
        }
    }
    wrong
}

// Discovery's mapper knows each kind in lower case too (client-go/restmapper/discovery.go); the server does not.
fn mapped(api_version: &str, name: &str) -> Option<Kind> {
    let lower = |kind: &Kind| kind.api_version() == api_version && kind.name().to_ascii_lowercase() == name;
    Kind::from_api(api_version, name).or_else(|| Kind::ALL.into_iter().find(lower))
}

fn manifest(mut value: Value, source: &str, reading: Reading<'_>) -> Result<Manifest, Failure> {
    let undecodable = |why: String| Failure::message(format!("unable to decode \"{source}\": {why}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (api_version, kind_name) = (text(&value["apiVersion"]), text(&value["kind"]));
    if kind_name.is_empty() {
        let body = machinery::json::to_string(&value);
        return Err(undecodable(format!("Object 'Kind' is missing in '{body}'")));
    }
    decode_metadata_only(&value).map_err(|error| undecodable(error.to_string()))?;
    let name = text(&value["metadata"]["name"]);
    let own_namespace = text(&value["metadata"]["namespace"]);
    let Some(kind) = mapped(&api_version, &kind_name) else {
        return Err(Failure::message(format!(
            "resource mapping not found for name: \"{name}\" namespace: \"{own_namespace}\" from \"{source}\": no matches for kind \"{kind_name}\" in version \"{api_version}\"\nensure CRDs are installed first"
        )));
    };
    if !kind.is_namespaced() {
        return Ok(Manifest { kind, namespace: String::new(), name, source: source.to_owned(), value });
    }
    if own_namespace.is_empty() && reading.as_written {
        let namespace = reading.namespace.to_owned();
        return Ok(Manifest { kind, namespace, name, source: source.to_owned(), value });
    }
    if own_namespace.is_empty() {
        if !value["metadata"].is_object() {
            value["metadata"] = Value::Object(serde_json::Map::new());
        }
        value["metadata"]["namespace"] = reading.namespace.into();
    } else if reading.enforce_namespace && own_namespace != reading.namespace {
        return Err(Failure::message(format!(
            "the namespace from the provided object \"{own_namespace}\" does not match the namespace \"{}\". You must pass '--namespace={own_namespace}' to perform this operation.",
            reading.namespace
        )));
    }
    let namespace = text(&value["metadata"]["namespace"]);
    Ok(Manifest { kind, namespace, name, source: source.to_owned(), value })
}
