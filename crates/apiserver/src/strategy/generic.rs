//! Kinds of which nothing but the metadata is checked: Events and Endpoints.

use k8s_openapi::api::core::v1::{Endpoints, Event};

use super::Strategy;

impl Strategy for Event {}

impl Strategy for Endpoints {
    fn default(&mut self) {
        let subsets = self.subsets.iter_mut().flatten();
        for port in subsets.flat_map(|subset| subset.ports.iter_mut().flatten()) {
            port.protocol.get_or_insert_with(|| "TCP".to_owned());
        }
    }
}
