//! Objects of another cluster as the beginning of a world.
//!
//! A dump is a part of a cluster. What the rest of it must be for this part to stand still is made here, and each thing
//! that is made, changed or left out is an [`Assumption`]. Invariant: an object that needs nothing is taken as it is.

mod failing;
mod nodes;
mod owners;
mod revisions;
mod settings;
mod storage;

use std::collections::{BTreeMap, BTreeSet};

use client::Choices;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use machinery::{Kind, Object, ObjectKey, Resource};
use serde_json::{Value, json};

use crate::fault::Defect;
use crate::world::Config;

/// What a dump does not tell, and what the world takes for true instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// The object is left out: the API server would refuse it.
    Refused {
        /// Which one.
        object: ObjectKey,
        /// The refusal.
        why: String,
    },
    /// The owner is not in the dump: the object stands without it.
    Ownerless {
        /// The object.
        object: ObjectKey,
        /// The owner that it names.
        owner: ObjectKey,
    },
    /// The set's status counts more pods than the dump has: the others do not exist.
    FewerPods {
        /// The set.
        set: ObjectKey,
        /// How many its status counts.
        counted: usize,
        /// How many there are.
        found: usize,
    },
    /// The revision is not in the dump: it is made from the set's template.
    RevisionMade {
        /// The set.
        set: ObjectKey,
        /// The revision.
        revision: String,
    },
    /// The revision's data is not what this version would write of the set's template, and the set's status says that it
    /// records just that: it does.
    RevisionRead {
        /// The set.
        set: ObjectKey,
        /// The revision.
        revision: String,
    },
    /// The revision is not in the dump, and nothing tells what it records.
    RevisionUnknown {
        /// The set.
        set: ObjectKey,
        /// The revision.
        revision: String,
    },
    /// The node is made, with these labels and room for more pods, unless a pod waits for room.
    NodeMade {
        /// The node.
        node: String,
        /// What its pods and their volumes need of it.
        labels: BTreeMap<String, String>,
        /// Whether it has room for more pods.
        room: bool,
    },
    /// The node is silent, and stays so.
    NodeDown {
        /// The node.
        node: String,
    },
    /// The volume is made from its claim.
    VolumeMade {
        /// The volume.
        volume: String,
        /// The claim.
        claim: ObjectKey,
    },
    /// The storage class is made.
    ClassMade {
        /// Its name.
        class: String,
        /// Who makes its volumes.
        provisioner: String,
        /// Whether claims that name no class get this one.
        default: bool,
    },
    /// The storage class is not in the dump, and nothing tells who makes its volumes: nobody does.
    ClassUnknown {
        /// Its name.
        class: String,
    },
    /// The ConfigMap or Secret is made, with the keys that pods need and without values.
    SettingsMade {
        /// Which one.
        object: ObjectKey,
    },
    /// The image cannot be pulled, by nobody and at no time.
    ImageMissing {
        /// The image.
        image: String,
    },
    /// The pod stays as it is until it is replaced.
    PodStays {
        /// The pod.
        pod: ObjectKey,
    },
    /// Nobody opens or closes the readiness gate: it is as if pods had none.
    GateIgnored {
        /// The type of its condition.
        gate: String,
    },
    /// The pod should be gone; it does not go by itself.
    PodHeld {
        /// The pod.
        pod: ObjectKey,
    },
}

/// A world's objects to be, and how they came about.
#[derive(Default)]
pub(crate) struct Import {
    pub objects: Vec<Object>,
    pub defects: BTreeSet<Defect>,
    pub assumptions: BTreeSet<Assumption>,
}

impl Import {
    /// Completes the objects of a dump.
    pub fn of(objects: &[Object], config: &Config, choices: &mut dyn Choices) -> Import {
        let mut import = Import { objects: objects.to_vec(), ..Import::default() };
        for object in &mut import.objects {
            // What is read off a set's template is what the API server will hold of it.
            apiserver::default(object);
            if object.uid().is_empty() {
                object.meta_mut().uid = Some(choices.uid());
            }
        }
        owners::settle(&mut import);
        revisions::settle(&mut import, config.features);
        storage::settle(&mut import);
        nodes::settle(&mut import, config);
        failing::settle(&mut import, config.start);
        settings::settle(&mut import);
        import.make_namespaces();
        import.make_accounts();
        import
    }

    fn list<K: Resource>(&self) -> impl Iterator<Item = &K> {
        self.objects.iter().filter_map(|object| K::unwrap(object).map(|object| &**object))
    }

    fn has(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.objects.iter().any(|o| o.kind() == kind && o.namespace() == namespace && o.name() == name)
    }

    fn assume(&mut self, assumption: Assumption) {
        self.assumptions.insert(assumption);
    }

    /// Adds an object of ours.
    fn make(&mut self, kind: Kind, value: Value) {
        // A value that is no such object would be a mistake of ours, and is missed by the tests.
        self.objects.extend(Object::from_value(kind, value));
    }

    fn make_namespaces(&mut self) {
        let names: BTreeSet<String> = self.objects.iter().map(|o| o.namespace().to_owned()).collect();
        for name in names.iter().filter(|name| !name.is_empty()) {
            if !self.has(Kind::Namespace, "", name) {
                self.make(Kind::Namespace, namespace(name));
            }
        }
    }

    /// The accounts without which the pods could not have been made, nor be made again.
    fn make_accounts(&mut self) {
        let pods = self.objects.iter().filter_map(|object| Some((object.namespace(), object.pod_spec()?)));
        let named: BTreeSet<(String, String)> = pods
            .filter_map(|(namespace, spec)| Some((namespace.to_owned(), spec.service_account_name.clone()?)))
            .filter(|(_, name)| !name.is_empty() && name != "default")
            .collect();
        for (namespace, name) in named {
            if !self.has(Kind::ServiceAccount, &namespace, &name) {
                self.make(Kind::ServiceAccount, json!({"metadata": {"namespace": namespace, "name": name}}));
            }
        }
    }
}

fn namespace(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    })
}

/// The class that a claim asks for.
fn class_of(claim: &PersistentVolumeClaim) -> Option<&str> {
    claim.spec.as_ref()?.storage_class_name.as_deref().filter(|class| !class.is_empty())
}

/// The volume that a claim is bound to.
fn volume_of(claim: &PersistentVolumeClaim) -> Option<&str> {
    claim.spec.as_ref()?.volume_name.as_deref().filter(|name| !name.is_empty())
}
