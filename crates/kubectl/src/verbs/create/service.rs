//! `kubectl create service clusterip|nodeport|loadbalancer|externalname`.
//!
//! Models kubectl/pkg/cmd/create/create_service.go.

use std::num::{IntErrorKind, ParseIntError};

use machinery::{Kind, names};
use serde_json::{Value, json};

use super::super::writing::Writing;
use super::super::{Call, Command, Next};
use super::generated::{create, name, object};
use super::{MANAGER, SHARED};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, int, list, text};
use crate::go_value;

const TCP: Flag = list("tcp", "Ports as PORT or PORT:TARGETPORT");

pub(in super::super) const CLUSTER_IP: Command = Command {
    name: "create service clusterip",
    about: "Create a ClusterIP service",
    usage: || {
        &[
            "kubectl create service clusterip NAME [--tcp=PORT:TARGETPORT] [--clusterip=None]",
            "kubectl create service clusterip web --clusterip=None --tcp=80",
        ]
    },
    flags: || {
        const {
            &[
                SHARED,
                &[TCP, text("clusterip", "The address, or None for a headless service")],
                flags::FORMATS,
            ]
        }
    },
    run: |call, context| run(call, context, "ClusterIP"),
};

pub(in super::super) const NODE_PORT: Command = Command {
    name: "create service nodeport",
    about: "Create a NodePort service",
    usage: || {
        &[
            "kubectl create service nodeport NAME --tcp=PORT:TARGETPORT",
            "kubectl create service nodeport web --tcp=80 --node-port=30080",
        ]
    },
    flags: || const { &[SHARED, &[TCP, int("node-port", "Port on the nodes")], flags::FORMATS] },
    run: |call, context| run(call, context, "NodePort"),
};

pub(in super::super) const LOAD_BALANCER: Command = Command {
    name: "create service loadbalancer",
    about: "Create a LoadBalancer service",
    usage: || {
        &[
            "kubectl create service loadbalancer NAME --tcp=PORT:TARGETPORT",
            "kubectl create service loadbalancer web --tcp=80",
        ]
    },
    flags: || &[SHARED, &[TCP], flags::FORMATS],
    run: |call, context| run(call, context, "LoadBalancer"),
};

pub(in super::super) const EXTERNAL_NAME: Command = Command {
    name: "create service externalname",
    about: "Create an ExternalName service",
    usage: || {
        &[
            "kubectl create service externalname NAME --external-name NAME",
            "kubectl create service externalname db --external-name db.example.com",
        ]
    },
    flags: || const { &[SHARED, &[TCP, text("external-name", "The name that it stands for")], flags::FORMATS] },
    run: |call, context| {
        call.require(&["external-name"])?;
        run(call, context, "ExternalName")
    },
};

fn run(call: &Call, context: &mut Context<'_, '_>, kind: &str) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let name = name(call)?;
    let writing = Writing::of(call, context, MANAGER)?;
    let address = parsed.text("clusterip").unwrap_or_default();
    let external = parsed.text("external-name").unwrap_or_default();
    let tcp = parsed.list("tcp");
    if address != "None" && tcp.is_empty() && kind != "ExternalName" {
        return Err(Failure::message("at least one tcp port specifier must be provided"));
    }
    if kind == "ExternalName" && !names::dns1123_subdomain(external).is_empty() {
        return Err(Failure::message(format!("invalid service external name {external}")));
    }
    let mut value = object(call, Kind::Service, name);
    value["metadata"]["labels"] = json!({"app": name});
    value["spec"] = json!({"type": kind, "selector": {"app": name}});
    let mut ports = Vec::new();
    for pair in tcp {
        ports.push(port(pair, parsed.int("node-port").unwrap_or(0))?);
    }
    for (field, given) in [("clusterIP", address), ("externalName", external)] {
        if !given.is_empty() {
            value["spec"][field] = given.into();
        }
    }
    if !ports.is_empty() {
        value["spec"]["ports"] = Value::Array(ports);
    }
    create(call, context, writing, Kind::Service, value, &format!("failed to create {kind} service: "))?;
    Ok(Next::Done)
}

// parsePorts
fn port(pair: &str, node_port: i64) -> Result<Value, Failure> {
    // What else there is between colons only becomes part of the name.
    let mut parts = pair.split(':');
    let port = parts.next().unwrap_or_default();
    let target = parts.next().unwrap_or(port);
    // utilsnet.ParsePort
    let number: u16 = port.parse().map_err(|error: ParseIntError| {
        let what = match error.kind() {
            IntErrorKind::PosOverflow => "value out of range",
            _ => "invalid syntax",
        };
        Failure::message(format!("strconv.ParseUint: parsing {}: {what}", go_value::quote(port)))
    })?;
    let target_port: Value = match target.parse::<i32>() {
        Ok(0) if port == target => number.into(),
        Ok(target) if (1..=65_535).contains(&target) => target.into(),
        Ok(_) => return Err(Failure::message("must be between 1 and 65535, inclusive")),
        Err(_) => {
            let errors = names::port_name(target);
            if !errors.is_empty() {
                return Err(Failure::message(errors.join(",")));
            }
            target.into()
        }
    };
    let mut value = json!({
        "name": pair.replace(':', "-"), "port": number, "protocol": "TCP", "targetPort": target_port,
    });
    if node_port != 0 {
        value["nodePort"] = node_port.into();
    }
    Ok(value)
}
