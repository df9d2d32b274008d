//! What a healthy kubelet says of its node.
//!
//! Models pkg/kubelet/nodestatus/setters.go.

/// The conditions that a kubelet posts, in its order: type, status, reason, message.
const CONDITIONS: [(&str, &str, &str, &str); 4] = [
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
];

/// Every condition, in order: type, status, reason, message.
pub fn all_well() -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str)> {
    CONDITIONS.into_iter()
}

/// Status, reason and message of the condition of that type; `None` if it is not a kubelet's.
pub(super) fn well(kind: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let (_, status, reason, message) = CONDITIONS.into_iter().find(|(known, ..)| *known == kind)?;
    Some((status, reason, message))
}
