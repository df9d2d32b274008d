//! `kubectl create namespace` and `kubectl create serviceaccount`.
//!
//! Models kubectl/pkg/cmd/create/{create_namespace,create_serviceaccount}.go.

use machinery::Kind;

use super::super::writing::Writing;
use super::super::{Command, Next};
use super::generated::{create, name, object};
use super::{MANAGER, SHARED};
use crate::flags;

pub(in super::super) const NAMESPACE: Command = Command {
    name: "create namespace",
    about: "Create a namespace with the specified name",
    usage: || &["kubectl create namespace NAME", "kubectl create ns staging"],
    flags: || &[SHARED, flags::FORMATS],
    run: |call, context| {
        let value = object(call, Kind::Namespace, name(call)?);
        let writing = Writing::of(call, context, MANAGER)?;
        create(call, context, writing, Kind::Namespace, value, "")?;
        Ok(Next::Done)
    },
};

pub(in super::super) const SERVICE_ACCOUNT: Command = Command {
    name: "create serviceaccount",
    about: "Create a service account with the specified name",
    usage: || &["kubectl create serviceaccount NAME", "kubectl create sa robot"],
    flags: || &[SHARED, flags::FORMATS],
    run: |call, context| {
        let value = object(call, Kind::ServiceAccount, name(call)?);
        let writing = Writing::of(call, context, MANAGER)?;
        create(call, context, writing, Kind::ServiceAccount, value, "failed to create serviceaccount: ")?;
        Ok(Next::Done)
    },
};
