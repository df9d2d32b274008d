//! The kubeconfig: which clusters, users and contexts there are, and which context is current.
//!
//! Models client-go/tools/clientcmd (client_config.go). It begins as kubeadm writes it, with one cluster, one user and one
//! context, and is not a file here: `kubectl config` alone changes it. Departs: nothing listens at another address than the
//! cluster's, and who does not have the certificate that kubeadm made is nobody.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::failure::Failure;
use crate::flags::Parsed;
use crate::go_value::quote;

/// The user that the cluster knows.
pub(crate) const USER: &str = "kubernetes-admin";
/// What certificates and keys are shown as; kubeadm's are nothing else here.
pub(crate) const OMITTED: &str = "DATA+OMITTED";
/// Where kubectl looks for the cluster of a context that names none.
const NO_SERVER: &str = "localhost:8080";

/// Which clusters, users and contexts there are, and which context is current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubeconfig {
    pub(crate) clusters: Entries,
    pub(crate) users: Entries,
    pub(crate) contexts: Entries,
    /// The name of a context, even of one that is gone; empty if none is current.
    pub(crate) current: String,
}

/// Entries by name.
pub(crate) type Entries = BTreeMap<String, Entry>;

/// A cluster, a user or a context: those of its fields that are set. A server that is null is the cluster's own address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry(BTreeMap<String, Value>);

/// What is known of an entry that is not there.
const NOTHING: &Entry = &Entry(BTreeMap::new());

impl Entry {
    fn of<const N: usize>(fields: [(&str, Value); N]) -> Entry {
        Entry(fields.map(|(field, value)| (field.to_owned(), value)).into())
    }

    /// The fields that are set.
    pub fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    /// A field's text, or nothing.
    pub fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// A context's namespace.
    fn namespace(&self) -> &str {
        Some(self.text("namespace")).filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// Sets a field; one that is empty or false is not written (`omitempty`).
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        if value == "" || value == false {
            self.0.remove(field);
        } else {
            self.0.insert(field.to_owned(), value);
        }
    }
}

impl Default for Kubeconfig {
    fn default() -> Kubeconfig {
        let (cluster, user, context) = ("kubernetes", USER, "kubernetes-admin@kubernetes");
        let one = |name: &str, entry| BTreeMap::from([(name.to_owned(), entry)]);
        let certificate = |field| (field, OMITTED.into());
        Kubeconfig {
            clusters: one(
                cluster,
                Entry::of([certificate("certificate-authority-data"), ("server", Value::Null)]),
            ),
            users: one(
                user,
                Entry::of([certificate("client-certificate-data"), certificate("client-key-data")]),
            ),
            contexts: one(context, Entry::of([("cluster", cluster.into()), ("user", user.into())])),
            current: context.to_owned(),
        }
    }
}

impl Kubeconfig {
    /// The namespace that commands act in where they name none.
    pub fn namespace(&self) -> &str {
        self.contexts.get(&self.current).unwrap_or(NOTHING).namespace()
    }

    /// The namespace of the context that a command line chooses (`ClientConfig.Namespace`), once it is sure that the
    /// context leads to the cluster. `early` says that the command asks for its namespace before it connects.
    ///
    /// # Errors
    /// kubectl's message about what does not exist or cannot be reached.
    pub(crate) fn namespace_for<'a>(&'a self, parsed: &Parsed, early: bool) -> Result<String, Failure> {
        let given = |flag: &str| parsed.text(flag).filter(|value| !value.is_empty());
        let name = given("context").unwrap_or(&self.current);
        let context = self.contexts.get(name);
        let is_missing = context.is_none() && !name.is_empty();
        if early && given("namespace").is_none() {
            let missing = is_missing.then(|| format!("context was not found for specified context: {name}"));
            let cluster = given("cluster").filter(|name| !self.clusters.contains_key(*name));
            let nowhere = cluster.map(|name| format!("no server found for cluster {}", quote(name)));
            match (missing, nowhere) {
                (None, None) => {}
                (None, Some(why)) => return Err(Failure::Message(why)),
                (Some(why), None) => return Err(Failure::message(format!("Error in configuration: {why}"))),
                (Some(one), Some(other)) => {
                    return Err(Failure::message(format!("Error in configuration: \n* {one}\n* {other}")));
                }
            }
        }
        if is_missing && given("context").is_some() {
            return Err(Failure::message(format!("context {} does not exist", quote(name))));
        }
        let context = context.unwrap_or(NOTHING);
        let chosen = |flag: &str, what: &str, entries: &'a Entries| {
            let found = entries.get(given(flag).unwrap_or_else(|| context.text(flag)));
            match given(flag).filter(|_| found.is_none()) {
                Some(name) => Err(Failure::message(format!("{what} {} does not exist", quote(name)))),
                None => Ok(found.unwrap_or(NOTHING)),
            }
        };
        let user = chosen("user", "auth info", &self.users)?;
        let cluster = chosen("cluster", "cluster", &self.clusters)?;
        connect(cluster, user, parsed.on("insecure-skip-tls-verify"))?;
        Ok(context.namespace().to_owned())
    }
}

/// Whether this cluster can be reached, and knows this user.
fn connect(cluster: &Entry, user: &Entry, insecure: bool) -> Result<(), Failure> {
    let authority = ["certificate-authority", "certificate-authority-data"].map(|field| cluster.text(field));
    if !insecure && cluster.0.contains_key("insecure-skip-tls-verify") && authority != ["", ""] {
        return Err(Failure::message(
            "specifying a root certificates file with the insecure flag is not allowed",
        ));
    }
    if cluster.0.get("server") != Some(&Value::Null) {
        let server = cluster.text("server");
        let host = server.split_once("://").map_or(server, |(_, rest)| rest).split('/').next();
        let host = host.filter(|host| !host.is_empty()).unwrap_or(NO_SERVER);
        return Err(Failure::message(format!(
            "The connection to the server {host} was refused - did you specify the right host or port?"
        )));
    }
    if !insecure && !cluster.0.contains_key("insecure-skip-tls-verify") && authority != ["", OMITTED] {
        return Err(Failure::message(
            "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority",
        ));
    }
    if ["client-certificate-data", "client-key-data"].iter().any(|field| user.text(field) != OMITTED) {
        return Err(Failure::message("You must be logged in to the server (Unauthorized)"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags;

    #[test]
    fn a_command_line_chooses_its_context() {
        let mut config = Kubeconfig::default();
        let context = |cluster: &str, user: &str, namespace: &str| {
            Entry::of([("cluster", cluster.into()), ("user", user.into()), ("namespace", namespace.into())])
        };
        config.contexts.insert("shop".to_owned(), context("kubernetes", "kubernetes-admin", "shop"));
        config.contexts.insert("nowhere".to_owned(), Entry::default());
        config.contexts.insert("nobody".to_owned(), context("kubernetes", "", ""));
        let own = || ("server", Value::Null);
        let insecure = || ("insecure-skip-tls-verify", true.into());
        let authority = || ("certificate-authority-data", OMITTED.into());
        let clusters = [
            ("moon", Entry::of([("server", "https://1.2.3.4/api".into())])),
            ("unknown", Entry::of([own()])),
            ("trusting", Entry::of([own(), insecure()])),
            ("both", Entry::of([own(), insecure(), authority()])),
        ];
        config.clusters.extend(clusters.map(|(name, entry)| (name.to_owned(), entry)));
        let refused = |host: &str| {
            format!(
                "The connection to the server {host} was refused - did you specify the right host or port?"
            )
        };
        let cases = [
            ("get", Ok("default")),
            ("get --context shop", Ok("shop")),
            (
                "get --context nope",
                Err("Error in configuration: context was not found for specified context: nope"),
            ),
            ("get --context nope -n a", Err("error: context \"nope\" does not exist")),
            ("get --user eve", Err("error: auth info \"eve\" does not exist")),
            ("get --cluster mars", Err("error: no server found for cluster \"mars\"")),
            ("get --cluster mars --user eve", Err("error: no server found for cluster \"mars\"")),
            ("get --cluster mars -n a", Err("error: cluster \"mars\" does not exist")),
            (
                "get --cluster mars --context nope",
                Err(
                    "Error in configuration: \n* context was not found for specified context: nope\n* no server found for cluster \"mars\"",
                ),
            ),
            ("get --cluster moon", Err(&refused("1.2.3.4"))),
            (
                "get --cluster unknown",
                Err(
                    "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority",
                ),
            ),
            ("get --cluster unknown --insecure-skip-tls-verify", Ok("default")),
            ("get --cluster trusting", Ok("default")),
            (
                "get --cluster both",
                Err("error: specifying a root certificates file with the insecure flag is not allowed"),
            ),
            ("get --context nowhere", Err(&refused("localhost:8080"))),
            ("get --context nowhere --cluster kubernetes --user kubernetes-admin", Ok("default")),
            ("get --context nobody", Err("error: You must be logged in to the server (Unauthorized)")),
        ];
        for (line, expected) in cases {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let parsed = flags::parse(&[], &words).expect(line);
            let found = config.namespace_for(&parsed, true).map_err(|failure| failure.text());
            let expected = expected.map(str::to_owned).map_err(|text| format!("{text}\n"));
            assert_eq!(found, expected, "{line}");
        }
    }
}
