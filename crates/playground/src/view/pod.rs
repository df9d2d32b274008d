//! A pod's card.

use cluster::Defect;
use k8s_openapi::api::core::v1::Pod;
use machinery::{ObjectKey, Resource};

use super::Snapshot;
use super::revision::{Revision, Revisions};

/// The shape and colour of a status; its word stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Runs, and all is ready.
    Ready,
    /// On its way there.
    Starting,
    /// On its way out.
    Stopping,
    /// Broken.
    Broken,
    /// Ended.
    Ended,
}

/// What a card adds to the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It is gone at the latest in so many seconds.
    StopsWithin(i64),
    /// It has no node.
    NoNode,
    /// A container waits, in the kubelet's words.
    Kubelet(String),
    /// It has restarted so often.
    Restarts(i32),
}

/// The card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodCard {
    /// Which pod.
    pub key: ObjectKey,
    /// Its uid: a new one is a new pod in an old place.
    pub uid: String,
    /// STATUS as kubectl prints it.
    pub status: String,
    /// Its shape.
    pub shape: Shape,
    /// READY as kubectl prints it.
    pub ready: String,
    /// The node, if it has one.
    pub node: Option<String>,
    /// The address, if it has one.
    pub ip: Option<String>,
    /// The address that its name had before.
    pub was_ip: Option<String>,
    /// AGE as kubectl prints it.
    pub age: String,
    /// The first container's image without its repository: `myapp:v2`.
    pub image: String,
    /// The revision, for a set's pod.
    pub revision: Option<Revision>,
    /// That its readiness fails on purpose, if it does.
    pub fails_readiness: Option<Defect>,
    /// More about the status.
    pub note: Option<Note>,
}

impl PodCard {
    /// The card of a pod, of the set with these revisions.
    pub fn of(snapshot: Snapshot<'_>, pod: &Pod, revisions: Option<&Revisions>) -> PodCard {
        let row = kubectl::pod_summary(pod, snapshot.objects.features());
        let shape = shape_of(pod);
        let spec = pod.spec.as_ref();
        let ip = pod.status.as_ref().and_then(|status| status.pod_ip.clone());
        let was_ip = snapshot.memory.earlier_address(&pod.key()).filter(|was| ip.as_deref() != Some(*was));
        PodCard {
            key: pod.key(),
            uid: pod.uid().to_owned(),
            shape,
            ready: format!("{}/{}", row.ready, row.total),
            node: spec.and_then(|spec| spec.node_name.clone()),
            was_ip: was_ip.filter(|_| ip.is_some()).map(str::to_owned),
            ip,
            age: snapshot.age(pod.metadata.creation_timestamp.as_ref()),
            image: spec.and_then(|spec| spec.containers.first()).map_or_else(String::new, |container| {
                short_image(container.image.as_deref().unwrap_or_default()).to_owned()
            }),
            revision: revisions.and_then(|revisions| revisions.of_pod(snapshot, pod)),
            fails_readiness: snapshot
                .defects
                .iter()
                .find(|defect| {
                    matches!(defect, Defect::FailReadiness { pods } if pods.matches(pod.namespace(), pod.name()))
                })
                .cloned(),
            note: note(snapshot, pod, row.restarts),
            status: row.reason,
        }
    }

    /// Whether it is on its way out.
    pub fn stops(&self) -> bool {
        self.shape == Shape::Stopping
    }
}

/// `myapp:v2` of `registry.example:5000/ikubernetes/myapp:v2`.
pub fn short_image(image: &str) -> &str {
    image.rsplit('/').next().unwrap_or(image)
}

/// Whether the pod's condition Ready is True.
pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// The shape of a pod's status.
pub fn shape_of(pod: &Pod) -> Shape {
    let status = pod.status.as_ref();
    let ended = || {
        let containers = status.and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
        containers.iter().any(|c| c.state.as_ref().is_some_and(|state| state.terminated.is_some()))
    };
    match status.and_then(|status| status.phase.as_deref()).unwrap_or_default() {
        _ if pod.metadata.deletion_timestamp.is_some() => Shape::Stopping,
        "Succeeded" => Shape::Ended,
        "Failed" => Shape::Broken,
        _ if is_ready(pod) => Shape::Ready,
        _ if waiting_message(pod).is_some() || ended() => Shape::Broken,
        _ => Shape::Starting,
    }
}

/// The message of the first container that waits because something is broken.
pub fn waiting_message(pod: &Pod) -> Option<(&str, &str)> {
    let statuses = pod.status.iter().flat_map(|status| {
        status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten())
    });
    let mut waiting = statuses.filter_map(|status| status.state.as_ref()?.waiting.as_ref());
    waiting.find_map(|waiting| {
        let reason = waiting
            .reason
            .as_deref()
            .filter(|reason| !matches!(*reason, "ContainerCreating" | "PodInitializing"))?;
        Some((reason, waiting.message.as_deref().unwrap_or_default()))
    })
}

fn note(snapshot: Snapshot<'_>, pod: &Pod, restarts: i32) -> Option<Note> {
    if let Some(end) = &pod.metadata.deletion_timestamp {
        return Some(Note::StopsWithin(snapshot.seconds_until(end.0)));
    }
    if let Some((_, message)) = waiting_message(pod) {
        return Some(Note::Kubelet(message.to_owned()));
    }
    if pod.spec.as_ref().is_none_or(|spec| spec.node_name.is_none()) {
        return Some(Note::NoNode);
    }
    (restarts > 0).then_some(Note::Restarts(restarts))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn an_init_container_that_cannot_run_breaks_the_pod() {
        let status = |name: &str, reason: &str| {
            json!([{
                "name": name, "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": reason, "message": "why"}},
            }])
        };
        let pod = serde_json::from_value(json!({"status": {
            "phase": "Pending",
            "initContainerStatuses": status("init", "ImagePullBackOff"),
            "containerStatuses": status("main", "PodInitializing"),
        }}));
        let pod = pod.expect("a pod");
        assert_eq!(super::waiting_message(&pod), Some(("ImagePullBackOff", "why")));
        assert_eq!(super::shape_of(&pod), super::Shape::Broken);
    }

    #[test]
    fn an_images_repository_is_left_out() {
        for (image, short) in [
            ("ikubernetes/myapp:v2", "myapp:v2"),
            ("localhost:5000/a/b:c", "b:c"),
            ("nginx", "nginx"),
            ("", ""),
        ] {
            assert_eq!(super::short_image(image), short);
        }
    }
}
