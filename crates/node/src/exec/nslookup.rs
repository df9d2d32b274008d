//! `nslookup` as BusyBox had it before 1.28: it resolves like any program, through /etc/hosts too.
//!
//! Models networking/nslookup.c of BusyBox 1.2x on musl, which fails to print its server. Complaints go to stderr.

use client::api::ExecOutput;

use crate::dns::Resolver;

/// The server's name cannot be found with musl: the program says so and goes on.
const SERVER: &str = "nslookup: can't resolve '(null)': Name does not resolve\n";
const USAGE: &str =
    "Usage: nslookup [HOST] [SERVER]\n\nQuery the nameserver for the IP address of the given HOST\n";

/// Looks one name or address up.
pub(super) fn run(resolver: Resolver<'_>, args: &[&str]) -> ExecOutput {
    let mut output = ExecOutput::default();
    let [name] = args else {
        output.err(USAGE);
        output.exit_code = 1;
        return output;
    };
    output.err(SERVER);
    output.out("\n");
    let addresses = resolver.addresses(name);
    if addresses.is_empty() {
        output.err(format!("nslookup: can't resolve '{name}': Name does not resolve\n"));
        output.exit_code = 1;
        return output;
    }
    output.out(format!("{:<10} {name}\n", "Name:"));
    for (index, address) in addresses.iter().enumerate() {
        let known_as = resolver.name_of(*address).map(|name| format!(" {name}")).unwrap_or_default();
        output.out(format!("Address {}: {address}{known_as}\n", index + 1));
    }
    output
}
