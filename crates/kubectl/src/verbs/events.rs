//! `kubectl events`: in the order in which they happened; with `-w` as they happen.
//!
//! Models kubectl/pkg/cmd/events (events.go, event_printer.go).

use std::sync::Arc;

use client::api::{Change, ListOptions};
use k8s_openapi::api::core::v1::Event;
use machinery::{Kind, Object};
use serde_json::json;

use super::{Call, Command, Next, Running};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, list, text};
use crate::printers::age;
use crate::printers::cluster::event_times;
use crate::printers::report::Report;
use crate::printers::tabwriter::{TABLE, align_remembering};
use crate::verbs::DryRun;
use crate::{Condition, Progress, discovery, resource};

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
    usage: || {
        &["kubectl events [--for TYPE/NAME] [--types=Normal,Warning]", "kubectl events --for sts/myapp"]
    },
    flags: || &[FLAGS, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let all = parsed.on("all-namespaces");
    let about = match parsed.text("for") {
        None | Some("") => None,
        Some(text) => Some(About::parse(text, context)?),
    };
    let report = Report::typed(context, parsed, DryRun::None)?;
    let types: Vec<String> = parsed.list("types").into_iter().map(str::to_lowercase).collect();
    if types.iter().any(|name| !["normal", "warning"].contains(&name.as_str())) {
        return Err(Failure::message("valid --types are Normal or Warning"));
    }
    let mut shown = Shown {
        namespace: if all { String::new() } else { parsed.namespace().to_owned() },
        about,
        types,
        report,
        has_header: parsed.on("no-headers"),
        widths: Vec::new(),
        since: context.env.api.resource_version(),
    };
    let (objects, _) = context.list(Kind::Event, &shown.namespace, ListOptions::default())?;
    let mut events: Vec<Arc<Event>> = objects
        .iter()
        .filter_map(|event| event.get::<Event>())
        .filter(|event| shown.wants(event))
        .cloned()
        .collect();
    if parsed.on("watch") {
        events.iter().try_for_each(|event| shown.print(context, std::slice::from_ref(event), false))?;
        return Ok(Next::Go(Box::new(Running::Events(shown))));
    }
    if events.is_empty() {
        context.err(match shown.namespace.as_str() {
            "" => "No events found.\n".to_owned(),
            namespace => format!("No events found in {namespace} namespace.\n"),
        });
        return Ok(Next::Done);
    }
    events.sort_by_key(|event| event_times(event).1.map(|time| time.0));
    shown.print(context, &events, true)?;
    Ok(Next::Done)
}

/// The object that events are about.
#[derive(Clone, Debug)]
struct About {
    api_version: &'static str,
    kind: &'static str,
    name: String,
}

impl About {
    // decodeResourceTypeName
    fn parse(text: &str, context: &Context<'_, '_>) -> Result<About, Failure> {
        let (word, name) = match text.split('/').collect::<Vec<_>>().as_slice() {
            [_] => return Err(Failure::message("--for must be in resource/name form")),
            [word, name] => ((*word).to_lowercase(), (*name).to_owned()),
            _ => {
                return Err(Failure::message(
                    "arguments in resource/name form may not have more than one slash",
                ));
            }
        };
        match discovery::find(&word, context.env.features) {
            Some(found) => Ok(About { api_version: found.api_version, kind: found.kind, name }),
            None => Err(resource::no_such_type(&word)),
        }
    }
}

/// Which events are shown, and how.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// Empty for all.
    namespace: String,
    about: Option<About>,
    /// In lower case; none for all.
    types: Vec<String>,
    report: Report,
    has_header: bool,
    widths: Vec<usize>,
    since: u64,
}

impl Shown {
    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        let seen = context.env.api.resource_version();
        for change in context.env.api.watch(Kind::Event, &self.namespace, self.since)? {
            if let Object::Event(event) = &change.object
                && change.change != Change::Deleted
                && self.wants(event)
            {
                self.print(context, std::slice::from_ref(event), false)?;
            }
        }
        self.since = seen;
        Ok(Progress::Wait(Condition { past: seen, until: None, what: "events".to_owned() }))
    }

    fn wants(&self, event: &Event) -> bool {
        let involved = &event.involved_object;
        let of_type = self.types.is_empty()
            || event.type_.as_ref().is_some_and(|kind| self.types.contains(&kind.to_lowercase()));
        let of_object = self.about.as_ref().is_none_or(|about| {
            involved.api_version.as_deref() == Some(about.api_version)
                && involved.kind.as_deref() == Some(about.kind)
                && involved.name.as_ref() == Some(&about.name)
        });
        of_type && of_object
    }

    /// Prints events, in a list if they were listed.
    fn print(
        &mut self,
        context: &mut Context<'_, '_>,
        events: &[Arc<Event>],
        listed: bool,
    ) -> Result<(), Failure> {
        if self.report.is_plain() {
            let text = self.table(context, events);
            context.out(align_remembering(&text, TABLE, &mut self.widths));
            return Ok(());
        }
        let whole = |event: &Arc<Event>| context.whole(&Object::Event(event.clone()));
        let items: Vec<_> = events.iter().map(whole).collect();
        if !listed {
            return items.iter().try_for_each(|event| self.report.whole(context, event));
        }
        // The printer of names refuses a typed list, and upstream's Run drops what a printer says.
        if self.report.is_name() {
            return Ok(());
        }
        let list = json!({"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": items});
        self.report.whole(context, &list)
    }

    fn table(&mut self, context: &Context<'_, '_>, events: &[Arc<Event>]) -> String {
        let all = self.namespace.is_empty();
        let mut text = String::new();
        if !self.has_header {
            self.has_header = true;
            let lead = if all { "NAMESPACE\t" } else { "" };
            text = format!("{lead}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
        }
        text.extend(events.iter().map(|event| row(event, all, context)));
        text
    }
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
        text(&event.message).trim().to_owned(),
    ];
    if with_namespace {
        cells.insert(0, text(&event.metadata.namespace));
    }
    cells.join("\t") + "\n"
}
