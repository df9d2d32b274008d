//! The three patch kinds of the API server.
//!
//! Models how apiserver/pkg/endpoints/handlers/patch.go applies them. Values are decoded JSON; what comes out still has
//! to be decoded as the object's kind ([`crate::decode`]).

mod checked;
mod json_patch;
mod merge;
mod strategic;
mod strategic_diff;

use std::fmt;

use serde_json::Value;

pub use checked::{check, unknown_fields};
pub use merge::diff as merge_diff;
pub use strategic_diff::{three_way, two_way};

/// How a patch is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchType {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own: lists merge by key.
    Strategic,
}

/// Which answer the API server gives to a bad patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchErrorKind {
    /// 400: the patch is malformed.
    BadRequest,
    /// 422: the patch does not fit the object.
    Unprocessable,
    /// 413: too many operations, or they copy too much.
    TooLarge,
    /// 500: upstream has no answer of its own for it, and sends the bare text.
    Other,
}

/// Why a patch cannot be applied or computed; its text is upstream's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchError {
    /// Which answer it gets.
    pub kind: PatchErrorKind,
    message: String,
}

impl PatchError {
    fn new(kind: PatchErrorKind, message: impl Into<String>) -> PatchError {
        PatchError { kind, message: message.into() }
    }
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PatchError {}

/// The object with the patch applied. `root` is the object's (group, Go struct) as in [`crate::fields::lookup`]; only a
/// strategic merge patch needs it.
///
/// # Errors
/// Where the patch is malformed or does not fit the object.
pub fn apply(
    patch_type: PatchType,
    target: &Value,
    patch: &Value,
    root: (&str, &str),
) -> Result<Value, PatchError> {
    match patch_type {
        PatchType::Json => json_patch::apply(target, patch),
        PatchType::Merge => merge::apply(target, patch),
        PatchType::Strategic => strategic::apply(target, patch, root),
    }
}
