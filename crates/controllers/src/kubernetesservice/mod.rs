//! The service in front of the API server, and where the API server listens: made anew where somebody has removed them.
//!
//! Models pkg/controlplane/controller/kubernetesservice/controller.go (`UpdateKubernetesService`) and
//! pkg/controlplane/reconcilers (v1.36.2), which run within the API server. Departs: what was changed, not removed, stays so.

use client::api::{Change, WatchEvent};
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Service;
use machinery::{EndpointSlice, Kind, Object, ObjectKey, Status};
use serde_json::json;

/// How often the API server looks (`DefaultEndpointReconcilerInterval`).
const PERIOD_MS: i64 = 10_000;
/// Where the API server listens.
pub const ADVERTISE_ADDRESS: &str = "192.168.1.10";
const NAMESPACE: &str = "default";
const NAME: &str = "kubernetes";

/// The controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubernetesServiceController;

/// The service as the API server makes it.
///
/// # Errors
/// None but our own fault.
pub fn service() -> Result<Object, Box<Status>> {
    let value = json!({
        "metadata": {
            "name": NAME,
            "namespace": NAMESPACE,
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "10.96.0.1",
            "clusterIPs": ["10.96.0.1"],
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
        },
    });
    Object::from_value(Kind::Service, value).map_err(|error| Box::new(Status::internal(&error.to_string())))
}

/// The slice of that service.
///
/// # Errors
/// None but our own fault.
pub fn slice() -> Result<Object, Box<Status>> {
    let value = json!({
        "metadata": {
            "name": NAME,
            "namespace": NAMESPACE,
            "labels": {"kubernetes.io/service-name": NAME},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [ADVERTISE_ADDRESS], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
    });
    Object::from_value(Kind::EndpointSlice, value)
        .map_err(|error| Box::new(Status::internal(&error.to_string())))
}

impl Reconciler for KubernetesServiceController {
    fn on_event(&mut self, event: &WatchEvent, _listers: &Listers, _now: Timestamp) -> Vec<Key> {
        let is_own = matches!(event.object.kind(), Kind::Service | Kind::EndpointSlice)
            && (event.object.namespace(), event.object.name()) == (NAMESPACE, NAME);
        let is_gone = is_own && event.change == Change::Deleted;
        is_gone.then(|| ObjectKey::new(Kind::Service, NAMESPACE, NAME)).into_iter().collect()
    }

    fn sync(&mut self, cx: &mut Context<'_>, _key: &Key) -> Result<Outcome, Error> {
        let early = (-cx.now.as_millisecond()).rem_euclid(PERIOD_MS);
        if early > 0 {
            return Ok(Outcome::After(early.unsigned_abs()));
        }
        if cx.listers.get::<Service>(NAMESPACE, NAME).is_none()
            && let Object::Service(service) = service()?
        {
            cx.api.create((*service).clone())?;
        }
        if cx.listers.get::<EndpointSlice>(NAMESPACE, NAME).is_none()
            && let Object::EndpointSlice(slice) = slice()?
        {
            cx.api.create((*slice).clone())?;
        }
        Ok(Outcome::Done)
    }
}
