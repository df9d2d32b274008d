//! What belongs to the cluster or to a namespace as a whole, and Endpoints, told for people.
//!
//! Models NamespaceDescriber, StorageClassDescriber, ServiceAccountDescriber and EndpointsDescriber of
//! kubectl/pkg/describe/describe.go.

use k8s_openapi::api::core::v1::{EndpointAddress, Endpoints, Namespace, ServiceAccount};
use k8s_openapi::api::storage::v1::StorageClass;

use super::text::{Text, time, title_bool};
use crate::printers::network;
use crate::printers::storage::is_default_class;

/// Adds everything about a namespace: it is told without events. There are no quotas and no limits here.
pub(super) fn describe_namespace(text: &mut Text, namespace: &Namespace) {
    text.name(&namespace.metadata);
    text.labels("", "Labels", namespace.metadata.labels.as_ref());
    text.annotations("Annotations", namespace.metadata.annotations.as_ref());
    let phase = namespace.status.as_ref().and_then(|status| status.phase.as_deref());
    text.field(0, "Status", phase.unwrap_or_default());
    let conditions = namespace.status.as_ref().and_then(|status| status.conditions.as_deref());
    for (index, c) in conditions.unwrap_or_default().iter().enumerate() {
        if index == 0 {
            text.line(0, "Conditions:");
            text.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
            text.line(1, "----\t------\t------------------\t------\t-------");
        }
        let changed = time(c.last_transition_time.as_ref());
        let (reason, message) =
            (c.reason.as_deref().unwrap_or_default(), c.message.as_deref().unwrap_or_default());
        text.line(1, format!("{}\t{}\t{changed}\t{reason}\t{message}", c.type_, c.status));
    }
    text.raw("\nNo resource quota.\n\nNo LimitRange resource.\n");
}

/// Adds everything but the events of a class.
pub(super) fn describe_class(text: &mut Text, class: &StorageClass) {
    text.name(&class.metadata);
    text.field(0, "IsDefaultClass", if is_default_class(class) { "Yes" } else { "No" });
    text.field(0, "Annotations", network::labels(class.metadata.annotations.as_ref()));
    text.field(0, "Provisioner", &class.provisioner);
    text.field(0, "Parameters", network::labels(class.parameters.as_ref()));
    text.field(0, "AllowVolumeExpansion", class.allow_volume_expansion.map_or("<unset>", title_bool));
    match class.mount_options.as_deref() {
        None | Some([]) => text.field(0, "MountOptions", "<none>"),
        Some(options) => {
            text.line(0, "MountOptions:");
            options.iter().for_each(|option| text.line(1, option));
        }
    }
    for (name, value) in
        [("ReclaimPolicy", &class.reclaim_policy), ("VolumeBindingMode", &class.volume_binding_mode)]
    {
        if let Some(value) = value {
            text.field(0, name, value);
        }
    }
}

/// Adds everything but the events of an account.
pub(super) fn describe_account(text: &mut Text, account: &ServiceAccount) {
    text.name(&account.metadata);
    text.labels("", "Labels", account.metadata.labels.as_ref());
    text.annotations("Annotations", account.metadata.annotations.as_ref());
    let pull: Vec<String> =
        account.image_pull_secrets.iter().flatten().map(|secret| secret.name.clone()).collect();
    text.several("", "Image pull secrets", &pull);
    if !text.features.service_accounts_have_no_secrets() {
        let mount = account.secrets.iter().flatten().filter_map(|secret| secret.name.clone());
        text.several("", "Mountable secrets", &mount.collect::<Vec<_>>());
        text.several("", "Tokens", &[]);
    }
}

/// Adds everything but the events of Endpoints.
pub(super) fn describe_endpoints(text: &mut Text, endpoints: &Endpoints) {
    text.name(&endpoints.metadata);
    text.labels("", "Labels", endpoints.metadata.labels.as_ref());
    text.annotations("Annotations", endpoints.metadata.annotations.as_ref());
    text.line(0, "Subsets:");
    for subset in endpoints.subsets.iter().flatten() {
        text.field(1, "Addresses", addresses(subset.addresses.as_deref()));
        text.field(1, "NotReadyAddresses", addresses(subset.not_ready_addresses.as_deref()));
        if let Some(ports) = subset.ports.as_deref().filter(|ports| !ports.is_empty()) {
            text.line(1, "Ports:");
            text.line(2, "Name\tPort\tProtocol");
            text.line(2, "----\t----\t--------");
            for port in ports {
                let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("<unset>");
                let protocol = port.protocol.as_deref().unwrap_or_default();
                text.line(2, format!("{name}\t{}\t{protocol}", port.port));
            }
        }
        text.line(0, "");
    }
}

fn addresses(addresses: Option<&[EndpointAddress]>) -> String {
    match addresses {
        None | Some([]) => "<none>".to_owned(),
        Some(addresses) => addresses.iter().map(|address| &*address.ip).collect::<Vec<_>>().join(","),
    }
}
