//! Kinds of which nothing but the metadata is looked at: Events and Endpoints.

use k8s_openapi::api::core::v1::{Endpoints, Event};

use super::Strategy;

impl Strategy for Event {}

impl Strategy for Endpoints {}
