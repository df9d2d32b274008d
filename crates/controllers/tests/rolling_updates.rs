//! A set's syncs, one line each: what was done to pods, and the status that was written.
//!
//! `create 2@B` is a pod made from the second revision; `3 2 1 1 A/B` are replicas, ready, current and updated replicas,
//! current and update revision. The node finishes everything between two syncs; a bad revision's pods never get ready.

mod harness;

use controllers::statefulset::StatefulSetController;
use harness::{Cluster, is_deletion};
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet, StatefulSetStatus};
use k8s_openapi::api::core::v1::Pod;
use machinery::version::Features;
use machinery::{Kind, Object, Resource};
use serde_json::{Value, json};

/// `# title` starts a scenario, `$ command` does something, the other lines are what comes of it.
const SCENARIOS: &str = include_str!("rolling_updates.txt");

struct Set {
    cluster: Cluster,
    transcript: String,
    /// The images that were ever set, in order: revision A, B, ...
    letters: Vec<String>,
}

impl Set {
    fn new(gate: bool) -> Set {
        let features = Features { max_unavailable_stateful_set: gate, ..Features::default() };
        let cluster = Cluster::new(features, vec![Box::new(StatefulSetController::default())]);
        Set { cluster, transcript: String::new(), letters: Vec::new() }
    }

    fn run(&mut self, command: &str) {
        let words: Vec<&str> = command.split_whitespace().collect();
        match words[..] {
            ["create", replicas, ref options @ ..] => self.create(replicas, options),
            ["template", image] => {
                let containers = json!([{"name": "c", "image": image}]);
                self.patch(json!({"template": {"spec": {"containers": containers}}}));
            }
            ["scale", replicas] => self.patch(json!({"replicas": number(replicas)})),
            ["partition", partition] => self.patch(
                json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": number(partition)}}}),
            ),
            ["delete", ordinal] => {
                self.cluster.delete(Kind::Pod, &format!("web-{ordinal}"), Default::default());
                self.cluster.kubelet();
            }
            ["fail", ordinal] => self.fail(&format!("web-{ordinal}")),
            ["wait", seconds] => self.cluster.wait(seconds.parse().expect("seconds")),
            _ => panic!("no such command: {command}"),
        }
    }

    fn create(&mut self, replicas: &str, options: &[&str]) {
        let mut spec = json!({
            "replicas": number(replicas),
            "serviceName": "web",
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "a"}]},
            },
        });
        for option in options {
            match option.split_once('=') {
                None if *option == "Parallel" => spec["podManagementPolicy"] = json!("Parallel"),
                None if *option == "OnDelete" => spec["updateStrategy"] = json!({"type": "OnDelete"}),
                None if *option == "no-block" => spec["updateStrategy"] = json!({"type": "RollingUpdate"}),
                Some(("start", start)) => spec["ordinals"] = json!({"start": number(start)}),
                Some(("minReady", seconds)) => spec["minReadySeconds"] = number(seconds),
                Some(("limit", limit)) => spec["revisionHistoryLimit"] = number(limit),
                Some(("partition", n)) => {
                    spec["updateStrategy"] = json!({"rollingUpdate": {"partition": number(n)}});
                }
                Some(("maxUnavailable", n)) => {
                    spec["updateStrategy"] = json!({"rollingUpdate": {"maxUnavailable": number(n)}});
                }
                _ => panic!("no such option: {option}"),
            }
        }
        let meta = json!({"name": "web"});
        let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta, "spec": spec});
        self.cluster.create(set);
    }

    fn patch(&mut self, spec: Value) {
        self.cluster.patch(Kind::StatefulSet, "web", json!({"spec": spec}));
    }

    fn fail(&mut self, pod: &str) {
        let failed = json!({"status": {"phase": "Failed"}});
        use client::api::{Request, Subresource, Verb};
        let verb = Verb::Patch(machinery::patch::PatchType::Merge, failed);
        self.cluster.call(Request::new(verb, Kind::Pod, "default", pod).of(Subresource::Status));
    }

    /// Syncs until nothing happens any more, the node in between.
    fn settle(&mut self) {
        for _ in 0..100 {
            let before = self.cluster.server.resource_version();
            let synced = self.cluster.sync();
            let line = self.line(before);
            if !line.is_empty() {
                self.transcript += &line;
                self.transcript.push('\n');
            }
            let mut moved = false;
            while self.cluster.kubelet() {
                moved = true;
            }
            if !synced && !moved {
                return;
            }
        }
        panic!("the set does not come to rest:\n{}", self.transcript);
    }

    fn line(&mut self, since: u64) -> String {
        let (mut actions, mut status) = (Vec::new(), String::new());
        for event in self.cluster.changes(since) {
            match &event.object {
                Object::Pod(pod) if is_deletion(&event) => actions.push(format!("delete {}", ordinal(pod))),
                Object::Pod(pod) if event.old.is_none() => {
                    let revision =
                        pod.metadata.labels.as_ref().map(|l| l["controller-revision-hash"].clone());
                    let letter = self.letter(&revision.unwrap_or_default());
                    actions.push(format!("create {}@{letter}", ordinal(pod)));
                }
                Object::StatefulSet(set) => status = self.status(set),
                Object::ControllerRevision(revision) if is_deletion(&event) => {
                    actions.push(format!("forget {}", self.letter(revision.name())));
                }
                Object::ControllerRevision(revision) if event.old.is_some() => {
                    let letter = self.letter(revision.name());
                    actions.push(format!("renumber {letter} to {}", revision.revision));
                }
                Object::ControllerRevision(revision) => drop(self.letter(revision.name())),
                _ => {}
            }
        }
        let actions = actions.join(", ");
        match (actions.is_empty(), status.is_empty()) {
            (true, true) => String::new(),
            (false, true) => actions,
            (true, false) => format!("- | {status}"),
            (false, false) => format!("{actions} | {status}"),
        }
    }

    fn status(&mut self, set: &StatefulSet) -> String {
        let StatefulSetStatus {
            replicas,
            ready_replicas,
            current_replicas,
            updated_replicas,
            current_revision,
            update_revision,
            ..
        } = set.status.clone().unwrap_or_default();
        let counts = [Some(replicas), ready_replicas, current_replicas, updated_replicas];
        let counts = counts.map(|count| count.unwrap_or(0).to_string()).join(" ");
        let current = self.letter(&current_revision.unwrap_or_default());
        format!("{counts} {current}/{}", self.letter(&update_revision.unwrap_or_default()))
    }

    fn letter(&mut self, revision: &str) -> char {
        let known = self.letters.iter().position(|known| known == revision);
        let index = known.unwrap_or_else(|| {
            self.letters.push(revision.to_owned());
            self.letters.len() - 1
        });
        char::from(b'A' + u8::try_from(index).expect("few revisions"))
    }

    fn revisions(&self) -> usize {
        self.cluster.server.list::<ControllerRevision>("default").count()
    }
}

fn ordinal(pod: &Pod) -> String {
    pod.name().rsplit('-').next().unwrap_or_default().to_owned()
}

fn number(text: &str) -> Value {
    json!(text.parse::<i64>().expect("a number"))
}

#[test]
fn syncs_are_those_of_the_worked_scenarios() {
    let mut actual = String::new();
    let mut set = Set::new(false);
    for line in SCENARIOS.lines() {
        if line.starts_with('#') {
            actual += &format!("{}{line}\n", if actual.is_empty() { "" } else { "\n" });
            set = Set::new(line.contains("gate on"));
        } else if let Some(command) = line.strip_prefix("$ ") {
            actual += &format!("{line}\n");
            set.run(command);
            set.settle();
            actual += &std::mem::take(&mut set.transcript);
        }
    }
    harness::expect("rolling_updates.txt", SCENARIOS, &actual);
}

#[test]
fn history_keeps_the_limit_and_what_is_in_use() {
    for (limit, expected) in [(2, 3), (0, 1)] {
        let mut set = Set::new(false);
        set.run(&format!("create 1 limit={limit}"));
        set.settle();
        for image in ["b", "c", "d", "e"] {
            set.run(&format!("template {image}"));
            set.settle();
        }
        assert_eq!(set.revisions(), expected, "limit {limit}");
    }
}
