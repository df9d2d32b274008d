//! What several controllers do in the same words.
//!
//! Models pkg/controller/controller_utils.go and apimachinery/pkg/util/errors/errors.go.

use client::Error;
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use machinery::Kind;

/// An owner reference that makes `owner` the controller (metav1.NewControllerRef).
pub(crate) fn new_controller_ref(kind: Kind, owner: &ObjectMeta) -> OwnerReference {
    OwnerReference {
        api_version: kind.api_version().to_owned(),
        kind: kind.name().to_owned(),
        name: owner.name.clone().unwrap_or_default(),
        uid: owner.uid.clone().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// A pod of a template: its labels, annotations, finalizers and spec, controlled by `controller_ref`.
pub(crate) fn get_pod_from_template(
    template: &PodTemplateSpec,
    parent_name: &str,
    controller_ref: OwnerReference,
) -> Pod {
    let meta = template.metadata.clone().unwrap_or_default();
    Pod {
        metadata: ObjectMeta {
            labels: meta.labels,
            annotations: meta.annotations,
            finalizers: meta.finalizers,
            generate_name: Some(format!("{parent_name}-")),
            owner_references: Some(vec![controller_ref]),
            ..Default::default()
        },
        spec: template.spec.clone(),
        status: None,
    }
}

/// Many errors as one: a single one keeps its text, several are listed once each (NewAggregate).
pub(crate) fn aggregate(errors: Vec<Error>) -> Result<(), Error> {
    let mut messages: Vec<String> = Vec::new();
    for Error(message) in errors {
        if !messages.contains(&message) {
            messages.push(message);
        }
    }
    match &messages[..] {
        [] => Ok(()),
        [message] => Err(Error(message.clone())),
        _ => Err(Error(format!("[{}]", messages.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_listed_once_each() {
        let cases: [(&[&str], Result<(), &str>); 4] =
            [(&[], Ok(())), (&["a"], Err("a")), (&["a", "a"], Err("a")), (&["a", "b"], Err("[a, b]"))];
        for (errors, expected) in cases {
            let errors = errors.iter().map(|text| Error((*text).to_owned())).collect();
            assert_eq!(aggregate(errors), expected.map_err(|text| Error(text.to_owned())));
        }
    }
}
