//! What is refused, warned of and dropped of volumes, at both versions.

#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use common::{Cluster, both, check_creation, merged};
use machinery::version::{Features, Version};
use serde_json::{Value, json};

/// A pod with a volume `v`.
fn volume(source: Value) -> Value {
    volumes(json!([merged(json!({"name": "v"}), source)]))
}

fn volumes(list: Value) -> Value {
    merged(common::pod("web-0"), json!({"spec": {"volumes": list}}))
}

fn container(change: Value) -> Value {
    let base = json!({"name": "nginx", "image": "nginx:1"});
    merged(common::pod("web-0"), json!({"spec": {"containers": [merged(base, change)]}}))
}

/// A PersistentVolume with another source than NFS.
fn persistent(source: Value) -> Value {
    let mut volume = common::volume("pv");
    volume["spec"].as_object_mut().expect("a spec").remove("nfs");
    merged(volume, json!({"spec": source}))
}

fn spec(change: Value) -> Value {
    merged(common::pod("web-0"), json!({"spec": change}))
}

/// A pod with the volumes `a` and `b`, of which `b` can be a device.
fn mounted(mounts: Value, devices: Value) -> Value {
    let volumes = json!([
        {"name": "a", "emptyDir": {}},
        {"name": "b", "persistentVolumeClaim": {"claimName": "b"}},
    ]);
    let pod = container(json!({"volumeMounts": mounts, "volumeDevices": devices}));
    merged(pod, json!({"spec": {"volumes": volumes}}))
}

fn deployment(meta: Value, spec: Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": merged(json!({"labels": {"app": "web"}}), meta),
                "spec": merged(json!({"containers": [{"name": "nginx", "image": "nginx:1"}]}), spec),
            },
        },
    })
}

/// Annotations for what has fields by now.
fn annotations() -> Value {
    json!({"annotations": {
        "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
        "container.seccomp.security.alpha.kubernetes.io/nginx": "runtime/default",
        "container.apparmor.security.beta.kubernetes.io/nginx": "unconfined",
    }})
}

fn class(change: Value) -> Value {
    let base = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "s"}});
    merged(merged(base, json!({"provisioner": "p"})), change)
}

#[test]
fn sources_that_need_a_storage_system_say_what_it_needs() {
    check_creation([
        both(
            volume(json!({"gitRepo": {"repository": "", "directory": "../x"}})),
            "spec.volumes[0].gitRepo.repository: Required value\nspec.volumes[0].gitRepo.directory: Invalid value: \"../x\": must not contain '..'",
        ),
        (
            volume(json!({"gitRepo": {"repository": "r"}})),
            [
                "spec.volumes[0].gitRepo: deprecated in v1.11",
                "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
            ],
        ),
        both(
            volume(json!({"gcePersistentDisk": {"pdName": "", "partition": 300}})),
            "spec.volumes[0].persistentDisk.pdName: Required value\nspec.volumes[0].persistentDisk.partition: Invalid value: 300: must be between 1 and 255, inclusive",
        ),
        both(
            volume(json!({"awsElasticBlockStore": {"volumeID": "a", "partition": -1}})),
            "spec.volumes[0].awsElasticBlockStore.partition: Invalid value: -1: must be between 1 and 255, inclusive",
        ),
        both(
            volume(json!({"glusterfs": {"endpoints": "", "path": ""}})),
            "spec.volumes[0].glusterfs.endpoints: Required value\nspec.volumes[0].glusterfs.path: Required value",
        ),
        both(
            volume(json!({"flocker": {}})),
            "spec.volumes[0].flocker: Required value: one of datasetName and datasetUUID is required",
        ),
        both(
            volume(json!({"flocker": {"datasetName": "a/b", "datasetUUID": "c"}})),
            "spec.volumes[0].flocker: Invalid value: \"resource\": datasetName and datasetUUID can not be specified simultaneously\nspec.volumes[0].flocker.datasetName: Invalid value: \"a/b\": must not contain '/'",
        ),
        both(
            volume(json!({"rbd": {"monitors": [], "image": ""}})),
            "spec.volumes[0].rbd.monitors: Required value\nspec.volumes[0].rbd.image: Required value",
        ),
        both(
            volume(json!({"cinder": {"volumeID": "", "secretRef": {"name": ""}}})),
            "spec.volumes[0].cinder.volumeID: Required value\nspec.volumes[0].cinder.secretRef.name: Required value",
        ),
        both(volume(json!({"cephfs": {"monitors": []}})), "spec.volumes[0].cephfs.monitors: Required value"),
        both(
            volume(json!({"quobyte": {"registry": "", "volume": ""}})),
            "spec.volumes[0].quobyte.registry: Required value: must be a host:port pair or multiple pairs separated by commas\nspec.volumes[0].quobyte.volume: Required value",
        ),
        both(
            volume(json!({"quobyte": {"registry": "a:1,[::1]:2,c:d:3", "volume": "v"}})),
            "spec.volumes[0].quobyte.registry: Invalid value: \"a:1,[::1]:2,c:d:3\": must be a host:port pair or multiple pairs separated by commas",
        ),
        both(
            volume(json!({"fc": {}})),
            "spec.volumes[0].fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both",
        ),
        (
            volume(json!({"fc": {"targetWWNs": ["a"], "wwids": ["b"], "lun": 256}})),
            [
                "spec.volumes[0].fc.targetWWNs: Invalid value: []string{\"a\"}: targetWWNs and wwids can not be specified simultaneously\nspec.volumes[0].fc.lun: Invalid value: 256: must be between 0 and 255, inclusive",
                "spec.volumes[0].fc.targetWWNs: Invalid value: [\"a\"]: targetWWNs and wwids can not be specified simultaneously\nspec.volumes[0].fc.lun: Invalid value: 256: must be between 0 and 255, inclusive",
            ],
        ),
        both(
            volume(json!({"fc": {"targetWWNs": ["a"]}})),
            "spec.volumes[0].fc.lun: Required value: lun is required if targetWWNs is specified",
        ),
        both(
            volume(json!({"flexVolume": {"driver": "", "options": {"kubernetes.io/a": "b", "x": "y"}}})),
            "spec.volumes[0].flexVolume.driver: Required value\nspec.volumes[0].flexVolume.options[kubernetes.io/a]: Invalid value: \"kubernetes.io/a\": kubernetes.io and k8s.io namespaces are reserved",
        ),
        both(
            volume(json!({"azureFile": {"secretName": "", "shareName": ""}})),
            "spec.volumes[0].azureFile.secretName: Required value\nspec.volumes[0].azureFile.shareName: Required value",
        ),
        both(
            volume(json!({"azureDisk": {"diskName": "", "diskURI": "x", "cachingMode": "a", "kind": "b"}})),
            "spec.volumes[0].azureDisk.diskName: Required value\nspec.volumes[0].azureDisk.cachingMode: Unsupported value: \"a\": supported values: \"None\", \"ReadOnly\", \"ReadWrite\"\nspec.volumes[0].azureDisk.kind: Unsupported value: \"b\": supported values: \"Dedicated\", \"Managed\", \"Shared\"\nspec.volumes[0].azureDisk.diskURI: Unsupported value: \"x\": supported values: \"https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd\"",
        ),
        both(
            volume(json!({"azureDisk": {"diskName": "a", "diskURI": "x", "kind": "Managed"}})),
            "spec.volumes[0].azureDisk.diskURI: Unsupported value: \"x\": supported values: \"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}\"",
        ),
        both(
            volume(json!({"vsphereVolume": {"volumePath": ""}})),
            "spec.volumes[0].vsphereVolume.volumePath: Required value",
        ),
        both(
            volume(json!({"photonPersistentDisk": {"pdID": ""}})),
            "spec.volumes[0].photonPersistentDisk.pdID: Required value",
        ),
        both(
            volume(json!({"portworxVolume": {"volumeID": ""}})),
            "spec.volumes[0].portworxVolume.volumeID: Required value",
        ),
        both(
            volume(
                json!({"storageos": {"volumeName": "A", "volumeNamespace": "B", "secretRef": {"name": ""}}}),
            ),
            "spec.volumes[0].storageos.volumeName: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\nspec.volumes[0].storageos.volumeNamespace: Invalid value: \"B\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\nspec.volumes[0].storageos.secretRef.name: Required value",
        ),
        both(
            volume(json!({"scaleIO": {"gateway": "", "system": "", "secretRef": {"name": "a"}}})),
            "spec.volumes[0].scaleIO.gateway: Required value\nspec.volumes[0].scaleIO.system: Required value\nspec.volumes[0].scaleIO.volumeName: Required value",
        ),
        (
            volume(json!({"csi": {"driver": "", "nodePublishSecretRef": {"name": ""}}})),
            [
                "spec.volumes[0].csi.driver: Required value\nspec.volumes[0].csi.driver: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\nspec.volumes[0].csi.nodePublishSecretRef.name: Required value",
                "spec.volumes[0].csi.driver: Required value\nspec.volumes[0].csi.nodePublishSecretRef.name: Required value",
            ],
        ),
        both(
            volume(json!({"csi": {"driver": "a_b", "nodePublishSecretRef": {"name": "A"}}})),
            "spec.volumes[0].csi.driver: Invalid value: \"a_b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\nspec.volumes[0].csi.name: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ),
        both(
            volume(json!({"persistentVolumeClaim": {"claimName": ""}})),
            "spec.volumes[0].persistentVolumeClaim.claimName: Required value",
        ),
    ]);
}

#[test]
fn initiators_and_targets_have_one_of_three_forms() {
    check_creation([
        both(
            volume(
                json!({"iscsi": {"targetPortal": "", "iqn": "x", "lun": 256, "chapAuthSession": true, "initiatorName": "iqn.2001-04.com.example"}}),
            ),
            "spec.volumes[0].iscsi.targetPortal: Required value\nspec.volumes[0].iscsi.iqn: Invalid value: \"x\": must be valid format starting with iqn, eui, or naa\nspec.volumes[0].iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive\nspec.volumes[0].iscsi.secretRef: Required value\nspec.volumes[0].iscsi.initiatorname: Invalid value: \"iqn.2001-04.com.example\": must be valid format",
        ),
        both(
            volume(
                json!({"iscsi": {"targetPortal": "10.0.0.1:3260", "iqn": "iqn.2001-04.com.example:disk", "lun": 0, "initiatorName": "eui.0123456789abcdef"}}),
            ),
            "",
        ),
        both(
            volume(
                json!({"emptyDir": {}, "iscsi": {"targetPortal": "a-portal-with-a-name-that-is-much-too-long-for-an-initiator-name.example:3260", "iqn": "a", "lun": 0, "initiatorName": "b"}, "nfs": {"server": "a", "path": "/b"}}),
            ),
            "spec.volumes[0].nfs: Forbidden: may not specify more than 1 volume type\nspec.volumes[0].iscsi: Forbidden: may not specify more than 1 volume type\nspec.volumes[0].name: Invalid value: \"v\": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
        ),
        both(
            volume(
                json!({"iscsi": {"targetPortal": "a", "iqn": "naa.0123456789abcdef0123456789abcdef", "lun": 0, "initiatorName": "eui.0"}}),
            ),
            "spec.volumes[0].iscsi.initiatorname: Invalid value: \"eui.0\": must be valid format",
        ),
        both(
            persistent(
                json!({"iscsi": {"targetPortal": "a-portal-with-a-name-that-is-much-too-long-for-an-initiator-name.example:3260", "iqn": "x", "lun": 0, "chapAuthDiscovery": true, "secretRef": {}, "initiatorName": "y"}}),
            ),
            "spec.iscsi.targetportal: Invalid value: \"a-portal-with-a-name-that-is-much-too-long-for-an-initiator-name.example:3260\": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.\nspec.iscsi.iqn: Invalid value: \"x\": must be valid format\nspec.iscsi.secretRef.name: Required value\nspec.iscsi.initiatorname: Invalid value: \"y\": must be valid format",
        ),
    ]);
}

#[test]
fn sources_of_files_are_checked_path_by_path() {
    check_creation([
        both(
            volume(json!({"emptyDir": {"sizeLimit": "-1"}})),
            "spec.volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity",
        ),
        both(
            volume(json!({"hostPath": {"path": "/a/../b", "type": "x"}})),
            "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'\nspec.volumes[0].hostPath.type: Unsupported value: \"x\": supported values: \"\", \"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"",
        ),
        both(
            volume(json!({"nfs": {"server": "", "path": "a"}})),
            "spec.volumes[0].nfs.server: Required value\nspec.volumes[0].nfs.path: Invalid value: \"a\": must be an absolute path",
        ),
        (
            volume(json!({"image": {"reference": ""}})),
            ["", "spec.volumes[0].image.reference: Required value"],
        ),
        (
            volume(json!({"image": {"reference": "r:1", "pullPolicy": "x"}})),
            [
                "",
                "spec.volumes[0].image.pullPolicy: Unsupported value: \"x\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
            ],
        ),
        both(
            volume(
                json!({"configMap": {"name": "", "defaultMode": 512, "items": [{"key": "", "path": ".."}, {"key": "k", "path": "..a", "mode": -1}, {"key": "k", "path": "/a/../b"}]}}),
            ),
            "spec.volumes[0].configMap.name: Required value\nspec.volumes[0].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive\nspec.volumes[0].configMap.items[0].key: Required value\nspec.volumes[0].configMap.items[0].path: Invalid value: \"..\": must not contain '..'\nspec.volumes[0].configMap.items[0].path: Invalid value: \"..\": must not start with '..'\nspec.volumes[0].configMap.items[1].path: Invalid value: \"..a\": must not start with '..'\nspec.volumes[0].configMap.items[1].mode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive\nspec.volumes[0].configMap.items[2].path: Invalid value: \"/a/../b\": must be a relative path\nspec.volumes[0].configMap.items[2].path: Invalid value: \"/a/../b\": must not contain '..'",
        ),
        both(
            volume(json!({"secret": {"items": [{"key": "k", "path": ""}]}})),
            "spec.volumes[0].secret.secretName: Required value\nspec.volumes[0].secret.items[0].path: Required value",
        ),
        both(
            volume(json!({"downwardAPI": {"defaultMode": 512, "items": [{"path": "../a"}]}})),
            "spec.volumes[0].downwardAPI.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive\nspec.volumes[0].downwardAPI.path: Invalid value: \"../a\": must not contain '..'\nspec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
        ),
        both(
            volume(json!({"projected": {"sources": [{"secret": {"name": ""}, "configMap": {"name": "c"}}]}})),
            "spec.volumes[0].projected.sources[0].secret.name: Required value\nspec.volumes[0].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source",
        ),
        both(
            volume(
                json!({"projected": {"sources": [{"serviceAccountToken": {"path": "", "expirationSeconds": 1}}, {"serviceAccountToken": {"path": "/a", "expirationSeconds": 4_294_967_297_i64}}]}}),
            ),
            "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes\nspec.volumes[0].projected.path: Required value\nspec.volumes[0].projected.sources[1].serviceAccountToken.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds\nspec.volumes[0].projected.path: Invalid value: \"/a\": must be a relative path",
        ),
        both(
            volume(
                json!({"projected": {"sources": [{"secret": {"name": "s", "items": [{"key": "k", "path": "a"}]}}, {"configMap": {"name": "c", "items": [{"key": "k", "path": "a"}]}}]}}),
            ),
            "spec.volumes[0].projected: Invalid value: \"c\": conflicting duplicate paths",
        ),
        both(
            volumes(
                json!([{"name": "V", "emptyDir": {}}, {"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]),
            ),
            "spec.volumes[0].name: Invalid value: \"V\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\nspec.volumes[2].name: Duplicate value: \"a\"",
        ),
    ]);
}

#[test]
fn claims_of_ephemeral_volumes_are_checked_like_claims() {
    check_creation([
        both(
            volume(json!({"ephemeral": {}})),
            "spec.volumes[0].ephemeral.volumeClaimTemplate: Required value",
        ),
        both(
            volume(
                json!({"ephemeral": {"volumeClaimTemplate": {"metadata": {"name": "a", "finalizers": ["b"], "uid": "u"}, "spec": {"accessModes": ["x"], "resources": {"requests": {"storage": "0"}}}}}}),
            ),
            "spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set\nspec.volumes[0].ephemeral.volumeClaimTemplate.metadata.uID: Forbidden: cannot be set\nspec.volumes[0].ephemeral.volumeClaimTemplate.metadata.finalizers: Forbidden: cannot be set\nspec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes: Unsupported value: \"x\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"\nspec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Invalid value: \"0\": must be greater than zero",
        ),
        both(
            volumes(
                json!([{"name": "a", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "0.5"}}}}}}, {"name": "b", "persistentVolumeClaim": {"claimName": "web-0-a"}}]),
            ),
            "spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: \"web-0-a\": must not reference a PVC that gets created for an ephemeral volume",
        ),
        both(
            volume(
                json!({"ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "0.5"}}}}}}),
            ),
            "spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: fractional byte value \"500m\" is invalid, must be an integer",
        ),
    ]);
}

#[test]
fn persistent_volumes_and_classes_are_checked() {
    check_creation([
        both(persistent(json!({})), "spec: Required value: must specify a volume type"),
        (
            persistent(json!({"csi": {"driver": "", "volumeHandle": ""}})),
            [
                "spec.csi.driver: Required value\nspec.csi.driver: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\nspec.csi.volumeHandle: Required value",
                "spec.csi.driver: Required value\nspec.csi.volumeHandle: Required value",
            ],
        ),
        both(
            persistent(
                json!({"csi": {"driver": "a", "volumeHandle": "h", "controllerPublishSecretRef": {}}}),
            ),
            "spec.csi.controllerPublishSecretRef.name: Required value\nspec.csi.controllerPublishSecretRef.namespace: Required value",
        ),
        both(
            persistent(json!({"glusterfs": {"endpoints": "e", "path": "p", "endpointsNamespace": ""}})),
            "spec.glusterfs.endpointsNamespace: Invalid value: \"\": if the endpointnamespace is set, it must be a valid namespace name",
        ),
        both(
            persistent(json!({"azureFile": {"secretName": "e", "shareName": "p", "secretNamespace": ""}})),
            "spec.azureFile.secretNamespace: Required value",
        ),
        both(
            persistent(json!({"cinder": {"volumeID": "e", "secretRef": {}}})),
            "spec.cinder.secretRef.name: Required value\nspec.cinder.secretRef.namespace: Required value",
        ),
        both(
            persistent(json!({"storageos": {"volumeName": "e", "secretRef": {}}})),
            "spec.storageos.secretRef.name: Required value\nspec.storageos.secretRef.namespace: Required value",
        ),
        both(
            persistent(
                json!({"scaleIO": {"gateway": "", "system": "s", "volumeName": "v", "secretRef": {"name": "a"}}}),
            ),
            "spec.scaleIO.gateway: Required value",
        ),
        both(
            persistent(
                json!({"hostPath": {"path": "/a"}, "flexVolume": {"driver": ""}, "local": {"path": "/a"}}),
            ),
            "spec.flexVolume.driver: Required value\nspec.local: Forbidden: may not specify more than 1 volume type",
        ),
        both(
            persistent(json!({"local": {"path": "/a/.."}})),
            "spec.local.path: Invalid value: \"/a/..\": must not contain '..'\nspec.nodeAffinity: Required value: Local volume requires node affinity",
        ),
        both(persistent(json!({"fc": {"targetWWNs": ["a"], "lun": 1}})), ""),
        (
            class(json!({"provisioner": "A_/b/c"})),
            [
                "provisioner: Invalid value: \"A_/b/c\": a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                "provisioner: Invalid value: \"A_/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
            ],
        ),
        both(
            class(
                json!({"allowedTopologies": [{"matchLabelExpressions": [{"key": "failure-domain.beta.kubernetes.io/zone", "values": ["a"]}]}]}),
            ),
            "allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        ),
    ]);
}

#[test]
fn mounts_and_devices_keep_out_of_each_others_way() {
    check_creation([
        both(
            mounted(
                json!([{"name": "a", "mountPath": "/a"}, {"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/b"}]),
                json!([{"name": "b", "devicePath": "/b"}]),
            ),
            "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique\nspec.containers[0].volumeMounts[2].name: Invalid value: \"b\": must not already exist in volumeDevices\nspec.containers[0].volumeMounts[2].mountPath: Invalid value: \"/b\": must not already exist as a path in volumeDevices\nspec.containers[0].volumeDevices[0].name: Invalid value: \"b\": must not already exist in volumeMounts\nspec.containers[0].volumeDevices[0].devicePath: Invalid value: \"/b\": must not already exist as a path in volumeMounts",
        ),
        both(
            mounted(
                json!([]),
                json!([{"name": "a", "devicePath": "/a"}, {"name": "c", "devicePath": "/../b"}, {"name": "b", "devicePath": "/../b"}]),
            ),
            "spec.containers[0].volumeDevices[0].name: Invalid value: \"a\": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode\nspec.containers[0].volumeDevices[1].name: Not found: \"c\"\nspec.containers[0].volumeDevices[1].devicePath: Invalid value: \"/../b\": can not contain backsteps ('..')\nspec.containers[0].volumeDevices[2].devicePath: Invalid value: \"/../b\": can not contain backsteps ('..')",
        ),
        both(
            mounted(
                json!([{"name": "a", "mountPath": "/a", "subPath": "/x/..", "subPathExpr": "../y", "mountPropagation": "Bidirectional", "recursiveReadOnly": "Enabled"}]),
                json!([]),
            ),
            "spec.containers[0].volumeMounts.subPath: Invalid value: \"/x/..\": must be a relative path\nspec.containers[0].volumeMounts.subPath: Invalid value: \"/x/..\": must not contain '..'\nspec.containers[0].volumeMounts[0].subPathExpr: Invalid value: \"../y\": subPathExpr and subPath are mutually exclusive\nspec.containers[0].volumeMounts.subPathExpr: Invalid value: \"../y\": must not contain '..'\nspec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers\nspec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true\nspec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified",
        ),
        both(
            mounted(
                json!([{"name": "a", "mountPath": "/a", "mountPropagation": "x", "recursiveReadOnly": "y"}]),
                json!([]),
            ),
            "spec.containers[0].volumeMounts.mountPropagation: Unsupported value: \"x\": supported values: \"Bidirectional\", \"HostToContainer\", \"None\"\nspec.containers[0].volumeMounts.recursiveReadOnly: Unsupported value: \"y\": supported values: \"Disabled\", \"Enabled\", \"IfPossible\"",
        ),
    ]);
}

#[test]
fn files_in_each_others_way_earn_warnings() {
    check_creation([
        both(
            volume(
                json!({"configMap": {"name": "c", "items": [{"key": "a", "path": "x"}, {"key": "b", "path": "x/y/"}, {"key": "c", "path": "xy"}]}}),
            ),
            "volume \"v\" (ConfigMap \"c\"): overlapping paths: \"x/y\" with \"x\"",
        ),
        both(
            volume(
                json!({"secret": {"secretName": "s", "items": [{"key": "a", "path": "x/y"}, {"key": "b", "path": "x"}]}}),
            ),
            "volume \"v\" (Secret \"s\"): overlapping paths: \"x\" with \"x/y\"",
        ),
        both(
            volume(
                json!({"downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "metadata.name"}}, {"path": "a", "fieldRef": {"fieldPath": "metadata.uid"}}]}}),
            ),
            "volume \"v\" (DownwardAPI): overlapping paths: \"a\" with \"a\"",
        ),
        both(
            volume(
                json!({"projected": {"sources": [{"configMap": {"name": "c", "items": [{"key": "k", "path": "a/b"}]}}, {"serviceAccountToken": {"path": "a"}}, {}, {"downwardAPI": {"items": [{"path": "a/c", "fieldRef": {"fieldPath": "metadata.name"}}]}}]}}),
            ),
            "volume \"v\" (Projected): overlapping paths: \"a\" (ServiceAccountToken) with \"a/b\" (ConfigMap \"c\")\nvolume \"v\" (Projected) has no sources provided\nvolume \"v\" (Projected): overlapping paths: \"a/c\" (DownwardAPI) with \"a\" (ServiceAccountToken)",
        ),
        both(
            volume(json!({"projected": {"sources": [{"clusterTrustBundle": {"name": "a", "path": "b"}}]}})),
            "volume \"v\" (Projected) has no sources provided",
        ),
    ]);
}

#[test]
fn pods_and_templates_earn_warnings() {
    check_creation([
        both(
            merged(common::pod("web-0"), json!({"metadata": annotations()})),
            "metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the \"seccompProfile\" field instead\nmetadata.annotations[container.seccomp.security.alpha.kubernetes.io/nginx]: non-functional in v1.27+; use the \"seccompProfile\" field instead",
        ),
        both(
            deployment(annotations(), json!({})),
            "spec.template.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the \"seccompProfile\" field instead\nspec.template.metadata.annotations[container.seccomp.security.alpha.kubernetes.io/nginx]: non-functional in v1.27+; use the \"seccompProfile\" field instead\nspec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/nginx]: deprecated since v1.30; use the \"appArmorProfile\" field instead",
        ),
        (
            deployment(
                json!({}),
                json!({"containers": [{"name": "a", "image": "a:1", "ports": [{"containerPort": 80, "name": "http"}]}, {"name": "b", "image": "a:1", "ports": [{"containerPort": 81, "name": "http"}]}]}),
            ),
            [
                "",
                "spec.template.spec.containers[1].ports[0]: duplicate port name \"http\" with spec.template.spec.containers[0].ports[0], services and probes that select ports by name will use spec.template.spec.containers[0].ports[0]",
            ],
        ),
        (
            spec(
                json!({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["-1"]}]}}]}}}),
            ),
            [
                "",
                "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]: -1 is invalid, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ],
        ),
        (
            spec(
                json!({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["2001:DB8::1"]}, "hostAliases": [{"ip": "2001:db8:0:0::1"}, {"ip": "10.0.0.1"}]}),
            ),
            [
                "",
                "spec.dnsConfig.nameservers[0]: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")\nspec.hostAliases[0].ip: IPv6 address \"2001:db8:0:0::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")",
            ],
        ),
        both(
            container(
                json!({"resources": {"requests": {"memory": "0.5"}, "limits": {"memory": "1.5", "ephemeral-storage": "100m"}}}),
            ),
            "spec.containers[0].resources.limits[memory]: fractional byte value \"1500m\" is invalid, must be an integer\nspec.containers[0].resources.requests[memory]: fractional byte value \"500m\" is invalid, must be an integer\nspec.containers[0].resources.limits[ephemeral-storage]: fractional byte value \"100m\" is invalid, must be an integer\nspec.containers[0].resources.requests[ephemeral-storage]: fractional byte value \"100m\" is invalid, must be an integer",
        ),
        (
            spec(json!({"hostAliases": [{"ip": "010.0.0.1"}, {"ip": "::ffff:1.2.3.4"}]})),
            [
                "",
                "spec.hostAliases[0].ip: Invalid value: \"010.0.0.1\": must not have leading 0s\nspec.hostAliases[1].ip: Invalid value: \"::ffff:1.2.3.4\": must not be an IPv4-mapped IPv6 address",
            ],
        ),
        both(
            spec(json!({"hostAliases": [{"ip": "1.2.3"}]})),
            "spec.hostAliases[0].ip: Invalid value: \"1.2.3\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        ),
    ]);
}

/// What a version has switched off, and what is left of it in a pod.
#[test]
fn what_is_switched_off_is_dropped() {
    let resize = json!([{"resourceName": "cpu", "restartPolicy": "NotRequired"}]);
    let cases = [
        ("resizePolicy", resize.clone(), [Value::Null, resize]),
        (
            "securityContext",
            json!({"procMount": "Default"}),
            [json!({"procMount": "Default"}), json!({"procMount": "Default"})],
        ),
    ];
    for (field, value, expected) in cases {
        for (version, expected) in Version::ALL.into_iter().zip(expected) {
            let stored = stored(version, container(json!({field: value.clone()})));
            assert_eq!(stored["containers"][0][field], expected, "{field} at {version}");
        }
    }
    for (lifecycle, left) in [
        (json!({"stopSignal": "SIGINT"}), Value::Null),
        (
            json!({"stopSignal": "SIGINT", "preStop": {"sleep": {"seconds": 1}}}),
            json!({"preStop": {"sleep": {"seconds": 1}}}),
        ),
    ] {
        let stored = stored(Version::V1_36, container(json!({"lifecycle": lifecycle})));
        assert_eq!(stored["containers"][0]["lifecycle"], left);
    }
}

#[test]
fn images_as_volumes_are_dropped_with_their_mounts() {
    let image = json!({"name": "i", "image": {"reference": "r:1"}});
    let mounts = json!([{"name": "i", "mountPath": "/i"}, {"name": "e", "mountPath": "/e"}]);
    let pod = merged(
        container(json!({"volumeMounts": mounts})),
        json!({"spec": {"volumes": [image, {"name": "e", "emptyDir": {}}], "automountServiceAccountToken": false}}),
    );
    for (version, count) in Version::ALL.into_iter().zip([1, 2]) {
        let stored = stored(version, pod.clone());
        for list in [&stored["volumes"], &stored["containers"][0]["volumeMounts"]] {
            assert_eq!(list.as_array().expect("a list").len(), count, "{version}: {list}");
        }
    }
}

/// The spec of a pod as it is stored.
fn stored(version: Version, pod: Value) -> Value {
    let mut cluster = Cluster::with(Features::of(version));
    cluster.create(pod);
    cluster.value(machinery::Kind::Pod, "web-0")["spec"].clone()
}
