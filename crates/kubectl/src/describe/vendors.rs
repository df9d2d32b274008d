//! Volumes on disks and shares of their own kind, each told field by field.
//!
//! Models the many print…VolumeSource of kubectl/pkg/describe/describe.go, as a table.

use serde_json::Value;

use crate::go_value;

/// How a field is told.
#[derive(Clone, Copy)]
enum As {
    /// A text or nothing.
    Text,
    /// A number, 0 if unset.
    Number,
    /// `false` if unset.
    Flag,
    /// `[a b]`.
    List,
    /// `a, b`.
    Joined,
    /// `map[a:b]`.
    Map,
    /// A secret, as Go prints a pointer to its reference.
    Secret,
    /// The value, or this if unset.
    Or(&'static str),
}

use As::{Flag, Joined, List, Map, Number, Or, Secret, Text};

/// The field of the volume, what kind of volume it is, and of each of its fields: what is said, where it is, and how it is
/// told.
type Source = (&'static str, &'static str, &'static [(&'static str, &'static str, As)]);

/// What is told of PersistentVolumes only: a pod's volume lies in the pod's namespace.
const ONLY_PERSISTENT: [(&str, &str); 4] = [
    ("glusterfs", "/endpointsNamespace"),
    ("scaleIO", "/secretRef/name"),
    ("scaleIO", "/secretRef/namespace"),
    ("azureFile", "/secretNamespace"),
];

const SOURCES: &[Source] = &[
    (
        "gcePersistentDisk",
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        &[
            ("PDName:", "/pdName", Text),
            ("FSType:", "/fsType", Text),
            ("Partition:", "/partition", Number),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "awsElasticBlockStore",
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        &[
            ("VolumeID:", "/volumeID", Text),
            ("FSType:", "/fsType", Text),
            ("Partition:", "/partition", Number),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "gitRepo",
        "GitRepo (a volume that is pulled from git when the pod is created)",
        &[("Repository:", "/repository", Text), ("Revision:", "/revision", Text)],
    ),
    (
        "iscsi",
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
        &[
            ("TargetPortal:", "/targetPortal", Text),
            ("IQN:", "/iqn", Text),
            ("Lun:", "/lun", Number),
            // Upstream forgot the colon.
            ("ISCSIInterface", "/iscsiInterface", Text),
            ("FSType:", "/fsType", Text),
            ("ReadOnly:", "/readOnly", Flag),
            ("Portals:", "/portals", List),
            ("DiscoveryCHAPAuth:", "/chapAuthDiscovery", Flag),
            ("SessionCHAPAuth:", "/chapAuthSession", Flag),
            ("SecretRef:", "/secretRef", Secret),
            ("InitiatorName:", "/initiatorName", Or("<none>")),
        ],
    ),
    (
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        &[
            ("EndpointsName:", "/endpoints", Text),
            ("EndpointsNamespace:", "/endpointsNamespace", Or("<unset>")),
            ("Path:", "/path", Text),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "rbd",
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        &[
            ("CephMonitors:", "/monitors", List),
            ("RBDImage:", "/image", Text),
            ("FSType:", "/fsType", Text),
            ("RBDPool:", "/pool", Text),
            ("RadosUser:", "/user", Text),
            ("Keyring:", "/keyring", Text),
            ("SecretRef:", "/secretRef", Secret),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "quobyte",
        "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
        &[("Registry:", "/registry", Text), ("Volume:", "/volume", Text), ("ReadOnly:", "/readOnly", Flag)],
    ),
    (
        "azureDisk",
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        &[
            ("DiskName:", "/diskName", Text),
            ("DiskURI:", "/diskURI", Text),
            ("Kind: ", "/kind", Text),
            ("FSType:", "/fsType", Text),
            ("CachingMode:", "/cachingMode", Text),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "vsphereVolume",
        "vSphereVolume (a Persistent Disk resource in vSphere)",
        &[
            ("VolumePath:", "/volumePath", Text),
            ("FSType:", "/fsType", Text),
            ("StoragePolicyName:", "/storagePolicyName", Text),
        ],
    ),
    (
        "cinder",
        "Cinder (a Persistent Disk resource in OpenStack)",
        &[
            ("VolumeID:", "/volumeID", Text),
            ("FSType:", "/fsType", Text),
            ("ReadOnly:", "/readOnly", Flag),
            ("SecretRef:", "/secretRef", Secret),
        ],
    ),
    (
        "photonPersistentDisk",
        "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
        &[("PdID:", "/pdID", Text), ("FSType:", "/fsType", Text)],
    ),
    ("portworxVolume", "PortworxVolume (a Portworx Volume resource)", &[("VolumeID:", "/volumeID", Text)]),
    (
        "scaleIO",
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        &[
            ("Gateway:", "/gateway", Text),
            ("System:", "/system", Text),
            ("Protection Domain:", "/protectionDomain", Text),
            ("Storage Pool:", "/storagePool", Text),
            ("Storage Mode:", "/storageMode", Text),
            ("VolumeName:", "/volumeName", Text),
            ("SecretName:", "/secretRef/name", Text),
            ("SecretNamespace:", "/secretRef/namespace", Text),
            ("FSType:", "/fsType", Text),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "cephfs",
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        &[
            ("Monitors:", "/monitors", List),
            ("Path:", "/path", Text),
            ("User:", "/user", Text),
            ("SecretFile:", "/secretFile", Text),
            ("SecretRef:", "/secretRef", Secret),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "storageos",
        "StorageOS (a StorageOS Persistent Disk resource)",
        &[
            ("VolumeName:", "/volumeName", Text),
            ("VolumeNamespace:", "/volumeNamespace", Text),
            ("FSType:", "/fsType", Text),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "fc",
        "FC (a Fibre Channel disk)",
        &[
            ("TargetWWNs:", "/targetWWNs", Joined),
            ("LUN:", "/lun", Or("<none>")),
            ("FSType:", "/fsType", Text),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        &[
            ("SecretName:", "/secretName", Text),
            ("SecretNamespace:", "/secretNamespace", Text),
            ("ShareName:", "/shareName", Text),
            ("ReadOnly:", "/readOnly", Flag),
        ],
    ),
    (
        "flexVolume",
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        &[
            ("Driver:", "/driver", Text),
            ("FSType:", "/fsType", Text),
            ("SecretRef:", "/secretRef", Secret),
            ("ReadOnly:", "/readOnly", Flag),
            ("Options:", "/options", Map),
        ],
    ),
    (
        "flocker",
        "Flocker (a Flocker volume mounted by the Flocker agent)",
        &[("DatasetName:", "/datasetName", Text), ("DatasetUUID:", "/datasetUUID", Text)],
    ),
];

/// What is said of such a volume, line by line; nothing if it is none.
pub(super) fn lines(volume: &Value, is_persistent: bool) -> Vec<String> {
    let Some((field, kind, fields)) = SOURCES.iter().find(|(field, ..)| volume[field].is_object()) else {
        return Vec::new();
    };
    let told = |(name, path, how): &(&str, &str, As)| {
        let value = volume[field].pointer(path).unwrap_or(&Value::Null);
        format!("{name}\t{}", how.told(value, is_persistent))
    };
    let fields =
        fields.iter().filter(|(_, path, _)| is_persistent || !ONLY_PERSISTENT.contains(&(field, path)));
    std::iter::once(format!("Type:\t{kind}")).chain(fields.map(told)).collect()
}

impl As {
    fn told(self, value: &Value, is_persistent: bool) -> String {
        let unset = match self {
            Text | Joined => "",
            Number => "0",
            Flag => "false",
            List => "[]",
            Map => "map[]",
            Secret => "nil",
            Or(unset) => unset,
        };
        match (self, value) {
            (_, Value::Null) => unset.to_owned(),
            (Joined, Value::Array(items)) => items.iter().map(go_value::plain).collect::<Vec<_>>().join(", "),
            (Secret, reference) if is_persistent => {
                let (name, namespace) = (text(&reference["name"]), text(&reference["namespace"]));
                format!("&SecretReference{{Name:{name},Namespace:{namespace},}}")
            }
            (Secret, reference) => format!("&LocalObjectReference{{Name:{},}}", text(&reference["name"])),
            (_, value) => go_value::plain(value),
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{SOURCES, lines};

    #[test]
    fn fields_are_told_as_go_prints_them() {
        let cases = [
            (
                json!({"fc": {"targetWWNs": ["a", "b"], "lun": 2}}),
                false,
                "Type:\tFC (a Fibre Channel disk)|TargetWWNs:\ta, b|LUN:\t2|FSType:\t|ReadOnly:\tfalse",
            ),
            (
                json!({"fc": {"readOnly": true}}),
                true,
                "Type:\tFC (a Fibre Channel disk)|TargetWWNs:\t|LUN:\t<none>|FSType:\t|ReadOnly:\ttrue",
            ),
            (
                json!({"flexVolume": {"driver": "d", "options": {"a": "b"}, "secretRef": {"name": "s"}}}),
                false,
                "Type:\tFlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)|Driver:\td|FSType:\t|SecretRef:\t&LocalObjectReference{Name:s,}|ReadOnly:\tfalse|Options:\tmap[a:b]",
            ),
            (
                json!({"cinder": {"volumeID": "v", "secretRef": {"name": "s", "namespace": "n"}}}),
                true,
                "Type:\tCinder (a Persistent Disk resource in OpenStack)|VolumeID:\tv|FSType:\t|ReadOnly:\tfalse|SecretRef:\t&SecretReference{Name:s,Namespace:n,}",
            ),
            (
                json!({"glusterfs": {"endpoints": "e", "path": "p"}}),
                true,
                "Type:\tGlusterfs (a Glusterfs mount on the host that shares a pod's lifetime)|EndpointsName:\te|EndpointsNamespace:\t<unset>|Path:\tp|ReadOnly:\tfalse",
            ),
            (json!({"nfs": {}}), false, ""),
        ];
        for (volume, is_persistent, expected) in cases {
            assert_eq!(lines(&volume, is_persistent).join("|"), expected, "{volume}");
        }
    }

    #[test]
    fn every_field_is_one_of_the_api() {
        for (source, _, fields) in SOURCES {
            for (_, path, _) in *fields {
                let name = path.trim_start_matches('/').split('/').next().unwrap_or_default();
                let is_in = |volume| machinery::fields::find(("core", volume), &[source, name]).is_some();
                assert!(is_in("PersistentVolumeSpec") || is_in("Volume"), "{source} {path}");
            }
        }
    }
}
