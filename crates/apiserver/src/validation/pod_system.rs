//! The operating system that a pod names, and the fields that the other one has.
//!
//! Models validateOS, validateLinux, validateWindows and validateWindowsHostProcessPod in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{PodSpec, SecurityContext, WindowsSecurityContextOptions};
use machinery::field::{FieldError, Path};
use machinery::version::Features;

use super::pod_spec::containers_with_paths;
use super::{Errors, if_given_one_of};

const SYSTEMS: [&str; 2] = ["linux", "windows"];

/// What does not go with the system, if it is given; `path` is the spec's.
pub fn system(spec: &PodSpec, features: Features, path: &Path) -> Errors {
    let at = path.child("os");
    match spec.os.as_ref().map(|os| os.name.as_str()) {
        None => Vec::new(),
        Some("") => {
            let why = if features.missing_systems_need_no_words() { "" } else { "cannot be empty" };
            vec![FieldError::required(&at.child("name"), why)]
        }
        Some("linux") => linux(spec, path),
        Some("windows") => windows(spec, path),
        name => if_given_one_of(name, &SYSTEMS, &at).into_iter().collect(),
    }
}

/// validateLinux.
fn linux(spec: &PodSpec, path: &Path) -> Errors {
    let own = spec.security_context.as_ref().is_some_and(|context| context.windows_options.is_some());
    let of_containers = containers_with_paths(spec, path).into_iter().filter(|(_, container)| {
        container.security_context.as_ref().is_some_and(|context| context.windows_options.is_some())
    });
    let paths = own.then(|| path.clone()).into_iter().chain(of_containers.map(|(path, _)| path));
    let why = "windows options cannot be set for a linux pod";
    paths.map(|p| FieldError::forbidden(&p.child("securityContext").child("windowsOptions"), why)).collect()
}

/// validateWindows.
fn windows(spec: &PodSpec, path: &Path) -> Errors {
    let context = spec.security_context.clone().unwrap_or_default();
    // Whether it is given, and whether it is a field of the context, or else of the spec.
    let given = [
        ("appArmorProfile", context.app_armor_profile.is_some(), true),
        ("seLinuxOptions", context.se_linux_options.is_some(), true),
        ("hostUsers", spec.host_users.is_some(), false),
        ("hostPID", spec.host_pid == Some(true), false),
        ("hostIPC", spec.host_ipc == Some(true), false),
        ("seccompProfile", context.seccomp_profile.is_some(), true),
        ("fsGroup", context.fs_group.is_some(), true),
        ("fsGroupChangePolicy", context.fs_group_change_policy.is_some(), true),
        ("sysctls", context.sysctls.is_some_and(|list| !list.is_empty()), true),
        ("shareProcessNamespace", spec.share_process_namespace.is_some(), false),
        ("runAsUser", context.run_as_user.is_some(), true),
        ("runAsGroup", context.run_as_group.is_some(), true),
        ("supplementalGroups", context.supplemental_groups.is_some(), true),
        ("supplementalGroupsPolicy", context.supplemental_groups_policy.is_some(), true),
        ("seLinuxChangePolicy", context.se_linux_change_policy.is_some(), true),
    ];
    let of_context = path.child("securityContext");
    let mut errors = Vec::new();
    for (field, _, is_of_context) in given.into_iter().filter(|(_, is_set, _)| *is_set) {
        let path = if is_of_context { &of_context } else { path };
        errors.push(not_for_windows(&path.child(field)));
    }
    for (path, container) in containers_with_paths(spec, path) {
        if let Some(context) = &container.security_context {
            errors.extend(windows_container(context, &path.child("securityContext")));
        }
    }
    errors
}

fn windows_container(context: &SecurityContext, path: &Path) -> Errors {
    let given = [
        ("appArmorProfile", context.app_armor_profile.is_some()),
        ("seLinuxOptions", context.se_linux_options.is_some()),
        ("seccompProfile", context.seccomp_profile.is_some()),
        ("capabilities", context.capabilities.is_some()),
        ("readOnlyRootFilesystem", context.read_only_root_filesystem.is_some()),
        ("privileged", context.privileged.is_some()),
        ("allowPrivilegeEscalation", context.allow_privilege_escalation.is_some()),
        ("procMount", context.proc_mount.is_some()),
        ("runAsUser", context.run_as_user.is_some()),
        ("runAsGroup", context.run_as_group.is_some()),
    ];
    let given = given.into_iter().filter(|(_, is_set)| *is_set);
    given.map(|(field, _)| not_for_windows(&path.child(field))).collect()
}

fn not_for_windows(path: &Path) -> FieldError {
    FieldError::forbidden(path, "cannot be set for a windows pod")
}

/// validateWindowsHostProcessPod: either all containers are processes of the host, or none is.
pub fn host_processes(spec: &PodSpec, path: &Path) -> Errors {
    let flag = |options: Option<&WindowsSecurityContextOptions>| options.and_then(|o| o.host_process);
    let own = flag(spec.security_context.as_ref().and_then(|context| context.windows_options.as_ref()));
    let containers = containers_with_paths(spec, path);
    let mut errors = Vec::new();
    let mut count = 0;
    for (path, container) in &containers {
        let context = container.security_context.as_ref();
        let given = flag(context.and_then(|context| context.windows_options.as_ref()));
        if let (Some(own), Some(given)) = (own, given.filter(|given| own.is_some_and(|own| own != *given))) {
            let path = path.child("securityContext").child("windowsOptions").child("hostProcess");
            let why = format!("pod hostProcess value must be identical if both are specified, was {own}");
            errors.push(FieldError::invalid(&path, given, why));
        }
        count += usize::from(given.or(own) == Some(true));
    }
    if count > 0 && count != containers.len() {
        let why =
            "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        errors.push(FieldError::invalid(path, "", why));
    }
    if count > 0 && spec.host_network != Some(true) {
        let why = "hostNetwork must be true if pod contains any hostProcess containers";
        errors.push(FieldError::invalid(&path.child("hostNetwork"), false, why));
    }
    errors
}
