//! Names: what the DNS answers for each identity, and the whole zone as a table.
//!
//! The answers are `node::dns`'s. Where a name has none, this says which link of pod → subdomain → Service → ready is
//! broken.

use k8s_openapi::api::core::v1::{Pod, Service};
use machinery::ObjectKey;
use node::dns::{RecordType, ZONE, query, records};

use super::Snapshot;
use super::pod::is_ready;

/// Why a name has no answer: the first broken link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The set names no Service.
    NoServiceName,
    /// There is no Service of that name.
    NoService(String),
    /// There is no pod.
    NoPod,
    /// The Service's selector does not match the pod's labels.
    NotSelected(String),
    /// The pod has no address yet.
    NoAddress,
    /// The pod is being deleted.
    Terminating,
    /// The pod is not Ready.
    NotReady,
    /// All links hold, and the EndpointSlice does not show it yet.
    NotPublished,
}

/// A pod's name and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameView {
    /// `myapp-0.myapp-svc`; the pod's name alone if there is no Service's name.
    pub name: String,
    /// The name with namespace and domain.
    pub fqdn: String,
    /// The addresses, or why there are none (NXDOMAIN).
    pub answer: Result<Vec<String>, Broken>,
}

/// A record of the zone. Names are fully qualified, with the final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whom it is about.
    pub name: String,
    /// `A`, `SRV`, `PTR`, ….
    pub kind: String,
    /// For how many seconds it may be kept.
    pub ttl: u32,
    /// What it says.
    pub data: String,
}

/// The name of one identity of a set.
pub fn name_of(snapshot: Snapshot<'_>, pod: &ObjectKey, service: &str) -> NameView {
    let fqdn = format!("{}.{service}.{}.svc.{ZONE}", pod.name, pod.namespace);
    let name = if service.is_empty() { pod.name.to_string() } else { format!("{}.{service}", pod.name) };
    let answers = [RecordType::A, RecordType::Aaaa].map(|kind| query(snapshot.objects, &fqdn, kind));
    let addresses: Vec<String> =
        answers.iter().flat_map(|answer| &answer.answer).map(|record| record.data.to_string()).collect();
    let answer = if addresses.is_empty() { Err(broken(snapshot, pod, service)) } else { Ok(addresses) };
    NameView { name, fqdn, answer }
}

fn broken(snapshot: Snapshot<'_>, key: &ObjectKey, service_name: &str) -> Broken {
    if service_name.is_empty() {
        return Broken::NoServiceName;
    }
    let Some(service) = snapshot.objects.get::<Service>(&key.namespace, service_name) else {
        return Broken::NoService(service_name.to_owned());
    };
    let Some(pod) = snapshot.objects.get::<Pod>(&key.namespace, &key.name) else {
        return Broken::NoPod;
    };
    let empty = std::collections::BTreeMap::new();
    let labels = pod.metadata.labels.as_ref().unwrap_or(&empty);
    let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref()).unwrap_or(&empty);
    if selector.is_empty() || selector.iter().any(|(key, value)| labels.get(key) != Some(value)) {
        return Broken::NotSelected(service_name.to_owned());
    }
    if pod.status.as_ref().is_none_or(|status| status.pod_ip.is_none()) {
        return Broken::NoAddress;
    }
    if pod.metadata.deletion_timestamp.is_some() {
        return Broken::Terminating;
    }
    if is_ready(pod) { Broken::NotPublished } else { Broken::NotReady }
}

/// Every record of the zone and its reverse zones.
pub fn zone(snapshot: Snapshot<'_>) -> Vec<Record> {
    let row = |record: node::dns::Record| Record {
        kind: record.data.record_type().to_string(),
        data: record.data.to_string(),
        name: record.name,
        ttl: record.ttl,
    };
    records(snapshot.objects).into_iter().map(row).collect()
}
