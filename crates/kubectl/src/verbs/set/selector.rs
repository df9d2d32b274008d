//! `kubectl set selector`.
//!
//! Models kubectl/pkg/cmd/set/set_selector.go.

use std::collections::BTreeMap;

use machinery::Kind;
use machinery::version::Features;
use serde_json::json;

use super::super::{Call, Command, Next};
use super::{Change, SHARED, objects};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags;
use crate::selector::{Sign, parse_terms};

pub(in super::super) const SELECTOR: Command = Command {
    name: "set selector",
    about: "Set the selector on a resource",
    usage: || {
        &[
            "kubectl set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
            "kubectl set selector service myapp-svc app=myapp-pod",
        ]
    },
    flags: || &[SHARED, &[flags::ALL, flags::RESOURCE_VERSION], flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let Some((text, words)) = call.parsed.args.split_last() else {
        return Err(Failure::message("one selector is required"));
    };
    let selector = selector(text, context.env.features)?;
    let (objects, others): (Vec<_>, Vec<_>) =
        objects(call, context, words)?.into_iter().partition(|(info, _)| info.kind == Kind::Service);
    let change = Change { objects, operation: "selector updated", failed: "", quiet: false };
    change.run(call, context, &mut |_, _, object| {
        if let Some(expressions) = &selector.expressions {
            let why = format!("match expression [{expressions}] not supported on this object");
            return vec![Failure::message(why)];
        }
        match object["spec"].as_object_mut() {
            Some(spec) if selector.labels.is_empty() => drop(spec.remove("selector")),
            Some(spec) => drop(spec.insert("selector".to_owned(), json!(selector.labels))),
            None => {}
        }
        if let Some(version) = call.parsed.text("resource-version") {
            object["metadata"]["resourceVersion"] = version.into();
        }
        Vec::new()
    })?;
    let wrong = |_| Failure::message("setting a selector is only supported for Services");
    Failure::all(others.into_iter().map(wrong).collect())?;
    Ok(Next::Done)
}

#[derive(Debug, PartialEq)]
struct LabelSelector {
    labels: BTreeMap<String, String>,
    // As Go prints them; none if there are none.
    expressions: Option<String>,
}

// metav1.ParseToLabelSelector
fn selector(text: &str, features: Features) -> Result<LabelSelector, Failure> {
    let mut terms = parse_terms(text, features)
        .map_err(|why| Failure::message(format!("couldn't parse the selector string \"{text}\": {why}")))?;
    terms.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let (mut labels, mut expressions) = (BTreeMap::new(), Vec::new());
    for (key, sign, values) in terms {
        let operator = match sign {
            Sign::Equals => {
                labels.insert(key, values.concat());
                continue;
            }
            Sign::In => "In",
            Sign::NotIn => "NotIn",
            Sign::Exists => "Exists",
            Sign::DoesNotExist => "DoesNotExist",
            Sign::NotEquals => return Err(Failure::message("\"!=\" is not a valid label selector operator")),
            Sign::GreaterThan => return Err(Failure::message("\"gt\" isn't supported in label selectors")),
            Sign::LessThan => return Err(Failure::message("\"lt\" isn't supported in label selectors")),
        };
        expressions.push(format!("{{{key} {operator} [{}]}}", values.join(" ")));
    }
    let expressions = (!expressions.is_empty()).then(|| expressions.join(" "));
    Ok(LabelSelector { labels, expressions })
}

#[cfg(test)]
mod tests {
    use machinery::version::Features;

    use super::selector;

    #[test]
    fn a_selector_is_read_as_a_label_selector() {
        let cases = [
            ("a=b,c==d", Ok((2, None))),
            ("", Ok((0, None))),
            (
                "z in (y,x),a,!b,c notin (d)",
                Ok((0, Some("{a Exists []} {b DoesNotExist []} {c NotIn [d]} {z In [x y]}"))),
            ),
            ("a!=b", Err("\"!=\" is not a valid label selector operator")),
            ("a>1", Err("\"gt\" isn't supported in label selectors")),
            (
                "a=b=c",
                Err(
                    "couldn't parse the selector string \"a=b=c\": found '=', expected: ',' or 'end of string'",
                ),
            ),
        ];
        for (text, expected) in cases {
            let found = selector(text, Features::default());
            let found =
                found.as_ref().map(|selector| (selector.labels.len(), selector.expressions.as_deref()));
            assert_eq!(found.map_err(|failure| failure.error()), expected.map_err(str::to_owned), "{text}");
        }
    }
}
