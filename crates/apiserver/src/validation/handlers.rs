//! Probes and lifecycle hooks.
//!
//! Models validateProbe, validateHandler and validateLifecycle in pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{
    Container, ExecAction, GRPCAction, HTTPGetAction, Lifecycle, LifecycleHandler, Probe, SleepAction,
    TCPSocketAction,
};
use machinery::field::{FieldError, Path};

use super::containers::Scope;
use super::{Errors, if_given_one_of, non_negative, port_number, port_number_or_name};

/// What a probe or hook does; at most one of them.
#[derive(Default)]
struct Handler<'a> {
    exec: Option<&'a ExecAction>,
    http_get: Option<&'a HTTPGetAction>,
    tcp_socket: Option<&'a TCPSocketAction>,
    grpc: Option<&'a GRPCAction>,
    sleep: Option<&'a SleepAction>,
}

/// The hooks and probes of a container that may have them.
pub fn of_container(container: &Container, scope: &Scope<'_>, path: &Path) -> Errors {
    let mut errors = Vec::new();
    // The gate for `stopSignal` is off in every simulated version: upstream drops it before it looks (ContainerStopSignals).
    if let Some(Lifecycle { post_start, pre_stop, .. }) = &container.lifecycle {
        let path = path.child("lifecycle");
        for (name, hook) in [("postStart", post_start), ("preStop", pre_stop)] {
            errors.extend(hook.iter().flat_map(|hook| lifecycle(hook, scope, &path.child(name))));
        }
    }
    for (name, given) in [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ] {
        let Some(given) = given else {
            continue;
        };
        let path = path.child(name);
        errors.extend(probe(given, scope, &path));
        if name == "readinessProbe" {
            if let Some(seconds) = given.termination_grace_period_seconds {
                let why = "must not be set for readinessProbes";
                errors.push(FieldError::invalid(&path.child("terminationGracePeriodSeconds"), seconds, why));
            }
        } else if let Some(threshold) = given.success_threshold.filter(|threshold| *threshold != 1) {
            errors.push(FieldError::invalid(&path.child("successThreshold"), threshold, "must be 1"));
        }
    }
    errors
}

fn probe(probe: &Probe, scope: &Scope<'_>, path: &Path) -> Errors {
    let given = Handler {
        exec: probe.exec.as_ref(),
        http_get: probe.http_get.as_ref(),
        tcp_socket: probe.tcp_socket.as_ref(),
        grpc: probe.grpc.as_ref(),
        sleep: None,
    };
    let mut errors = handler(&given, scope, path);
    for (name, value) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        errors.extend(non_negative(value.unwrap_or(0), &path.child(name)));
    }
    if let Some(seconds) = probe.termination_grace_period_seconds.filter(|seconds| *seconds <= 0) {
        let path = path.child("terminationGracePeriodSeconds");
        errors.push(FieldError::invalid(&path, seconds, "must be greater than 0"));
    }
    errors
}

fn lifecycle(hook: &LifecycleHandler, scope: &Scope<'_>, path: &Path) -> Errors {
    let given = Handler {
        exec: hook.exec.as_ref(),
        http_get: hook.http_get.as_ref(),
        tcp_socket: hook.tcp_socket.as_ref(),
        grpc: None,
        sleep: hook.sleep.as_ref(),
    };
    handler(&given, scope, path)
}

fn handler(given: &Handler<'_>, scope: &Scope<'_>, path: &Path) -> Errors {
    let checks = [
        given.exec.map(|exec| ("exec", exec_errors(exec, &path.child("exec")))),
        given.http_get.map(|get| ("httpGet", http_get_errors(get, &path.child("httpGet")))),
        given
            .tcp_socket
            .map(|tcp| ("tcpSocket", port_number_or_name(&tcp.port, &path.child("tcpSocket").child("port")))),
        given.grpc.map(|grpc| {
            ("grpc", port_number(grpc.port, &path.child("grpc").child("port")).into_iter().collect())
        }),
        given.sleep.map(|sleep| ("sleep", sleep_errors(sleep.seconds, scope, &path.child("sleep")))),
    ];
    let mut errors = Vec::new();
    let mut count = 0;
    for (name, own) in checks.into_iter().flatten() {
        if count > 0 {
            errors.push(FieldError::forbidden(&path.child(name), "may not specify more than 1 handler type"));
        } else {
            errors.extend(own);
        }
        count += 1;
    }
    if count == 0 {
        errors.push(FieldError::required(path, "must specify a handler type"));
    }
    errors
}

fn exec_errors(exec: &ExecAction, path: &Path) -> Errors {
    let is_empty = exec.command.as_ref().is_none_or(Vec::is_empty);
    is_empty.then(|| FieldError::required(&path.child("command"), "")).into_iter().collect()
}

fn http_get_errors(get: &HTTPGetAction, path: &Path) -> Errors {
    let mut errors = Vec::new();
    if get.path.as_deref().unwrap_or_default().is_empty() {
        errors.push(FieldError::required(&path.child("path"), ""));
    }
    errors.extend(port_number_or_name(&get.port, &path.child("port")));
    let scheme = Some(get.scheme.as_deref().unwrap_or_default());
    errors.extend(if_given_one_of(scheme, &["HTTP", "HTTPS"], &path.child("scheme")));
    for header in get.http_headers.iter().flatten() {
        let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if header.name.is_empty() || !header.name.chars().all(is_fine) {
            let why = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
            errors.push(FieldError::invalid(&path.child("httpHeaders"), &header.name, why));
        }
    }
    errors
}

/// validateSleepAction.
fn sleep_errors(seconds: i64, scope: &Scope<'_>, path: &Path) -> Errors {
    let grace = scope.grace_period_seconds;
    let zero_is_fine = scope.features.sleeps_may_be_zero();
    let least = if zero_is_fine { 0 } else { 1 };
    if (least..=grace).contains(&seconds) {
        return Vec::new();
    }
    let why = if zero_is_fine {
        format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})")
    } else {
        format!(
            "must be greater than 0 and less than terminationGracePeriodSeconds ({grace}). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep."
        )
    };
    vec![FieldError::invalid(path, seconds, why)]
}
