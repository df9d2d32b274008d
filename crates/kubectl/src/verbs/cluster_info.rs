//! `kubectl cluster-info`.
//!
//! Models kubectl/pkg/cmd/clusterinfo/clusterinfo.go.

use client::api::ListOptions;
use k8s_openapi::api::core::v1::{Service, ServicePort};
use machinery::{Kind, Object};

use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::resource::{self, Selection};

/// Services of the cluster itself have it.
const LABEL: &str = "kubernetes.io/cluster-service=true";
/// How such a service may call itself.
const NAME_LABEL: &str = "kubernetes.io/name";

pub(super) const COMMAND: Command = Command {
    name: "cluster-info",
    about: "Display cluster information",
    usage: || &["kubectl cluster-info"],
    flags: || &[],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    // The kubeconfig's namespace does not count here.
    let given = call.parsed.text("namespace").filter(|namespace| !namespace.is_empty());
    let services =
        resource::list(context, Kind::Service, given.unwrap_or("kube-system"), &Selection::of_labels(LABEL));
    let server = server(context);
    let mut text = String::new();
    if let Ok((services, _)) = &services {
        text += &format!("Kubernetes control plane is running at {server}\n");
        for service in services {
            if let Object::Service(service) = service {
                text += &running(service, &server);
            }
        }
    }
    context
        .out(text + "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    services.map(|_| Next::Done)
}

/// Where a service can be reached: at its load balancer, or through the API server.
fn running(service: &Service, server: &str) -> String {
    let Service { metadata, status, .. } = service;
    let name = metadata.name.as_deref().unwrap_or_default();
    let shown = metadata.labels.as_ref().and_then(|labels| labels.get(NAME_LABEL));
    let shown = shown.map(String::as_str).filter(|shown| !shown.is_empty());
    let balancer = status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let link = match balancer.and_then(|balancer| balancer.ingress.as_ref()?.first()) {
        Some(ingress) => {
            let ip = ingress.ip.as_deref().filter(|ip| !ip.is_empty());
            let host = ip.or(ingress.hostname.as_deref()).unwrap_or_default();
            ports(service).map(|port| format!("http://{host}:{} ", port.port)).collect()
        }
        None => {
            let namespace = metadata.namespace.as_deref().unwrap_or_default();
            let name = name_in_path(name, ports(service).next());
            format!("{server}/api/v1/namespaces/{namespace}/services/{name}/proxy")
        }
    };
    format!("{} is running at {link}\n", shown.unwrap_or(name))
}

fn ports(service: &Service) -> impl Iterator<Item = &ServicePort> {
    service.spec.iter().flat_map(|spec| spec.ports.iter().flatten())
}

/// `https:NAME:PORT`, `NAME:PORT` or `NAME` (utilnet.JoinSchemeNamePort).
fn name_in_path(name: &str, port: Option<&ServicePort>) -> String {
    let port_name = port.and_then(|port| port.name.as_deref()).unwrap_or_default();
    if port_name == "https" || port.is_some_and(|port| port.port == 443) {
        return format!("https:{name}:{port_name}");
    }
    if port_name.is_empty() { name.to_owned() } else { format!("{name}:{port_name}") }
}

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
