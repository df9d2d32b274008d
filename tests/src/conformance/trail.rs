//! What happened, as the recordings word it: one line for each visible change of an object.

use std::sync::Arc;

use apiserver::Server;
use client::api::{Change, WatchEvent};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolume, Pod};
use machinery::{EndpointSlice, Object};

use super::state;

/// The lines for one change; none if it shows nothing that the recordings note.
pub fn lines(event: &WatchEvent) -> Vec<String> {
    let Some(id) = id(&event.object) else { return Vec::new() };
    match event.change {
        Change::Deleted => vec![format!("- {id}")],
        Change::Added => added(&id, &event.object),
        Change::Modified => {
            let Some(old) = &event.old else { return Vec::new() };
            modified(&id, old, &event.object)
        }
    }
}

/// `pod/web-0`, `slice/web` (by its service): how the recordings name an object; `None` for kinds they leave out.
fn id(object: &Object) -> Option<String> {
    let kind = match object {
        Object::Pod(_) => "pod",
        Object::PersistentVolumeClaim(_) => "pvc",
        Object::PersistentVolume(_) => "pv",
        Object::StatefulSet(_) => "sts",
        Object::ControllerRevision(_) => "cr",
        Object::Service(_) => "svc",
        Object::EndpointSlice(slice) => return Some(format!("slice/{}", state::service_of(slice)?)),
        _ => return None,
    };
    Some(format!("{kind}/{}", object.name()))
}

fn added(id: &str, object: &Object) -> Vec<String> {
    let mut lines = match object {
        Object::Pod(pod) => vec![format!("+ {id} revision={}", state::revision(pod).unwrap_or("None"))],
        Object::ControllerRevision(revision) => vec![format!("+ {id} revision={}", revision.revision)],
        _ => vec![format!("+ {id}")],
    };
    match object {
        Object::StatefulSet(set) => lines.push(status(id, set)),
        // What a new object shows beyond its being there.
        Object::PersistentVolume(new) if new.spec.as_ref().is_some_and(|s| s.claim_ref.is_some()) => {
            lines.push(format!("{id} {}", volume(new)));
        }
        Object::EndpointSlice(slice) if slice.endpoints.as_ref().is_some_and(|e| !e.is_empty()) => {
            lines.push(format!("{id} {}", endpoints(slice)));
        }
        _ => {}
    }
    lines
}

fn modified(id: &str, old: &Object, new: &Object) -> Vec<String> {
    let mut lines = Vec::new();
    if old.meta().deletion_timestamp.is_none() && new.meta().deletion_timestamp.is_some() {
        lines.push(format!("{id} terminating"));
    }
    match (old, new) {
        (Object::Pod(old), Object::Pod(new)) => lines.extend(pod(id, old, new)),
        (Object::PersistentVolumeClaim(old), Object::PersistentVolumeClaim(new)) => {
            let phase = |c: &k8s_openapi::api::core::v1::PersistentVolumeClaim| {
                c.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default()
            };
            if phase(old) != phase(new) {
                let volume = new.spec.as_ref().and_then(|s| s.volume_name.as_deref()).unwrap_or_default();
                lines.push(format!("{id} {} {volume}", phase(new)).trim_end().to_owned());
            }
        }
        (Object::PersistentVolume(old), Object::PersistentVolume(new)) if volume(old) != volume(new) => {
            lines.push(format!("{id} {}", volume(new)).trim_end().to_owned());
        }
        (Object::StatefulSet(old), Object::StatefulSet(new)) if old.status != new.status => {
            lines.push(status(id, new));
        }
        (Object::ControllerRevision(old), Object::ControllerRevision(new))
            if old.revision != new.revision =>
        {
            lines.push(format!("{id} revision={}", new.revision));
        }
        (Object::EndpointSlice(old), Object::EndpointSlice(new)) if old.endpoints != new.endpoints => {
            lines.push(format!("{id} {}", endpoints(new)).trim_end().to_owned());
        }
        _ => {}
    }
    if owners(old) != owners(new) {
        lines.push(format!("{id} owners {}", owners(new)));
    }
    lines
}

fn pod(id: &str, old: &Pod, new: &Pod) -> Vec<String> {
    let mut lines = Vec::new();
    if !state::is_scheduled(old) && state::is_scheduled(new) {
        lines.push(format!("{id} scheduled"));
    }
    if let Some(reason) = state::waiting(new).filter(|reason| state::waiting(old) != Some(*reason)) {
        lines.push(format!("{id} waiting {reason}"));
    }
    if state::phase(old) != state::phase(new) {
        lines.push(format!("{id} {}", state::phase(new)));
    }
    match (state::is_ready(old), state::is_ready(new)) {
        (false, true) => lines.push(format!("{id} ready")),
        (true, false) => lines.push(format!("{id} not ready")),
        _ => {}
    }
    lines
}

/// `Bound default/data-web-0`, with `(no uid)` for a claim that is only named.
fn volume(volume: &PersistentVolume) -> String {
    let phase = volume.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default();
    let Some(claim) = volume.spec.as_ref().and_then(|s| s.claim_ref.as_ref()) else {
        return phase.to_owned();
    };
    let namespace = claim.namespace.as_deref().unwrap_or_default();
    let name = claim.name.as_deref().unwrap_or_default();
    let no_uid = if claim.uid.as_deref().unwrap_or_default().is_empty() { " (no uid)" } else { "" };
    format!("{phase} {namespace}/{name}{no_uid}")
}

fn status(id: &str, set: &StatefulSet) -> String {
    let status = set.status.clone().unwrap_or_default();
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "None".to_owned());
    format!(
        "{id} status observedGeneration={} replicas={} readyReplicas={} availableReplicas={} currentReplicas={} updatedReplicas={} currentRevision={} updateRevision={}",
        or_none(status.observed_generation.map(|g| g.to_string())),
        status.replicas,
        status.ready_replicas.unwrap_or(0),
        status.available_replicas.unwrap_or(0),
        status.current_replicas.unwrap_or(0),
        status.updated_replicas.unwrap_or(0),
        or_none(status.current_revision),
        or_none(status.update_revision),
    )
}

/// What each slice holds now, as the entry that would tell of it.
pub fn slices(server: &Server) -> Vec<String> {
    let entry = |slice: &Arc<EndpointSlice>| {
        Some(format!("slice/{} {}", state::service_of(slice)?, endpoints(slice)))
    };
    server.list::<EndpointSlice>("").filter_map(entry).collect()
}

/// `web-0:ready, web-1:serving+terminating`, by name.
fn endpoints(slice: &EndpointSlice) -> String {
    let mut entries: Vec<String> = slice
        .endpoints
        .iter()
        .flatten()
        .map(|endpoint| {
            let conditions = endpoint.conditions.clone().unwrap_or_default();
            let mut words = Vec::new();
            if conditions.ready == Some(true) {
                words.push("ready");
            } else if conditions.serving == Some(true) {
                words.push("serving");
            } else {
                words.push("unready");
            }
            if conditions.terminating == Some(true) {
                words.push("terminating");
            }
            format!("{}:{}", state::target(endpoint), words.join("+"))
        })
        .collect();
    entries.sort();
    if entries.is_empty() { "empty".to_owned() } else { entries.join(", ") }
}

fn owners(object: &Object) -> String {
    let quoted: Vec<String> = state::owners(object.meta()).iter().map(|owner| format!("'{owner}'")).collect();
    format!("[{}]", quoted.join(", "))
}
