//! The kubeconfig: which contexts there are, and which one is current.
//!
//! Models client-go/tools/clientcmd (client_config.go). It begins as kubeadm writes it, with one cluster, one user and one
//! context, and is not a file here: `kubectl config` alone changes it. Departs in one point: clusters and users cannot be added.

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::flags::Parsed;
use crate::go_value::quote;

/// The one cluster that can be reached.
pub(crate) const CLUSTER: &str = "kubernetes";
/// The one user that the cluster knows.
pub(crate) const USER: &str = "kubernetes-admin";
/// The context of both.
const CONTEXT: &str = "kubernetes-admin@kubernetes";
/// Where kubectl looks for the cluster of a context that names none.
const NO_SERVER: &str = "localhost:8080";

/// Which contexts there are, and which one is current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubeconfig {
    pub(crate) contexts: BTreeMap<String, Access>,
    /// The name of a context, even of one that is gone; empty if none is current.
    pub(crate) current: String,
}

/// A context: who acts where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    /// Each is empty where it was not given.
    pub cluster: String,
    pub user: String,
    pub namespace: String,
}

impl Default for Kubeconfig {
    fn default() -> Kubeconfig {
        let access = Access { cluster: CLUSTER.to_owned(), user: USER.to_owned(), namespace: String::new() };
        Kubeconfig { contexts: BTreeMap::from([(CONTEXT.to_owned(), access)]), current: CONTEXT.to_owned() }
    }
}

impl Kubeconfig {
    /// The namespace that commands act in where they name none.
    pub fn namespace(&self) -> &str {
        self.contexts.get(&self.current).map_or("default", Access::namespace)
    }

    /// The names of the contexts.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.contexts.keys()
    }

    /// The namespace of the context that a command line chooses (`ClientConfig.Namespace`), once it is sure that the
    /// context leads to the cluster. `early` says that the command asks for its namespace before it connects.
    ///
    /// # Errors
    /// kubectl's message about what does not exist or cannot be reached.
    pub(crate) fn namespace_for(&self, parsed: &Parsed, early: bool) -> Result<String, Failure> {
        let given = |flag: &str| parsed.text(flag).filter(|value| !value.is_empty());
        let context = given("context").unwrap_or(&self.current);
        let access = match self.contexts.get(context) {
            Some(access) => access.clone(),
            None if context.is_empty() => Access::default(),
            None if early && given("namespace").is_none() => {
                return Err(Failure::message(format!(
                    "Error in configuration: context was not found for specified context: {context}"
                )));
            }
            None if given("context").is_some() => {
                return Err(Failure::message(format!("context {} does not exist", quote(context))));
            }
            None => Access::default(),
        };
        if let Some(user) = given("user").filter(|user| *user != USER) {
            return Err(Failure::message(format!("auth info {} does not exist", quote(user))));
        }
        if let Some(cluster) = given("cluster").filter(|cluster| *cluster != CLUSTER) {
            return Err(Failure::message(format!("cluster {} does not exist", quote(cluster))));
        }
        if given("cluster").unwrap_or(&access.cluster) != CLUSTER {
            return Err(Failure::message(format!(
                "The connection to the server {NO_SERVER} was refused - did you specify the right host or port?"
            )));
        }
        if given("user").unwrap_or(&access.user) != USER {
            return Err(Failure::message("You must be logged in to the server (Unauthorized)"));
        }
        Ok(access.namespace().to_owned())
    }
}

impl Access {
    fn namespace(&self) -> &str {
        if self.namespace.is_empty() { "default" } else { &self.namespace }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags;

    #[test]
    fn a_command_line_chooses_its_context() {
        let mut config = Kubeconfig::default();
        let access = |cluster: &str, user: &str, namespace: &str| Access {
            cluster: cluster.to_owned(),
            user: user.to_owned(),
            namespace: namespace.to_owned(),
        };
        config.contexts.insert("shop".to_owned(), access(CLUSTER, USER, "shop"));
        config.contexts.insert("nowhere".to_owned(), Access::default());
        config.contexts.insert("nobody".to_owned(), access(CLUSTER, "", ""));
        let cases = [
            ("get", Ok("default")),
            ("get --context shop", Ok("shop")),
            (
                "get --context nope",
                Err("Error in configuration: context was not found for specified context: nope"),
            ),
            ("get --context nope -n a", Err("error: context \"nope\" does not exist")),
            ("get --user eve", Err("error: auth info \"eve\" does not exist")),
            ("get --cluster moon", Err("error: cluster \"moon\" does not exist")),
            (
                "get --context nowhere",
                Err(
                    "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
                ),
            ),
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
