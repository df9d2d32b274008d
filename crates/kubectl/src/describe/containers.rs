//! Containers in a description.
//!
//! Models describeContainers and what it calls of kubectl/pkg/describe/describe.go.

use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStatus, EnvVar, Pod, Probe, ResourceFieldSelector,
    ResourceRequirements, SeccompProfile,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::text::{Text, time, title_bool};

/// Adds containers below a heading; `indent` is two blanks in a template and nothing in a pod.
pub(super) fn describe(
    text: &mut Text,
    heading: &str,
    containers: &[Container],
    statuses: Option<&[ContainerStatus]>,
    pod: Option<&Pod>,
    indent: &str,
) {
    if containers.is_empty() {
        text.raw(&format!("{indent}{heading}:\t<none>\n"));
    } else {
        text.raw(&format!("{indent}{heading}:\n"));
    }
    for container in containers {
        let status = statuses.unwrap_or_default().iter().find(|status| status.name == container.name);
        let name_indent = if indent.is_empty() { "" } else { " " };
        text.line(1, format!("{name_indent}{}:", container.name));
        basics(text, container, status);
        words(text, "Command", container.command.as_deref());
        words(text, "Args", container.args.as_deref());
        if let Some(status) = status {
            state(text, status);
        }
        if let Some(resources) = &container.resources {
            describe_resources(text, 2, resources);
        }
        probe(text, "Liveness", container.liveness_probe.as_ref());
        probe(text, "Readiness", container.readiness_probe.as_ref());
        probe(text, "Startup", container.startup_probe.as_ref());
        environment(text, container, pod);
        mounts(text, container);
    }
}

fn basics(text: &mut Text, container: &Container, status: Option<&ContainerStatus>) {
    if let Some(status) = status {
        text.field(2, "Container ID", status.container_id.as_deref().unwrap_or_default());
    }
    text.field(2, "Image", container.image.as_deref().unwrap_or_default());
    if let Some(status) = status {
        text.field(2, "Image ID", &status.image_id);
    }
    let named = text.features.port_names_are_told();
    let list = |number: fn(&k8s_openapi::api::core::v1::ContainerPort) -> i32| -> Vec<String> {
        let port = |port: &k8s_openapi::api::core::v1::ContainerPort| {
            let protocol = port.protocol.as_deref().unwrap_or_default();
            let name = port.name.as_deref().filter(|name| named && !name.is_empty());
            let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
            format!("{}/{protocol}{name}", number(port))
        };
        container.ports.iter().flatten().map(port).collect()
    };
    let ports =
        [("Port", list(|port| port.container_port)), ("Host Port", list(|port| port.host_port.unwrap_or(0)))];
    for (name, ports) in ports {
        match ports.len() {
            0 => text.field(2, name, "<none>"),
            1 => text.field(2, name, &ports[0]),
            _ => text.field(2, &format!("{name}s"), ports.join(", ")),
        }
    }
    let profile = container.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
    if let Some(profile) = profile {
        seccomp(text, 2, 3, profile);
    }
}

/// Adds a seccomp profile, and with another indent where it lies.
pub(super) fn seccomp(text: &mut Text, level: usize, below: usize, profile: &SeccompProfile) {
    text.field(level, "SeccompProfile", &profile.type_);
    if profile.type_ == "Localhost" {
        text.field(below, "LocalhostProfile", profile.localhost_profile.as_deref().unwrap_or_default());
    }
}

fn words(text: &mut Text, name: &str, words: Option<&[String]>) {
    let words = words.unwrap_or_default();
    if words.is_empty() {
        return;
    }
    text.line(2, format!("{name}:"));
    for line in words.iter().flat_map(|word| word.split('\n')) {
        text.line(3, line);
    }
}

fn state(text: &mut Text, status: &ContainerStatus) {
    describe_state(text, "State", status.state.as_ref());
    if status.last_state.as_ref().is_some_and(|state| state.terminated.is_some()) {
        describe_state(text, "Last State", status.last_state.as_ref());
    }
    text.field(2, "Ready", title_bool(status.ready));
    text.field(2, "Restart Count", status.restart_count.to_string());
}

fn describe_state(text: &mut Text, name: &str, state: Option<&ContainerState>) {
    let state = state.cloned().unwrap_or_default();
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(running) = state.running {
        text.field(2, name, "Running");
        text.field(3, "Started", time(running.started_at.as_ref()));
    } else if let Some(ended) = state.terminated {
        text.field(2, name, "Terminated");
        if let Some(reason) = given(&ended.reason) {
            text.field(3, "Reason", reason);
        }
        if let Some(message) = given(&ended.message) {
            text.field(3, "Message", message);
        }
        text.field(3, "Exit Code", ended.exit_code.to_string());
        if let Some(signal) = ended.signal.filter(|signal| *signal > 0) {
            text.field(3, "Signal", signal.to_string());
        }
        text.field(3, "Started", time(ended.started_at.as_ref()));
        text.field(3, "Finished", time(ended.finished_at.as_ref()));
    } else {
        text.field(2, name, "Waiting");
        if let Some(reason) = state.waiting.and_then(|waiting| given(&waiting.reason)) {
            text.field(3, "Reason", reason);
        }
    }
}

/// Adds limits and requests, indented by that many levels.
pub(super) fn describe_resources(text: &mut Text, level: usize, resources: &ResourceRequirements) {
    for (name, quantities) in [("Limits", &resources.limits), ("Requests", &resources.requests)] {
        let Some(quantities) = quantities.as_ref().filter(|quantities| !quantities.is_empty()) else {
            continue;
        };
        text.line(level, format!("{name}:"));
        for (resource, quantity) in quantities {
            text.field(level + 1, resource, &quantity.0);
        }
    }
}

fn port(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}

fn probe(text: &mut Text, name: &str, probe: Option<&Probe>) {
    let Some(probe) = probe else {
        return;
    };
    let number = |number: Option<i32>| number.unwrap_or(0);
    let timing = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number(probe.initial_delay_seconds),
        number(probe.timeout_seconds),
        number(probe.period_seconds),
        number(probe.success_threshold),
        number(probe.failure_threshold)
    );
    let handler = if let Some(exec) = &probe.exec {
        format!("exec [{}]", exec.command.as_deref().unwrap_or_default().join(" "))
    } else if let Some(http) = &probe.http_get {
        let scheme = http.scheme.as_deref().unwrap_or_default().to_lowercase();
        let (host, path) =
            (http.host.as_deref().unwrap_or_default(), http.path.as_deref().unwrap_or_default());
        let slash = if path.starts_with('/') || path.is_empty() { "" } else { "/" };
        format!("http-get {scheme}://{host}:{}{slash}{path}", port(&http.port))
    } else if let Some(tcp) = &probe.tcp_socket {
        format!("tcp-socket {}:{}", tcp.host.as_deref().unwrap_or_default(), port(&tcp.port))
    } else if let Some(grpc) = &probe.grpc {
        format!("grpc <pod>:{} {}", grpc.port, grpc.service.as_deref().unwrap_or_default())
    } else {
        "unknown".to_owned()
    };
    text.field(2, name, format!("{handler} {timing}"));
}

fn environment(text: &mut Text, container: &Container, pod: Option<&Pod>) {
    let sources = container.env_from.as_deref().unwrap_or_default();
    if !sources.is_empty() {
        text.line(2, "Environment Variables from:");
    }
    for source in sources {
        let prefix = source.prefix.as_deref().filter(|prefix| !prefix.is_empty());
        let prefix = prefix.map(|prefix| format!(" with prefix '{prefix}'")).unwrap_or_default();
        let (name, kind, optional) = match (&source.config_map_ref, &source.secret_ref) {
            (Some(config_map), _) => (&config_map.name, "ConfigMap", config_map.optional),
            (_, Some(secret)) => (&secret.name, "Secret", secret.optional),
            (None, None) => continue,
        };
        text.line(3, format!("{name}\t{kind}{prefix}\tOptional: {}", optional.unwrap_or(false)));
    }
    let variables = container.env.as_deref().unwrap_or_default();
    if variables.is_empty() {
        text.field(2, "Environment", "<none>");
        return;
    }
    text.line(2, "Environment:");
    for variable in variables {
        describe_variable(text, variable, container, pod);
    }
}

fn describe_variable(text: &mut Text, variable: &EnvVar, container: &Container, pod: Option<&Pod>) {
    let name = &variable.name;
    let Some(source) = &variable.value_from else {
        let value = variable.value.as_deref().unwrap_or_default();
        for (i, line) in value.split('\n').enumerate() {
            text.line(3, if i == 0 { format!("{name}:\t{line}") } else { format!("\t{line}") });
        }
        return;
    };
    if let Some(field) = &source.field_ref {
        let value = pod.map(|pod| pod_field(pod, &field.field_path)).unwrap_or_default();
        let version = field.api_version.as_deref().unwrap_or_default();
        text.field(3, name, format!("{value} ({version}:{})", field.field_path));
    } else if let Some(resource) = &source.resource_field_ref {
        let wanted = resource.resource.as_str();
        let value = match resource_value(resource, container) {
            Some(0) if matches!(wanted, "limits.cpu" | "limits.memory") => "node allocatable".to_owned(),
            value => value.map(|value| value.to_string()).unwrap_or_default(),
        };
        text.field(3, name, format!("{value} ({wanted})"));
    } else if let Some(secret) = &source.secret_key_ref {
        let optional = secret.optional.unwrap_or(false);
        let place = format!("<set to the key '{}' in secret '{}'>", secret.key, secret.name);
        text.field(3, name, format!("{place}\tOptional: {optional}"));
    } else if let Some(config_map) = &source.config_map_key_ref {
        let optional = config_map.optional.unwrap_or(false);
        let place = format!("<set to the key '{}' of config map '{}'>", config_map.key, config_map.name);
        text.field(3, name, format!("{place}\tOptional: {optional}"));
    }
}

/// What a container may use of a resource, in units of the divisor and rounded up; none if it is no such resource
/// (kubectl/pkg/util/resource, ExtractContainerResourceValue).
pub(crate) fn resource_value(field: &ResourceFieldSelector, container: &Container) -> Option<i64> {
    let (part, resource) = field.resource.split_once('.')?;
    let resources = container.resources.clone().unwrap_or_default();
    let amounts = match part {
        "limits" => resources.limits,
        "requests" => resources.requests,
        _ => return None,
    };
    let is_known =
        matches!(resource, "cpu" | "memory" | "ephemeral-storage") || resource.starts_with("hugepages-");
    if !is_known {
        return None;
    }
    // CPU is counted in thousandths.
    let scale = if resource == "cpu" { -3 } else { 0 };
    let scaled = |quantity: &Quantity| {
        machinery::quantity::Quantity::parse(&quantity.0).ok().map(|q| q.scaled_value(scale))
    };
    let amount = amounts.as_ref().and_then(|amounts| amounts.get(resource)).map_or(Some(0), scaled)?;
    let divisor = field.divisor.as_ref().and_then(scaled).filter(|divisor| *divisor > 0);
    let divisor = divisor.unwrap_or(if resource == "cpu" { 1000 } else { 1 });
    Some(amount / divisor + i64::from(amount % divisor > 0))
}

/// What kubectl itself knows of the fields that containers can ask for: those that every object can be selected by
/// (EnvValueRetriever; apimachinery/pkg/runtime, DefaultMetaV1FieldSelectorConversion). Of others nothing is shown.
fn pod_field<'p>(pod: &'p Pod, path: &str) -> &'p str {
    let value = match path {
        "metadata.name" => pod.metadata.name.as_deref(),
        "metadata.namespace" => pod.metadata.namespace.as_deref(),
        _ => None,
    };
    value.unwrap_or_default()
}

fn mounts(text: &mut Text, container: &Container) {
    let mut mounts = container.volume_mounts.clone().unwrap_or_default();
    mounts.sort_by(|a, b| a.mount_path.cmp(&b.mount_path));
    let none = if mounts.is_empty() { "\t<none>" } else { "" };
    text.line(2, format!("Mounts:{none}"));
    for mount in mounts {
        let mut flags = vec![if mount.read_only == Some(true) { "ro" } else { "rw" }.to_owned()];
        if let Some(path) = mount.sub_path.as_deref().filter(|path| !path.is_empty()) {
            flags.push(format!("path={}", crate::go_value::quote(path)));
        }
        text.line(3, format!("{} from {} ({})", mount.mount_path, mount.name, flags.join(",")));
    }
    let mut devices = container.volume_devices.clone().unwrap_or_default();
    if devices.is_empty() {
        return;
    }
    devices.sort_by(|a, b| a.device_path.cmp(&b.device_path));
    // Upstream says here whether there are mounts.
    text.line(2, format!("Devices:{none}"));
    for device in devices {
        text.line(3, format!("{} from {}", device.device_path, device.name));
    }
}
