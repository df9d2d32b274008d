//! A container's environment.
//!
//! Models makeEnvironmentVariables of pkg/kubelet/kubelet_pods.go and pkg/kubelet/envvars/envvars.go.

use client::Listers;
use k8s_openapi::api::core::v1::{Container, EnvVarSource, Node, Pod, ResourceFieldSelector, Service};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use machinery::quantity::Quantity;
use machinery::{Kind, Resource};

use crate::{dns, references};

/// The container's variables, by the order in which it sees them: the kubelet's amid those of the runtime.
pub(super) fn variables(listers: &Listers, pod: &Pod, container: &Container) -> Vec<(String, String)> {
    let mut variables = vec![
        ("PATH".to_owned(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
        ("HOSTNAME".to_owned(), dns::kernel_name(pod)),
    ];
    variables.extend(declared(listers, pod, container));
    variables.push(("HOME".to_owned(), "/root".to_owned()));
    variables
}

/// The variables that the kubelet knows: the container's own, then those of services. A value may refer to what precedes
/// it, and to services.
pub(super) fn declared(listers: &Listers, pod: &Pod, container: &Container) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = Vec::new();
    let services = services(listers, pod);
    for source in container.env_from.iter().flatten() {
        let map = source.config_map_ref.as_ref().map(|map| (Kind::ConfigMap, &map.name));
        let secret = source.secret_ref.as_ref().map(|secret| (Kind::Secret, &secret.name));
        let prefix = source.prefix.as_deref().unwrap_or_default();
        for (kind, name) in map.into_iter().chain(secret) {
            for (key, text) in references::texts(listers, kind, pod.namespace(), name) {
                set(&mut variables, format!("{prefix}{key}"), text);
            }
        }
    }
    for variable in container.env.iter().flatten() {
        let value = match (variable.value.as_deref().unwrap_or_default(), &variable.value_from) {
            ("", Some(source)) => referenced(listers, pod, container, source),
            (text, _) => Some(expand(text, services.iter().chain(&variables))),
        };
        if let Some(value) = value {
            set(&mut variables, variable.name.clone(), value);
        }
    }
    variables.extend(services);
    variables
}

/// Of one name the last one counts.
fn set(variables: &mut Vec<(String, String)>, name: String, value: String) {
    variables.retain(|(known, _)| *known != name);
    variables.push((name, value));
}

/// The variables of the services that the pod sees.
fn services(listers: &Listers, pod: &Pod) -> Vec<(String, String)> {
    let own = listers.list::<Service>(pod.namespace());
    let master = listers.get::<Service>("default", "kubernetes");
    let others = own.filter(|s| s.name() != "kubernetes");
    others.chain(master).flat_map(|service| service_variables(service)).collect()
}

/// The text with each `$(NAME)` replaced by the last variable of that name; of a name that none has it stays, and `$$` is a
/// dollar (third_party/forked/golang/expansion).
pub(super) fn expand<'v>(
    text: &str,
    variables: impl DoubleEndedIterator<Item = &'v (String, String)> + Clone,
) -> String {
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let name = after.strip_prefix('(').and_then(|after| after.split_once(')'));
        rest = if let Some((name, rest)) = name {
            match variables.clone().rfind(|(known, _)| known == name) {
                Some((_, value)) => expanded.push_str(value),
                None => expanded.extend(["$(", name, ")"]),
            }
            rest
        } else {
            expanded.push('$');
            after.strip_prefix('$').unwrap_or(after)
        };
    }
    expanded + rest
}

/// What a reference stands for; `None` if that is missing and may be. What has gone since the container was started is empty.
fn referenced(listers: &Listers, pod: &Pod, container: &Container, source: &EnvVarSource) -> Option<String> {
    let of_key =
        |kind, name: &str, key: &str| references::texts(listers, kind, pod.namespace(), name).remove(key);
    let (value, optional) = if let Some(from) = &source.field_ref {
        (field(pod, &from.field_path), None)
    } else if let Some(from) = &source.resource_field_ref {
        (resource(listers, pod, container, from), None)
    } else if let Some(from) = &source.config_map_key_ref {
        (of_key(Kind::ConfigMap, &from.name, &from.key), from.optional)
    } else {
        let from = source.secret_key_ref.as_ref()?;
        (of_key(Kind::Secret, &from.name, &from.key), from.optional)
    };
    value.or_else(|| (optional != Some(true)).then(String::new))
}

/// How much a container requests or may use, in units of the divisor, rounded up (ExtractContainerResourceValue). What has
/// no limit may use all that its node gives.
fn resource(
    listers: &Listers,
    pod: &Pod,
    container: &Container,
    wanted: &ResourceFieldSelector,
) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let mut all = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let named = wanted.container_name.as_ref().filter(|name| !name.is_empty());
    let container = named.map_or(Some(container), |name| all.find(|c| c.name == *name))?;
    let (list, name) = wanted.resource.split_once('.')?;
    let resources = container.resources.as_ref();
    let amount = if list == "limits" {
        let own = resources.and_then(|resources| resources.limits.as_ref()?.get(name));
        let node = || listers.get::<Node>("", spec.node_name.as_deref().unwrap_or_default());
        own.or_else(|| node()?.status.as_ref()?.allocatable.as_ref()?.get(name))
    } else {
        resources.and_then(|resources| resources.requests.as_ref()?.get(name))
    };
    let units = |amount: &Amount| {
        let amount = Quantity::parse(&amount.0).ok()?;
        let units = if name == "cpu" { amount.milli_value() } else { amount.value() };
        Some(units.unsigned_abs()).filter(|units| *units > 0)
    };
    let divisor = wanted.divisor.as_ref().and_then(units).unwrap_or(if name == "cpu" { 1000 } else { 1 });
    Some(amount.and_then(units).unwrap_or(0).div_ceil(divisor).to_string())
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
        "status.podIPs" => {
            let ips = pod.status.as_ref()?.pod_ips.as_ref()?;
            ips.iter().map(|ip| &*ip.ip).collect::<Vec<_>>().join(",")
        }
        "status.hostIP" => pod.status.as_ref()?.host_ip.clone()?,
        "status.hostIPs" => {
            let ips = pod.status.as_ref()?.host_ips.as_ref()?;
            ips.iter().map(|ip| &*ip.ip).collect::<Vec<_>>().join(",")
        }
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

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn references_are_expanded_as_the_kubelet_does() {
        let variables = [("A", "old"), ("A", "a"), ("B", "$(A)"), ("E", "")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let cases = [
            ("$(A)", "a"),
            ("-$(A)-$(A)", "-a-a"),
            ("$(B)", "$(A)"),
            ("[$(E)]", "[]"),
            ("$(C)", "$(C)"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$a"),
            ("$A ${A} $", "$A ${A} $"),
            ("$(A", "$(A"),
            ("$($(A)", "$($(A)"),
            ("$$", "$"),
        ];
        for (text, expected) in cases {
            assert_eq!(expand(text, variables.iter()), expected, "{text}");
        }
    }
}
