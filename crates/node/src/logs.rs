//! What a container has printed.
//!
//! Models LogLocation of pkg/registry/core/pod/strategy.go and validateContainerLogStatus of pkg/kubelet/kubelet_pods.go.
//! Departs: a container's log is what its own command prints now; servers such as the tutorial's image print nothing.

use client::Listers;
use client::api::{LogLine, Refusal};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod};
use machinery::{Kind, Resource, Status};

use crate::exec;
use crate::runtime::Runtime;

/// The lines that a container printed, oldest first; of its last run before this one if `previous`.
///
/// # Errors
/// Where the pod or the container is not there, or has not begun.
pub fn logs(
    listers: &Listers,
    runtime: &Runtime,
    namespace: &str,
    pod: &str,
    container: &str,
    previous: bool,
) -> Result<Vec<LogLine>, Refusal> {
    let pod = listers.get::<Pod>(namespace, pod).ok_or_else(|| Status::not_found(Kind::Pod, pod))?;
    let spec = pod.spec.as_ref();
    let declared = spec.iter().flat_map(|s| s.containers.iter().chain(s.init_containers.iter().flatten()));
    let Some(declared) = declared.into_iter().find(|c| c.name == container) else {
        let why = format!("container {container} is not valid for pod {}", pod.name());
        return Err(Box::new(Status::bad_request(why)));
    };
    if spec.is_none_or(|s| s.node_name.as_deref().unwrap_or_default().is_empty()) {
        return Ok(Vec::new());
    }
    let statuses = pod.status.iter().flat_map(|s| {
        s.container_statuses.iter().flatten().chain(s.init_container_statuses.iter().flatten())
    });
    let status = statuses.into_iter().find(|status| status.name == container);
    let started = started(pod, container, status, previous)?;
    // What it writes was not written when it ran, and is not now.
    let Some(printed) = exec::output_of(listers, &mut runtime.clone(), pod, declared) else {
        return Ok(Vec::new());
    };
    let line = |text: &str| LogLine { at: started, text: text.to_owned() };
    let text: String = printed.pieces.into_iter().map(|(_, text)| text).collect();
    Ok(text.lines().map(line).collect())
}

/// When the run began whose log is asked for.
fn started(
    pod: &Pod,
    container: &str,
    status: Option<&ContainerStatus>,
    previous: bool,
) -> Result<Timestamp, Refusal> {
    let refuse = |what: &str| {
        let text = format!("container \"{container}\" in pod \"{}\" {what}", pod.name());
        Box::new(Status::bad_request(text))
    };
    let Some(status) = status else {
        return Err(refuse("is not available"));
    };
    let began = |state: Option<&ContainerState>| {
        let state = state?;
        let running = state.running.as_ref().and_then(|running| running.started_at.as_ref());
        let ended = || state.terminated.as_ref().and_then(|ended| ended.started_at.as_ref());
        running.or_else(ended).map(|time| time.0)
    };
    let last = began(status.last_state.as_ref());
    if previous {
        let text =
            format!("previous terminated container \"{container}\" in pod \"{}\" not found", pod.name());
        return last.ok_or_else(|| Box::new(Status::bad_request(text)));
    }
    if let Some(now) = began(status.state.as_ref()).or(last) {
        return Ok(now);
    }
    let waiting = status.state.as_ref().and_then(|state| state.waiting.as_ref());
    match waiting.map(|waiting| waiting.reason.as_deref().unwrap_or_default()) {
        Some("ErrImagePull") => Err(refuse("is waiting to start: image can't be pulled")),
        Some("ImagePullBackOff") => Err(refuse("is waiting to start: trying and failing to pull image")),
        Some(reason) => Err(refuse(&format!("is waiting to start: {reason}"))),
        None => Err(refuse("is not available")),
    }
}
