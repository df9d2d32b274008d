//! `Status`, the API server's only way to say no, and what each refusal says.
//!
//! Models apimachinery/pkg/api/errors/errors.go and meta/v1/types.go (v1.36.2).
//! Invariant: the message is what kubectl prints after `Error from server (Reason): `.

use std::fmt;

use crate::field::{self, FieldError};
use crate::scheme::Kind;

/// Why a request was refused (`metav1.StatusReason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// 404: no such object, or no such resource.
    NotFound,
    /// 409: an object of that name exists.
    AlreadyExists,
    /// 409: the object changed since it was read, or a precondition failed.
    Conflict,
    /// 422: the object breaks a validation rule.
    Invalid,
    /// 400: the request cannot be understood.
    BadRequest,
    /// 403: the request is understood and not allowed.
    Forbidden,
    /// 405: the resource does not know this verb.
    MethodNotAllowed,
    /// 413: the body is over the server's limit.
    RequestEntityTooLarge,
    /// 410: the watch's resourceVersion is older than the server's memory.
    Expired,
    /// 500: our own fault, or an injected one.
    InternalError,
}

impl Reason {
    /// The HTTP status that goes with the reason.
    pub fn code(self) -> u16 {
        match self {
            Reason::NotFound => 404,
            Reason::AlreadyExists | Reason::Conflict => 409,
            Reason::Invalid => 422,
            Reason::BadRequest => 400,
            Reason::Forbidden => 403,
            Reason::MethodNotAllowed => 405,
            Reason::RequestEntityTooLarge => 413,
            Reason::Expired => 410,
            Reason::InternalError => 500,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A refused request.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The machine-readable reason.
    pub reason: Reason,
    /// The full message, as the server words it.
    pub message: String,
    /// The kind that the request was about, as `details.kind` has it (`Scale`, too); empty where it is not said.
    pub kind: &'static str,
    /// The object's name, empty where the request names none.
    pub name: String,
    /// For `Invalid`: what is wrong, field by field.
    pub causes: Vec<FieldError>,
}

impl Status {
    fn new(reason: Reason, kind: &'static str, name: &str, message: String) -> Status {
        Status { reason, message, kind, name: name.to_owned(), causes: Vec::new() }
    }

    /// `statefulsets.apps "web" not found`.
    pub fn not_found(kind: Kind, name: &str) -> Status {
        let message = format!("{} \"{name}\" not found", kind.group_resource());
        Status::new(Reason::NotFound, kind.name(), name, message)
    }

    /// `statefulsets.apps "web" already exists`.
    pub fn already_exists(kind: Kind, name: &str) -> Status {
        let message = format!("{} \"{name}\" already exists", kind.group_resource());
        Status::new(Reason::AlreadyExists, kind.name(), name, message)
    }

    /// `Operation cannot be fulfilled on statefulsets.apps "web": …`.
    pub fn conflict(kind: Kind, name: &str, why: &str) -> Status {
        let resource = kind.group_resource();
        let message = format!("Operation cannot be fulfilled on {resource} \"{name}\": {why}");
        Status::new(Reason::Conflict, kind.name(), name, message)
    }

    /// The conflict of a stale `resourceVersion`.
    pub fn modified(kind: Kind, name: &str) -> Status {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        Status::conflict(kind, name, why)
    }

    /// `StatefulSet.apps "web" is invalid: …`, with every error once.
    pub fn invalid(kind: Kind, name: &str, errors: Vec<FieldError>) -> Status {
        let causes = field::deduplicated(errors);
        let message = format!("{} \"{name}\" is invalid: {}", kind.group_kind(), field::aggregate(&causes));
        Status { causes, ..Status::new(Reason::Invalid, kind.name(), name, message) }
    }

    /// `persistentvolumeclaims "c" is forbidden: …`.
    pub fn forbidden(kind: Kind, name: &str, why: &str) -> Status {
        let resource = kind.group_resource();
        let message = if name.is_empty() {
            format!("{resource} is forbidden: {why}")
        } else {
            format!("{resource} \"{name}\" is forbidden: {why}")
        };
        Status::new(Reason::Forbidden, kind.name(), name, message)
    }

    /// A request that cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Status {
        Status::new(Reason::BadRequest, "", "", message.into())
    }

    /// A verb that the resource does not have.
    pub fn method_not_allowed(kind: Kind, verb: &str) -> Status {
        let message = format!("{verb} is not supported on resources of kind \"{}\"", kind.group_resource());
        Status::new(Reason::MethodNotAllowed, kind.name(), "", message)
    }

    /// A body over the server's limit, in bytes.
    pub fn too_large(limit: usize) -> Status {
        let message = format!("Request entity too large: limit is {limit}");
        Status::new(Reason::RequestEntityTooLarge, "", "", message)
    }

    /// A failure of the server itself.
    pub fn internal(why: &str) -> Status {
        Status::new(Reason::InternalError, "", "", format!("Internal error occurred: {why}"))
    }

    /// Whether the object was not there.
    pub fn is_not_found(&self) -> bool {
        self.reason == Reason::NotFound
    }

    /// Whether the name was taken.
    pub fn is_already_exists(&self) -> bool {
        self.reason == Reason::AlreadyExists
    }

    /// Whether the object had changed in between.
    pub fn is_conflict(&self) -> bool {
        self.reason == Reason::Conflict
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Status {}
