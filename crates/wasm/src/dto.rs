//! What goes in and out, as plain data. Field for field `types.d.ts`; a test compares them.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use node::dns::{Record, RecordType, Resolver, query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use session::{Session, Start};

/// The most nodes: more would not find an address of their own (see the cluster's bootstrap).
const NODES_MAX: u32 = 2_000;

/// How a cluster starts.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ClusterOptions {
    /// The seed of chance; the same seed and the same calls give the same cluster.
    pub seed: Option<u32>,
    /// The simulated version of Kubernetes.
    pub version: Option<String>,
    /// Feature gates by name, on or off.
    pub feature_gates: BTreeMap<String, bool>,
    /// How many nodes there are.
    pub nodes: Option<u32>,
    /// The world to start in.
    pub world: Option<String>,
}

impl ClusterOptions {
    /// The session's start.
    ///
    /// # Errors
    /// An unknown version, gate or world; too many nodes.
    pub fn start(&self) -> Result<Start, String> {
        let mut start = Start::default();
        if let Some(seed) = self.seed {
            start.seed = u64::from(seed);
        }
        if let Some(world) = &self.world {
            start.world = world.parse()?;
        }
        if let Some(version) = &self.version {
            start.features.version = version.parse()?;
        }
        for (gate, on) in &self.feature_gates {
            start.features.set_gate(gate, *on)?;
        }
        if let Some(nodes) = self.nodes {
            if nodes > NODES_MAX {
                return Err(format!("{nodes} nodes are too many; at most {NODES_MAX} are simulated"));
            }
            start.nodes = nodes;
        }
        Ok(start)
    }
}

/// How a command line is run.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RunOptions {
    /// Virtual seconds after which the command is stopped.
    pub timeout_seconds: Option<f64>,
}

/// An answer of the name server; records as a zone file writes them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct DnsAnswer {
    /// How it went: `NOERROR`, `NXDOMAIN`.
    pub rcode: String,
    /// The records asked for.
    pub answer: Vec<String>,
    /// The zone's authority, with an empty answer.
    pub authority: Vec<String>,
    /// The addresses of the targets named in the answer.
    pub additional: Vec<String>,
}

/// What the name server answers.
///
/// # Errors
/// An unknown type.
pub fn dig(session: &Session, name: &str, record_type: &str) -> Result<DnsAnswer, String> {
    let wanted =
        RecordType::parse(record_type).ok_or_else(|| format!("there is no record type {record_type:?}"))?;
    let found = query(session.world().listers(), name, wanted);
    let lines = |records: &[Record]| records.iter().map(ToString::to_string).collect();
    Ok(DnsAnswer {
        rcode: found.rcode.to_string(),
        answer: lines(&found.answer),
        authority: lines(&found.authority),
        additional: lines(&found.additional),
    })
}

/// The addresses that a pod gets for a name.
///
/// # Errors
/// A pod that is not there.
pub fn resolve(session: &Session, namespace: &str, pod: &str, name: &str) -> Result<Vec<String>, String> {
    let found = session.world().server().get::<Pod>(namespace, pod);
    let pod = found.ok_or_else(|| format!("there is no pod {pod:?} in namespace {namespace:?}"))?;
    let resolver = Resolver { listers: session.world().listers(), pod };
    Ok(resolver.addresses(name).iter().map(ToString::to_string).collect())
}

/// Every decision with the object that it is about, as `{ about, at, verdict, details? }`.
pub fn decisions(session: &Session) -> Vec<Value> {
    let decisions = session.world().decisions().iter();
    let plain = decisions.filter_map(|(key, decision)| {
        let mut plain = serde_json::to_value(&**decision).ok()?;
        plain.as_object_mut()?.insert("about".to_owned(), serde_json::to_value(key).ok()?);
        Some(plain)
    });
    plain.collect()
}

#[cfg(test)]
mod tests {
    use machinery::Kind;
    use session::{RunResult, Snapshot, outcome::run};
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    /// The names of an interface's fields.
    fn declared(interface: &str) -> Vec<String> {
        let types = include_str!("types.d.ts");
        let (_, rest) = types.split_once(&format!("interface {interface} {{")).expect(interface);
        let (body, _) = rest.split_once("\n}").expect(interface);
        let fields = body.lines().map(str::trim).filter(|line| !line.starts_with(['/', '*']));
        let mut names: Vec<String> = fields
            .filter_map(|line| line.split_once(':'))
            .map(|(name, _)| name.trim_end_matches('?').trim_start_matches("readonly ").to_owned())
            .collect();
        names.sort();
        names
    }

    fn fields(value: &impl Serialize) -> Vec<String> {
        let value = serde_json::to_value(value).expect("plain data");
        value.as_object().expect("an object").keys().cloned().collect()
    }

    #[wasm_bindgen_test]
    fn the_types_name_the_same_fields() {
        assert_eq!(declared("ClusterOptions"), fields(&ClusterOptions::default()));
        assert_eq!(declared("RunOptions"), fields(&RunOptions::default()));
        assert_eq!(declared("RunResult"), fields(&RunResult::default()));
        assert_eq!(declared("DnsAnswer"), fields(&DnsAnswer::default()));
        let snapshot = Snapshot::of(&Session::new(Start::default()));
        assert_eq!(declared("Snapshot"), fields(&snapshot));
        let types = include_str!("types.d.ts");
        for kind in Kind::ALL {
            assert!(types.contains(&format!("| \"{}\"", kind.name())), "{}", kind.name());
        }
        for component in cluster::Component::ALL {
            assert!(types.contains(&format!("| \"{}\"", component.name())), "{}", component.name());
        }
        for world in session::StartWorld::ALL {
            assert!(types.contains(&format!("\"{world}\"")), "{world}");
        }
    }

    #[wasm_bindgen_test]
    fn wrong_options_say_what_there_is() {
        let wrong = |json: &str| serde_json::from_str::<ClusterOptions>(json).map(|options| options.start());
        assert!(wrong(r#"{"seeed": 1}"#).expect_err("unknown").to_string().contains("unknown field `seeed`"));
        assert!(wrong(r#"{"version": "1.20"}"#).expect("reads").expect_err("unknown").contains("1.36"));
        let gate = wrong(r#"{"featureGates": {"Mars": true}}"#).expect("reads").expect_err("unknown");
        assert!(gate.contains("MaxUnavailableStatefulSet"));
        assert!(wrong(r#"{"nodes": 1000000}"#).expect("reads").expect_err("many").contains("at most"));
        assert!(wrong(r#"{"world": "mars"}"#).expect("reads").expect_err("unknown").contains("tutorial"));
        assert_eq!(wrong("{}").expect("reads"), Ok(Start::default()));
    }

    #[wasm_bindgen_test]
    fn version_gates_and_nodes_reach_the_cluster() {
        let json = r#"{"version": "1.32", "featureGates": {"MaxUnavailableStatefulSet": true}, "nodes": 2}"#;
        let options: ClusterOptions = serde_json::from_str(json).expect("options");
        let mut session = Session::new(options.start().expect("a start"));
        assert!(session.world().features().max_unavailable_stateful_set);
        let answer = run(&mut session, "kubectl version; kubectl get nodes -o name | wc -l", 60_000);
        assert!(answer.stdout.contains("Server Version: v1.32.13\n"), "{}", answer.stdout);
        assert!(answer.stdout.trim_end().ends_with('2'), "{}", answer.stdout);
    }
}
