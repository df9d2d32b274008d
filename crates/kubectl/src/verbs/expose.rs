//! `kubectl expose`.
//!
//! Models kubectl/pkg/cmd/expose/expose.go and polymorphichelpers (canbeexposed.go, mapbasedselectorforobject.go,
//! portsforobject.go, protocolsforobject.go).

use std::collections::BTreeMap;

use machinery::Kind;
use serde_json::{Value, json};

use super::create::{OVERRIDES, object, overridden, send};
use super::writing::Writing;
use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, text};
use crate::go_value;
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules};

const MANAGER: &str = "kubectl-expose";
/// The longest name of a service.
const MAX_NAME: usize = 63;

const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::SAVE_CONFIG,
    flags::FIELD_MANAGER,
    flags::RECORD,
    flags::PORT,
    text("protocol", "Protocol of the ports; TCP by default"),
    text("type", "ClusterIP, NodePort, LoadBalancer or ExternalName"),
    text("load-balancer-ip", "Address of the load balancer"),
    text("selector", "Labels of the pods; those of the object by default"),
    text("labels", "Labels of the service").letter('l'),
    text("target-port", "Name or number of the port in the pods"),
    text("external-ip", "One more address"),
    text("name", "Name of the service"),
    text("session-affinity", "None or ClientIP"),
    text("cluster-ip", "Address of the service, or None"),
];

pub(super) const COMMAND: Command = Command {
    name: "expose",
    about: "Expose a pod, deployment or service as a new Kubernetes service",
    usage: || {
        &[
            "kubectl expose (-f FILENAME | TYPE NAME) [--port=port] [--target-port=number-or-name] [--name=name]",
            "kubectl expose pod myapp-0 --port=80 --name=first",
            "kubectl expose service myapp-svc --port=8080 --target-port=80 --name=other",
        ]
    },
    flags: || &[FLAGS, OVERRIDES, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let writing = Writing::of(call, context, MANAGER)?;
    let mut report = Report::typed(context, &call.parsed, writing.dry_run)?;
    // `--selector` is the service's.
    let rules = Rules { no_selectors: true, ..Rules::default() };
    let targets = resource::targets(context, &call.parsed, &call.parsed.args, rules)?;
    let mut failures = Vec::new();
    for found in resource::objects(context, &targets) {
        let exposed = found.and_then(|(info, exposed)| {
            let service = service(call, &info, &context.whole(&exposed))?;
            let service = overridden(call, Kind::Service, service)?;
            let (info, object) = send(call, context, writing, Kind::Service, service)?;
            report.done(context, &info, "exposed", &object)
        });
        failures.extend(exposed.err());
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn service(call: &Call, info: &Info, exposed: &Value) -> Result<Value, Failure> {
    if !matches!(info.kind, Kind::Service | Kind::Pod | Kind::Deployment) {
        return Err(Failure::message(format!("cannot expose a {}", info.kind.group_kind())));
    }
    let given = |name: &str| call.parsed.text(name).filter(|text| !text.is_empty());
    let selector = match given("selector") {
        Some(text) => labels(text)?,
        None => own_selector(info, exposed)?,
    };
    let labels = match given("labels") {
        Some(text) => labels(text)?,
        None => map(&exposed["metadata"]["labels"]),
    };
    let default: String = info.name.chars().take(MAX_NAME).collect();
    let mut value = object(call, Kind::Service, given("name").unwrap_or(&default));
    if !labels.is_empty() {
        value["metadata"]["labels"] = json!(labels);
    }
    value["spec"] = json!({"selector": selector});
    let ports = ports(call, exposed)?;
    if !ports.is_empty() {
        value["spec"]["ports"] = Value::Array(ports);
    }
    if let Some(address) = given("external-ip") {
        value["spec"]["externalIPs"] = json!([address]);
    }
    for (flag, field) in
        [("type", "type"), ("session-affinity", "sessionAffinity"), ("cluster-ip", "clusterIP")]
    {
        if let Some(text) = given(flag) {
            value["spec"][field] = text.into();
        }
    }
    if let Some(other) = given("session-affinity").filter(|text| !["None", "ClientIP"].contains(text)) {
        return Err(Failure::message(format!("unknown session affinity: {other}")));
    }
    if let (Some("LoadBalancer"), Some(address)) = (given("type"), given("load-balancer-ip")) {
        value["spec"]["loadBalancerIP"] = address.into();
    }
    Ok(value)
}

fn map(value: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
}

/// `a=b,c=d` (parseLabels).
///
/// # Errors
/// If it is none.
pub(super) fn labels(text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mut labels = BTreeMap::new();
    for pair in text.split(',') {
        match pair.split('=').collect::<Vec<_>>().as_slice() {
            ["", _] => return Err(Failure::message("unexpected empty label key")),
            [key, value] => drop(labels.insert((*key).to_owned(), (*value).to_owned())),
            _ => return Err(Failure::message(format!("unexpected label spec: {pair}"))),
        }
    }
    Ok(labels)
}

// mapBasedSelectorForObject
fn own_selector(info: &Info, exposed: &Value) -> Result<BTreeMap<String, String>, Failure> {
    let lost = |why: &str| {
        Failure::message(format!("couldn't retrieve selectors via --selector flag or introspection: {why}"))
    };
    let (found, missing) = match info.kind {
        Kind::Pod => (&exposed["metadata"]["labels"], "the pod has no labels and cannot be exposed"),
        Kind::Service => (&exposed["spec"]["selector"], "the service has no pod selector set"),
        _ if exposed["spec"]["selector"]["matchExpressions"].is_array() => {
            let expressions = go_value::plain(&exposed["spec"]["selector"]["matchExpressions"]);
            return Err(lost(&format!(
                "couldn't convert expressions - \"{expressions}\" to map-based selector format"
            )));
        }
        _ => (&exposed["spec"]["selector"]["matchLabels"], "the object has no selector"),
    };
    let selector = map(found);
    if selector.is_empty() { Err(lost(missing)) } else { Ok(selector) }
}

/// The ports that the object has, with their protocols.
fn own_ports(exposed: &Value) -> Vec<(i64, String)> {
    let protocol = |port: &Value| port["protocol"].as_str().unwrap_or("TCP").to_owned();
    let of = |list: &Value, field: &str| -> Vec<(i64, String)> {
        let ports = list.as_array().into_iter().flatten();
        ports.map(|port| (port[field].as_i64().unwrap_or(0), protocol(port))).collect()
    };
    if exposed["spec"]["ports"].is_array() {
        return of(&exposed["spec"]["ports"], "port");
    }
    let spec = if exposed["spec"]["template"].is_object() {
        &exposed["spec"]["template"]["spec"]
    } else {
        &exposed["spec"]
    };
    let containers = spec["containers"].as_array().into_iter().flatten();
    containers.flat_map(|container| of(&container["ports"], "containerPort")).collect()
}

fn ports(call: &Call, exposed: &Value) -> Result<Vec<Value>, Failure> {
    let given = |name: &str| call.parsed.text(name).filter(|text| !text.is_empty());
    let own = own_ports(exposed);
    let wanted: Vec<String> = match given("port") {
        Some(text) => text.split(',').map(str::to_owned).collect(),
        None if own.is_empty() && given("cluster-ip") != Some("None") => {
            return Err(Failure::message("couldn't find port via --port flag or introspection"));
        }
        None => own.iter().map(|(port, _)| port.to_string()).collect(),
    };
    let mut ports = Vec::new();
    for (i, text) in wanted.iter().enumerate() {
        let number: i32 = text.parse().map_err(|_| {
            Failure::message(format!("strconv.Atoi: parsing {}: invalid syntax", go_value::quote(text)))
        })?;
        let found =
            own.iter().find(|(port, _)| *port == i64::from(number)).map(|(_, protocol)| protocol.as_str());
        let protocol = given("protocol").or(found).unwrap_or("TCP");
        let target: Value = match given("target-port") {
            Some(target) => target.parse::<i32>().map_or_else(|_| target.into(), Value::from),
            None => number.into(),
        };
        let mut port = json!({"port": number, "protocol": protocol, "targetPort": target});
        if wanted.len() > 1 {
            port["name"] = format!("port-{}", i + 1).into();
        }
        ports.push(port);
    }
    Ok(ports)
}
