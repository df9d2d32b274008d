//! Services: defaults and updates.
//!
//! Models pkg/registry/core/service/strategy.go and SetDefaults_Service (v1.36.2); what may be wrong is in
//! [`super::service_rules`], which addresses and ports they get in [`super::service_allocation`].

use k8s_openapi::api::core::v1::{LoadBalancerStatus, Service, ServiceSpec, ServiceStatus};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::field::{FieldError, Path, Printed};
use machinery::names;
use machinery::version::Features;

use super::service_rules::{
    annotation_warnings, frozen_addresses, spec_warnings, topology_annotations, validate_spec,
};
use super::{Strategy, Terms, keep};
use crate::validation::Errors;

const AFFINITY_SECONDS: i32 = 10_800;

impl Strategy for Service {
    fn name_errors(name: &str, features: Features) -> Vec<String> {
        if features.service_names_are_labels() {
            names::dns1123_label(name)
        } else {
            names::dns1035_label(name)
        }
    }

    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        match spec.session_affinity.get_or_insert_with(|| "None".to_owned()).as_str() {
            "None" => spec.session_affinity_config = None,
            "ClientIP" => {
                let config = spec.session_affinity_config.get_or_insert_default();
                let client = config.client_ip.get_or_insert_default();
                client.timeout_seconds.get_or_insert(AFFINITY_SECONDS);
            }
            _ => {}
        }
        spec.type_.get_or_insert_with(|| "ClusterIP".to_owned());
        for port in spec.ports.iter_mut().flatten() {
            port.protocol.get_or_insert_with(|| "TCP".to_owned());
            let is_open = match &port.target_port {
                None | Some(IntOrString::Int(0)) => true,
                Some(IntOrString::String(name)) => name.is_empty(),
                Some(IntOrString::Int(_)) => false,
            };
            if is_open {
                port.target_port = Some(IntOrString::Int(port.port));
            }
        }
        if is_externally_accessible(spec) {
            spec.external_traffic_policy.get_or_insert_with(|| "Cluster".to_owned());
        }
        if type_of(spec) == "LoadBalancer" {
            spec.allocate_load_balancer_node_ports.get_or_insert(true);
        }
        if type_of(spec) != "ExternalName" {
            spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".to_owned());
        }
    }

    fn prepare_for_create(&mut self, _terms: Terms) {
        self.status =
            Some(ServiceStatus { load_balancer: Some(LoadBalancerStatus::default()), conditions: None });
    }

    fn validate(&self, terms: Terms) -> Errors {
        let annotations = self.metadata.annotations.as_ref();
        let spec = self.spec.clone().unwrap_or_default();
        let mut errors = topology_annotations(annotations);
        errors.extend(validate_spec(&spec, terms.features, &Path::new("spec")));
        errors
    }

    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        self.status.clone_from(&old.status);
    }

    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let (Some(new_spec), Some(old_spec)) = (&self.spec, &old.spec) else {
            return Vec::new();
        };
        let mut errors = frozen_addresses(new_spec, old_spec, terms.features);
        let is_balanced = |spec: &ServiceSpec| type_of(spec) == "LoadBalancer";
        if is_balanced(new_spec)
            && is_balanced(old_spec)
            && new_spec.load_balancer_class != old_spec.load_balancer_class
        {
            let class = new_spec.load_balancer_class.as_deref().map_or_else(Printed::null, Printed::from);
            let path = Path::new("spec").child("loadBalancerClass");
            errors.push(FieldError::invalid(&path, class, "may not change once set"));
        }
        let has_other_check = new_spec.health_check_node_port != old_spec.health_check_node_port;
        if needs_health_check(new_spec) && needs_health_check(old_spec) && has_other_check {
            let path = Path::new("spec").child("healthCheckNodePort");
            errors.push(FieldError::forbidden(&path, "field is immutable"));
        }
        errors.extend(self.validate(terms));
        errors
    }

    fn warnings(&self, terms: Terms) -> Vec<String> {
        let mut warnings = annotation_warnings(self.metadata.annotations.as_ref());
        warnings.extend(self.spec.iter().flat_map(|spec| spec_warnings(spec, terms.features)));
        warnings
    }

    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
    }
}

pub(super) fn type_of(spec: &ServiceSpec) -> &str {
    spec.type_.as_deref().unwrap_or_default()
}

pub(super) fn has_cluster_ip(spec: &ServiceSpec) -> bool {
    type_of(spec) != "ExternalName"
}

pub(super) fn has_node_ports(spec: &ServiceSpec) -> bool {
    matches!(type_of(spec), "NodePort" | "LoadBalancer")
}

pub(super) fn is_headless(spec: &ServiceSpec) -> bool {
    spec.cluster_ip.as_deref() == Some("None")
}

/// apiservice.ExternallyAccessible.
pub(super) fn is_externally_accessible(spec: &ServiceSpec) -> bool {
    let has_external = spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty());
    has_node_ports(spec) || (type_of(spec) == "ClusterIP" && has_external)
}

pub(super) fn addresses(spec: &ServiceSpec) -> &[String] {
    spec.cluster_ips.as_deref().unwrap_or_default()
}

/// apiservice.NeedsHealthCheck.
pub(super) fn needs_health_check(spec: &ServiceSpec) -> bool {
    type_of(spec) == "LoadBalancer" && spec.external_traffic_policy.as_deref() == Some("Local")
}
