//! EndpointSlices.
//!
//! Models pkg/registry/discovery/endpointslice/strategy.go and pkg/apis/discovery/{v1/defaults.go,validation/validation.go}.

use machinery::EndpointSlice;
use machinery::field::{FieldError, Path};

use super::{Strategy, Terms};
use crate::validation::Errors;

const ADDRESS_TYPES: [&str; 3] = ["FQDN", "IPv4", "IPv6"];
const MAX_ENDPOINTS: usize = 1000;

impl Strategy for EndpointSlice {
    fn default(&mut self) {
        for port in self.ports.iter_mut().flatten() {
            port.name.get_or_insert_default();
            port.protocol.get_or_insert_with(|| "TCP".to_owned());
        }
    }
    fn prepare_for_create(&mut self, _terms: Terms) {
        self.metadata.generation = Some(1);
    }
    fn validate(&self, _terms: Terms) -> Errors {
        let path = Path::new("addressType");
        let mut errors = Vec::new();
        if self.address_type.is_empty() {
            errors.push(FieldError::required(&path, ""));
        } else if !ADDRESS_TYPES.contains(&self.address_type.as_str()) {
            errors.push(FieldError::not_supported(&path, self.address_type.as_str(), &ADDRESS_TYPES));
        }
        let count = self.endpoints.as_ref().map_or(0, Vec::len);
        if count > MAX_ENDPOINTS {
            errors.push(FieldError::too_many(&Path::new("endpoints"), count, MAX_ENDPOINTS));
        }
        errors
    }
    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        let same_meta = self.metadata.labels == old.metadata.labels
            && self.metadata.annotations == old.metadata.annotations
            && self.metadata.owner_references == old.metadata.owner_references;
        let same = self.endpoints == old.endpoints
            && self.ports == old.ports
            && self.address_type == old.address_type
            && same_meta;
        if !same {
            self.metadata.generation = Some(old.metadata.generation.unwrap_or(0) + 1);
        }
    }
    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let mut errors = self.validate(terms);
        if self.address_type != old.address_type {
            let value = self.address_type.as_str();
            errors.push(FieldError::invalid(&Path::new("addressType"), value, "field is immutable"));
        }
        errors
    }
}
