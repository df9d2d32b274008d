//! Why a command failed, and how kubectl says so.
//!
//! Models kubectl/pkg/cmd/util/helpers.go (`checkErr`, `StandardErrorMessage`, `MultipleErrors`).

use std::collections::BTreeSet;

use client::api::Refusal;
use machinery::status::{Reason, Status};

use crate::go_value;

/// Why a command failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// Our own message; printed after `error: `.
    Message(String),
    /// The API server said no.
    Refused(Box<Status>),
    /// Several failures, each on its own line.
    Many(Vec<Failure>),
    /// The program logs this and ends at once (`klog.Exitf`); `place` is that in upstream's source.
    Fatal { place: &'static str, text: String },
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

impl Failure {
    /// `error: TEXT`.
    pub fn message(text: impl Into<String>) -> Failure {
        Failure::Message(text.into())
    }

    /// A wrong use of a command (`UsageErrorf`); `command` is its path, such as `kubectl get`.
    pub fn usage(command: &str, text: &str) -> Failure {
        Failure::Message(format!("{text}\nSee '{command} -h' for help and examples"))
    }

    /// All failures as one; none if there are none (`utilerrors.NewAggregate`).
    pub fn all(mut failures: Vec<Failure>) -> Result<(), Failure> {
        match failures.len() {
            0 => Ok(()),
            1 => Err(failures.remove(0)),
            _ => Err(Failure::Many(failures)),
        }
    }

    /// The failure with what was being done to which file (`AddSourceToErr`); objects of the command line have no source.
    pub fn when(self, doing: &str, source: Option<&str>) -> Failure {
        let Some(source) = source else {
            return self;
        };
        match self {
            Failure::Refused(mut status) => {
                status.message = format!("error when {doing} \"{source}\": {}", status.message);
                Failure::Refused(status)
            }
            Failure::Message(text) => Failure::Message(format!("error when {doing} \"{source}\": {text}")),
            other => other,
        }
    }

    /// Whether the server said that the object is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Failure::Refused(status) if status.is_not_found())
    }

    /// Whether the server said that it conflicts with what is there.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Failure::Refused(status) if status.is_conflict())
    }

    /// Whether the server said that the object breaks a rule.
    pub fn is_invalid(&self) -> bool {
        matches!(self, Failure::Refused(status) if status.reason == Reason::Invalid)
    }

    /// What Go's `err.Error()` would say.
    pub fn error(&self) -> String {
        match self {
            Failure::Message(text) | Failure::Fatal { text, .. } => text.clone(),
            Failure::Refused(status) => status.message.clone(),
            Failure::Many(failures) => {
                let texts: Vec<String> = failures.iter().map(Failure::error).collect();
                format!("[{}]", texts.join(", "))
            }
        }
    }

    /// What is printed to standard error, with its line end.
    pub fn text(&self) -> String {
        let mut text = match self {
            Failure::Refused(status) if status.reason == Reason::Invalid => invalid(status),
            Failure::Many(failures) => failures.iter().map(Failure::line).collect::<Vec<_>>().join("\n"),
            other => other.line(),
        };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    // StandardErrorMessage, or the message after `error: `.
    fn line(&self) -> String {
        match self {
            Failure::Refused(status) => {
                // A status without a reason is an error that the server's own code wrapped as a 500.
                let plain = status.reason == Reason::InternalError
                    && !status.message.starts_with("Internal error occurred");
                if plain {
                    format!("Error from server: {}", status.message)
                } else {
                    format!("Error from server ({}): {}", status.reason, status.message)
                }
            }
            other => {
                let error = other.error();
                // These begin with words of their own.
                let is_whole = [
                    "error: ",
                    "Error in configuration: ",
                    "The connection to the server ",
                    "Unable to connect to the server: ",
                ]
                .iter()
                .any(|words| error.starts_with(words));
                if is_whole { error } else { format!("error: {error}") }
            }
        }
    }
}

// The case of IsInvalid in checkErr: the causes are listed, the group and the source are not said.
fn invalid(status: &Status) -> String {
    let kind = status.kind;
    let mut text = "The request is invalid".to_owned();
    if !kind.is_empty() || !status.name.is_empty() {
        text = format!("The {kind} {} is invalid", go_value::quote(&status.name));
    } else if status.causes.is_empty() {
        text = format!("{text}: {}", status.message);
    }
    let mut seen = BTreeSet::new();
    let causes: Vec<String> =
        status.causes.iter().map(ToString::to_string).filter(|cause| seen.insert(cause.clone())).collect();
    match causes.as_slice() {
        [] => text,
        [one] => format!("{text}: {one}"),
        many => {
            let lines: String = many.iter().map(|cause| format!("* {cause}\n")).collect();
            format!("{text}: \n{lines}")
        }
    }
}

#[cfg(test)]
mod tests {
    use machinery::field::{FieldError, Path};
    use machinery::{Kind, Status};

    use super::Failure;

    #[test]
    fn refusals_are_worded_as_kubectl_words_them() {
        let not_found = Failure::from(Box::new(Status::not_found(Kind::StatefulSet, "web")));
        let cases = [
            (not_found.clone(), "Error from server (NotFound): statefulsets.apps \"web\" not found\n"),
            (
                not_found.clone().when("creating", Some("a.yaml")),
                "Error from server (NotFound): error when creating \"a.yaml\": statefulsets.apps \"web\" not found\n",
            ),
            (Failure::message("no"), "error: no\n"),
            (
                Failure::Many(vec![Failure::message("a"), not_found]),
                "error: a\nError from server (NotFound): statefulsets.apps \"web\" not found\n",
            ),
        ];
        for (failure, expected) in cases {
            assert_eq!(failure.text(), expected);
        }
    }

    #[test]
    fn causes_of_an_invalid_object_are_listed() {
        let error = |field: &str| FieldError::required(&Path::new(field), "");
        let one = Status::invalid(Kind::Pod, "p", vec![error("a")]);
        assert_eq!(Failure::from(Box::new(one)).text(), "The Pod \"p\" is invalid: a: Required value\n");
        let two = Status::invalid(Kind::Pod, "p", vec![error("a"), error("b")]);
        let expected = "The Pod \"p\" is invalid: \n* a: Required value\n* b: Required value\n";
        assert_eq!(Failure::from(Box::new(two)).when("creating", Some("f")).text(), expected);
    }
}
