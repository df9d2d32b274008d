//! What wakes the controller up, and one sync from the outside.
//!
//! Models pkg/controller/deployment/deployment_controller.go.

use std::sync::Arc;

use client::api::{Change, WatchEvent};
use client::{Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use machinery::labels::Selector;
use machinery::object::{controller_of, is_terminating};
use machinery::{Kind, Object, Resource};

use super::deployment_util::is_rolling;
use super::sync::Rollout;
use crate::controller_ref_manager::ControllerRefManager;

/// The controller. It keeps nothing.
#[derive(Clone, Debug, Default)]
pub struct DeploymentController;

fn selector_of(deployment: &Deployment) -> Option<Selector> {
    Selector::from_spec(&deployment.spec.as_ref()?.selector)
}

/// The Deployment of a ReplicaSet, or those that could adopt it.
fn deployments_of(listers: &Listers, set: &ReplicaSet) -> Vec<Key> {
    if let Some(owner) = controller_of(&set.metadata) {
        let deployment = listers.get::<Deployment>(set.namespace(), &owner.name);
        return deployment.filter(|d| d.uid() == owner.uid).map(|d| d.key()).into_iter().collect();
    }
    let selects = |deployment: &&Arc<Deployment>| {
        let selector = selector_of(deployment);
        selector.is_some_and(|s| !s.requirements().is_empty() && s.matches(set.metadata.labels.as_ref()))
    };
    listers.list::<Deployment>(set.namespace()).filter(selects).map(|deployment| deployment.key()).collect()
}

/// Whoever waits for the last pod of a Recreate wants to know that it is gone.
fn deployment_of_pod(listers: &Listers, pod: &Pod) -> Vec<Key> {
    let set = controller_of(&pod.metadata)
        .and_then(|owner| listers.get::<ReplicaSet>(pod.namespace(), &owner.name));
    let Some(set) = set else { return Vec::new() };
    let recreates =
        |key: &Key| listers.get::<Deployment>(&key.namespace, &key.name).is_some_and(|d| !is_rolling(d));
    deployments_of(listers, set).into_iter().filter(recreates).collect()
}

impl Reconciler for DeploymentController {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match &event.object {
            Object::Deployment(deployment) => vec![deployment.key()],
            Object::ReplicaSet(set) => {
                let old = event.old.as_ref().and_then(ReplicaSet::unwrap);
                let owner = |set: &ReplicaSet| controller_of(&set.metadata).cloned();
                let mut keys = match old {
                    Some(old) if owner(old) != owner(set) => deployments_of(listers, old),
                    _ => Vec::new(),
                };
                keys.extend(deployments_of(listers, set));
                keys
            }
            Object::Pod(pod) if event.change == Change::Deleted => deployment_of_pod(listers, pod),
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let Some(deployment) = cx.listers.get::<Deployment>(&key.namespace, &key.name).cloned() else {
            return Ok(Outcome::Done);
        };
        let Some(selector) = selector_of(&deployment) else {
            return Ok(Outcome::Done);
        };
        let all: Vec<Arc<ReplicaSet>> =
            cx.listers.list::<ReplicaSet>(deployment.namespace()).cloned().collect();
        let sets =
            ControllerRefManager::new(Kind::Deployment, &deployment.metadata)
                .claim(cx, all, |set| selector.matches(set.metadata.labels.as_ref()))?;
        let is_paused = deployment.spec.as_ref().and_then(|spec| spec.paused) == Some(true);
        let mut rollout = Rollout::new((*deployment).clone(), sets);
        if is_terminating(&deployment.metadata) {
            return rollout.sync_status_only(cx);
        }
        rollout.check_paused_conditions(cx)?;
        if is_paused || rollout.is_scaling_event() {
            return rollout.sync(cx);
        }
        if is_rolling(&deployment) { rollout.rollout_rolling(cx) } else { rollout.rollout_recreate(cx) }
    }
}
