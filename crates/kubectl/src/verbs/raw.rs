//! `--raw URI` of get, create, replace and delete: a request to a path, and what the API server answers.
//!
//! Models kubectl/pkg/rawhttp/raw.go.
//! Departs in one point: of what is no object, no list of them and no part of one, only the server's health, its version and
//! its discovery documents are served.

use client::api::{Answer, Body, DeleteOptions, ListOptions, Request, Subresource, Verb};
use machinery::fields;
use machinery::status::Reason;
use machinery::version::Features;
use machinery::{Kind, Object, Status, json};
use serde_json::{Value, json};

use super::{Call, Next};
use crate::context::Context;
use crate::discovery::{self, Resource, documents, health};
use crate::failure::Failure;
use crate::go_value;
use crate::printers::output::indented;
use crate::printers::whole::in_order;
use crate::selector;

/// How many bytes of a body an error shows.
const SUMMARY_BYTES: usize = 30;

/// Prints what a `GET` answers.
///
/// # Errors
/// If other words contradict that, and the server's.
pub(super) fn get(call: &Call, context: &mut Context<'_, '_>, uri: &str) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let given = |flag: &str| parsed.text(flag).is_some_and(|text| !text.is_empty());
    let problems = [
        (!parsed.args.is_empty(), "arguments may not be passed when --raw is specified"),
        (
            parsed.on("watch") || parsed.on("watch-only") || given("selector"),
            "--raw may not be specified with other flags that filter the server request or alter the output",
        ),
        (given("output"), "--raw and --output are mutually exclusive"),
    ];
    if let Some((_, problem)) = problems.into_iter().find(|(is_one, _)| *is_one) {
        return Err(Failure::message(problem));
    }
    let (path, query) = valid(uri)?;
    let text = match Place::parse(path) {
        Some(place) => place.answer(context, query)? + "\n",
        None => {
            may_read(path, context)?;
            let text = about_itself(path, query, context).or_else(|| empty_list(path, context));
            text.ok_or_else(not_served)?
        }
    };
    context.out(text);
    Ok(Next::Done)
}

/// Whether who asks may read a path that leads to no object (responsewriters/errors.go, forbiddenMessage).
fn may_read(path: &str, context: &Context<'_, '_>) -> Result<(), Failure> {
    let Some(user) = &context.asking.acting else { return Ok(()) };
    if user.is_master() || super::auth::is_allowed(context, "get", path) {
        return Ok(());
    }
    let (user, path) = (go_value::quote(&user.name), go_value::quote(path));
    let message = format!("forbidden: User {user} cannot get path {path}");
    Err(Failure::from(Box::new(Status { reason: Reason::Forbidden, ..Status::bad_request(message) })))
}

/// What the server says about itself.
fn about_itself(path: &str, query: &str, context: &mut Context<'_, '_>) -> Option<String> {
    let features = context.env.features;
    if ["/version", "/version/"].contains(&path) {
        return Some(indented(&super::version::server_info(features.version), "  "));
    }
    let server = || super::cluster_info::server(context).trim_start_matches("https://").to_owned();
    health::at(path, query, features).or_else(|| documents::at(path, features, server))
}

/// The list of a type of which there is nothing here.
fn empty_list(path: &str, context: &mut Context<'_, '_>) -> Option<String> {
    let words: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (api_version, words) = match words.as_slice() {
        ["api", version, words @ ..] => ((*version).to_owned(), words),
        ["apis", group, version, words @ ..] => (format!("{group}/{version}"), words),
        _ => return None,
    };
    let (namespace, plural) = match words {
        [plural] => ("", *plural),
        ["namespaces", namespace, plural] => (*namespace, *plural),
        _ => return None,
    };
    let is_meant = |of: &Resource| of.api_version == api_version && of.plural == plural;
    let of = discovery::served(context.env.features).find(is_meant)?;
    let is_listed = of.verbs.contains("list") && (of.namespaced || namespace.is_empty());
    if !is_listed || of.simulated().is_some() || discovery::has_objects_elsewhere(&of, namespace) {
        return None;
    }
    let (_, version) = context.list(Kind::Namespace, "", ListOptions::default()).ok()?;
    let kind = of.kind;
    Some(format!(
        "{{\"kind\":\"{kind}List\",\"apiVersion\":\"{api_version}\",\"metadata\":{{\"resourceVersion\":\"{version}\"}},\"items\":[]}}\n"
    ))
}

/// How a file is sent to a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Method {
    Post,
    Put,
    Delete,
}

/// Sends the one file that the command names, and prints the answer.
///
/// # Errors
/// If other flags contradict that, and the server's.
pub(super) fn send(
    call: &Call,
    context: &mut Context<'_, '_>,
    uri: &str,
    method: Method,
) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let files = parsed.list("filename");
    let [file] = files.as_slice() else {
        if files.is_empty() && method == Method::Delete {
            return deliver(context, uri, method, "");
        }
        return Err(Failure::message("--raw can only use a single local file or stdin"));
    };
    let is_url = file.starts_with("http://") || file.starts_with("https://");
    let problems = [
        (is_url, "--raw cannot read from a url"),
        (parsed.on("recursive"), "--raw and --recursive are mutually exclusive"),
        (
            parsed.text("selector").is_some_and(|text| !text.is_empty()),
            "--raw and --selector (-l) are mutually exclusive",
        ),
        (
            parsed.text("output").is_some_and(|text| !text.is_empty()),
            "--raw and --output are mutually exclusive",
        ),
    ];
    if let Some((_, problem)) = problems.into_iter().find(|(is_one, _)| *is_one) {
        return Err(Failure::message(problem));
    }
    valid(uri)?;
    let text = match *file {
        "-" => context.stdin.unwrap_or_default().to_owned(),
        file => match context.env.files.read(file) {
            Some(text) => text.to_owned(),
            None => return Err(Failure::message(format!("open {file}: no such file or directory"))),
        },
    };
    deliver(context, uri, method, &text)
}

fn deliver(context: &mut Context<'_, '_>, uri: &str, method: Method, text: &str) -> Result<Next, Failure> {
    let (path, _) = split(uri).map_err(Failure::message)?;
    let place = Place::parse(path).ok_or_else(not_served)?;
    let is_collection = place.name.is_empty();
    let verb = match method {
        Method::Delete if !is_collection => Verb::Delete(DeleteOptions::default()),
        Method::Post if is_collection => Verb::Create(Body::Json(place.body(text)?)),
        Method::Put if !is_collection => Verb::Update(Body::Json(place.body(text)?)),
        _ => {
            let message = "the server does not allow this method on the requested resource".to_owned();
            return Err(Failure::from(Box::new(Status {
                reason: Reason::MethodNotAllowed,
                ..Status::bad_request(message)
            })));
        }
    };
    let answer = place.sent(context, verb)?;
    context.out(answer + "\n");
    Ok(Next::Done)
}

/// The path and the query of a URI (url.ParseRequestURI).
fn split(uri: &str) -> Result<(&str, &str), String> {
    if uri.starts_with('/') {
        return Ok(uri.split_once('?').unwrap_or((uri, "")));
    }
    Err(format!("parse {}: invalid URI for request", go_value::quote(uri)))
}

/// The same, where a command checks its flags.
fn valid(uri: &str) -> Result<(&str, &str), Failure> {
    split(uri).map_err(|why| Failure::message(format!("--raw must be a valid URL path: {why}")))
}

/// The API server has nothing at a path.
pub(super) fn not_served() -> Failure {
    let message = "the server could not find the requested resource".to_owned();
    Failure::from(Box::new(Status { reason: Reason::NotFound, ..Status::bad_request(message) }))
}

/// What a path leads to.
struct Place<'a> {
    kind: Kind,
    namespace: &'a str,
    name: &'a str,
    part: Subresource,
}

impl<'a> Place<'a> {
    fn parse(path: &'a str) -> Option<Place<'a>> {
        let words: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (group, words) = match words.as_slice() {
            ["api", "v1", words @ ..] => ("", words),
            ["apis", group, "v1", words @ ..] => (*group, words),
            _ => return None,
        };
        let (namespace, words) = match words {
            ["namespaces", namespace, words @ ..] if !matches!(words, [] | ["status" | "finalize"]) => {
                (*namespace, words)
            }
            words => ("", words),
        };
        let (plural, name, part) = match words {
            [plural] => (*plural, "", Subresource::None),
            [plural, name] => (*plural, *name, Subresource::None),
            [plural, name, "status"] => (*plural, *name, Subresource::Status),
            [plural, name, "scale"] => (*plural, *name, Subresource::Scale),
            [plural @ "namespaces", name, "finalize"] => (*plural, *name, Subresource::Finalize),
            _ => return None,
        };
        let is_meant = |kind: &Kind| kind.info().plural == plural && kind.info().group == group;
        let kind = Kind::ALL.into_iter().find(is_meant)?;
        let is_placed =
            kind.is_namespaced() != namespace.is_empty() || (kind.is_namespaced() && name.is_empty());
        is_placed.then_some(Place { kind, namespace, name, part })
    }

    fn answer(&self, context: &mut Context<'_, '_>, query: &str) -> Result<String, Failure> {
        context.asking.managed_fields = true;
        let root = fields::lookup(self.kind.go_type().0, self.kind.go_type().1);
        if self.name.is_empty() {
            let options = selection(query, context.env.features)
                .map_err(|why| Failure::from(Box::new(Status::bad_request(why))))?;
            let (objects, version) = context.list(self.kind, self.namespace, options)?;
            let items = objects.iter().map(|object| {
                let mut item = context.whole(object);
                // The list says what they are.
                for field in ["apiVersion", "kind"] {
                    item.as_object_mut().and_then(|item| item.remove(field));
                }
                in_order(root, &item)
            });
            let (kind, items) = (self.kind.name(), items.collect::<Vec<_>>().join(","));
            let (api_version, version) =
                (self.kind.api_version(), json!({"resourceVersion": version.to_string()}));
            return Ok(format!(
                "{{\"kind\":\"{kind}List\",\"apiVersion\":\"{api_version}\",\"metadata\":{version},\"items\":[{items}]}}"
            ));
        }
        self.sent(context, Verb::Get)
    }

    /// The JSON that a request body is (transformDecodeError).
    fn body(&self, text: &str) -> Result<Value, Failure> {
        let kind = self.kind.name();
        let bad = |message: String| Failure::from(Box::new(Status::bad_request(message)));
        serde_json::from_str(text).map_err(|error| {
            let (error, summary) = (super::patch::json_error(text, &error), summary(text));
            bad(format!("the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {error} ({summary})"))
        })
    }

    /// Whether the answer to a deletion is the object: where it stays for now, or its storage says so (ReturnDeletedObject).
    fn tells_what_goes(&self, object: &Object) -> bool {
        let told = [
            Kind::Pod,
            Kind::PersistentVolume,
            Kind::PersistentVolumeClaim,
            Kind::Service,
            Kind::ServiceAccount,
        ];
        told.contains(&self.kind) || object.meta().deletion_timestamp.is_some()
    }

    /// The Status that says that the object is gone.
    fn success(&self, uid: &str) -> String {
        let info = self.kind.info();
        let group = match info.group {
            "" => String::new(),
            group => format!("\"group\":{},", json::quote(group)),
        };
        format!(
            "{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"status\":\"Success\",\"details\":{{\"name\":{},{group}\"kind\":{},\"uid\":{}}}}}",
            json::quote(self.name),
            json::quote(info.plural),
            json::quote(uid)
        )
    }

    /// Sends a request about the object of the path, or for a new one; its answer as the server writes it.
    fn sent(&self, context: &mut Context<'_, '_>, verb: Verb) -> Result<String, Failure> {
        context.asking.managed_fields = true;
        let root = fields::lookup(self.kind.go_type().0, self.kind.go_type().1);
        let deletes = matches!(verb, Verb::Delete(_));
        let mut request = Request::new(verb, self.kind, self.namespace, self.name).of(self.part);
        // Nobody is named, so it is who asks.
        request.field_manager = "kubectl".into();
        match context.call(request)? {
            Answer::Object(object) if deletes && !self.tells_what_goes(&object) => {
                Ok(self.success(object.uid()))
            }
            Answer::Object(object) => Ok(in_order(root, &context.whole(&object))),
            Answer::Json(scale) => Ok(in_order(fields::lookup("autoscaling", "Scale"), &scale)),
            Answer::List(..) => Err(not_served()),
        }
    }
}

/// The beginning of a body that could not be read (summarizeData).
fn summary(text: &str) -> String {
    let (beginning, more) = match text.as_bytes() {
        [] => return "<empty>".to_owned(),
        bytes if bytes.len() > SUMMARY_BYTES => (&bytes[..SUMMARY_BYTES], " ..."),
        bytes => (bytes, ""),
    };
    let shown = match beginning[0] {
        b'{' => String::from_utf8_lossy(beginning).into_owned(),
        _ => beginning.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    shown + more
}

/// What a query selects; other parameters have no effect.
fn selection(query: &str, features: Features) -> Result<ListOptions, String> {
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| decoded(value)).next_back().unwrap_or_default()
    };
    let labels = selector::parse_labels(&value("labelSelector"), features)?;
    Ok(ListOptions { labels, fields: selector::parse_fields(&value("fieldSelector"))? })
}

/// Percent-decoding; what is no escape stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high).unwrap_or(0) * 16 + hex(*low).unwrap_or(0));
                after
            }
            (b'+', after) => {
                bytes.push(b' ');
                after
            }
            (other, after) => {
                bytes.push(*other);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_objects_and_lists() {
        let cases = [
            ("/api/v1/namespaces/default/pods/web-0", Some((Kind::Pod, "default", "web-0"))),
            ("/api/v1/pods", Some((Kind::Pod, "", ""))),
            ("/api/v1/namespaces/default", Some((Kind::Namespace, "", "default"))),
            ("/api/v1/namespaces/default/finalize", Some((Kind::Namespace, "", "default"))),
            ("/api/v1/nodes/node-1", Some((Kind::Node, "", "node-1"))),
            ("/apis/apps/v1/namespaces/a/statefulsets/web/scale", Some((Kind::StatefulSet, "a", "web"))),
            ("/apis/apps/v1/namespaces/a/pods", None),
            ("/api/v1/pods/web-0", None),
            ("/api/v1/namespaces/a/nodes/node-1", None),
            ("/api/v2/pods", None),
            ("/", None),
        ];
        for (path, expected) in cases {
            let found = Place::parse(path).map(|place| (place.kind, place.namespace, place.name));
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn parameters_are_percent_decoded() {
        assert_eq!(decoded("app%3Dweb+x%zz"), "app=web x%zz");
    }
}
