//! A container's environment.
//!
//! Models makeEnvironmentVariables of pkg/kubelet/kubelet_pods.go and pkg/kubelet/envvars/envvars.go.

use client::Listers;
use k8s_openapi::api::core::v1::{Container, Pod, Service};
use machinery::Resource;

use crate::dns;

/// The container's variables, by the order in which it sees them.
pub(super) fn variables(listers: &Listers, pod: &Pod, container: &Container) -> Vec<(String, String)> {
    let mut variables = vec![
        ("PATH".to_owned(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
        ("HOSTNAME".to_owned(), dns::hostname(pod)),
    ];
    for variable in container.env.iter().flatten() {
        let path = || variable.value_from.as_ref()?.field_ref.as_ref().map(|f| f.field_path.as_str());
        let value = variable.value.clone().or_else(|| field(pod, path()?));
        variables.push((variable.name.clone(), value.unwrap_or_default()));
    }
    let own = listers.list::<Service>(pod.namespace());
    let master = listers.get::<Service>("default", "kubernetes");
    let others = own.filter(|s| s.name() != "kubernetes");
    for service in others.chain(master) {
        variables.extend(service_variables(service));
    }
    variables.push(("HOME".to_owned(), "/root".to_owned()));
    variables
}

/// A field of the pod, as the downward API names it.
fn field(pod: &Pod, path: &str) -> Option<String> {
    Some(match path {
        "metadata.name" => pod.name().to_owned(),
        "metadata.namespace" => pod.namespace().to_owned(),
        "metadata.uid" => pod.uid().to_owned(),
        "spec.nodeName" => pod.spec.as_ref()?.node_name.clone()?,
        "spec.serviceAccountName" => pod.spec.as_ref()?.service_account_name.clone()?,
        "status.podIP" => pod.status.as_ref()?.pod_ip.clone()?,
        "status.hostIP" => pod.status.as_ref()?.host_ip.clone()?,
        _ => {
            let (map, key) = path.strip_suffix("']")?.split_once("['")?;
            let values = match map {
                "metadata.labels" => pod.metadata.labels.as_ref()?,
                "metadata.annotations" => pod.metadata.annotations.as_ref()?,
                _ => return None,
            };
            values.get(key)?.clone()
        }
    })
}

/// The variables of a service with an address of its own.
fn service_variables(service: &Service) -> Vec<(String, String)> {
    let spec = service.spec.clone().unwrap_or_default();
    let Some(ip) = spec.cluster_ip.filter(|ip| !ip.is_empty() && ip != "None") else {
        return Vec::new();
    };
    let ports = spec.ports.unwrap_or_default();
    let Some(first) = ports.first() else {
        return Vec::new();
    };
    let upper = |text: &str| text.to_ascii_uppercase().replace('-', "_");
    let prefix = upper(service.name());
    let url = |protocol: &str, port: i32| format!("{}://{ip}:{port}", protocol.to_ascii_lowercase());
    let protocol_of = |protocol: &Option<String>| protocol.clone().unwrap_or_else(|| "TCP".to_owned());
    let mut variables = vec![
        (format!("{prefix}_SERVICE_HOST"), ip.clone()),
        (format!("{prefix}_SERVICE_PORT"), first.port.to_string()),
    ];
    for port in &ports {
        if let Some(name) = port.name.as_deref().filter(|n| !n.is_empty()) {
            variables.push((format!("{prefix}_SERVICE_PORT_{}", upper(name)), port.port.to_string()));
        }
    }
    variables.push((format!("{prefix}_PORT"), url(&protocol_of(&first.protocol), first.port)));
    for port in &ports {
        let protocol = protocol_of(&port.protocol);
        let base = format!("{prefix}_PORT_{}_{protocol}", port.port);
        variables.push((base.clone(), url(&protocol, port.port)));
        variables.push((format!("{base}_PROTO"), protocol.to_ascii_lowercase()));
        variables.push((format!("{base}_PORT"), port.port.to_string()));
        variables.push((format!("{base}_ADDR"), ip.clone()));
    }
    variables
}
