//! The event recorder: counts repeats, merges floods, limits bursts.
//!
//! Models client-go/tools/record/events_cache.go (v1.36.2). Departs: which of the merged messages is repeated is random
//! upstream; here the newest one is.
//! Invariant: one stored Event for each (source, object, type, reason, message), its `count` the number of times it was said.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::Object;
use machinery::patch::PatchType;
use machinery::time::seconds;
use serde_json::json;

use crate::api::{Api, Client};

/// From this many distinct messages within [`MERGE_WINDOW_S`] on they are merged.
const MERGE_FROM: usize = 10;
/// Seconds in which distinct messages are counted.
const MERGE_WINDOW_S: i64 = 600;
/// Events that one source may record about one object in a burst.
const BURST: i64 = 25;
/// Seconds until one more is allowed.
const REFILL_S: i64 = 300;
const MERGED_PREFIX: &str = "(combined from similar events): ";

/// Who said what about which object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    component: &'static str,
    object: Arc<str>,
}

/// A subject with type and reason: what similar events have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    subject: Subject,
    kind: &'static str,
    reason: String,
}

#[derive(Clone, Debug, Default)]
struct Similar {
    messages: OrdSet<Arc<str>>,
    last_s: i64,
}

#[derive(Clone, Debug, Default)]
struct Stored {
    /// The Event's name, once one is stored.
    name: Option<String>,
    count: i32,
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: i64,
    /// When the last token was added, in seconds.
    filled_s: i64,
}

/// Correlation state. A clone shares its structure.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    similar: OrdMap<Group, Similar>,
    stored: OrdMap<(Group, Arc<str>), Stored>,
    buckets: OrdMap<Subject, Bucket>,
    named: u64,
}

impl Recorder {
    /// Records that `component` says `message` about an object, or about its part at `field_path` (empty for the whole).
    #[allow(clippy::too_many_arguments, reason = "upstream's signature")]
    pub fn record(
        &mut self,
        api: &mut dyn Api,
        now: Timestamp,
        component: &'static str,
        about: &Object,
        field_path: &str,
        kind: &'static str,
        reason: &str,
        message: &str,
    ) {
        let subject = Subject { component, object: subject_of(about) };
        let group = Group { subject: subject.clone(), kind, reason: reason.to_owned() };
        let (message, merge_key) = self.correlate(&group, message, now.as_second());
        // Each part of an object has its own stored events, but all count together.
        let merge_key = format!("{field_path}/{merge_key}").into();
        let stored = self.stored.entry((group, merge_key)).or_default();
        stored.count += 1;
        // A repeat that the bucket refuses is counted all the same, and shows with the next one.
        if !take_token(&mut self.buckets, subject, now.as_second()) {
            return;
        }
        if let Some(name) = stored.name.clone() {
            let meta = ObjectMeta {
                name: Some(name),
                namespace: Some(event_namespace(about)),
                ..Default::default()
            };
            let patch = json!({"count": stored.count, "lastTimestamp": seconds(now), "message": message});
            if api.patch::<Event>(&meta, PatchType::Merge, patch).is_ok() {
                return;
            }
            // The event was deleted meanwhile: it starts anew, as upstream's recordEvent does.
        }
        self.named += 1;
        let event =
            new_event(about, field_path, now, component, kind, reason, &message, self.named, stored.count);
        stored.name = api.create(event).ok().and_then(|event| event.metadata.name.clone());
    }

    /// The message to store and the text that identifies the stored event.
    fn correlate(&mut self, group: &Group, message: &str, now_s: i64) -> (String, Arc<str>) {
        let similar = self.similar.entry(group.clone()).or_default();
        if now_s - similar.last_s > MERGE_WINDOW_S {
            similar.messages = OrdSet::new();
        }
        similar.last_s = now_s;
        similar.messages.insert(message.into());
        if similar.messages.len() < MERGE_FROM {
            return (message.to_owned(), message.into());
        }
        // Upstream forgets one message so that the set does not grow.
        if let Some(oldest) = similar.messages.get_min().cloned() {
            similar.messages.remove(&oldest);
        }
        (format!("{MERGED_PREFIX}{message}"), MERGED_PREFIX.into())
    }
}

fn take_token(buckets: &mut OrdMap<Subject, Bucket>, subject: Subject, now_s: i64) -> bool {
    let bucket = buckets.entry(subject).or_insert(Bucket { tokens: BURST, filled_s: now_s });
    let refill = (now_s - bucket.filled_s) / REFILL_S;
    if refill > 0 {
        bucket.tokens = (bucket.tokens + refill).min(BURST);
        bucket.filled_s += refill * REFILL_S;
    }
    let allowed = bucket.tokens > 0;
    if allowed {
        bucket.tokens -= 1;
    }
    allowed
}

fn subject_of(about: &Object) -> Arc<str> {
    format!("{}/{}/{}/{}", about.kind(), about.namespace(), about.name(), about.uid()).into()
}

/// Events about cluster-scoped objects live in `default`.
fn event_namespace(about: &Object) -> String {
    if about.namespace().is_empty() { "default".to_owned() } else { about.namespace().to_owned() }
}

#[allow(clippy::too_many_arguments, reason = "an Event has that many parts")]
fn new_event(
    about: &Object,
    field_path: &str,
    now: Timestamp,
    component: &str,
    kind: &str,
    reason: &str,
    message: &str,
    nth: u64,
    count: i32,
) -> Event {
    // Upstream's name ends in the nanoseconds of the clock; a counter keeps two in one instant apart.
    let name = format!("{}.{:016x}", about.name(), now.as_millisecond().unsigned_abs() * 1_000_000 + nth);
    Event {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: Some(event_namespace(about)),
            ..Default::default()
        },
        involved_object: ObjectReference {
            api_version: Some(about.kind().api_version().to_owned()),
            kind: Some(about.kind().name().to_owned()),
            namespace: about.meta().namespace.clone(),
            name: about.meta().name.clone(),
            uid: about.meta().uid.clone(),
            resource_version: about.meta().resource_version.clone(),
            field_path: (!field_path.is_empty()).then(|| field_path.to_owned()),
        },
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        source: Some(EventSource { component: Some(component.to_owned()), host: None }),
        type_: Some(kind.to_owned()),
        first_timestamp: Some(seconds(now)),
        last_timestamp: Some(seconds(now)),
        count: Some(count),
        reporting_component: Some(component.to_owned()),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use machinery::{Kind, Resource, Status};

    use super::*;
    use crate::api::{Answer, Body, ExecOutput, Refusal, Request, Response, Verb, WatchEvent};

    /// An API that keeps events and nothing else.
    #[derive(Default)]
    struct Events(Vec<Event>);

    impl Api for Events {
        fn call(&mut self, request: Request) -> Result<Response, Refusal> {
            let body = match request.verb {
                Verb::Create(Body::Typed(object)) => {
                    self.0.extend(Event::unwrap(&object).map(|event| (**event).clone()));
                    object
                }
                Verb::Patch(_, patch) => {
                    let event = self.0.iter_mut().find(|e| e.name() == request.name);
                    let event = event.ok_or_else(|| Status::not_found(Kind::Event, &request.name))?;
                    event.count = patch["count"].as_i64().and_then(|count| i32::try_from(count).ok());
                    event.clone().into()
                }
                _ => return Err(Box::new(Status::internal("not needed here"))),
            };
            Ok(Response { body: Answer::Object(body), warnings: Vec::new() })
        }
        fn watch(&self, _: Kind, _: &str, _: u64) -> Result<Vec<WatchEvent>, Refusal> {
            Ok(Vec::new())
        }
        fn resource_version(&self) -> u64 {
            0
        }
        fn exec(&mut self, _: &str, _: &str, _: &str, _: &[String]) -> Result<ExecOutput, Refusal> {
            Err(Box::new(Status::internal("not needed here")))
        }
    }

    fn told(messages: impl Iterator<Item = String>) -> Vec<(i32, String)> {
        let (mut recorder, mut api) = (Recorder::default(), Events::default());
        let pod = Object::from(Pod::default());
        for message in messages {
            recorder.record(&mut api, Timestamp::UNIX_EPOCH, "kubelet", &pod, "", "Normal", "Said", &message);
        }
        api.0.into_iter().map(|e| (e.count.unwrap_or(0), e.message.unwrap_or_default())).collect()
    }

    #[test]
    fn repeats_raise_the_count() {
        assert_eq!(told((0..3).map(|_| "again".to_owned())), [(3, "again".to_owned())]);
    }

    #[test]
    fn the_tenth_message_is_merged() {
        let events = told((0..12).map(|n| format!("message {n}")));
        assert_eq!(events.len(), 10);
        assert_eq!(events[9], (3, "(combined from similar events): message 9".to_owned()));
    }

    #[test]
    fn a_burst_ends_after_25() {
        assert_eq!(told((0..40).map(|_| "again".to_owned())), [(25, "again".to_owned())]);
    }
}
