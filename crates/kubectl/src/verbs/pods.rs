//! The pod and the container that `exec`, `logs` and `run` are about.
//!
//! Models polymorphichelpers (attachablepodforobject.go, helpers.go `SelectorsForObject`) and
//! kubectl/pkg/cmd/util/podcmd.

use k8s_openapi::api::core::v1::{Container, Pod};
use machinery::{Kind, Object};

use crate::context::Context;
use crate::failure::Failure;
use crate::flags::Parsed;
use crate::printers::{network, workload};
use crate::resource::{self, Rules, Selection};

const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// What `exec` and its like are about to do.
pub(crate) const ATTACH: &str = "attach to";

/// The pods that the words name: a pod, or those of what has a selector. `doing` is what cannot be done to anything else.
///
/// # Errors
/// If there is no such object, or it has no pods.
pub(crate) fn pods_of(
    parsed: &Parsed,
    context: &mut Context<'_, '_>,
    words: &[String],
    doing: &str,
) -> Result<Vec<Object>, Failure> {
    let object = match words.first() {
        Some(name) if !name.contains('/') => {
            return Ok(vec![context.get(Kind::Pod, parsed.namespace(), name)?]);
        }
        _ => {
            let targets = resource::targets(context, parsed, words, Rules::default())?;
            let found = resource::objects(context, &targets).into_iter().next();
            found.unwrap_or_else(|| Err(Failure::message("expected a resource")))?.1
        }
    };
    let selector = match &object {
        Object::Pod(_) => return Ok(vec![object]),
        Object::StatefulSet(set) => set.spec.as_ref().map(|spec| workload::selector(&spec.selector)),
        Object::Deployment(set) => set.spec.as_ref().map(|spec| workload::selector(&spec.selector)),
        Object::ReplicaSet(set) => set.spec.as_ref().map(|spec| workload::selector(&spec.selector)),
        Object::Service(service) => service.spec.as_ref().map(|spec| network::labels(spec.selector.as_ref())),
        _ => None,
    };
    let Some(selector) = selector.filter(|text| text != "<none>") else {
        let kind = object.kind();
        let why = match kind {
            Kind::Service => {
                format!("invalid service '{}': Service is defined without a selector", object.name())
            }
            kind => format!("selector for *v1.{kind} not implemented"),
        };
        return Err(Failure::message(format!("cannot {doing} *v1.{kind}: {why}")));
    };
    let (pods, _) = resource::list(context, Kind::Pod, object.namespace(), &Selection::of_labels(&selector))?;
    if pods.is_empty() {
        return Err(Failure::message("timed out waiting for the condition"));
    }
    Ok(pods)
}

/// The containers of a pod, those that run first behind the others.
pub(super) fn containers(pod: &Pod) -> Vec<&Container> {
    let spec = pod.spec.as_ref();
    let main = spec.iter().flat_map(|spec| &spec.containers);
    main.chain(spec.iter().flat_map(|spec| spec.init_containers.iter().flatten())).collect()
}

/// `nginx, sidecar, setup (init)`.
pub(super) fn all_names(pod: &Pod) -> String {
    let spec = pod.spec.as_ref();
    let main = spec.iter().flat_map(|spec| &spec.containers).map(|container| container.name.clone());
    let init = spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
    main.chain(init.map(|container| format!("{} (init)", container.name))).collect::<Vec<_>>().join(", ")
}

/// The container of that name.
///
/// # Errors
/// If the pod has none.
pub(super) fn named_container(pod: &Pod, name: &str) -> Result<String, Failure> {
    if containers(pod).iter().any(|container| container.name == name) {
        return Ok(name.to_owned());
    }
    let (pod_name, all) = (pod.metadata.name.as_deref().unwrap_or_default(), all_names(pod));
    Err(Failure::message(format!("container {name} is not valid for pod {pod_name} out of: {all}")))
}

/// The container that the pod's annotation names.
pub(super) fn annotated(pod: &Pod) -> Option<&str> {
    let name = pod.metadata.annotations.as_ref()?.get(DEFAULT_CONTAINER)?;
    Some(name.as_str()).filter(|name| !name.is_empty())
}

/// The container that is meant where none is named; which one it is of several, is told.
pub(super) fn first_container(context: &mut Context<'_, '_>, pod: &Pod, quiet: bool) -> String {
    let containers = containers(pod);
    let first = containers.first().map(|container| container.name.clone()).unwrap_or_default();
    if containers.len() > 1 && !quiet {
        context.err(format!("Defaulted container \"{first}\" out of: {}\n", all_names(pod)));
    }
    first
}
