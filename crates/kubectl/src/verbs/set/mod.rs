//! `kubectl set image|env|resources|serviceaccount|selector`: changes of a part of an object.
//!
//! Models kubectl/pkg/cmd/set/helper.go (`CalculatePatches`) and what its commands share.

mod env;
mod env_resolve;
mod image;
mod resources;
mod selector;
mod service_account;

use client::api::{Request, Verb};
use machinery::Kind;
use machinery::patch::{self, PatchType};
use serde_json::Value;

pub(super) use env::ENV;
pub(super) use image::IMAGE;
pub(super) use resources::RESOURCES;
pub(super) use selector::SELECTOR;
pub(super) use service_account::SERVICE_ACCOUNT;

use super::rollout::CHANGE_CAUSE;
use super::writing::info_of;
use super::{Call, DryRun, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag};
use crate::printers::report::Report;
use crate::printers::whole;
use crate::resource::{self, Info, Rules, Target};

const MANAGER: &str = "kubectl-set";

/// The flags of all of them.
const SHARED: &[Flag] = &[flags::DRY_RUN, flags::LOCAL, flags::FIELD_MANAGER, flags::RECORD];

/// Objects to change, and how that is told.
struct Change {
    /// The objects, as the server has them or, with `--local`, as they are in the files.
    objects: Vec<(Info, Value)>,
    /// What is said when it is done.
    operation: &'static str,
    /// What stands before the server's refusal.
    failed: &'static str,
    /// Whether an object that stays as it is goes unsaid.
    quiet: bool,
}

/// The objects that a `set` is about; `words` name them.
fn objects(
    call: &Call,
    context: &mut Context<'_, '_>,
    words: &[String],
) -> Result<Vec<(Info, Value)>, Failure> {
    let parsed = &call.parsed;
    let is_local = parsed.on("local");
    if is_local && !words.is_empty() {
        return Err(Failure::message(
            "error: you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'",
        ));
    }
    let rules = Rules { type_means_all: parsed.on("all"), is_local, ..Rules::default() };
    let targets = resource::targets(context, parsed, words, rules)?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    if is_local {
        for target in targets.list {
            match target {
                Target::Given(manifest) => {
                    let value = whole::typed(manifest.kind, manifest.value.clone(), context.env.features);
                    found.push((info_of(&manifest), value));
                }
                Target::Broken(failure) => failures.push(failure),
                Target::Named(..) | Target::Selected(..) | Target::Absent(..) => {}
            }
        }
    } else {
        for object in resource::objects(context, &targets) {
            match object {
                Ok((info, object)) => found.push((info, context.whole(&object))),
                Err(failure) => failures.push(failure),
            }
        }
    }
    Failure::all(failures)?;
    Ok(found)
}

impl Change {
    /// Changes each object with `edit`, which says what is wrong without ending the command.
    fn run(
        self,
        call: &Call,
        context: &mut Context<'_, '_>,
        edit: &mut dyn FnMut(&mut Context<'_, '_>, &Info, &mut Value) -> Vec<Failure>,
    ) -> Result<(), Failure> {
        let parsed = &call.parsed;
        let dry_run = dry_run(context, parsed)?;
        if parsed.on("local") && dry_run == DryRun::Server {
            return Err(Failure::message(
                "cannot specify --local and --dry-run=server - did you mean --dry-run=client?",
            ));
        }
        let mut report = Report::typed(context, parsed, dry_run)?;
        let unsent = parsed.on("local") || dry_run == DryRun::Client;
        let mut failures = Vec::new();
        for (info, before) in &self.objects {
            let mut after = before.clone();
            let wrong = edit(context, info, &mut after);
            let is_done = *before == after && (self.quiet || !wrong.is_empty());
            failures.extend(wrong);
            if is_done {
                continue;
            }
            if parsed.on("record") {
                after["metadata"]["annotations"][CHANGE_CAUSE] = call.cause().into();
            }
            let changed = if unsent { Ok(after) } else { self.send(context, info, before, &after, dry_run) };
            let reported = changed.and_then(|object| report.done(context, info, self.operation, &object));
            failures.extend(reported.err());
        }
        Failure::all(failures)
    }

    fn send(
        &self,
        context: &mut Context<'_, '_>,
        info: &Info,
        before: &Value,
        after: &Value,
        dry_run: DryRun,
    ) -> Result<Value, Failure> {
        let failed = |why: String| match self.failed {
            "" => Failure::message(why),
            failed => Failure::message(format!("{failed}{why}")),
        };
        let patch =
            patch::two_way(before, after, info.kind.go_type()).map_err(|error| failed(error.to_string()))?;
        let verb = Verb::Patch(PatchType::Strategic, patch);
        let mut request = Request::new(verb, info.kind, &info.namespace, &info.name);
        request.dry_run = dry_run == DryRun::Server;
        request.field_manager = MANAGER.into();
        match context.object(request) {
            Ok(patched) => Ok(context.whole(&patched)),
            Err(failure) if self.failed.is_empty() => Err(failure),
            Err(failure) => Err(failed(failure.error())),
        }
    }
}

/// The spec of a pod, or of the pods that a set makes (polymorphichelpers.UpdatePodSpecForObject).
///
/// # Errors
/// If the object has no pods.
fn pod_spec<'v>(call: &Call, info: &Info, object: &'v mut Value) -> Result<&'v mut Value, Failure> {
    let path: &[&str] = match info.kind {
        Kind::Pod => &["spec"],
        Kind::StatefulSet | Kind::Deployment | Kind::ReplicaSet => &["spec", "template", "spec"],
        kind => {
            // Without the server nobody knows the plural.
            let singular = call.parsed.on("local").then(|| kind.name().to_lowercase());
            let (resource, name) = (singular.unwrap_or_else(|| kind.info().plural.to_owned()), &info.name);
            return Err(Failure::message(format!(
                "error: {resource}/{name} the object is not a pod or does not have a pod template: *v1.{kind}\n"
            )));
        }
    };
    path.iter()
        .try_fold(object, |value, key| value.get_mut(*key))
        .ok_or_else(|| Failure::message("the object has no pod template"))
}

/// The containers whose names fit, those of the pod before those that run first.
fn containers<'v>(spec: &'v mut Value, names: &str) -> Vec<&'v mut Value> {
    let Value::Object(fields) = spec else {
        return Vec::new();
    };
    let (mut main, mut init) = (Vec::new(), Vec::new());
    for (field, value) in fields {
        let into = match field.as_str() {
            "containers" => &mut main,
            "initContainers" => &mut init,
            _ => continue,
        };
        let fits =
            |container: &&mut Value| container["name"].as_str().is_some_and(|name| matches(name, names));
        into.extend(value.as_array_mut().into_iter().flatten().filter(fits));
    }
    main.extend(init);
    main
}

// selectString: a pattern in which `*` stands for anything.
fn matches(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        let cases = [
            ("nginx", "*", true),
            ("nginx", "nginx", true),
            ("nginx", "ngi", false),
            ("nginx", "n*x", true),
            ("nginx", "*gin*", true),
            ("nginx", "x*", false),
            ("aa", "a*a*a", false),
        ];
        for (name, pattern, expected) in cases {
            assert_eq!(matches(name, pattern), expected, "{name} {pattern}");
        }
    }
}
