//! What we say beneath errors, where kubectl's own words do not tell a beginner what to do.

use crate::common_error::CommonError;
use crate::confusable::Confusable;

/// Empty where kubectl's words are plain enough.
pub(super) fn common_error(error: CommonError) -> String {
    match error {
        CommonError::SetImmutable => {
            "The set is made again with that field changed: `kubectl delete sts NAME --cascade=orphan` keeps its pods, then apply."
        }
        CommonError::Immutable => "This field stays as it was created: delete the object and create it anew.",
        CommonError::SelectorMismatch => {
            "Every label in `spec.selector.matchLabels` has to stand in `spec.template.metadata.labels`, too."
        }
        CommonError::UnknownField => {
            "Look for a typing error, or for a field that is indented too far or not far enough. `kubectl explain` knows the fields."
        }
        CommonError::WrongType => "Numbers and booleans stand without quotes, texts such as `\"80\"` within.",
        CommonError::Tab => "A tab, or another character with which no value can begin. YAML is indented with spaces alone.",
        CommonError::MappingValues => {
            "There is a second colon in this line, or it is indented further than the one before. A value with `: ` in it needs quotes."
        }
        CommonError::Yaml => "The error is in this line or just before it: mostly indentation, a missing space after a colon, or a quote that is not closed.",
        CommonError::NoMatch => "`apiVersion` and `kind` belong together: a StatefulSet is `apps/v1`, a Service, a claim or a pod `v1`.",
        CommonError::KindNotSet => "Every object begins with `apiVersion` and `kind`.",
        CommonError::ApplyConflict => {
            "Somebody else has set this field. `--force-conflicts` takes it over; or leave it out of the file."
        }
        CommonError::Conflict => "Somebody has changed the object since it was read. Read it again, and repeat the change.",
        CommonError::NoNamespace => "Create it first: `kubectl create namespace NAME`.",
        CommonError::NoName => "Add a name, or `--all` for each of them.",
        CommonError::NoSuchFile => "`ls` lists the files, which are the tabs of the editor.",
        CommonError::NoResourceType => "`kubectl api-resources` lists the kinds that there are.",
        CommonError::RequiredValue
        | CommonError::UnsupportedValue
        | CommonError::InvalidValue
        | CommonError::Json
        | CommonError::AlreadyExists
        | CommonError::NotFound
        | CommonError::NoResources
        | CommonError::UnknownCommand
        | CommonError::NotACommand
        | CommonError::UnknownFlag
        | CommonError::InvalidArgument
        | CommonError::RequiredFlag
        | CommonError::NoFile
        | CommonError::TimedOut
        | CommonError::NoAnswer => "",
    }
    .to_owned()
}

pub(super) fn confusable(confusable: &Confusable) -> String {
    let Confusable { character, meant, at, .. } = confusable;
    let (column, code) = (at.column, u32::from(*character));
    match *meant {
        "" => format!("column {column}: a character that cannot be seen (U+{code:04X})"),
        " " => format!("column {column}: this looks like a space and is none (U+{code:04X})"),
        _ => format!("column {column}: “{character}” (U+{code:04X}) is not “{meant}”"),
    }
}
