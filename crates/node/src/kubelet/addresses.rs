//! Pod addresses: each node gives them out of its own range, in order.
//!
//! Models the host-local plugin of CNI. Invariant: no two pods have the same one, and a freed one is not the next.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::Node;
use machinery::Resource;

/// The first address of a node's range that a pod gets; the one before is the node's own.
const FIRST_HOST: u8 = 2;
/// The last one.
const LAST_HOST: u8 = 250;

/// The addresses of all nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    /// Node → the last part of the address that it gave last.
    last: OrdMap<Arc<str>, u8>,
    used: OrdSet<Arc<str>>,
}

impl Addresses {
    /// The next free address of the node's range (an IPv4 `/24`); `None` if it has no range or none is left.
    pub(super) fn allot(&mut self, node: &Node) -> Option<Arc<str>> {
        let range = node.spec.as_ref()?.pod_cidr.as_deref()?;
        let (prefix, _) = range.rsplit_once('.')?;
        let mut host = self.last.get(node.name()).copied().unwrap_or(FIRST_HOST - 1);
        for _ in FIRST_HOST..=LAST_HOST {
            host = if host >= LAST_HOST { FIRST_HOST } else { host + 1 };
            let address: Arc<str> = format!("{prefix}.{host}").into();
            if self.used.insert(address.clone()).is_none() {
                self.last.insert(node.name().into(), host);
                return Some(address);
            }
        }
        None
    }

    /// Counts an address as given that another kubelet gave.
    pub(super) fn take(&mut self, address: &Arc<str>) {
        self.used.insert(address.clone());
    }

    /// Takes the address of a pod back.
    pub(super) fn free(&mut self, address: Option<Arc<str>>) {
        if let Some(address) = address {
            self.used.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::NodeSpec;

    use super::*;

    #[test]
    fn a_freed_address_comes_back_last() {
        let mut node = Node::default();
        node.metadata.name = Some("node-1".to_owned());
        node.spec = Some(NodeSpec { pod_cidr: Some("10.244.1.0/24".to_owned()), ..Default::default() });
        let mut addresses = Addresses::default();
        let first = addresses.allot(&node);
        assert_eq!(first.as_deref(), Some("10.244.1.2"));
        addresses.free(first);
        for host in 3..=250 {
            assert_eq!(addresses.allot(&node), Some(format!("10.244.1.{host}").into()));
        }
        assert_eq!(addresses.allot(&node).as_deref(), Some("10.244.1.2"));
        assert_eq!(addresses.allot(&node), None);
    }
}
