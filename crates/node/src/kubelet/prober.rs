//! Startup, liveness and readiness probes of a running container.
//!
//! Models pkg/kubelet/prober (v1.36.2). Departs: a probe succeeds unless it is failed on purpose or is a command that asks
//! for names, which ends as the names say; it answers at once, and is first made right after `initialDelaySeconds`; one that
//! goes on succeeding is not made again before something breaks.
//! Invariant: a result changes only after as many equal outcomes in a row as its threshold says.

use client::Listers;
use client::api::ExecOutput;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container as Spec, Pod, Probe as ProbeSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::time::after_ms;

use super::Turn;
use super::profile::{Faults, hits};
use crate::exec;

/// What a probe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Startup,
    Liveness,
    Readiness,
}

impl Purpose {
    pub(super) fn spec(self, container: &Spec) -> Option<&ProbeSpec> {
        match self {
            Purpose::Startup => container.startup_probe.as_ref(),
            Purpose::Liveness => container.liveness_probe.as_ref(),
            Purpose::Readiness => container.readiness_probe.as_ref(),
        }
    }

    /// As Events begin with it.
    fn title(self) -> &'static str {
        match self {
            Purpose::Startup => "Startup",
            Purpose::Liveness => "Liveness",
            Purpose::Readiness => "Readiness",
        }
    }

    /// How it comes out if it is made now; if it fails, with what it reports.
    pub(super) fn outcome(
        self,
        listers: &Listers,
        pod: &Pod,
        container: &Spec,
        faults: &Faults,
    ) -> Result<(), String> {
        let Some(probe) = self.spec(container) else { return Ok(()) };
        if !self.is_unbroken(pod, faults) {
            return Err(report(probe, container, pod));
        }
        let command = probe.exec.as_ref().and_then(|exec| exec.command.as_deref());
        match command.and_then(|command| exec::probe(listers, pod, container, command)) {
            Some(output) if output.exit_code != 0 => Err(printed(&output)),
            _ => Ok(()),
        }
    }

    /// Whether nothing is broken on purpose, by a fault or by an annotation of the pod.
    pub(super) fn is_unbroken(self, pod: &Pod, faults: &Faults) -> bool {
        let (patterns, annotation) = match self {
            Purpose::Startup => (&faults.fail_startup, "playground/fail-startup"),
            Purpose::Liveness => (&faults.fail_liveness, "playground/fail-liveness"),
            Purpose::Readiness => (&faults.fail_readiness, "playground/fail-readiness"),
        };
        let annotated = pod.metadata.annotations.as_ref().is_some_and(|a| a.contains_key(annotation));
        !annotated && !hits(patterns, pod)
    }
}

/// What one probe has shown of one run of a container.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    purpose: Purpose,
    /// When it was last made.
    last: Option<Timestamp>,
    /// How it came out last, and how often in a row.
    passed: bool,
    in_a_row: i32,
    /// The result, by the thresholds.
    pub(super) good: bool,
}

/// One run of a container.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// When it began.
    pub(super) since: Timestamp,
    /// When its startup probe had succeeded, for the probes that wait for that; else the same.
    pub(super) probed_from: Timestamp,
}

/// What a look at a probe led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It was not made, or succeeded, or has not failed often enough.
    Nothing,
    /// It has failed as often in a row as its threshold says.
    Tripped,
}

impl Probe {
    /// A probe that was never made: a container counts as alive, and neither as started nor as ready.
    pub(super) fn new(purpose: Purpose) -> Probe {
        Probe { purpose, last: None, passed: true, in_a_row: 0, good: purpose == Purpose::Liveness }
    }

    /// Begins with the result that another kubelet has found.
    pub(super) fn take_over(&mut self, good: bool) {
        (self.passed, self.good) = (good, good);
    }

    /// When it is made next, from now on.
    fn next(&self, spec: &ProbeSpec, run: Run, now: Timestamp) -> Timestamp {
        let delay_ms = i64::from(spec.initial_delay_seconds.unwrap_or(0).max(0)) * 1000;
        let first = after_ms(run.since, delay_ms).max(run.probed_from);
        let period_ms = i64::from(spec.period_seconds.unwrap_or(10).max(1)) * 1000;
        // The moment from which on the next one counts: after the last one, and not in the past.
        let from = self.last.map_or(now, |last| now.max(after_ms(last, 1)));
        let passed_ms = from.as_millisecond() - first.as_millisecond();
        if passed_ms <= 0 {
            return first;
        }
        let rounds = (passed_ms + period_ms - 1) / period_ms;
        after_ms(first, rounds.saturating_mul(period_ms))
    }

    /// When it was last made.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// When it is to be made next; `None` while it only goes on succeeding.
    pub(super) fn due(
        &self,
        spec: &ProbeSpec,
        run: Run,
        now: Timestamp,
        succeeds: bool,
    ) -> Option<Timestamp> {
        let settled = self.good && self.passed && succeeds;
        (!settled).then(|| self.next(spec, run, now))
    }

    /// Makes it, if it is due now.
    pub(super) fn look(
        &mut self,
        turn: &mut Turn<'_, '_>,
        container: &Spec,
        run: Run,
        outcome: &Result<(), String>,
    ) -> Look {
        let Some(spec) = self.purpose.spec(container) else {
            self.good = true;
            return Look::Nothing;
        };
        let (now, succeeds) = (turn.cx.now, outcome.is_ok());
        if self.due(spec, run, now, succeeds).is_none_or(|at| at > now) {
            return Look::Nothing;
        }
        self.last = Some(now);
        self.in_a_row = if self.passed == succeeds { self.in_a_row.saturating_add(1) } else { 1 };
        self.passed = succeeds;
        let threshold =
            if succeeds { spec.success_threshold.unwrap_or(1) } else { spec.failure_threshold.unwrap_or(3) };
        if let Err(report) = outcome {
            let message = format!("{} probe failed: {report}", self.purpose.title());
            turn.event(&container.name, "Warning", "Unhealthy", &message);
        }
        if self.in_a_row < threshold {
            return Look::Nothing;
        }
        self.good = succeeds;
        if succeeds { Look::Nothing } else { Look::Tripped }
    }
}

/// Whether a container has a probe that asks for names: its outcome changes with them.
pub(super) fn asks_names(container: &Spec) -> bool {
    let probes = [Purpose::Startup, Purpose::Liveness, Purpose::Readiness].into_iter();
    let commands = probes.filter_map(|purpose| purpose.spec(container)?.exec.as_ref()?.command.as_ref());
    commands
        .into_iter()
        .any(|command| exec::asks_names(&command.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// What a program printed, both streams as they came (pkg/probe/exec).
fn printed(output: &ExecOutput) -> String {
    output.pieces.iter().map(|(_, text)| text.as_str()).collect()
}

/// What a probe of that kind reports that fails on purpose.
pub(super) fn report(probe: &ProbeSpec, container: &Spec, pod: &Pod) -> String {
    let address = pod.status.as_ref().and_then(|status| status.pod_ip.as_deref()).unwrap_or_default();
    if probe.http_get.is_some() {
        "HTTP probe failed with statuscode: 503".to_owned()
    } else if let Some(tcp) = &probe.tcp_socket {
        format!("dial tcp {address}:{}: connect: connection refused", port(&tcp.port, container))
    } else if let Some(grpc) = &probe.grpc {
        format!(
            "timeout: failed to connect service \"{address}:{}\" within {}s: context deadline exceeded",
            grpc.port,
            probe.timeout_seconds.unwrap_or(1)
        )
    } else {
        // The program's own output; it printed nothing.
        String::new()
    }
}

fn port(given: &IntOrString, container: &Spec) -> i32 {
    match given {
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let ports = container.ports.iter().flatten();
            let named = ports.clone().find(|port| port.name.as_deref() == Some(name));
            named.map_or(0, |port| port.container_port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_made_after_its_delay_and_then_every_period() {
        let at = |s: i64| Timestamp::from_second(s).expect("a time");
        let spec =
            ProbeSpec { initial_delay_seconds: Some(5), period_seconds: Some(10), ..Default::default() };
        let probe = |last: Option<i64>| Probe { last: last.map(at), ..Probe::new(Purpose::Readiness) };
        let cases = [
            (None, 100, 105),
            (None, 105, 105),
            (None, 106, 115),
            (Some(105), 105, 115),
            (Some(105), 131, 135),
        ];
        for (last, now, expected) in cases {
            let run = Run { since: at(100), probed_from: at(100) };
            assert_eq!(probe(last).next(&spec, run, at(now)), at(expected), "{last:?} {now}");
        }
        let run = Run { since: at(100), probed_from: at(108) };
        let settled = Probe { good: true, ..probe(None) };
        assert_eq!(settled.due(&spec, run, at(200), true), None);
        assert_eq!(settled.due(&spec, run, at(200), false), Some(at(208)));
    }
}
