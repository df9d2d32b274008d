//! The controllers of kube-controller-manager that a StatefulSet meets.
