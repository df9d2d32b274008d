//! Kinds of which nothing but the metadata is looked at: Events, Endpoints, and Deployments, on which nobody acts yet.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Endpoints, Event};

use super::{Strategy, Terms, keep};
use crate::defaults;

impl Strategy for Event {}

impl Strategy for Endpoints {}

/// pkg/registry/apps/deployment/strategy.go, pkg/apis/apps/v1/defaults.go (SetDefaults_Deployment).
impl Strategy for Deployment {
    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.replicas.get_or_insert(1);
        spec.revision_history_limit.get_or_insert(10);
        spec.progress_deadline_seconds.get_or_insert(600);
        let strategy = spec.strategy.get_or_insert_default();
        if strategy.type_.get_or_insert_with(|| "RollingUpdate".to_owned()) == "RollingUpdate" {
            let rolling = strategy.rolling_update.get_or_insert_default();
            let quarter =
                || k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::String("25%".to_owned());
            rolling.max_surge.get_or_insert_with(quarter);
            rolling.max_unavailable.get_or_insert_with(quarter);
        }
        defaults::pod_spec(spec.template.spec.get_or_insert_default());
    }
    fn prepare_for_create(&mut self, _terms: Terms) {
        self.status = Some(Default::default());
        self.metadata.generation = Some(1);
    }
    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        self.status.clone_from(&old.status);
        if self.spec != old.spec || self.metadata.annotations != old.metadata.annotations {
            self.metadata.generation = Some(old.metadata.generation.unwrap_or(0) + 1);
        }
    }
    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
        self.metadata.labels.clone_from(&old.metadata.labels);
    }
}
