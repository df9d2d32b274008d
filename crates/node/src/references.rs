//! The ConfigMaps and Secrets that a pod is configured by, and what the kubelet says of those that are missing.
//!
//! Models makeEnvironmentVariables of pkg/kubelet/kubelet_pods.go, and MakePayload of pkg/volume/configmap/configmap.go and
//! pkg/volume/secret/secret.go (v1.36.2).

use std::collections::BTreeMap;

use client::Listers;
use k8s_openapi::api::core::v1::{ConfigMap, Container, KeyToPath, Pod, PodSpec, Secret, Volume};
use machinery::{Kind, Resource};

/// Every namespace has it, stored or not: what the root certificate's publisher would make comes when it is asked for.
const ROOT_CERTIFICATE: &str = "kube-root-ca.crt";

/// A ConfigMap or a Secret of the pod's namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// ConfigMap or Secret.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
    /// The keys that it has to have, and the paths at which a volume shows them.
    pub items: Vec<(&'a str, &'a str)>,
    /// Whether it and its keys may be missing.
    pub is_optional: bool,
    user: User,
}

/// What refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum User {
    Volume,
    Environment,
}

/// What a volume shows.
pub fn of_volume(volume: &Volume) -> impl Iterator<Item = Reference<'_>> {
    let map = volume.config_map.iter().map(|map| shown(Kind::ConfigMap, &map.name, &map.items, map.optional));
    let secret = volume.secret.iter().map(|secret| {
        let name = secret.secret_name.as_deref().unwrap_or_default();
        shown(Kind::Secret, name, &secret.items, secret.optional)
    });
    let sources = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
    let projected = sources.flat_map(|source| {
        let map = source.config_map.iter();
        let map = map.map(|map| shown(Kind::ConfigMap, &map.name, &map.items, map.optional));
        let secret = source.secret.iter();
        map.chain(secret.map(|secret| shown(Kind::Secret, &secret.name, &secret.items, secret.optional)))
    });
    map.chain(secret).chain(projected).filter(Reference::can_be_missing)
}

fn shown<'a>(
    kind: Kind,
    name: &'a str,
    items: &'a Option<Vec<KeyToPath>>,
    optional: Option<bool>,
) -> Reference<'a> {
    let items = items.iter().flatten().map(|item| (item.key.as_str(), item.path.as_str())).collect();
    Reference { kind, name, items, is_optional: optional == Some(true), user: User::Volume }
}

/// What a container's environment is made of, in the order in which it is made.
pub fn of_container(container: &Container) -> impl Iterator<Item = Reference<'_>> {
    let read = |kind, name, key: Option<_>, optional| {
        let items = key.map(|key| (key, "")).into_iter().collect();
        Reference { kind, name, items, is_optional: optional == Some(true), user: User::Environment }
    };
    let whole = container.env_from.iter().flatten().flat_map(move |source| {
        let map = source.config_map_ref.iter();
        let map = map.map(move |map| read(Kind::ConfigMap, map.name.as_str(), None, map.optional));
        let secret = source.secret_ref.iter();
        map.chain(secret.map(move |secret| read(Kind::Secret, &secret.name, None, secret.optional)))
    });
    let sources = container.env.iter().flatten().filter_map(|variable| variable.value_from.as_ref());
    let keys = sources.flat_map(move |source| {
        let map = source.config_map_key_ref.iter();
        let map = map.map(move |map| read(Kind::ConfigMap, &map.name, Some(map.key.as_str()), map.optional));
        let secret = source.secret_key_ref.iter();
        map.chain(secret.map(move |s| read(Kind::Secret, &s.name, Some(s.key.as_str()), s.optional)))
    });
    whole.chain(keys).filter(Reference::can_be_missing)
}

/// What a ConfigMap or a Secret holds as text, by key; nothing if it is not there.
pub(crate) fn texts(listers: &Listers, kind: Kind, namespace: &str, name: &str) -> BTreeMap<String, String> {
    if kind == Kind::ConfigMap {
        let map = listers.get::<ConfigMap>(namespace, name);
        return map.and_then(|map| map.data.clone()).unwrap_or_default();
    }
    let secret = listers.get::<Secret>(namespace, name);
    let data = secret.and_then(|secret| secret.data.as_ref()).into_iter().flatten();
    data.map(|(key, bytes)| (key.clone(), String::from_utf8_lossy(&bytes.0).into_owned())).collect()
}

/// The files that a volume shows of ConfigMaps and Secrets, by path. Departs: at once, where a kubelet looks every minute.
pub(crate) fn files(listers: &Listers, namespace: &str, volume: &Volume) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for Reference { kind, name, items, .. } in of_volume(volume) {
        let texts = texts(listers, kind, namespace, name);
        if items.is_empty() {
            files.extend(texts);
        } else {
            let shown =
                items.into_iter().filter_map(|(key, path)| Some((path.to_owned(), texts.get(key)?.clone())));
            files.extend(shown);
        }
    }
    files
}

/// What a pod shows and what its containers' environments are made of.
pub fn of_pod(spec: &PodSpec) -> impl Iterator<Item = Reference<'_>> {
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    let volumes = spec.volumes.iter().flatten().flat_map(of_volume);
    volumes.chain(containers.flat_map(of_container))
}

/// The first thing that a pod lacks: what it refers to, and the key that is missing there; `None` if it is not there at all.
pub fn missing<'a>(listers: &Listers, pod: &'a Pod) -> Option<(Reference<'a>, Option<&'a str>)> {
    of_pod(pod.spec.as_ref()?).find_map(|reference| {
        let lack = reference.lack(listers, pod)?;
        Some((reference, lack.key()))
    })
}

/// The pod's volumes that its containers use (GetPodVolumeNames).
pub(crate) fn mounted(pod: &Pod) -> impl Iterator<Item = &Volume> {
    let containers = || {
        let spec = pod.spec.iter();
        spec.flat_map(|spec| spec.init_containers.iter().flatten().chain(&spec.containers))
    };
    let names = |container: &Container, name: &str| {
        container.volume_mounts.iter().flatten().any(|mount| mount.name == name)
            || container.volume_devices.iter().flatten().any(|device| device.name == name)
    };
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    volumes.filter(move |volume| containers().any(|container| names(container, &volume.name)))
}

/// The pod's volumes that cannot be mounted, and why.
pub fn unmountable<'a>(listers: &'a Listers, pod: &'a Pod) -> impl Iterator<Item = (&'a Volume, String)> {
    mounted(pod).filter_map(|volume| {
        let mut problems = of_volume(volume).filter_map(|reference| reference.problem(listers, pod));
        let mut all = vec![problems.next()?];
        for problem in problems {
            if !all.contains(&problem) {
                all.push(problem);
            }
        }
        // utilerrors.NewAggregate
        Some((volume, if all.len() == 1 { all.remove(0) } else { format!("[{}]", all.join(", ")) }))
    })
}

/// Why the container's environment cannot be made.
pub fn unresolved(listers: &Listers, pod: &Pod, container: &Container) -> Option<String> {
    of_container(container).find_map(|reference| reference.problem(listers, pod))
}

/// What is missing.
enum Lack<'a> {
    /// The object.
    All,
    /// A key of it.
    Key(&'a str),
}

impl<'a> Lack<'a> {
    fn key(&self) -> Option<&'a str> {
        match self {
            Lack::All => None,
            Lack::Key(key) => Some(key),
        }
    }
}

impl<'a> Reference<'a> {
    fn can_be_missing(&self) -> bool {
        self.kind != Kind::ConfigMap || self.name != ROOT_CERTIFICATE
    }

    /// What is missing and must not be.
    fn lack(&self, listers: &Listers, pod: &Pod) -> Option<Lack<'a>> {
        if self.is_optional {
            return None;
        }
        let mut keys = self.items.iter().map(|(key, _)| *key);
        let without = if self.kind == Kind::ConfigMap {
            let in_volume =
                |map: &ConfigMap, key: &str| self.user == User::Volume && has(&map.binary_data, key);
            let lacks = |map: &ConfigMap, key: &str| !has(&map.data, key) && !in_volume(map, key);
            let map = listers.get::<ConfigMap>(pod.namespace(), self.name);
            map.map(|map| keys.find(|key| lacks(map, key)))
        } else {
            let secret = listers.get::<Secret>(pod.namespace(), self.name);
            secret.map(|secret| keys.find(|key| !has(&secret.data, key)))
        };
        match without {
            None => Some(Lack::All),
            Some(key) => key.map(Lack::Key),
        }
    }

    /// The same in the kubelet's words.
    fn problem(&self, listers: &Listers, pod: &Pod) -> Option<String> {
        let name = self.name;
        Some(match (self.lack(listers, pod)?, self.user, self.kind) {
            (Lack::All, _, Kind::ConfigMap) => format!("configmap \"{name}\" not found"),
            (Lack::All, ..) => format!("secret \"{name}\" not found"),
            (Lack::Key(key), User::Volume, Kind::ConfigMap) => {
                format!("configmap references non-existent config key: {key}")
            }
            (Lack::Key(key), User::Volume, _) => format!("references non-existent secret key: {key}"),
            (Lack::Key(key), User::Environment, kind) => {
                format!("couldn't find key {key} in {kind} {}/{name}", pod.namespace())
            }
        })
    }
}

fn has<V>(data: &Option<BTreeMap<String, V>>, key: &str) -> bool {
    data.as_ref().is_some_and(|data| data.contains_key(key))
}
