//! Why, about what the last command said: a refusal that hides its field, a phase that means nothing.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use machinery::{Kind, ObjectKey, Resource};
use serde_json::Value;

use super::super::Snapshot;
use super::{Reason, Risk, Rule, Why, WhyKind};
use crate::commands;

/// The API server's words for a field of a set that cannot change.
const FORBIDDEN: &str = "updates to statefulset spec for fields other than";
/// The fields of a set's spec that cannot change.
const FIXED: [&str; 4] = ["podManagementPolicy", "selector", "serviceName", "volumeClaimTemplates"];

/// The last command, when it has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The line.
    pub line: String,
    /// What it printed.
    pub out: String,
    /// What it printed to standard error.
    pub err: String,
    /// The file that it applied, if there is one: its name and its text.
    pub applied: Option<(String, String)>,
}

pub(super) fn last_command(snapshot: Snapshot<'_>) -> Option<Why> {
    let said = snapshot.said;
    if said.err.contains(FORBIDDEN) {
        return forbidden(snapshot, said);
    }
    let is_yaml = said.out.contains("volumeClaimTemplates:") && said.out.contains("phase: Pending");
    if is_yaml { template_phase(snapshot, said) } else { None }
}

fn forbidden(snapshot: Snapshot<'_>, said: &Said) -> Option<Why> {
    // `The StatefulSet "myapp" is invalid: spec: Forbidden: …`
    let name = said.err.split('"').nth(1)?;
    let set = snapshot.objects.list::<StatefulSet>("").find(|set| set.name() == name)?;
    let fields = said.applied.as_ref().map(|(_, text)| differing(set, text)).unwrap_or_default();
    let why = Why::new(WhyKind::Waiting, Reason::Immutable { set: name.to_owned(), fields });
    let delete = commands::orphan(&set.key());
    let line = match &said.applied {
        Some((file, _)) => format!("{delete} && {}", commands::apply(file)),
        None => delete,
    };
    Some(why.because(Rule::Immutable).about(&set.key()).or_command(line, Some(Risk::Unmanaged)))
}

/// The fixed fields for which the file asks something else than what is stored.
fn differing(set: &StatefulSet, text: &str) -> Vec<String> {
    let live = machinery::Object::from(set.clone()).to_value();
    let mut values = machinery::yaml::documents(text).flatten().map(|document| document.value);
    let wanted = values.find(|value| {
        value["kind"] == "StatefulSet" && value["metadata"]["name"].as_str() == Some(set.name())
    });
    let Some(wanted) = wanted else { return Vec::new() };
    let differs = |field: &&str| {
        let wanted = &wanted["spec"][*field];
        !wanted.is_null() && !asks_the_same(wanted, &live["spec"][*field])
    };
    FIXED.into_iter().filter(differs).map(str::to_owned).collect()
}

/// Whether everything that is asked for is there; defaults that the server has added do not count.
fn asks_the_same(asked: &Value, stored: &Value) -> bool {
    match (asked, stored) {
        (Value::Object(asked), Value::Object(stored)) => asked
            .iter()
            .all(|(name, asked)| stored.get(name).is_some_and(|stored| asks_the_same(asked, stored))),
        (Value::Array(asked), Value::Array(stored)) => {
            asked.len() == stored.len() && asked.iter().zip(stored).all(|(a, b)| asks_the_same(a, b))
        }
        _ => asked == stored,
    }
}

fn template_phase(snapshot: Snapshot<'_>, said: &Said) -> Option<Why> {
    let shown = |set: &&std::sync::Arc<StatefulSet>| {
        let claims = set.spec.as_ref().and_then(|spec| spec.volume_claim_templates.as_ref());
        claims.is_some_and(|claims| !claims.is_empty()) && said.out.contains(set.uid())
    };
    let set = snapshot.objects.list::<StatefulSet>("").find(shown)?;
    let mut bound = 0;
    for template in set.spec.iter().flat_map(|spec| spec.volume_claim_templates.iter().flatten()) {
        let prefix = format!("{}-{}-", template.name(), set.name());
        let claims = snapshot.objects.list::<PersistentVolumeClaim>(set.namespace());
        let is_bound = |claim: &PersistentVolumeClaim| {
            claim.name().starts_with(&prefix)
                && claim.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Bound"))
        };
        bound += claims.filter(|claim| is_bound(claim)).count();
    }
    let key = ObjectKey::new(Kind::StatefulSet, set.namespace(), set.name());
    let reason = Reason::TemplatePhase { set: set.name().to_owned(), bound };
    (bound > 0).then(|| Why::new(WhyKind::Quiet, reason).because(Rule::ClaimsOutlive).about(&key))
}
