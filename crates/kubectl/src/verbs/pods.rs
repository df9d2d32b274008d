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

/// The pods that the words name: a pod, or those of what has a selector.
///
/// # Errors
/// If there is no such object, or it has no pods.
pub(crate) fn pods_of(
    parsed: &Parsed,
    context: &mut Context<'_, '_>,
    words: &[String],
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
        return Err(Failure::message(format!("selector for *v1.{kind} not implemented")));
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

/// The container that is meant where none is named: the annotated one, or the first; the second is told.
pub(super) fn default_container(context: &mut Context<'_, '_>, pod: &Pod, quiet: bool) -> String {
    let annotations = pod.metadata.annotations.as_ref();
    let annotated = annotations.and_then(|annotations| annotations.get(DEFAULT_CONTAINER));
    let containers = containers(pod);
    if let Some(name) = annotated.filter(|name| !name.is_empty()) {
        if containers.iter().any(|container| container.name == *name) {
            return name.clone();
        }
        let pod = pod.metadata.name.as_deref().unwrap_or_default();
        context.err(format!("Default container name \"{name}\" not found in pod {pod}\n"));
    }
    let first = containers.first().map(|container| container.name.clone()).unwrap_or_default();
    if containers.len() > 1 && !quiet {
        context.err(format!("Defaulted container \"{first}\" out of: {}\n", all_names(pod)));
    }
    first
}
