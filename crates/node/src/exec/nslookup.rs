//! `nslookup` as BusyBox had it before 1.28: it resolves like any program, through /etc/hosts too.
//!
//! Models networking/nslookup.c of BusyBox 1.2x: on musl, as in Alpine's images, it fails to print its server; the images
//! `busybox` have another C library and print it (later ones than 1.28 in other words, which are not simulated). Complaints
//! go to stderr.

use client::api::ExecOutput;

use crate::dns::{self, Resolver};

/// The name of the cluster's name server, which has no Service here.
const SERVER_NAME: &str = "kube-dns.kube-system.svc.cluster.local";
const USAGE: &str =
    "Usage: nslookup [HOST] [SERVER]\n\nQuery the nameserver for the IP address of the given HOST\n";

/// Looks one name or address up, with the program of that image.
pub(super) fn run(resolver: Resolver<'_>, image: &str, args: &[&str]) -> ExecOutput {
    let mut output = ExecOutput::default();
    let [name] = args else {
        output.err(USAGE);
        output.exit_code = 1;
        return output;
    };
    let is_musl = !is_busybox(image);
    let why = if is_musl { ": Name does not resolve" } else { "" };
    if is_musl {
        // The server's name cannot be found: the program says so and goes on.
        output.err(format!("nslookup: can't resolve '(null)'{why}\n"));
    } else {
        output.out(format!(
            "{:<10} {server}\nAddress 1: {server} {SERVER_NAME}\n",
            "Server:",
            server = dns::SERVER
        ));
    }
    output.out("\n");
    let addresses = resolver.addresses(name);
    if addresses.is_empty() {
        output.err(format!("nslookup: can't resolve '{name}'{why}\n"));
        output.exit_code = 1;
        return output;
    }
    output.out(format!("{:<10} {name}\n", "Name:"));
    for (index, (address, name)) in addresses.iter().zip(resolver.names_of(&addresses)).enumerate() {
        let known_as = name.map(|name| format!(" {name}")).unwrap_or_default();
        output.out(format!("Address {}: {address}{known_as}\n", index + 1));
    }
    output
}

fn is_busybox(image: &str) -> bool {
    let name = image.rsplit_once('/').map_or(image, |(_, name)| name);
    name.split([':', '@']).next() == Some("busybox")
}
