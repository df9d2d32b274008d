//! What people break on purpose, and heal again.
//!
//! A [`Defect`] lasts until it is healed; a [`Fault`] is an act: it breaks or heals one, or strikes once. What concerns nodes
//! goes to the kubelets as [`Faults`]; refused writes and late caches are the world's own.
//! Invariant: the world's defects are a set, so that the same acts leave the same world.

use std::collections::BTreeSet;
use std::fmt;

use client::Listers;
use client::api::{Refusal, Request, Verb};
use k8s_openapi::api::core::v1::{Node, Pod};
use machinery::{Kind, Resource, Status};
use node::kubelet::{Faults, NamePattern};
use serde::{Deserialize, Serialize};

use crate::latency::Component;

const KUBELET_PORT: u16 = 10250;

/// Something that is broken until it is healed. Pods are named by a pattern: `web-1`, `web-.*`, `prod/web-1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum Defect {
    /// The pods run, and are not ready: their readiness probes fail, or would if they had any.
    FailReadiness {
        /// Which pods.
        pods: NamePattern,
    },
    /// The pods' liveness probes fail.
    FailLiveness {
        /// Which pods.
        pods: NamePattern,
    },
    /// The pods' startup probes fail.
    FailStartup {
        /// Which pods.
        pods: NamePattern,
    },
    /// The pods get a node, and their containers never start: the network for them cannot be made.
    NeverStart {
        /// Which pods.
        pods: NamePattern,
    },
    /// Every container of the pods exits with 1 as soon as it has started.
    CrashLoop {
        /// Which pods.
        pods: NamePattern,
    },
    /// The pods become ready late.
    SlowReady {
        /// Which pods.
        pods: NamePattern,
        /// Milliseconds.
        ms: u64,
    },
    /// No pod that is deleted ever ends.
    StuckDeletion {
        /// Which pods.
        pods: NamePattern,
    },
    /// From a pod's arrival on its node until its containers can be made, it takes so long.
    SlowStart {
        /// Milliseconds.
        ms: u64,
    },
    /// From a pod's deletion until its containers have ended it takes so long.
    SlowStop {
        /// Milliseconds.
        ms: u64,
    },
    /// The registry does not have the image.
    MissingImage {
        /// The image, as pods name it.
        image: String,
    },
    /// The node's kubelet is silent, as after a power cut or behind a broken network.
    NodeDown {
        /// The node.
        node: String,
    },
    /// The provisioner of that name does nothing.
    ProvisionerDown {
        /// As storage classes name it.
        provisioner: String,
    },
    /// The API server fails to carry out writes.
    FailWrites {
        /// Of which kind of object.
        kind: Kind,
        /// Which kind of write; all if it is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        write: Option<Write>,
        /// Of the objects of that name; of all if it is not said. A generated name is not known yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<NamePattern>,
    },
    /// A component hears of every change so much later.
    CacheLag {
        /// The component.
        component: Component,
        /// Milliseconds.
        ms: u64,
    },
}

/// A kind of write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Write {
    /// A new object.
    Create,
    /// A change, by an update or a patch.
    Update,
    /// A removal.
    Delete,
}

/// An act that breaks or heals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// A running container ends, once.
    Crash {
        /// The pod's namespace.
        #[serde(default = "default_namespace")]
        namespace: String,
        /// The pod.
        pod: String,
        /// The container; the first one if it is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        container: Option<String>,
        /// What its process exits with.
        #[serde(default = "one")]
        exit_code: i32,
    },
    /// The kubelet evicts a pod, as a node does that is short of memory.
    Evict {
        /// The pod's namespace.
        #[serde(default = "default_namespace")]
        namespace: String,
        /// The pod.
        pod: String,
    },
    /// Something breaks.
    Break {
        /// What.
        defect: Defect,
    },
    /// It works again.
    Heal {
        /// What was broken.
        defect: Defect,
    },
    /// Everything works again.
    HealAll,
    /// Exactly this is broken from here on.
    Only {
        /// What.
        defects: BTreeSet<Defect>,
    },
}

fn default_namespace() -> String {
    "default".to_owned()
}

fn one() -> i32 {
    1
}

impl Fault {
    /// What is broken after the act, if this was before it.
    pub(crate) fn apply(&self, defects: &BTreeSet<Defect>) -> BTreeSet<Defect> {
        let mut after = defects.clone();
        match self {
            Fault::Break { defect } => {
                // One delay replaces another.
                after.retain(|other| !defect.replaces(other));
                after.insert(defect.clone());
            }
            Fault::Heal { defect } => drop(after.remove(defect)),
            Fault::HealAll => after.clear(),
            Fault::Only { defects } => after.clone_from(defects),
            Fault::Crash { .. } | Fault::Evict { .. } => {}
        }
        after
    }
}

impl Defect {
    /// Whether this and the other are the same but for how much.
    fn replaces(&self, other: &Defect) -> bool {
        match (self, other) {
            (Defect::SlowStart { .. }, Defect::SlowStart { .. })
            | (Defect::SlowStop { .. }, Defect::SlowStop { .. }) => true,
            (Defect::SlowReady { pods: new, .. }, Defect::SlowReady { pods, .. }) => new == pods,
            (Defect::CacheLag { component: new, .. }, Defect::CacheLag { component, .. }) => new == component,
            _ => false,
        }
    }
}

/// What concerns the nodes.
pub(crate) fn of_nodes(defects: &BTreeSet<Defect>) -> Faults {
    let mut faults = Faults::default();
    for defect in defects.iter().cloned() {
        match defect {
            Defect::FailReadiness { pods } => faults.fail_readiness.push(pods),
            Defect::FailLiveness { pods } => faults.fail_liveness.push(pods),
            Defect::FailStartup { pods } => faults.fail_startup.push(pods),
            Defect::NeverStart { pods } => faults.never_start.push(pods),
            Defect::CrashLoop { pods } => faults.crash_loop.push(pods),
            Defect::SlowReady { pods, ms } => faults.slow_ready.push((pods, ms)),
            Defect::StuckDeletion { pods } => faults.stuck_delete.push(pods),
            Defect::SlowStart { ms } => faults.start_delay_ms = Some(ms),
            Defect::SlowStop { ms } => faults.stop_delay_ms = Some(ms),
            Defect::MissingImage { image } => drop(faults.missing_images.insert(image)),
            Defect::NodeDown { node } => drop(faults.dead_nodes.insert(node)),
            Defect::ProvisionerDown { .. } | Defect::FailWrites { .. } | Defect::CacheLag { .. } => {}
        }
    }
    faults
}

/// The provisioners that do nothing.
pub(crate) fn provisioners_down(defects: &BTreeSet<Defect>) -> BTreeSet<String> {
    let down = |defect: &Defect| match defect {
        Defect::ProvisionerDown { provisioner } => Some(provisioner.clone()),
        _ => None,
    };
    defects.iter().filter_map(down).collect()
}

/// Milliseconds by which a component hears of changes late.
pub(crate) fn lag_ms(defects: &BTreeSet<Defect>, of: Component) -> Option<u64> {
    defects.iter().find_map(|defect| match defect {
        Defect::CacheLag { component, ms } if *component == of => Some(*ms),
        _ => None,
    })
}

/// The refusal of a request that is broken on purpose.
///
/// # Errors
/// The refusal.
pub(crate) fn check_write(defects: &BTreeSet<Defect>, request: &Request) -> Result<(), Refusal> {
    let fails = |defect: &Defect| {
        let Defect::FailWrites { kind, write, name } = defect else {
            return false;
        };
        *kind == request.kind
            && write_of(&request.verb).is_some_and(|asked| write.is_none_or(|write| write == asked))
            && name.as_ref().is_none_or(|name| name.matches(&request.namespace, name_of(request)))
    };
    if !defects.is_empty() && defects.iter().any(fails) {
        let message = "etcdserver: request timed out".to_owned();
        return Err(Box::new(Status { message, ..Status::internal("") }));
    }
    Ok(())
}

/// Fails what has to ask the kubelet of a pod's node if that is down; `asked` words it for the kubelet's address.
///
/// # Errors
/// The refusal.
pub(crate) fn check_kubelet(
    defects: &BTreeSet<Defect>,
    listers: &Listers,
    pod: Option<&Pod>,
    asked: impl FnOnce(&str) -> String,
) -> Result<(), Refusal> {
    let name = pod.and_then(|pod| pod.spec.as_ref()?.node_name.as_deref()).unwrap_or_default();
    let Some(node) = listers.get::<Node>("", name).filter(|node| {
        let is_down =
            |defect: &Defect| matches!(defect, Defect::NodeDown { node: down } if down == node.name());
        defects.iter().any(is_down)
    }) else {
        return Ok(());
    };
    let addresses = node.status.iter().flat_map(|status| status.addresses.iter().flatten());
    let internal = addresses.into_iter().find(|address| address.type_ == "InternalIP");
    let kubelet = format!("{}:{KUBELET_PORT}", internal.map_or(name, |address| &address.address));
    let message = format!("{}: dial tcp {kubelet}: connect: no route to host", asked(&kubelet));
    Err(Box::new(Status { message, ..Status::internal("") }))
}

/// Where the API server asks a kubelet to run a command (streamLocation of pkg/registry/core/pod/strategy.go). Departs: what
/// is typed is never streamed, so it is always asked for both outputs and no input.
pub(crate) fn exec_url(
    kubelet: &str,
    namespace: &str,
    pod: &str,
    container: &str,
    command: &[String],
) -> String {
    let words: String = command.iter().map(|word| format!("command={}&", query_escaped(word))).collect();
    format!("https://{kubelet}/exec/{namespace}/{pod}/{container}?{words}error=1&output=1")
}

/// Text within a query, as Go's `url.QueryEscape` writes it.
fn query_escaped(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

fn write_of(verb: &Verb) -> Option<Write> {
    match verb {
        Verb::Get | Verb::List(_) => None,
        Verb::Create(_) => Some(Write::Create),
        Verb::Update(_) | Verb::Patch(..) | Verb::Apply { .. } => Some(Write::Update),
        Verb::Delete(_) => Some(Write::Delete),
    }
}

/// The object's name, which a create says in its body.
fn name_of(request: &Request) -> &str {
    use client::api::Body;
    match &request.verb {
        Verb::Create(Body::Typed(object)) if request.name.is_empty() => object.name(),
        Verb::Create(Body::Json(value)) if request.name.is_empty() => {
            value["metadata"]["name"].as_str().unwrap_or_default()
        }
        _ => &request.name,
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Defect::FailReadiness { pods } => write!(f, "readiness of {pods} fails"),
            Defect::FailLiveness { pods } => write!(f, "liveness of {pods} fails"),
            Defect::FailStartup { pods } => write!(f, "startup of {pods} fails"),
            Defect::NeverStart { pods } => write!(f, "{pods} never starts"),
            Defect::CrashLoop { pods } => write!(f, "{pods} crashes whenever it starts"),
            Defect::SlowReady { pods, ms } => write!(f, "{pods} is ready {} s late", seconds(*ms)),
            Defect::StuckDeletion { pods } => write!(f, "{pods} never ends"),
            Defect::SlowStart { ms } => write!(f, "pods take {} s to start", seconds(*ms)),
            Defect::SlowStop { ms } => write!(f, "pods take {} s to stop", seconds(*ms)),
            Defect::MissingImage { image } => write!(f, "the registry lacks {image}"),
            Defect::NodeDown { node } => write!(f, "{node} is down"),
            Defect::ProvisionerDown { provisioner } => write!(f, "provisioner {provisioner} is down"),
            Defect::FailWrites { kind, write, name } => {
                let what = match write {
                    None => "writing",
                    Some(Write::Create) => "creating",
                    Some(Write::Update) => "updating",
                    Some(Write::Delete) => "deleting",
                };
                write!(f, "{what} {} fails", kind.info().plural)?;
                name.as_ref().map_or(Ok(()), |name| write!(f, " for {name}"))
            }
            Defect::CacheLag { component, ms } => {
                write!(f, "{} hears of changes {} s late", component.name(), seconds(*ms))
            }
        }
    }
}

/// Milliseconds as seconds without needless zeros.
fn seconds(ms: u64) -> String {
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Crash { pod, container, exit_code, .. } => {
                let container = container.as_ref().map(|name| format!("container {name} of "));
                write!(f, "{}{pod} exits with {exit_code}", container.unwrap_or_default())
            }
            Fault::Evict { pod, .. } => write!(f, "{pod} is evicted"),
            Fault::Break { defect } => write!(f, "{defect}"),
            Fault::Heal { defect } => write!(f, "healed: {defect}"),
            Fault::HealAll => f.write_str("everything is healed"),
            Fault::Only { defects } if defects.is_empty() => f.write_str("everything is healed"),
            Fault::Only { defects } => {
                let all: Vec<String> = defects.iter().map(Defect::to_string).collect();
                f.write_str(&all.join("; "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pods(pattern: &str) -> NamePattern {
        NamePattern(pattern.to_owned())
    }

    #[test]
    fn commands_are_asked_for_in_a_url() {
        let command = ["sh", "-c", "a && b/é"].map(str::to_owned);
        let expected = "https://10.0.0.1:10250/exec/default/p/c?command=sh&command=-c&command=a+%26%26+b%2F%C3%A9\
                        &error=1&output=1";
        assert_eq!(exec_url("10.0.0.1:10250", "default", "p", "c", &command), expected);
    }

    #[test]
    fn acts_are_read_and_told() {
        let cases = [
            (r#"{"type":"crash","pod":"web-0"}"#, "web-0 exits with 1"),
            (
                r#"{"type":"crash","pod":"web-0","container":"c","exitCode":137}"#,
                "container c of web-0 exits with 137",
            ),
            (r#"{"type":"break","defect":{"type":"nodeDown","node":"node-1"}}"#, "node-1 is down"),
            (
                r#"{"type":"break","defect":{"type":"slowReady","pods":"web-.*","ms":1500}}"#,
                "web-.* is ready 1.5 s late",
            ),
            (
                r#"{"type":"break","defect":{"type":"failWrites","kind":"Pod","write":"create","name":"web-1"}}"#,
                "creating pods fails for web-1",
            ),
            (
                r#"{"type":"heal","defect":{"type":"cacheLag","component":"statefulset-controller","ms":2000}}"#,
                "healed: statefulset-controller hears of changes 2 s late",
            ),
            (r#"{"type":"healAll"}"#, "everything is healed"),
        ];
        for (json, told) in cases {
            let fault: Fault = serde_json::from_str(json).expect(json);
            assert_eq!(fault.to_string(), told);
            let again = serde_json::to_string(&fault).expect("plain data");
            assert_eq!(serde_json::from_str::<Fault>(&again).expect("the same"), fault);
        }
        for wrong in
            [r#"{"type":"melt"}"#, r#"{"type":"break","defect":{"type":"cacheLag","component":"me","ms":1}}"#]
        {
            assert!(serde_json::from_str::<Fault>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_delay_replaces_the_one_before_and_healing_takes_away() {
        let slow = |ms| Defect::SlowReady { pods: pods("web-0"), ms };
        let mut defects = BTreeSet::new();
        for fault in [
            Fault::Break { defect: slow(1) },
            Fault::Break { defect: slow(2) },
            Fault::Break { defect: Defect::StuckDeletion { pods: pods("web-1") } },
        ] {
            defects = fault.apply(&defects);
        }
        assert_eq!(defects, [slow(2), Defect::StuckDeletion { pods: pods("web-1") }].into());
        defects = Fault::Heal { defect: slow(2) }.apply(&defects);
        assert_eq!(defects.len(), 1);
        assert!(Fault::HealAll.apply(&defects).is_empty());
    }
}
