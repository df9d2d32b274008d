//! EndpointSlice, whose versions share their endpoints.
//!
//! Models discovery.k8s.io/v1. Departs from `k8s-openapi`'s type in one point: a slice holds up to a hundred endpoints of
//! which a change touches one, so that a version must not copy them all.

use k8s_openapi::Resource as _;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort, EndpointSlice as Plain};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::shared::Shared;

/// Some of a service's endpoints; its JSON is that of `k8s-openapi`'s type.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSlice {
    /// The object's metadata.
    pub metadata: ObjectMeta,
    /// `IPv4`, `IPv6` or `FQDN`.
    pub address_type: String,
    /// Up to 1000; the controller's own slices have up to 100.
    pub endpoints: Option<Vec<Shared<Endpoint>>>,
    /// The ports of every endpoint.
    pub ports: Option<Vec<EndpointPort>>,
}

impl Serialize for EndpointSlice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut slice = serializer.serialize_struct(Plain::KIND, 6)?;
        slice.serialize_field("apiVersion", Plain::API_VERSION)?;
        slice.serialize_field("kind", Plain::KIND)?;
        slice.serialize_field("addressType", &self.address_type)?;
        match &self.endpoints {
            Some(endpoints) => slice.serialize_field("endpoints", endpoints)?,
            None => slice.skip_field("endpoints")?,
        }
        slice.serialize_field("metadata", &self.metadata)?;
        match &self.ports {
            Some(ports) => slice.serialize_field("ports", ports)?,
            None => slice.skip_field("ports")?,
        }
        slice.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn its_json_is_that_of_the_generated_type() {
        let full = json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "web-x", "namespace": "default"},
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true}}],
            "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
        });
        for value in [full, json!({"metadata": {}}), json!({})] {
            let plain: Plain = serde_json::from_value(value.clone()).expect("a slice");
            let ours: EndpointSlice = serde_json::from_value(value).expect("a slice");
            assert_eq!(json!(ours), json!(plain));
        }
    }
}
