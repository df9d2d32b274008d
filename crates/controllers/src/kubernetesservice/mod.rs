//! The service in front of the API server, and where the API server listens: made anew where somebody has removed them.
//!
//! Models pkg/controlplane/controller/kubernetesservice/controller.go (`UpdateKubernetesService`) and
//! pkg/controlplane/reconcilers (v1.36.2), which run within the API server. Departs: what was changed, not removed, stays so.

use client::api::{Change, WatchEvent};
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Service;
use machinery::{EndpointSlice, Kind, Object, ObjectKey, Status};

/// How often the API server looks (`DefaultEndpointReconcilerInterval`).
const PERIOD_MS: i64 = 10_000;
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
    object(Kind::Service, include_str!("service.json"))
}

/// The slice of that service.
///
/// # Errors
/// None but our own fault.
pub fn slice() -> Result<Object, Box<Status>> {
    object(Kind::EndpointSlice, include_str!("endpoint_slice.json"))
}

fn object(kind: Kind, text: &str) -> Result<Object, Box<Status>> {
    let value = serde_json::from_str(text).map_err(|error| Box::new(Status::internal(&error.to_string())))?;
    Object::from_value(kind, value).map_err(|error| Box::new(Status::internal(&error.to_string())))
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
