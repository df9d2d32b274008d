//! The event recorder: counts repeats, merges floods, limits bursts.
//!
//! Models client-go/tools/record/events_cache.go and tools/events/event_broadcaster.go (v1.36.2). Departs: which of the
//! merged messages is repeated is random upstream, here the newest one is; and a series that goes on is written half an
//! hour after it was written last, upstream at whole half hours of the component's life.
//! Invariant: one stored Event for each (source, object, type, reason, message), its count the number of times it was said;
//! by the newer recorder for each (source, version of the object, type, reason), whatever it says.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, EventSeries, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::patch::PatchType;
use machinery::time::{micros, seconds};
use machinery::{Object, ObjectKey};
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
/// Seconds after which a series that goes on is written again.
const REFRESH_S: i64 = 1800;
const MERGED_PREFIX: &str = "(combined from similar events): ";

/// Who says something about an object.
#[derive(Clone, Copy, Debug)]
pub struct Reporter<'a> {
    /// `statefulset-controller`.
    pub component: &'static str,
    /// Which one of several: a node for its kubelet; empty for a controller.
    pub instance: &'a str,
    /// What it was about to do, if it speaks the newer API (events.k8s.io): such an Event tells its moment in
    /// `eventTime` alone and its repeats in `series`, and no old field (client-go/tools/events/event_recorder.go).
    pub action: Option<&'static str>,
}

impl From<&'static str> for Reporter<'_> {
    fn from(component: &'static str) -> Self {
        Reporter { component, instance: "", action: None }
    }
}

/// What was said about an object.
#[derive(Clone, Debug)]
struct Said {
    /// What was said about another object of its name is forgotten.
    uid: String,
    /// Few: one for each component that speaks.
    sources: Vec<Source>,
}

/// What one component has said about an object.
#[derive(Clone, Debug)]
struct Source {
    component: &'static str,
    bucket: Option<Bucket>,
    /// Few: one for each type and reason.
    groups: Vec<Group>,
}

/// What similar events have in common, and what differs among them.
#[derive(Clone, Debug)]
struct Group {
    kind: &'static str,
    reason: String,
    /// Distinct messages, before they were merged.
    messages: Vec<String>,
    last_s: i64,
    stored: Vec<Stored>,
}

#[derive(Clone, Debug)]
struct Stored {
    /// What of the object it is about: the part at a field path; of the newer recorder a version.
    part: String,
    /// The message; empty for merged ones, and of the newer recorder.
    message: String,
    /// The Event's name, once one is stored.
    name: Option<String>,
    count: i32,
    /// When it was written last, in seconds.
    written_s: i64,
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
    /// By the object's name and not its uid: neighbours in the map are written one after the other.
    said: OrdMap<ObjectKey, Arc<Said>>,
    named: u64,
}

impl Recorder {
    /// Records that someone says `message` about an object, or about its part at `field_path` (empty for the whole).
    #[allow(clippy::too_many_arguments, reason = "upstream's signature")]
    pub fn record(
        &mut self,
        api: &mut dyn Api,
        now: Timestamp,
        reporter: Reporter<'_>,
        about: &Object,
        field_path: &str,
        kind: &'static str,
        reason: &str,
        message: &str,
    ) {
        let Source { bucket, groups, .. } = source_of(&mut self.said, reporter.component, about);
        let group = group_of(groups, kind, reason);
        let is_older = reporter.action.is_none();
        let merged = is_older && group.is_merged(message, now.as_second());
        // Each part of an object has its own stored events, but all count together.
        let stored = match is_older {
            true => group.stored(field_path, if merged { "" } else { message }),
            false => group.of_version(about.meta().resource_version.as_deref().unwrap_or_default()),
        };
        stored.count += 1;
        let is_due = match is_older {
            true => take_token(bucket, now.as_second()),
            // The second one begins the series.
            false => stored.count <= 2 || now.as_second() - stored.written_s >= REFRESH_S,
        };
        // What is not written is counted all the same, and shows with the next one.
        if !is_due {
            return;
        }
        stored.written_s = now.as_second();
        let message = if merged { format!("{MERGED_PREFIX}{message}") } else { message.to_owned() };
        if let Some(name) = stored.name.clone() {
            let meta = ObjectMeta {
                name: Some(name),
                namespace: Some(event_namespace(about)),
                ..Default::default()
            };
            let patch = match is_older {
                true => json!({"count": stored.count, "lastTimestamp": seconds(now), "message": message}),
                false => json!({"series": series(now, stored.count)}),
            };
            if api.patch::<Event>(&meta, PatchType::Merge, patch).is_ok() {
                return;
            }
            // The event was deleted meanwhile: it starts anew, as upstream's recordEvent does.
        }
        self.named += 1;
        let event =
            new_event(about, field_path, now, reporter, kind, reason, &message, self.named, stored.count);
        stored.name = api.create(event).ok().and_then(|event| event.metadata.name.clone());
    }
}

fn source_of<'s>(
    said: &'s mut OrdMap<ObjectKey, Arc<Said>>,
    component: &'static str,
    about: &Object,
) -> &'s mut Source {
    let nothing = || Arc::new(Said { uid: about.uid().to_owned(), sources: Vec::new() });
    let said = said.entry(about.key()).or_insert_with(nothing);
    if said.uid != about.uid() {
        *said = nothing();
    }
    let sources = &mut Arc::make_mut(said).sources;
    let at = sources.iter().position(|source| source.component == component);
    let at = at.unwrap_or_else(|| {
        sources.push(Source { component, bucket: None, groups: Vec::new() });
        sources.len() - 1
    });
    &mut sources[at]
}

fn group_of<'g>(groups: &'g mut Vec<Group>, kind: &'static str, reason: &str) -> &'g mut Group {
    let at = groups.iter().position(|group| group.kind == kind && group.reason == reason);
    let at = at.unwrap_or_else(|| {
        let (reason, messages) = (reason.to_owned(), Vec::new());
        groups.push(Group { kind, reason, messages, last_s: 0, stored: Vec::new() });
        groups.len() - 1
    });
    &mut groups[at]
}

impl Group {
    /// Counts the message; whether it is merged with others.
    fn is_merged(&mut self, message: &str, now_s: i64) -> bool {
        if now_s - self.last_s > MERGE_WINDOW_S {
            self.messages.clear();
        }
        self.last_s = now_s;
        if self.messages.iter().all(|known| known != message) {
            self.messages.push(message.to_owned());
        }
        if self.messages.len() < MERGE_FROM {
            return false;
        }
        // Upstream forgets one message so that the set does not grow.
        let least = (0..self.messages.len()).min_by_key(|&at| &self.messages[at]);
        if let Some(least) = least {
            self.messages.remove(least);
        }
        true
    }

    /// What was said of one version of the object; no earlier one comes again.
    fn of_version(&mut self, version: &str) -> &mut Stored {
        self.stored.retain(|stored| stored.part == version);
        self.stored(version, "")
    }

    fn stored(&mut self, part: &str, message: &str) -> &mut Stored {
        let at = self.stored.iter().position(|s| s.message == message && s.part == part);
        let at = at.unwrap_or_else(|| {
            let (part, message) = (part.to_owned(), message.to_owned());
            self.stored.push(Stored { part, message, name: None, count: 0, written_s: 0 });
            self.stored.len() - 1
        });
        &mut self.stored[at]
    }
}

fn take_token(bucket: &mut Option<Bucket>, now_s: i64) -> bool {
    let bucket = bucket.get_or_insert(Bucket { tokens: BURST, filled_s: now_s });
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

/// Events about cluster-scoped objects live in `default`.
fn event_namespace(about: &Object) -> String {
    if about.namespace().is_empty() { "default".to_owned() } else { about.namespace().to_owned() }
}

fn series(now: Timestamp, count: i32) -> EventSeries {
    EventSeries { count: Some(count), last_observed_time: Some(micros(now)) }
}

#[allow(clippy::too_many_arguments, reason = "an Event has that many parts")]
fn new_event(
    about: &Object,
    field_path: &str,
    now: Timestamp,
    reporter: Reporter<'_>,
    kind: &str,
    reason: &str,
    message: &str,
    nth: u64,
    count: i32,
) -> Event {
    // Upstream's name ends in the nanoseconds of the clock; a counter keeps two in one instant apart.
    let name = format!("{}.{:016x}", about.name(), now.as_millisecond().unsigned_abs() * 1_000_000 + nth);
    let Reporter { component, instance, action } = reporter;
    let instance = (!instance.is_empty()).then(|| instance.to_owned());
    let is_older = action.is_none();
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
        source: is_older
            .then(|| EventSource { component: Some(component.to_owned()), host: instance.clone() }),
        type_: Some(kind.to_owned()),
        first_timestamp: is_older.then(|| seconds(now)),
        last_timestamp: is_older.then(|| seconds(now)),
        event_time: (!is_older).then(|| micros(now)),
        count: is_older.then_some(count),
        series: (!is_older && count > 1).then(|| series(now, count)),
        action: action.map(str::to_owned),
        reporting_component: Some(component.to_owned()),
        reporting_instance: instance,
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
                    let count = patch["count"].as_i64().or(patch["series"]["count"].as_i64());
                    event.count = count.and_then(|count| i32::try_from(count).ok());
                    event.clone().into()
                }
                _ => return Err(Box::new(Status::internal("not needed here"))),
            };
            Ok(Response { body: Answer::Object(body) })
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
            let (now, kubelet) = (Timestamp::UNIX_EPOCH, "kubelet".into());
            recorder.record(&mut api, now, kubelet, &pod, "", "Normal", "Said", &message);
        }
        api.0.into_iter().map(|e| (e.count.unwrap_or(0), e.message.unwrap_or_default())).collect()
    }

    #[test]
    fn repeats_raise_the_count() {
        assert_eq!(told((0..3).map(|_| "again".to_owned())), [(3, "again".to_owned())]);
    }

    #[test]
    fn a_new_object_of_the_same_name_has_events_of_its_own() {
        let (mut recorder, mut api) = (Recorder::default(), Events::default());
        for uid in ["a", "a", "b"] {
            let mut pod = Pod::default();
            (pod.metadata.name, pod.metadata.uid) = (Some("web-0".to_owned()), Some(uid.to_owned()));
            let (now, pod) = (Timestamp::UNIX_EPOCH, Object::from(pod));
            recorder.record(&mut api, now, "kubelet".into(), &pod, "", "Normal", "Said", "again");
        }
        assert_eq!(api.0.iter().map(|e| e.count).collect::<Vec<_>>(), [Some(2), Some(1)]);
    }

    #[test]
    fn the_tenth_message_is_merged() {
        let events = told((0..12).map(|n| format!("message {n}")));
        assert_eq!(events.len(), 10);
        assert_eq!(events[9], (3, "(combined from similar events): message 9".to_owned()));
    }

    #[test]
    fn the_newer_recorder_begins_a_series_for_each_version_of_an_object() {
        let (mut recorder, mut api) = (Recorder::default(), Events::default());
        let scheduler =
            Reporter { component: "scheduler", instance: "scheduler-a", action: Some("Scheduling") };
        for (minute, version) in [(0, "1"), (5, "2"), (10, "2"), (15, "2"), (39, "2"), (41, "2")] {
            let mut pod = Pod::default();
            pod.metadata.resource_version = Some(version.to_owned());
            let now = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_mins(minute);
            let message = format!("it is {minute}");
            recorder.record(&mut api, now, scheduler, &pod.into(), "", "Warning", "Failed", &message);
            let counts: Vec<_> = api.0.iter().map(|event| event.count.unwrap_or(0)).collect();
            let expected: &[i32] = match minute {
                0 => &[0],
                5 => &[0, 0],
                10..40 => &[0, 2],
                _ => &[0, 5],
            };
            assert_eq!(counts, expected, "{minute} min");
        }
        assert_eq!(api.0[1].message.as_deref(), Some("it is 5"));
        assert_eq!((api.0[1].last_timestamp.is_some(), api.0[1].event_time.is_some()), (false, true));
    }

    #[test]
    fn a_burst_ends_after_25() {
        assert_eq!(told((0..40).map(|_| "again".to_owned())), [(25, "again".to_owned())]);
    }
}
