//! `kubectl rollout status`.
//!
//! Models kubectl/pkg/cmd/rollout/rollout_status.go and polymorphichelpers/rollout_status.go
//! (`StatefulSetStatusViewer`, `DeploymentStatusViewer`): each change prints its text anew.

use client::api::Change;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition, StatefulSet};
use machinery::{Object, time};

use super::super::{Call, Command, Next, Running};
use super::{OBJECTS, objects, revision};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, int};
use crate::resource::Info;
use crate::{Condition, Progress};

const FLAGS: &[Flag] =
    &[flags::WATCH, flags::TIMEOUT, int("revision", "Stop if another revision is rolled out")];

pub(crate) const STATUS: Command = Command {
    name: "rollout status",
    about: "Show the status of the rollout, and wait until it is complete",
    usage: || {
        &[
            "kubectl rollout status (TYPE NAME | TYPE/NAME) [--timeout=30s]",
            "kubectl rollout status sts/myapp",
        ]
    },
    flags: || &[FLAGS, OBJECTS, flags::FILES],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let revision = revision(call)?;
    let found = objects(call, context)?;
    let timeout = parsed.duration_ms("timeout").filter(|ms| *ms > 0);
    let mut watch = Watch {
        left: Vec::new(),
        failures: Vec::new(),
        once: !parsed.on_or("watch", true),
        revision,
        since: context.env.api.resource_version(),
        until: timeout.map(|ms| time::after_ms(context.now(), ms)),
    };
    if found.is_empty() {
        context.err(format!("No resources found in {} namespace.\n", parsed.namespace()));
    }
    for found in found {
        match found {
            Ok((info, object)) => watch.left.push((info, Some(object))),
            Err(failure) => watch.failures.push(failure),
        }
    }
    Ok(Next::Go(Box::new(Running::RolloutStatus(watch))))
}

/// The sets that are not yet rolled out, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    // The object is there until it was looked at.
    left: Vec<(Info, Option<Object>)>,
    failures: Vec<Failure>,
    once: bool,
    // Which one the rollout has to be; 0 for any.
    revision: i64,
    since: u64,
    until: Option<Timestamp>,
}

impl Watch {
    pub(in super::super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        while let Some((info, first)) = self.left.first_mut() {
            let (info, first) = (info.clone(), first.take());
            let seen = context.env.api.resource_version();
            match self.look(context, &info, first) {
                Ok(true) => {
                    self.left.remove(0);
                    // The next one is read anew: it may have changed meanwhile.
                    self.since = seen;
                    if let Some((info, object)) = self.left.first_mut() {
                        *object = context.get(info.kind, &info.namespace, &info.name).ok();
                    }
                    continue;
                }
                Ok(false) => {}
                Err(failure) => {
                    self.failures.push(failure);
                    self.left.remove(0);
                    continue;
                }
            }
            self.since = seen;
            if self.until.is_some_and(|until| context.now() >= until) {
                self.failures.push(Failure::message("timed out waiting for the condition"));
                break;
            }
            let what = format!("the rollout of {}", info.type_and_name());
            return Ok(Progress::Wait(Condition { past: seen, until: self.until, what }));
        }
        Failure::all(std::mem::take(&mut self.failures))?;
        Ok(Progress::Exit(0))
    }

    // Whether the rollout is done, after everything that has happened since the last look.
    fn look(
        &mut self,
        context: &mut Context<'_, '_>,
        info: &Info,
        first: Option<Object>,
    ) -> Result<bool, Failure> {
        if let Some(object) = first {
            // What has happened while the others were read is still to come.
            self.since = object.resource_version();
            if print(context, &object, self.revision)? || self.once {
                return Ok(true);
            }
        }
        for event in context.env.api.watch(info.kind, &info.namespace, self.since)? {
            if event.object.name() != info.name {
                continue;
            }
            if event.change == Change::Deleted {
                return Err(Failure::message("object has been deleted"));
            }
            if print(context, &event.object, self.revision)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn print(context: &mut Context<'_, '_>, object: &Object, revision: i64) -> Result<bool, Failure> {
    let (text, done) = match object {
        Object::StatefulSet(set) => evaluate(set)?,
        Object::Deployment(deployment) => {
            check_revision(deployment, revision)?;
            deployment_status(deployment)?
        }
        _ => {
            let kind = object.kind().group_kind();
            return Err(Failure::message(format!("no status viewer has been implemented for {kind}")));
        }
    };
    context.out(text);
    Ok(done)
}

/// Whether the Deployment is at the wanted revision; 0 is any. A StatefulSet is not asked.
fn check_revision(deployment: &Deployment, wanted: i64) -> Result<(), Failure> {
    if wanted == 0 {
        return Ok(());
    }
    let name = deployment.metadata.name.as_deref().unwrap_or_default();
    match super::deployment::revision(&deployment.metadata) {
        Ok(revision) if revision == wanted => Ok(()),
        Ok(revision) => Err(Failure::message(format!(
            "desired revision ({wanted}) is different from the running revision ({revision})"
        ))),
        Err(why) => Err(Failure::message(format!("cannot get the revision of deployment \"{name}\": {why}"))),
    }
}

/// What is said of a Deployment, and whether its rollout is done.
fn deployment_status(deployment: &Deployment) -> Result<(String, bool), Failure> {
    let name = deployment.metadata.name.as_deref().unwrap_or_default();
    let status = deployment.status.clone().unwrap_or_default();
    if deployment.metadata.generation.unwrap_or(0) > status.observed_generation.unwrap_or(0) {
        return Ok(("Waiting for deployment spec update to be observed...\n".to_owned(), false));
    }
    let is_late = |c: &DeploymentCondition| {
        c.type_ == "Progressing" && c.reason.as_deref() == Some("ProgressDeadlineExceeded")
    };
    if status.conditions.iter().flatten().any(is_late) {
        return Err(Failure::message(format!("deployment \"{name}\" exceeded its progress deadline")));
    }
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas);
    let updated = status.updated_replicas.unwrap_or(0);
    let (all, available) = (status.replicas.unwrap_or(0), status.available_replicas.unwrap_or(0));
    let finish = format!("Waiting for deployment \"{name}\" rollout to finish:");
    if let Some(wanted) = wanted.filter(|wanted| updated < *wanted) {
        let text = format!("{finish} {updated} out of {wanted} new replicas have been updated...\n");
        return Ok((text, false));
    }
    if all > updated {
        let old = all - updated;
        return Ok((format!("{finish} {old} old replicas are pending termination...\n"), false));
    }
    if available < updated {
        let text = format!("{finish} {available} of {updated} updated replicas are available...\n");
        return Ok((text, false));
    }
    Ok((format!("deployment \"{name}\" successfully rolled out\n"), true))
}

/// What is said of the set, and whether its rollout is done.
fn evaluate(set: &StatefulSet) -> Result<(String, bool), Failure> {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    let strategy = spec.update_strategy.unwrap_or_default();
    if strategy.type_.as_deref() != Some("RollingUpdate") {
        return Err(Failure::message("rollout status is only available for RollingUpdate strategy type"));
    }
    let observed = status.observed_generation.unwrap_or(0);
    if observed == 0 || set.metadata.generation.unwrap_or(0) > observed {
        return Ok(("Waiting for statefulset spec update to be observed...\n".to_owned(), false));
    }
    let replicas = spec.replicas.unwrap_or(0);
    let ready = status.ready_replicas.unwrap_or(0);
    if ready < replicas {
        return Ok((format!("Waiting for {} pods to be ready...\n", replicas - ready), false));
    }
    let updated = status.updated_replicas.unwrap_or(0);
    if let Some(rolling) = strategy.rolling_update {
        if let (Some(_), Some(partition)) = (spec.replicas, rolling.partition) {
            let wanted = replicas - partition;
            if updated < wanted {
                let text = format!(
                    "Waiting for partitioned roll out to finish: {updated} out of {wanted} new pods have been updated...\n"
                );
                return Ok((text, false));
            }
        }
        return Ok((
            format!("partitioned roll out complete: {updated} new pods have been updated...\n"),
            true,
        ));
    }
    let (current, update) =
        (status.current_revision.unwrap_or_default(), status.update_revision.unwrap_or_default());
    if update != current {
        let text = format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {update}...\n"
        );
        return Ok((text, false));
    }
    let at = status.current_replicas.unwrap_or(0);
    Ok((format!("statefulset rolling update complete {at} pods at revision {current}...\n"), true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::evaluate;

    #[test]
    fn each_state_of_a_rollout_has_its_text() {
        let cases = [
            (
                json!({}),
                json!({"type": "OnDelete"}),
                "rollout status is only available for RollingUpdate strategy type",
            ),
            (
                json!({"replicas": 0}),
                json!({"type": "RollingUpdate"}),
                "Waiting for statefulset spec update to be observed...",
            ),
            (
                json!({"observedGeneration": 2, "readyReplicas": 1}),
                json!({"type": "RollingUpdate"}),
                "Waiting for 2 pods to be ready...",
            ),
            (
                json!({"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 1}),
                json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}),
                "Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...",
            ),
            (
                json!({"observedGeneration": 2, "readyReplicas": 3}),
                json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 9}}),
                "partitioned roll out complete: 0 new pods have been updated...",
            ),
            (
                json!({"observedGeneration": 2, "readyReplicas": 3, "currentReplicas": 3, "currentRevision": "a", "updateRevision": "a"}),
                json!({"type": "RollingUpdate"}),
                "statefulset rolling update complete 3 pods at revision a...",
            ),
        ];
        for (mut status, strategy, expected) in cases {
            if status.get("replicas").is_none() {
                status["replicas"] = 3.into();
            }
            let set = json!({"metadata": {"generation": 2}, "status": status, "spec": {"replicas": 3, "selector": {},
                "template": {}, "updateStrategy": strategy}});
            let set = serde_json::from_value(set).expect("a set");
            let said = match evaluate(&set) {
                Ok((text, _)) => text.trim_end().to_owned(),
                Err(failure) => failure.error(),
            };
            assert_eq!(said, expected);
        }
    }
}
