//! What `kubectl wait --for=…` waits for, and whether an object meets it.
//!
//! Models `conditionFuncsFor` of kubectl/pkg/cmd/wait/wait.go, condition.go and json.go.

use machinery::version::Features;
use serde_json::Value;

use crate::failure::Failure;
use crate::go_value;
use crate::jsonpath::{self, Template};

/// What is waited for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum For {
    Delete,
    Create,
    /// A condition of this type has this status.
    Condition(String, String),
    /// The value that the template finds; any, if none is given.
    JsonPath(Template, Option<String>),
}

impl For {
    /// Everything that the flags ask for, in order; before 1.33 the last one counts.
    ///
    /// # Errors
    /// Upstream's message about the first that is none, or if there is none at all.
    pub fn all(texts: &[&str], features: Features) -> Result<Vec<For>, Failure> {
        if features.wait_takes_several_conditions() {
            if texts.is_empty() {
                return Err(Failure::message("unrecognized condition: []"));
            }
            return texts.iter().map(|text| For::parse(text)).collect();
        }
        Ok(vec![For::parse(texts.last().copied().unwrap_or_default())?])
    }

    fn parse(text: &str) -> Result<For, Failure> {
        match text.to_lowercase().as_str() {
            "delete" => return Ok(For::Delete),
            "create" => return Ok(For::Create),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix("condition=") {
            let (name, value) = rest.split_once('=').unwrap_or((rest, "true"));
            return Ok(For::Condition(name.to_owned(), value.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("jsonpath=") {
            return json_path(rest);
        }
        Err(Failure::message(format!("unrecognized condition: {}", go_value::quote(text))))
    }

    /// Whether the object, as the server sends it, meets the condition.
    ///
    /// # Errors
    /// If the JSONPath finds what cannot be compared.
    pub fn holds(&self, object: &Value) -> Result<bool, Failure> {
        match self {
            For::Delete => Ok(false),
            For::Create => Ok(true),
            For::Condition(name, status) => Ok(has_condition(object, name, status)),
            For::JsonPath(template, wanted) => has_value(object, template, wanted.as_deref()),
        }
    }
}

// processJSONPathInput
fn json_path(text: &str) -> Result<For, Failure> {
    let (path, value) = match split(text).as_slice() {
        [path] => (path.clone(), None),
        [path, value] => (path.clone(), Some(value.trim_matches(['"', '\'']).to_owned())),
        _ => {
            return Err(Failure::message(
                "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'",
            ));
        }
    };
    let path = jsonpath::relaxed(&path).map_err(Failure::Message)?;
    if value.as_deref() == Some("") {
        return Err(Failure::message(
            "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
        ));
    }
    if path.is_empty() {
        return Err(Failure::message("jsonpath expression cannot be empty"));
    }
    Ok(For::JsonPath(jsonpath::parse(&path).map_err(Failure::Message)?, value))
}

/// The pieces between single `=`; `==` parts nothing (splitJSONPathInput).
fn split(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, pieces.last_mut()) {
            ('=', Some(piece)) if chars.next_if_eq(&'=').is_some() => piece.push_str("=="),
            ('=', _) => pieces.push(String::new()),
            (c, Some(piece)) => piece.push(c),
            (_, None) => {}
        }
    }
    pieces
}

// ConditionalWait.checkCondition
fn has_condition(object: &Value, name: &str, wanted: &str) -> bool {
    let is_text = |value: &Value, text: &str| {
        value.as_str().is_some_and(|value| value.to_lowercase() == text.to_lowercase())
    };
    let mut conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let found = conditions.find(|c| is_text(&c["type"], name) && c["status"].is_string());
    found.is_some_and(|condition| {
        let own = condition["observedGeneration"].as_i64();
        let observed = own.or(object["status"]["observedGeneration"].as_i64());
        let generation = object["metadata"]["generation"].as_i64();
        let is_stale = observed.zip(generation).is_some_and(|(seen, newest)| seen < newest);
        !is_stale && is_text(&condition["status"], wanted)
    })
}

// JSONPathWait.checkCondition
fn has_value(object: &Value, template: &Template, wanted: Option<&str>) -> Result<bool, Failure> {
    let lists = template.find(object).map_err(Failure::Message)?;
    let Some(first) = lists.first().filter(|list| !list.is_empty()) else {
        return Ok(false);
    };
    let too_many = match (lists.len(), first.len()) {
        (1, 1) => None,
        (1, _) => Some("value"),
        _ => Some("list"),
    };
    if let Some(what) = too_many {
        return Err(Failure::message(format!("given jsonpath expression matches more than one {what}")));
    }
    let Some(wanted) = wanted else {
        return Ok(true);
    };
    let value: &Value = &first[0];
    if value.is_object() || value.is_array() {
        return Err(Failure::message("jsonpath leads to a nested object or list which is not supported"));
    }
    Ok(go_value::plain(value).trim() == wanted.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{For, split};

    #[test]
    fn paths_and_values_part_at_single_equal_signs() {
        assert_eq!(split("a.b.c====d.e.f===g.h.i==="), ["a.b.c====d.e.f==", "g.h.i==", ""]);
        assert_eq!(split("{.a}=3"), ["{.a}", "3"]);
    }

    #[test]
    fn conditions_hold_or_not_or_make_no_sense() {
        let object = json!({
            "metadata": {"generation": 2},
            "status": {
                "phase": "Running", "replicas": 3, "list": [1, 2],
                "conditions": [
                    {"type": "Ready", "status": "True"},
                    {"type": "Stale", "status": "True", "observedGeneration": 1},
                ],
            },
        });
        let cases = [
            ("condition=ready", "Ok(true)"),
            ("condition=Ready=false", "Ok(false)"),
            ("condition=Stale", "Ok(false)"),
            ("condition=None", "Ok(false)"),
            ("jsonpath={.status.phase}=Running", "Ok(true)"),
            ("jsonpath=.status.replicas='3'", "Ok(true)"),
            ("jsonpath={.status.nope}", "Ok(false)"),
            ("jsonpath={.status.replicas}", "Ok(true)"),
            ("jsonpath={.status.conditions[?(@.type==\"Ready\")].status}=True", "Ok(true)"),
            ("jsonpath={.status.list[*]}=1", "given jsonpath expression matches more than one value"),
            ("jsonpath={.status.list}=1", "jsonpath leads to a nested object or list which is not supported"),
        ];
        for (text, expected) in cases {
            let wanted = For::parse(text).unwrap_or_else(|failure| panic!("{text}: {}", failure.error()));
            let said = match wanted.holds(&object) {
                Ok(holds) => format!("Ok({holds})"),
                Err(failure) => failure.error(),
            };
            assert_eq!(said, expected, "{text}");
        }
        for text in ["", "ready", "jsonpath=", "jsonpath={.a}=", "jsonpath={.a}=b=c", "jsonpath={.a[}=b"] {
            assert!(For::parse(text).is_err(), "{text}");
        }
    }
}
