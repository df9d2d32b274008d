//! `kubectl cluster-info`.
//!
//! Models kubectl/pkg/cmd/clusterinfo/clusterinfo.go. Departs in one point: there is no `dump`.

use client::api::ListOptions;
use machinery::{Kind, Object};

use super::{Command, Next};
use crate::context::Context;
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "cluster-info",
    about: "Display cluster information",
    usage: || &["kubectl cluster-info"],
    flags: || &[],
    run: |_, context| -> Result<Next, Failure> {
        let server = server(context);
        context.out(format!(
            "Kubernetes control plane is running at {server}\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n"
        ));
        Ok(Next::Done)
    },
};

/// The address of the API server: where its own slice says that it listens.
pub(super) fn server(context: &mut Context<'_, '_>) -> String {
    let slices = context.list(Kind::EndpointSlice, "default", ListOptions::default());
    let slices = slices.map(|(slices, _)| slices).unwrap_or_default();
    let own = slices.iter().find(|slice| slice.name() == "kubernetes");
    let Some(Object::EndpointSlice(slice)) = own else {
        return "https://192.168.1.10:6443".to_owned();
    };
    let address = slice.endpoints.iter().flatten().flat_map(|endpoint| &endpoint.addresses).next();
    let port = slice.ports.iter().flatten().find_map(|port| port.port);
    format!("https://{}:{}", address.map_or("", String::as_str), port.unwrap_or(443))
}
