//! `kubectl events`: in the order in which they happened.
//!
//! Models kubectl/pkg/cmd/events (events.go, event_printer.go). Departs in one point: it cannot be watched;
//! `kubectl get events -w` can.

use client::api::ListOptions;
use k8s_openapi::api::core::v1::Event;
use machinery::Kind;

use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, list, text};
use crate::printers::age;
use crate::printers::cluster::event_times;
use crate::printers::tabwriter::{TABLE, align};
use crate::resource;

const FLAGS: &[Flag] = &[
    flags::ALL_NAMESPACES,
    flags::NO_HEADERS,
    flags::CHUNK_SIZE,
    flags::WATCH,
    text("for", "Only those about TYPE/NAME"),
    list("types", "Only these types: Normal, Warning"),
];

pub(super) const COMMAND: Command = Command {
    name: "events",
    about: "List events, the oldest first",
    usage: &["kubectl events [--for TYPE/NAME] [--types=Normal,Warning]", "kubectl events --for sts/myapp"],
    flags: &[FLAGS, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let types = parsed.list("types");
    if let Some(unknown) =
        types.iter().find(|name| !["normal", "warning"].contains(&name.to_lowercase().as_str()))
    {
        let unknown = crate::go_value::quote(unknown);
        return Err(Failure::message(format!("valid --types are Normal or Warning, got {unknown}")));
    }
    let about = match parsed.text("for") {
        None => None,
        Some(text) => match text.split_once('/') {
            Some((kind, name)) if !name.contains('/') => Some((resource::kind(kind)?, name.to_owned())),
            _ => return Err(Failure::message("--for must be in resource/name form")),
        },
    };
    let all = parsed.on("all-namespaces");
    let namespace = if all { "" } else { parsed.namespace() };
    let (objects, _) = context.list(Kind::Event, namespace, ListOptions::default())?;
    let wanted = |event: &&std::sync::Arc<Event>| {
        let involved = &event.involved_object;
        let of_type = types.is_empty()
            || types
                .iter()
                .any(|name| event.type_.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(name)));
        let of_object = about.as_ref().is_none_or(|(kind, name)| {
            involved.kind.as_deref() == Some(kind.name()) && involved.name.as_deref() == Some(name)
        });
        of_type && of_object
    };
    let mut events: Vec<_> = objects.iter().filter_map(|event| event.get::<Event>()).filter(wanted).collect();
    if events.is_empty() {
        context.err(if all {
            "No events found.\n".to_owned()
        } else {
            format!("No events found in {namespace} namespace.\n")
        });
        return Ok(Next::Done);
    }
    events.sort_by_key(|event| event_times(event).1.map(|time| time.0));
    let lead = if all { "NAMESPACE\t" } else { "" };
    let mut text = if parsed.on("no-headers") {
        String::new()
    } else {
        format!("{lead}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n")
    };
    for event in events {
        text.push_str(&row(event, all, context));
    }
    context.out(align(&text, TABLE));
    Ok(Next::Done)
}

fn row(event: &Event, with_namespace: bool, context: &Context<'_, '_>) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let involved = &event.involved_object;
    let (first, last) = event_times(event);
    let (first, last) = (age::since(first.as_ref(), context.now()), age::since(last.as_ref(), context.now()));
    let count = event.series.as_ref().and_then(|series| series.count).or(event.count).unwrap_or(1);
    let seen =
        if count > 1 || event.series.is_some() { format!("{last} (x{count} over {first})") } else { first };
    let mut cells = vec![
        seen,
        text(&event.type_),
        text(&event.reason),
        format!("{}/{}", text(&involved.kind), text(&involved.name)),
        text(&event.message).trim().replace(['\n', '\t'], " "),
    ];
    if with_namespace {
        cells.insert(0, text(&event.metadata.namespace));
    }
    cells.join("\t") + "\n"
}
