//! Looking a name up from inside a pod: what is tried along the search path, what answers, and what the parts of the name are.
//!
//! Invariant: the same answers as `nslookup` in that pod gives.

use k8s_openapi::api::core::v1::Pod;
use machinery::decision::BrokenLink;
use machinery::{Kind, ObjectKey, Resource};
use node::dns::{Resolver, ZONE, broken_link};

use super::Snapshot;

/// Most pods that one can ask from.
const PODS: usize = 200;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The pod from which; the first one if it is not said.
    pub from: Option<ObjectKey>,
    /// The name.
    pub name: String,
}

/// A name that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The full name, or what needs no name server: a name in /etc/hosts, an address.
    pub name: String,
    /// The addresses; none means that there is no such name, or that it has no address.
    pub addresses: Vec<String>,
}

/// The parts of a name in the cluster's zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The pod, if the name is a pod's.
    pub pod: String,
    /// The Service.
    pub service: String,
    /// The namespace.
    pub namespace: String,
    /// `svc.cluster.local`.
    pub domain: String,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// The pods that one can ask from.
    pub pods: Vec<ObjectKey>,
    /// The pod that is asked from.
    pub from: Option<ObjectKey>,
    /// What was tried, in order; the last one answers, if any does.
    pub tried: Vec<Tried>,
    /// The parts of the name that answers, or of the first one tried.
    pub parts: Option<Parts>,
    /// Why there is no answer, where it is the name of a pod.
    pub broken: Option<BrokenLink>,
}

/// The answer to a question.
pub fn lookup(snapshot: Snapshot<'_>, question: &Question) -> Lookup {
    let pods = || snapshot.objects.list::<Pod>("");
    let asked = question.from.as_ref().and_then(|key| snapshot.objects.get::<Pod>(&key.namespace, &key.name));
    let Some(from) = asked.or_else(|| pods().next()) else { return Lookup::default() };
    let name = question.name.trim();
    let tried = if name.is_empty() { Vec::new() } else { tried(snapshot, from, name) };
    let answered = tried.last().is_some_and(|tried| !tried.addresses.is_empty());
    let told = if answered { tried.last() } else { tried.first() };
    let parts = told.and_then(|tried| parts(&tried.name));
    let broken = parts.as_ref().filter(|parts| !answered && !parts.pod.is_empty()).map(|parts| {
        let pod = ObjectKey::new(Kind::Pod, &parts.namespace, &parts.pod);
        broken_link(snapshot.names, &pod, &parts.service)
    });
    Lookup {
        pods: pods().take(PODS).map(|pod| pod.key()).collect(),
        from: Some(from.key()),
        tried,
        parts,
        broken,
    }
}

/// As a program in the pod does.
fn tried(snapshot: Snapshot<'_>, pod: &Pod, name: &str) -> Vec<Tried> {
    let attempts = Resolver { listers: snapshot.names, pod }.attempts(name).into_iter();
    attempts
        .map(|(name, addresses)| Tried {
            name,
            addresses: addresses.iter().map(ToString::to_string).collect(),
        })
        .collect()
}

fn parts(name: &str) -> Option<Parts> {
    let domain = format!("svc.{ZONE}");
    let labels: Vec<&str> = name.strip_suffix(&format!(".{domain}"))?.split('.').collect();
    let (pod, service, namespace) = match labels.as_slice() {
        [pod, service, namespace] => (*pod, *service, *namespace),
        [service, namespace] => ("", *service, *namespace),
        _ => return None,
    };
    Some(Parts { pod: pod.to_owned(), service: service.to_owned(), namespace: namespace.to_owned(), domain })
}

#[cfg(test)]
mod tests {
    use session::StartWorld;

    use super::{Question, parts};
    use crate::model::Tab;
    use crate::view::Details;
    use crate::{Model, Msg, update};

    #[test]
    fn what_needs_no_name_server_is_found_as_nslookup_finds_it() {
        let mut model = Model::new(StartWorld::Manifest);
        update(&mut model, Msg::Apply);
        (0..150).for_each(|_| update(&mut model, Msg::Frame(100)));
        update(&mut model, Msg::Tab(Tab::Dns));
        for (name, tried, found) in [
            ("localhost", 1, true),
            ("10.0.0.1", 1, true),
            ("myapp-0", 1, true),
            ("myapp-1", 4, false),
            // That namespace's name exists, without an address: no further name is tried.
            ("default.svc", 3, false),
        ] {
            update(&mut model, Msg::LookUp(Question { from: None, name: name.to_owned() }));
            let Details::Dns(zone) = &model.page.details else { panic!("{:?}", model.page.details) };
            let answers = &zone.lookup.tried;
            assert_eq!(answers.len(), tried, "{answers:?}");
            assert_eq!(answers.last().is_some_and(|last| !last.addresses.is_empty()), found, "{answers:?}");
        }
    }

    #[test]
    fn a_name_has_four_parts_or_three() {
        let told = |name| parts(name).map(|parts| [parts.pod, parts.service, parts.namespace]);
        let strings = |parts: [&str; 3]| Some(parts.map(str::to_owned));
        assert_eq!(told("web-0.web.prod.svc.cluster.local"), strings(["web-0", "web", "prod"]));
        assert_eq!(told("web.prod.svc.cluster.local"), strings(["", "web", "prod"]));
        for name in ["web", "a.b.c.d.svc.cluster.local", "svc.cluster.local", "example.com"] {
            assert_eq!(told(name), None, "{name}");
        }
    }
}
