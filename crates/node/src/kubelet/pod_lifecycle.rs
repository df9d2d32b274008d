//! The containers of a running pod, one after the other, and the status that they come to.
//!
//! Models pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod, computeInitContainerActions) and
//! pkg/kubelet/kubelet_pods.go (getPhase, convertToAPIContainerStatuses). Init containers come first, each to its end;
//! the others start in order: a pull holds up those after it, a back-off does not.
//! Invariant: the status written is a function of the containers' states.

use k8s_openapi::api::core::v1::{Container as Spec, Pod, PodSpec};

use super::container::{Container, Due, Images, Role};
use super::status::{self, Fact};
use super::{Next, Settings, Turn, set_address};

/// The containers of a pod that has just got its sandbox: init containers, then the others.
pub(super) fn containers(pod: &Pod) -> Vec<Container> {
    pod.spec.iter().flat_map(roles).map(|(spec, role)| Container::new(spec, role)).collect()
}

/// The containers' specs, with what each is to the pod.
pub(super) fn roles(spec: &PodSpec) -> impl Iterator<Item = (&Spec, Role)> {
    let role =
        |c: &Spec| if c.restart_policy.as_deref() == Some("Always") { Role::Sidecar } else { Role::Init };
    let init = spec.init_containers.iter().flatten().map(move |c| (c, role(c)));
    init.chain(spec.containers.iter().map(|c| (c, Role::Main)))
}

/// The specs of the containers, in the same order.
pub(super) fn specs(spec: &PodSpec) -> impl Iterator<Item = &Spec> + Clone {
    spec.init_containers.iter().flatten().chain(&spec.containers)
}

/// Makes a running container (the first one of the pod's own, if none is named) exit at the next step; whether there is one.
pub(super) fn crash(containers: &mut [Container], name: Option<&str>, exit_code: i32) -> bool {
    let wanted = |c: &&mut Container| name.map_or(c.role() == Role::Main, |name| c.name() == name);
    containers.iter_mut().find(wanted).is_some_and(|container| container.crash(exit_code))
}

pub(super) fn step(
    turn: &mut Turn<'_, '_>,
    containers: &mut [Container],
    address: &str,
    settings: &Settings,
    images: &mut Images,
) -> Next {
    let pod = turn.pod.clone();
    let Some(spec) = pod.spec.as_ref() else { return Ok(None) };
    let mut next = Due::default();
    for (container, spec) in containers.iter_mut().zip(specs(spec)) {
        container.advance(turn, spec, settings, images);
        let due = container.due(turn, spec, settings);
        next.change = next.change.into_iter().chain(due.change).min();
        next.repeat = next.repeat.into_iter().chain(due.repeat).min();
        if container.is_pulling() || !container.lets_others_start(spec) {
            break;
        }
    }
    if is_over(&pod, containers) {
        let pairs = containers.iter_mut().zip(specs(spec));
        for (container, spec) in pairs.filter(|(c, _)| c.role() == Role::Sidecar) {
            container.dismiss(turn, spec, settings);
            let due = container.due(turn, spec, settings);
            next.change = next.change.into_iter().chain(due.change).min();
        }
    }
    let is_ready = |(c, spec): (&Container, &Spec)| c.is_ready(&pod, spec, turn.cx.now, settings);
    let mut pairs = containers.iter().zip(specs(spec));
    // What was found as it is has been written already, and in more words than these.
    if !pairs.all(|pair| pair.0.is_as_found(is_ready(pair))) || !status::agrees_with_gates(&pod) {
        write_status(turn, containers, spec, address, settings)?;
    }
    turn.repeats = next.change.is_none();
    Ok(next.change.or(next.repeat).and_then(|at| turn.until(at)))
}

/// Whether an init container has failed for good: the others do not start.
fn is_stillborn(pod: &Pod, containers: &[Container]) -> bool {
    let fails = |c: &Container| c.is_over(pod) && c.exit_code() != Some(0);
    containers.iter().any(|c| c.role() == Role::Init && fails(c))
}

/// Whether nothing is left to run but sidecars.
fn is_over(pod: &Pod, containers: &[Container]) -> bool {
    let is_done = |c: &Container| c.role() != Role::Main || c.is_over(pod);
    is_stillborn(pod, containers) || containers.iter().all(is_done)
}

/// The phase (getPhase); what runs keeps the pod from ending (mergePodStatus).
fn phase(pod: &Pod, containers: &[Container]) -> &'static str {
    let of = |role: Role| containers.iter().filter(move |c| c.role() == role);
    let runs = of(Role::Sidecar).any(Container::is_running);
    if is_stillborn(pod, containers) && !runs {
        return "Failed";
    }
    if of(Role::Main).any(|c| !c.was_started()) {
        return "Pending";
    }
    let ended: Option<Vec<i32>> = of(Role::Main).map(Container::exit_code).collect();
    match ended {
        None => "Running",
        Some(_) if runs || !of(Role::Main).all(|c| c.is_over(pod)) => "Running",
        Some(codes) if codes.iter().all(|code| *code == 0) => "Succeeded",
        Some(_) => "Failed",
    }
}

fn write_status(
    turn: &mut Turn<'_, '_>,
    containers: &[Container],
    spec: &PodSpec,
    address: &str,
    settings: &Settings,
) -> Result<(), client::Error> {
    let (pod, now) = (turn.pod.clone(), turn.cx.now);
    let has_init = spec.init_containers.as_ref().is_some_and(|init| !init.is_empty());
    let is_ready = |c: &Container, spec: &Spec| c.is_ready(&pod, spec, now, settings);
    let pairs = || containers.iter().zip(specs(spec));
    let names = |wanted: &dyn Fn(&Container, &Spec) -> bool| -> Vec<&str> {
        pairs().filter(|(c, spec)| wanted(c, spec)).map(|(_, spec)| spec.name.as_str()).collect()
    };
    let features = turn.cx.features;
    let of_role = |init: bool| {
        pairs()
            .filter(move |(c, _)| (c.role() == Role::Main) != init)
            .map(|(c, spec)| c.status(&pod, spec, features, is_ready(c, spec), has_init))
            .collect::<Vec<_>>()
    };
    // Once one of the pod's own containers has been started, it has been initialized.
    let is_begun = containers.iter().any(|c| c.role() == Role::Main && c.was_started());
    let uninitialized = names(&|c, spec| !is_begun && !c.lets_others_start(spec));
    let unready = names(&|c, spec| c.role() != Role::Init && !is_ready(c, spec));
    let mut status = turn.status();
    let phase = phase(&pod, containers);
    status.phase = Some(phase.to_owned());
    status.init_container_statuses = has_init.then(|| of_role(true));
    status.container_statuses = Some(of_role(false));
    set_address(&mut status, address);
    let facts = match phase {
        "Succeeded" => {
            let initialized = Fact { reason: "PodCompleted", ..Fact::holds("Initialized") };
            [status::ended("PodCompleted"), vec![initialized]].concat()
        }
        "Failed" => [status::ended("PodFailed"), vec![status::initialized(&uninitialized)]].concat(),
        _ => status::gated(&pod, status::readiness(true, &uninitialized, &unready)),
    };
    turn.set_conditions(&mut status, &facts);
    turn.write(status)
}
