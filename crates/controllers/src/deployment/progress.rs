//! Whether a rollout goes on, is done, or is stuck.
//!
//! Models pkg/controller/deployment/progress.go.

use client::{Context, Error, Outcome};
use k8s_openapi::api::apps::v1::{DeploymentCondition, ReplicaSet};
use machinery::Resource;
use machinery::time::{after_ms, ms_between};

use super::deployment_util::{
    condition, is_complete, is_progressing, is_timed_out, new_condition, progress_deadline, remove_condition,
    set_condition,
};
use super::sync::Rollout;

const PROGRESSING: &str = "Progressing";
const REPLICA_FAILURE: &str = "ReplicaFailure";

impl Rollout {
    pub(super) fn cleanup_if_complete(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        let status = self.deployment.status.clone().unwrap_or_default();
        if is_complete(&self.deployment, &status) { self.cleanup(cx) } else { Ok(()) }
    }

    /// Writes the status, with what is known of the progress.
    pub(super) fn sync_rollout_status(&mut self, cx: &mut Context<'_>) -> Result<Outcome, Error> {
        let mut status = self.calculate_status(cx);
        let deadline = progress_deadline(&self.deployment);
        if deadline.is_none() {
            remove_condition(&mut status, PROGRESSING);
        }
        let before = self.deployment.status.clone().unwrap_or_default();
        let current = condition(&before, PROGRESSING).cloned();
        let was_complete = status.replicas == status.updated_replicas
            && current.as_ref().and_then(|c| c.reason.as_deref()) == Some("NewReplicaSetAvailable");
        if deadline.is_some() && !was_complete {
            let whose = match &self.new {
                Some(new) => format!("ReplicaSet \"{}\"", new.name()),
                None => format!("Deployment \"{}\"", self.deployment.name()),
            };
            let say = |holds, reason, what: &str| {
                new_condition(PROGRESSING, holds, reason, format!("{whose} {what}."), cx.now)
            };
            if is_complete(&self.deployment, &status) {
                let done = say("True", "NewReplicaSetAvailable", "has successfully progressed");
                set_condition(&mut status, done);
            } else if is_progressing(&self.deployment, &status) {
                let mut going = say("True", "ReplicaSetUpdated", "is progressing");
                if let Some(current) = current.as_ref().filter(|current| current.status == "True") {
                    going.last_transition_time = current.last_transition_time.clone();
                }
                // Each step counts anew, with the same reason too.
                remove_condition(&mut status, PROGRESSING);
                set_condition(&mut status, going);
            } else if is_timed_out(&self.deployment, &status, cx.now) {
                let late = say("False", "ProgressDeadlineExceeded", "has timed out progressing");
                set_condition(&mut status, late);
            }
        }
        match self.replica_failure() {
            Some(failure) => set_condition(&mut status, failure),
            None => remove_condition(&mut status, REPLICA_FAILURE),
        }
        if before == status {
            return Ok(self.requeue_stuck_deployment(cx, current.as_ref()));
        }
        self.write_status(cx, status)?;
        Ok(Outcome::Done)
    }

    /// What stands against the pods of a ReplicaSet, the newest one first.
    fn replica_failure(&self) -> Option<DeploymentCondition> {
        let failure = |set: &ReplicaSet| {
            let conditions = set.status.as_ref()?.conditions.as_ref()?;
            let found = conditions.iter().find(|condition| condition.type_ == REPLICA_FAILURE)?;
            Some(DeploymentCondition {
                type_: found.type_.clone(),
                status: found.status.clone(),
                reason: found.reason.clone(),
                message: found.message.clone(),
                last_update_time: found.last_transition_time.clone(),
                last_transition_time: found.last_transition_time.clone(),
            })
        };
        self.new.iter().chain(&self.old).find_map(|set| failure(set))
    }

    /// Looks again when the time is up within which there has to be progress.
    fn requeue_stuck_deployment(&self, cx: &Context<'_>, current: Option<&DeploymentCondition>) -> Outcome {
        let status = self.deployment.status.clone().unwrap_or_default();
        let (Some(deadline), Some(current)) = (progress_deadline(&self.deployment), current) else {
            return Outcome::Done;
        };
        if is_complete(&self.deployment, &status)
            || current.reason.as_deref() == Some("ProgressDeadlineExceeded")
        {
            return Outcome::Done;
        }
        let since = current.last_update_time.as_ref().map_or(cx.now, |time| time.0);
        let due = after_ms(since, (i64::from(deadline) + 1) * 1000);
        Outcome::After(u64::try_from(ms_between(cx.now, due)).unwrap_or(0).max(1000))
    }
}
