//! How the values at a place of an object are told apart and merged.
//!
//! Holds what upstream has in the markers `+listType`, `+listMapKey`, `+mapType` and `+structType` of k8s.io/api's types:
//! a list is atomic, a map or struct is not, unless the table says otherwise.

use serde_json::Value;

use super::{Element, Scalar};
use crate::fields::{self, Field, GoType, Struct, Type};

/// How the value at a place merges.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// As one: scalars, atomic lists, maps and structs.
    Leaf,
    /// Field by field.
    Struct(&'static Struct),
    /// Entry by entry; the type of each.
    Map(&'static GoType),
    /// Item by item, which these keys tell apart; the type of each.
    Keyed(&'static GoType, &'static [&'static str]),
    /// As a set of scalars.
    Set,
}

/// What differs from the rule.
#[derive(Clone, Copy)]
enum Topology {
    Atomic,
    Granular,
    Set,
    Keys(&'static [&'static str]),
}
use Topology::{Atomic, Granular, Keys, Set};

/// By struct and field; for the struct itself the field is empty.
const TOPOLOGIES: [(&str, &str, Topology); 61] = [
    ("ConfigMapKeySelector", "", Atomic),
    ("Container", "env", Keys(&["name"])),
    ("Container", "ports", Keys(&["containerPort", "protocol"])),
    ("Container", "volumeDevices", Keys(&["devicePath"])),
    ("Container", "volumeMounts", Keys(&["mountPath"])),
    ("ContainerRestartRuleOnExitCodes", "values", Set),
    ("ContainerStatus", "allocatedResourcesStatus", Keys(&["name"])),
    ("ContainerStatus", "volumeMounts", Keys(&["mountPath"])),
    ("ControllerRevision", "data", Atomic),
    ("DeploymentStatus", "conditions", Keys(&["type"])),
    ("Endpoint", "addresses", Set),
    ("EndpointAddress", "", Atomic),
    ("EndpointPort", "", Atomic),
    ("EphemeralContainer", "env", Keys(&["name"])),
    ("EphemeralContainer", "ports", Keys(&["containerPort", "protocol"])),
    ("EphemeralContainer", "volumeDevices", Keys(&["devicePath"])),
    ("EphemeralContainer", "volumeMounts", Keys(&["mountPath"])),
    ("FileKeySelector", "", Atomic),
    ("LabelSelector", "", Atomic),
    ("LocalObjectReference", "", Atomic),
    ("NamespaceStatus", "conditions", Keys(&["type"])),
    ("NodeAllocatableResourceClaimStatus", "containers", Set),
    ("NodeSelector", "", Atomic),
    ("NodeSelectorTerm", "", Atomic),
    ("NodeSpec", "podCIDRs", Set),
    ("NodeStatus", "addresses", Keys(&["type"])),
    ("NodeStatus", "conditions", Keys(&["type"])),
    ("ObjectFieldSelector", "", Atomic),
    ("ObjectMeta", "finalizers", Set),
    ("ObjectMeta", "ownerReferences", Keys(&["uid"])),
    ("ObjectReference", "", Atomic),
    ("OwnerReference", "", Atomic),
    ("PersistentVolumeClaimStatus", "conditions", Keys(&["type"])),
    ("PersistentVolumeSpec", "claimRef", Granular),
    ("PodSpec", "containers", Keys(&["name"])),
    ("PodSpec", "ephemeralContainers", Keys(&["name"])),
    ("PodSpec", "hostAliases", Keys(&["ip"])),
    ("PodSpec", "imagePullSecrets", Keys(&["name"])),
    ("PodSpec", "initContainers", Keys(&["name"])),
    ("PodSpec", "nodeSelector", Atomic),
    ("PodSpec", "resourceClaims", Keys(&["name"])),
    ("PodSpec", "schedulingGates", Keys(&["name"])),
    ("PodSpec", "topologySpreadConstraints", Keys(&["topologyKey", "whenUnsatisfiable"])),
    ("PodSpec", "volumes", Keys(&["name"])),
    ("PodStatus", "conditions", Keys(&["type"])),
    ("PodStatus", "nodeAllocatableResourceClaimStatuses", Keys(&["resourceClaimName"])),
    ("PodStatus", "podIPs", Keys(&["ip"])),
    ("PodStatus", "resourceClaimStatuses", Keys(&["name"])),
    ("ReplicaSetStatus", "conditions", Keys(&["type"])),
    ("ResourceFieldSelector", "", Atomic),
    ("ResourceRequirements", "claims", Keys(&["name"])),
    ("ResourceStatus", "resources", Keys(&["resourceID"])),
    ("SecretKeySelector", "", Atomic),
    ("SecretReference", "", Atomic),
    ("ServiceAccount", "secrets", Keys(&["name"])),
    ("ServiceSpec", "ports", Keys(&["port", "protocol"])),
    ("ServiceSpec", "selector", Atomic),
    ("ServiceStatus", "conditions", Keys(&["type"])),
    ("StatefulSetStatus", "conditions", Keys(&["type"])),
    ("TopologySelectorTerm", "", Atomic),
    ("TypedLocalObjectReference", "", Atomic),
];

/// The value of a key that an item does not give: of ports the protocol, of everything else what is empty.
const DEFAULT_PROTOCOL: &str = "TCP";

fn topology(owner: &str, field: &str) -> Option<Topology> {
    let place = TOPOLOGIES.binary_search_by(|(o, f, _)| (*o, *f).cmp(&(owner, field)));
    place.ok().map(|at| TOPOLOGIES[at].2)
}

impl Shape {
    /// The shape of a whole object; `root` is (group, Go struct) as in [`fields::lookup`].
    pub fn root(root: (&str, &str)) -> Shape {
        fields::lookup(root.0, root.1).map_or(Shape::Leaf, Shape::Struct)
    }

    /// The shape of what an element leads to.
    pub fn child(self, element: &Element) -> Shape {
        match (self, element) {
            (Shape::Struct(owner), Element::Field(name)) => {
                owner.field(name).map_or(Shape::Leaf, |field| Shape::of_field(owner, field))
            }
            (Shape::Map(element), Element::Field(_)) | (Shape::Keyed(element, _), _) => {
                Shape::of_type(element, None)
            }
            _ => Shape::Leaf,
        }
    }

    fn of_field(owner: &'static Struct, field: &'static Field) -> Shape {
        Shape::of_type(&field.go_type, topology(owner.name, field.name))
    }

    fn of_type(go_type: &'static GoType, topology: Option<Topology>) -> Shape {
        match (&go_type.kind, topology) {
            (_, Some(Atomic)) => Shape::Leaf,
            (Type::Struct(group, name), topology) => match topology.or(self::topology(name, "")) {
                Some(Atomic) => Shape::Leaf,
                _ => Shape::root((group, name)),
            },
            (Type::Map(element), _) => Shape::Map(element),
            (Type::List(element), Some(Keys(keys))) => Shape::Keyed(element, keys),
            (Type::List(_), Some(Set)) => Shape::Set,
            _ => Shape::Leaf,
        }
    }

    /// What tells this item of a list apart; `None` if it has nothing that could.
    pub fn item(self, item: &Value) -> Option<Element> {
        match self {
            Shape::Set => Scalar::of(item).map(Element::Item),
            Shape::Keyed(element, names) => {
                let item = item.as_object()?;
                let key = |name: &&str| {
                    let value = item.get(*name).and_then(Scalar::of).or_else(|| default_key(element, name));
                    Some(((*name).to_owned(), value?))
                };
                let mut keys: Vec<(String, Scalar)> = names.iter().filter_map(key).collect();
                keys.sort();
                (!keys.is_empty()).then_some(Element::Key(keys))
            }
            _ => None,
        }
    }
}

fn default_key(element: &GoType, name: &str) -> Option<Scalar> {
    let field = fields::element_struct(element)?.field(name)?;
    match field.go_type.kind {
        Type::Int32 | Type::Int64 => Some(Scalar::Number(0)),
        _ if name == "protocol" => Some(Scalar::Text(DEFAULT_PROTOCOL.to_owned())),
        _ if !field.omitempty => Some(Scalar::Text(String::new())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shape(root: (&str, &str), path: &[&str]) -> Shape {
        path.iter().fold(Shape::root(root), |shape, name| match shape {
            Shape::Keyed(..) => {
                shape.child(&Element::Key(Vec::new())).child(&Element::Field((*name).to_owned()))
            }
            _ => shape.child(&Element::Field((*name).to_owned())),
        })
    }

    #[test]
    fn the_table_is_sorted_and_names_what_there_is() {
        for pair in TOPOLOGIES.windows(2) {
            assert!((pair[0].0, pair[0].1) < (pair[1].0, pair[1].1), "{} {}", pair[1].0, pair[1].1);
        }
        let groups = ["apps", "core", "discovery", "meta", "storage"];
        for (owner, field, topology) in TOPOLOGIES {
            let found: Vec<_> = groups.iter().filter_map(|group| fields::lookup(group, owner)).collect();
            assert!(!found.is_empty(), "{owner}");
            let of_struct = |s: &&Struct| field.is_empty() || s.field(field).is_some();
            let owner = found.into_iter().find(|s| of_struct(s)).unwrap_or_else(|| panic!("{owner}.{field}"));
            if let Keys(keys) = topology {
                let item = owner.field(field).and_then(|f| fields::element_struct(&f.go_type)).expect(field);
                assert!(keys.iter().all(|key| item.field(key).is_some()), "{field}: {keys:?}");
            }
        }
    }

    #[test]
    fn shapes_follow_the_types() {
        let set = ("apps", "StatefulSet");
        let containers = ["spec", "template", "spec", "containers"];
        assert!(matches!(shape(set, &["spec", "replicas"]), Shape::Leaf));
        assert!(matches!(shape(set, &["spec", "selector"]), Shape::Leaf));
        assert!(matches!(shape(set, &["spec", "volumeClaimTemplates"]), Shape::Leaf));
        assert!(matches!(shape(set, &["metadata", "labels"]), Shape::Map(_)));
        assert!(matches!(shape(set, &["metadata", "finalizers"]), Shape::Set));
        assert!(matches!(shape(set, &containers), Shape::Keyed(_, ["name"])));
        assert!(matches!(shape(("core", "PersistentVolume"), &["spec", "claimRef"]), Shape::Struct(_)));
        let ports = shape(set, &[&containers[..], &["ports"]].concat());
        let element = ports.item(&json!({"containerPort": 80})).expect("an item");
        assert_eq!(element.to_key(), r#"k:{"containerPort":80,"protocol":"TCP"}"#);
        assert_eq!(ports.item(&json!("x")), None);
    }
}
