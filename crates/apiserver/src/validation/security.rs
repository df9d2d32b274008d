//! Security contexts of pods and containers.
//!
//! Models validatePodSpecSecurityContext, ValidateSecurityContext and their companions in
//! pkg/apis/core/validation/validation.go (v1.36.2), for a cluster that allows privileged containers. Departs in one point:
//! options that only Windows has are taken as they are.

use k8s_openapi::api::core::v1::{
    AppArmorProfile, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext,
};
use machinery::field::{FieldError, Path, Printed};
use machinery::go_value::GoValue;

use super::containers::Scope;
use super::volumes::local_descending_path;
use super::{Errors, Seen, if_given_one_of, in_range};

// These are lists upstream, not sets: they print in this order.
const PROFILE_TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];
const PROC_MOUNTS: [&str; 2] = ["Default", "Unmasked"];
/// Sorted.
const FS_GROUP_POLICIES: [&str; 2] = ["Always", "OnRootMismatch"];
const GROUPS_POLICIES: [&str; 2] = ["Merge", "Strict"];
/// The other one, `MountOption`, needs a gate that is off in every simulated version (SELinuxMount).
const SELINUX_POLICIES: [&str; 1] = ["Recursive"];
const MAX_SYSCTL: usize = 253;
const MAX_PROFILE: usize = 4095;

/// A pod's own context.
pub fn of_pod(spec: &PodSpec, scope: &Scope<'_>, path: &Path) -> Errors {
    let empty = PodSecurityContext::default();
    let context = spec.security_context.as_ref().unwrap_or(&empty);
    let mut errors = ids(
        [
            ("fsGroup", context.fs_group),
            ("runAsUser", context.run_as_user),
            ("runAsGroup", context.run_as_group),
        ],
        path,
    );
    for (i, group) in context.supplemental_groups.iter().flatten().enumerate() {
        errors.extend(in_range(*group, 0, i32::MAX.into(), &path.child("supplementalGroups").index(i)));
    }
    // The server keeps what is the host's among the pod's context.
    if spec.share_process_namespace == Some(true) && spec.host_pid == Some(true) {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.push(FieldError::invalid(&path.child("shareProcessNamespace"), true, why));
    }
    errors.extend(sysctls(context, spec, &path.child("sysctls")));
    let policy = context.fs_group_change_policy.as_deref();
    errors.extend(if_given_one_of(policy, &FS_GROUP_POLICIES, &path.child("fsGroupChangePolicy")));
    errors.extend(seccomp(context.seccomp_profile.as_ref(), scope, &path.child("seccompProfile")));
    errors.extend(app_armor(context.app_armor_profile.as_ref(), &path.child("appArmorProfile")));
    let policy = context.supplemental_groups_policy.as_deref();
    errors.extend(if_given_one_of(policy, &GROUPS_POLICIES, &path.child("supplementalGroupsPolicy")));
    let policy = context.se_linux_change_policy.as_deref();
    errors.extend(if_given_one_of(policy, &SELINUX_POLICIES, &path.child("seLinuxChangePolicy")));
    errors
}

/// A container's context.
pub fn of_container(context: &SecurityContext, scope: &Scope<'_>, path: &Path) -> Errors {
    let mut errors = ids([("runAsUser", context.run_as_user), ("runAsGroup", context.run_as_group)], path);
    let proc_mount = context.proc_mount.as_deref();
    errors.extend(if_given_one_of(proc_mount, &PROC_MOUNTS, &path.child("procMount")));
    if scope.host_users && proc_mount == Some("Unmasked") {
        let why = "`hostUsers` must be false to use `Unmasked`";
        errors.push(FieldError::invalid(&path.child("procMount"), "Unmasked", why));
    }
    errors.extend(seccomp(context.seccomp_profile.as_ref(), scope, &path.child("seccompProfile")));
    if context.allow_privilege_escalation == Some(false) {
        let mut refuse = |why: &str| {
            errors.push(FieldError::invalid(path, whole(context).print(scope.features), why));
        };
        if context.privileged == Some(true) {
            refuse("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        let added = context.capabilities.iter().flat_map(|c| c.add.iter().flatten());
        if added.into_iter().any(|capability| capability == "CAP_SYS_ADMIN") {
            refuse("cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }
    errors.extend(app_armor(context.app_armor_profile.as_ref(), &path.child("appArmorProfile")));
    errors
}

/// The context as Go prints its own struct; what is not set by nearly everyone prints as nil.
fn whole(context: &SecurityContext) -> GoValue {
    let list = |items: &Option<Vec<String>>| {
        GoValue::list("[]core.Capability", items.iter().flatten().map(|item| GoValue::text(item)))
    };
    let capabilities = context.capabilities.as_ref().map(|capabilities| {
        let fields = [("Add", "", list(&capabilities.add)), ("Drop", "", list(&capabilities.drop))];
        GoValue::structure("core.Capabilities", fields)
    });
    let flag = |value: Option<bool>| GoValue::pointer("bool", value.map(GoValue::plain));
    let number = |value: Option<i64>| GoValue::pointer("int64", value.map(GoValue::plain));
    let proc_mount = context.proc_mount.as_deref().map(GoValue::text);
    GoValue::structure(
        "core.SecurityContext",
        [
            ("Capabilities", "", GoValue::pointer("core.Capabilities", capabilities)),
            ("Privileged", "", flag(context.privileged)),
            ("SELinuxOptions", "", GoValue::pointer("core.SELinuxOptions", None)),
            ("WindowsOptions", "", GoValue::pointer("core.WindowsSecurityContextOptions", None)),
            ("RunAsUser", "", number(context.run_as_user)),
            ("RunAsGroup", "", number(context.run_as_group)),
            ("RunAsNonRoot", "", flag(context.run_as_non_root)),
            ("ReadOnlyRootFilesystem", "", flag(context.read_only_root_filesystem)),
            ("AllowPrivilegeEscalation", "", flag(context.allow_privilege_escalation)),
            ("ProcMount", "", GoValue::pointer("core.ProcMountType", proc_mount)),
            ("SeccompProfile", "", GoValue::pointer("core.SeccompProfile", None)),
            ("AppArmorProfile", "", GoValue::pointer("core.AppArmorProfile", None)),
        ],
    )
}

/// IsValidUserID, IsValidGroupID.
fn ids<const N: usize>(ids: [(&str, Option<i64>); N], path: &Path) -> Errors {
    let given = ids.into_iter().filter_map(|(name, id)| id.map(|id| (name, id)));
    given.filter_map(|(name, id)| in_range(id, 0, i32::MAX.into(), &path.child(name))).collect()
}

fn sysctls(context: &PodSecurityContext, spec: &PodSpec, path: &Path) -> Errors {
    let sysctls = context.sysctls.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    let mut seen = Seen::default();
    for (i, sysctl) in sysctls.iter().enumerate() {
        let (at, name) = (path.index(i).child("name"), sysctl.name.as_str());
        if name.is_empty() {
            errors.push(FieldError::required(&at, ""));
        } else if !is_sysctl(name) {
            let why = format!(
                "must have at most {MAX_SYSCTL} characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
            );
            errors.push(FieldError::invalid(&at, name, why));
        } else if seen.again(name) {
            errors.push(FieldError::duplicate(&at, name));
        }
        let dotted = name.replace('/', ".");
        let of_ipc = ["kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|head| dotted.starts_with(head))
            || dotted == "kernel.sem";
        if spec.host_network == Some(true) && dotted.starts_with("net.") {
            let why = "may not be specified when 'hostNetwork' is true";
            errors.push(FieldError::invalid(&at, name, why));
        } else if spec.host_ipc == Some(true) && of_ipc {
            errors.push(FieldError::invalid(&at, name, "may not be specified when 'hostIPC' is true"));
        }
    }
    errors
}

/// IsValidSysctlName.
fn is_sysctl(name: &str) -> bool {
    let is_edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_part = |part: &str| {
        part.starts_with(is_edge)
            && part.ends_with(is_edge)
            && part.chars().all(|c| is_edge(c) || matches!(c, '-' | '_'))
    };
    name.len() <= MAX_SYSCTL && name.split(['.', '/']).all(is_part)
}

fn seccomp(profile: Option<&SeccompProfile>, scope: &Scope<'_>, path: &Path) -> Errors {
    let Some(profile) = profile else {
        return Vec::new();
    };
    let mut errors = Vec::new();
    let kind = profile.type_.as_str();
    if kind.is_empty() {
        let why = "type is required when seccompProfile is set";
        errors.push(FieldError::required(&path.child("type"), why));
    }
    errors.extend(if_given_one_of(
        Some(kind).filter(|kind| !kind.is_empty()),
        &PROFILE_TYPES,
        &path.child("type"),
    ));
    let at = path.child("localhostProfile");
    match (kind, &profile.localhost_profile) {
        ("Localhost", None) => {
            errors.push(FieldError::required(&at, "must be set when seccomp type is Localhost"));
        }
        ("Localhost", Some(file)) => errors.extend(local_descending_path(file, &at)),
        (_, Some(file)) => {
            let file = GoValue::pointer("string", Some(GoValue::text(file)));
            let fields = [("Type", "", GoValue::text(kind)), ("LocalhostProfile", "", file)];
            let value = GoValue::structure("core.SeccompProfile", fields).print(scope.features);
            errors.push(FieldError::invalid(&at, value, "can only be set when seccomp type is Localhost"));
        }
        (_, None) => {}
    }
    errors
}

/// ValidateAppArmorProfileField.
fn app_armor(profile: Option<&AppArmorProfile>, path: &Path) -> Errors {
    let Some(profile) = profile else {
        return Vec::new();
    };
    let at = path.child("localhostProfile");
    let missing = || FieldError::required(&at, "must be set when AppArmor type is Localhost");
    let too_long = |name: &str| (name.len() > MAX_PROFILE).then(|| FieldError::too_long(&at, MAX_PROFILE));
    match (profile.type_.as_str(), profile.localhost_profile.as_deref()) {
        ("Localhost", None) => vec![missing()],
        ("Localhost", Some("")) => vec![missing()],
        ("Localhost", Some(name)) => {
            let is_padded = name.trim() != name;
            let padded = || FieldError::invalid(&at, name, "must not be padded with whitespace");
            is_padded.then(padded).into_iter().chain(too_long(name)).collect()
        }
        ("RuntimeDefault" | "Unconfined", None) => Vec::new(),
        ("RuntimeDefault" | "Unconfined", Some(name)) => {
            let why = "can only be set when AppArmor type is Localhost";
            vec![FieldError::invalid(&at, Printed::from(name), why)]
        }
        ("", _) => {
            let why = "type is required when appArmorProfile is set";
            vec![FieldError::required(&path.child("type"), why)]
        }
        (kind, _) => vec![FieldError::not_supported(&path.child("type"), kind, &PROFILE_TYPES)],
    }
}
