//! A Deployment: pods that are all alike, in no order.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use machinery::object::controller_of;
use machinery::{Kind, ObjectKey, Resource};

use super::Snapshot;
use super::stage::Chain;

/// Most pods of one that are drawn.
const DRAWN: usize = 30;

/// A Deployment as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentView {
    /// Its key.
    pub key: ObjectKey,
    /// `spec.replicas`.
    pub replicas: i32,
    /// `status.readyReplicas`.
    pub ready: i32,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Its pods with their claims, by name.
    pub chains: Vec<Chain>,
    /// How many more there are.
    pub more: usize,
}

impl DeploymentView {
    /// Every Deployment; its pods are taken out of these, and chains are made of those that are drawn.
    pub(super) fn all(
        snapshot: Snapshot<'_>,
        pods: &mut Vec<&Pod>,
        chain: impl Fn(&Pod) -> Chain,
    ) -> Vec<DeploymentView> {
        let mut herds: BTreeMap<ObjectKey, Vec<&Pod>> = BTreeMap::new();
        let deployments = || snapshot.objects.list::<Deployment>("");
        if deployments().next().is_none() {
            return Vec::new();
        }
        for pod in std::mem::take(pods) {
            match deployment_of(snapshot, pod) {
                Some(key) => herds.entry(key).or_default().push(pod),
                None => pods.push(pod),
            }
        }
        let view = |deployment: &Deployment| {
            let key = deployment.key();
            let herd = herds.get(&key).map(Vec::as_slice).unwrap_or_default();
            DeploymentView {
                replicas: deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1),
                ready: deployment.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0),
                terminating: deployment.metadata.deletion_timestamp.is_some(),
                chains: herd.iter().take(DRAWN).map(|pod| chain(pod)).collect(),
                more: herd.len().saturating_sub(DRAWN),
                key,
            }
        };
        deployments().map(|deployment| &**deployment).map(view).collect()
    }
}

/// The Deployment whose ReplicaSet controls the pod.
fn deployment_of(snapshot: Snapshot<'_>, pod: &Pod) -> Option<ObjectKey> {
    let set = controller_of(&pod.metadata).filter(|owner| owner.kind == "ReplicaSet")?;
    let set = snapshot
        .objects
        .get::<ReplicaSet>(pod.namespace(), &set.name)
        .filter(|live| live.uid() == set.uid)?;
    let owner = controller_of(&set.metadata).filter(|owner| owner.kind == "Deployment")?;
    let key = ObjectKey::new(Kind::Deployment, pod.namespace(), &owner.name);
    let live = snapshot.objects.get::<Deployment>(&key.namespace, &key.name)?;
    (live.uid() == owner.uid).then_some(key)
}
