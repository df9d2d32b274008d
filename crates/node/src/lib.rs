//! What nodes and add-ons do: scheduler, kubelet, CoreDNS, exec.
