//! What a verb works with: the outside world, and how kubectl speaks to it.
//!
//! Invariant: a warning of the server is printed once in a command (rest.NewWarningWriter, Deduplicate).

use std::borrow::Cow;
use std::collections::BTreeSet;

use client::api::{Answer, ListOptions, Request, Verb};
use jiff::Timestamp;
use machinery::{Kind, Object, Status};
use serde_json::Value;

use crate::failure::Failure;
use crate::impersonation::User;
use crate::printers::whole;
use crate::{Env, Stream};

/// What the command line says about every request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asking {
    /// Whether what is printed says who manages which fields.
    pub managed_fields: bool,
    /// `--field-manager`: who writes, instead of whom the verb names.
    pub field_manager: Option<String>,
    /// `--as`: who sends it, if it is not the person who types.
    pub acting: Option<User>,
}

/// What a verb works with.
pub(crate) struct Context<'c, 'e> {
    /// The outside world.
    pub env: &'c mut Env<'e>,
    /// What came on standard input.
    pub stdin: Option<&'c str>,
    /// The warnings that were printed already.
    pub warned: &'c mut BTreeSet<String>,
    /// What the command line says about every request.
    pub asking: &'c mut Asking,
}

impl Context<'_, '_> {
    /// Prints to standard output.
    pub fn out(&mut self, text: impl Into<String>) {
        self.env.output.push((Stream::Out, text.into()));
    }

    /// Prints to standard error.
    pub fn err(&mut self, text: impl Into<String>) {
        self.env.output.push((Stream::Err, text.into()));
    }

    /// Prints a warning as klog does: with the time, a process id and the place in upstream's source.
    pub fn log(&mut self, place: &str, text: &str) {
        self.log_as('W', place, text);
    }

    /// The same of another severity: `F` is what a program says that then ends.
    pub fn log_as(&mut self, severity: char, place: &str, text: &str) {
        let time = self.now().strftime("%m%d %H:%M:%S%.6f");
        self.err(format!("{severity}{time}       1 {place}] {text}\n"));
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.env.now
    }

    /// Sends a request and prints the warnings that come back, also with a refusal.
    pub fn call(&mut self, mut request: Request) -> Result<Answer, Failure> {
        if let Some(user) = &self.asking.acting {
            user.check(&request)?;
        }
        request.managed_fields |= self.asking.managed_fields;
        if let Some(manager) = &self.asking.field_manager {
            request.field_manager = Cow::Owned(manager.clone());
        }
        let warnings = request.warnings.clone();
        let answer = self.env.api.call(request);
        for warning in warnings.take() {
            if self.warned.insert(warning.clone()) {
                self.err(format!("Warning: {warning}\n"));
            }
        }
        Ok(answer?.body)
    }

    /// Sends a request whose answer is one object.
    pub fn object(&mut self, request: Request) -> Result<Object, Failure> {
        match self.call(request)? {
            Answer::Object(object) => Ok(object),
            _ => Err(Failure::from(Box::new(Status::internal("the answer is no object")))),
        }
    }

    /// The object as JSON, as the server sends it.
    pub fn whole(&self, object: &Object) -> Value {
        whole::value(object, self.env.features)
    }

    /// Reads one object.
    pub fn get(&mut self, kind: Kind, namespace: &str, name: &str) -> Result<Object, Failure> {
        let namespace = if kind.is_namespaced() { namespace } else { "" };
        self.object(Request::new(Verb::Get, kind, namespace, name))
    }

    /// Reads many objects, and the resourceVersion of the list; an empty namespace means all.
    pub fn list(
        &mut self,
        kind: Kind,
        namespace: &str,
        options: ListOptions,
    ) -> Result<(Vec<Object>, u64), Failure> {
        let namespace = if kind.is_namespaced() { namespace } else { "" };
        match self.call(Request::new(Verb::List(options), kind, namespace, ""))? {
            Answer::List(objects, resource_version) => Ok((objects, resource_version)),
            _ => Err(Failure::from(Box::new(Status::internal("the answer is no list")))),
        }
    }
}
