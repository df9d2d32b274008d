//! Everything of the page that needs no DOM: model, messages, update, what each view shows, and all its words.
//!
//! The page is `web`'s rendering of [`view::Page`], and every act on it is a [`msg::Msg`]. Invariant: a control never
//! changes the cluster itself; it types the command that a person would type ([`commands`]).

pub mod commands;
pub mod common_error;
pub mod completion;
pub mod confusable;
pub mod early;
pub mod effect;
pub mod embed;
pub mod examples;
pub mod highlight;
pub mod keep;
pub mod lesson;
pub mod locales;
pub mod marks;
pub mod memory;
pub mod model;
pub mod msg;
pub mod paste;
pub mod predict;
pub mod prompt;
pub mod schema;
pub mod take;
pub mod templates;
pub mod track;
pub mod trial;
pub mod update;
pub mod view;

pub use locales::Locale;
pub use model::Model;
pub use msg::Msg;
pub use update::update;

/// The act that lets a container of a pod exit.
pub fn crash(pod: &machinery::ObjectKey) -> cluster::Fault {
    let (namespace, pod) = (pod.namespace.to_string(), pod.name.to_string());
    cluster::Fault::Crash { namespace, pod, container: None, exit_code: 1 }
}

/// The act after which a pod is not ready.
pub fn fail_readiness(pod: &machinery::ObjectKey) -> cluster::Fault {
    let pods = node::kubelet::NamePattern(format!("{}/{}", pod.namespace, pod.name));
    cluster::Fault::Break { defect: cluster::Defect::FailReadiness { pods } }
}

/// The act that pulls a node's plug.
pub fn stop_node(node: &machinery::ObjectKey) -> cluster::Fault {
    cluster::Fault::Break { defect: cluster::Defect::NodeDown { node: node.name.to_string() } }
}

/// The act that heals what was broken on purpose.
pub fn heal(defect: &cluster::Defect) -> cluster::Fault {
    cluster::Fault::Heal { defect: defect.clone() }
}
