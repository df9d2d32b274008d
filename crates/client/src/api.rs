//! Requests, responses and the one trait through which everything reaches the API server.
//!
//! Models client-go's rest client and typed clients. Bodies are typed objects or JSON: the controllers' path never serializes.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::labels::Selector;
use machinery::patch::PatchType;
use machinery::{Kind, Object, Resource, Status};
use serde_json::Value;

/// A refused request; boxed, as most requests are not refused.
pub type Refusal = Box<Status>;

/// The part of an object that a request is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subresource {
    /// The object itself.
    #[default]
    None,
    /// Its status.
    Status,
    /// `autoscaling/v1 Scale` of a set; the body is the Scale as JSON.
    Scale,
    /// The eviction of a pod; the body is a `policy/v1 Eviction` as JSON.
    Eviction,
    /// A pod's binding to a node; the body is `{"target":{"name":NODE}}`.
    Binding,
    /// What has to let go of a namespace: its `spec.finalizers`.
    Finalize,
}

/// What is sent with a create or an update.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// From our own components: trusted to be of its type.
    Typed(Object),
    /// From people: decoded strictly.
    Json(Value),
}

/// What a field that the kind does not have leads to (`fieldValidation`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// A refusal.
    #[default]
    Strict,
    /// A warning.
    Warn,
    /// Nothing.
    Ignore,
}

/// What happens to the dependents of a deleted object (`metav1.DeletionPropagation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// The object goes at once, the garbage collector takes its dependents afterwards.
    Background,
    /// The dependents go first.
    Foreground,
    /// The dependents stay, without the owner reference.
    Orphan,
}

/// `metav1.DeleteOptions`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteOptions {
    /// Seconds until the object is gone; `None` for the kind's default. 0 removes it at once.
    pub grace_period_seconds: Option<i64>,
    /// `None` for the kind's default.
    pub propagation: Option<Propagation>,
    /// The delete is refused as a conflict if the object has another uid.
    pub uid: Option<String>,
    /// The delete is refused as a conflict if the object has another resourceVersion.
    pub resource_version: Option<String>,
}

/// A selection among the objects of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOptions {
    /// By label.
    pub labels: Selector,
    /// By field, as (path, value, equal or not), e.g. `("metadata.name", "web-0", true)`.
    pub fields: Vec<(String, String, bool)>,
}

/// What a request wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// Read one object.
    Get,
    /// Read many; an empty namespace means all.
    List(ListOptions),
    /// Store a new object.
    Create(Body),
    /// Replace an object.
    Update(Body),
    /// Change an object.
    Patch(PatchType, Value),
    /// Merge a configuration into an object, or make one of it: a patch of the type `application/apply-patch+yaml`.
    Apply {
        /// The fields that the manager wants, and no others.
        config: Value,
        /// Whether fields of other managers are taken over; otherwise changing one is refused as a conflict.
        force: bool,
    },
    /// Remove an object.
    Delete(DeleteOptions),
}

/// What the server warns of while it carries out a request, accepted or refused; kubectl prints each after `Warning: `.
///
/// Travels with the request, shared by its clones (apiserver/pkg/warning, WithWarningRecorder): a refusal has no headers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Warnings(Rc<RefCell<Recorded>>);

/// The recorder of apiserver/pkg/endpoints/filters/warning.go: so that they stay a reasonable head.
#[derive(Debug, Default, PartialEq)]
struct Recorded {
    texts: Vec<String>,
    /// Whether there was too much of them once: each is cut then, and when there is too much again no other is taken.
    is_cut: bool,
}

impl Recorded {
    /// In characters, of all.
    const MAX: usize = 4 * 1024;
    /// In characters, of each once they are cut.
    const MAX_EACH: usize = 256;

    fn add(&mut self, text: String) {
        let is_full = self.is_cut && self.characters() >= Recorded::MAX;
        if text.is_empty() || is_full || self.texts.contains(&text) {
            return;
        }
        self.texts.push(text);
        self.is_cut |= self.characters() > Recorded::MAX;
    }

    fn characters(&self) -> usize {
        let each = if self.is_cut { Recorded::MAX_EACH } else { usize::MAX };
        self.texts.iter().map(|text| text.chars().count().min(each)).sum()
    }
}

impl Warnings {
    /// Adds one that is not there yet.
    pub fn add(&self, text: impl Into<String>) {
        self.0.borrow_mut().add(text.into());
    }

    /// Takes them out, in order.
    pub fn take(&self) -> Vec<String> {
        let Recorded { mut texts, is_cut } = self.0.take();
        for text in texts.iter_mut().filter(|_| is_cut) {
            *text = text.chars().take(Recorded::MAX_EACH).collect();
        }
        texts
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What to do.
    pub verb: Verb,
    /// With what kind.
    pub kind: Kind,
    /// In which namespace; empty for cluster-scoped kinds, and for lists over all namespaces.
    pub namespace: String,
    /// With which object; empty for create and list.
    pub name: String,
    /// With which part of it.
    pub subresource: Subresource,
    /// Whether everything is done but the storing.
    pub dry_run: bool,
    /// What an unknown field in a JSON body leads to.
    pub field_validation: FieldValidation,
    /// Who writes: `kubectl-create`, `kube-controller-manager`, …
    pub field_manager: Cow<'static, str>,
    /// Whether the answer says who manages which fields. A real server always says it; here it has to be worked out.
    pub managed_fields: bool,
    /// Where the server's warnings go.
    pub warnings: Warnings,
}

impl Request {
    /// A request for one kind in one namespace.
    pub fn new(verb: Verb, kind: Kind, namespace: &str, name: &str) -> Request {
        Request {
            verb,
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subresource: Subresource::None,
            dry_run: false,
            field_validation: FieldValidation::Strict,
            field_manager: Cow::Borrowed(""),
            managed_fields: false,
            warnings: Warnings::default(),
        }
    }

    /// The same request for a part of the object.
    pub fn of(mut self, subresource: Subresource) -> Request {
        self.subresource = subresource;
        self
    }
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The answer itself.
    pub body: Answer,
}

/// The answer to a request that was not refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// One object as it now is; after a delete as it last was (still stored if a finalizer or grace period holds it).
    Object(Object),
    /// The objects by namespace and name, and the resourceVersion of the list.
    List(Vec<Object>, u64),
    /// JSON that is no stored kind: a Scale.
    Json(Value),
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The object is new.
    Added,
    /// It changed.
    Modified,
    /// It is gone.
    Deleted,
}

/// One committed change.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchEvent {
    /// The change.
    pub change: Change,
    /// The object after it; as it last was if it is gone. Its resourceVersion is the change's.
    pub object: Object,
    /// The object before it, if it was there.
    pub old: Option<Object>,
}

/// Where a piece of output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What a command in a container left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecOutput {
    /// What it printed, piece by piece, in order.
    pub pieces: Vec<(Stream, String)>,
    /// Exit status.
    pub exit_code: i32,
}

impl ExecOutput {
    /// Prints to standard output.
    pub fn out(&mut self, text: impl Into<String>) {
        self.pieces.push((Stream::Out, text.into()));
    }

    /// Prints to standard error.
    pub fn err(&mut self, text: impl Into<String>) {
        self.pieces.push((Stream::Err, text.into()));
    }

    /// Everything that went to one stream.
    pub fn text(&self, stream: Stream) -> String {
        self.pieces.iter().filter(|(of, _)| *of == stream).map(|(_, text)| text.as_str()).collect()
    }
}

/// A line that a container printed.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// The line, without its end.
    pub text: String,
}

/// The API server, whoever it is.
pub trait Api {
    /// Carries out one request, whole or not at all.
    ///
    /// # Errors
    /// The refusal, with upstream's reason, code and text.
    fn call(&mut self, request: Request) -> Result<Response, Refusal>;

    /// The changes of one kind after a resourceVersion, oldest first; an empty namespace means all.
    ///
    /// # Errors
    /// `Expired` if the server no longer remembers that far back.
    fn watch(&self, kind: Kind, namespace: &str, since: u64) -> Result<Vec<WatchEvent>, Refusal>;

    /// The newest resourceVersion.
    fn resource_version(&self) -> u64;

    /// Runs a command in a pod's container (the first one if `container` is empty).
    ///
    /// # Errors
    /// Where the pod or container is not there or does not run.
    fn exec(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[String],
    ) -> Result<ExecOutput, Refusal>;

    /// What a pod's container has printed, oldest first; in its run before this one if `previous`.
    ///
    /// # Errors
    /// Where the pod or container is not there or has not begun.
    fn logs(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
    ) -> Result<Vec<LogLine>, Refusal> {
        let which = if previous { "previous log" } else { "log" };
        Err(Box::new(Status::internal(&format!("no {which} of {namespace}/{pod}/{container} is kept"))))
    }
}

/// Typed requests over any [`Api`].
///
/// Every method returns the refusal of the underlying request as its error.
#[allow(clippy::missing_errors_doc, reason = "said once above")]
pub trait Client: Api {
    /// Sends a request whose answer is one object of kind `K`.
    fn object<K: Resource>(&mut self, request: Request) -> Result<Arc<K>, Refusal> {
        match self.call(request)?.body {
            Answer::Object(object) => match K::unwrap(&object) {
                Some(object) => Ok(object.clone()),
                None => Err(Box::new(Status::internal("the answer is of another kind"))),
            },
            _ => Err(Box::new(Status::internal("the answer is no object"))),
        }
    }

    /// Reads one object, live.
    fn get<K: Resource>(&mut self, namespace: &str, name: &str) -> Result<Arc<K>, Refusal> {
        self.object(Request::new(Verb::Get, K::KIND, namespace, name))
    }

    /// Reads every object of a namespace (of all, if it is empty), live.
    fn list<K: Resource>(&mut self, namespace: &str) -> Result<Vec<Arc<K>>, Refusal> {
        let request = Request::new(Verb::List(ListOptions::default()), K::KIND, namespace, "");
        match self.call(request)?.body {
            Answer::List(items, _) => Ok(items.iter().filter_map(K::unwrap).cloned().collect()),
            _ => Err(Box::new(Status::internal("the answer is no list"))),
        }
    }

    /// Stores a new object.
    fn create<K: Resource>(&mut self, object: K) -> Result<Arc<K>, Refusal> {
        let namespace = object.namespace().to_owned();
        let body = Body::Typed(K::wrap(Arc::new(object)));
        self.object(Request::new(Verb::Create(body), K::KIND, &namespace, ""))
    }

    /// Replaces an object.
    fn update<K: Resource>(&mut self, object: K) -> Result<Arc<K>, Refusal> {
        self.replace(object, Subresource::None)
    }

    /// Replaces an object's status.
    fn update_status<K: Resource>(&mut self, object: K) -> Result<Arc<K>, Refusal> {
        self.replace(object, Subresource::Status)
    }

    /// Replaces a part of an object.
    fn replace<K: Resource>(&mut self, object: K, part: Subresource) -> Result<Arc<K>, Refusal> {
        let (namespace, name) = (object.namespace().to_owned(), object.name().to_owned());
        let body = Body::Typed(K::wrap(Arc::new(object)));
        self.object(Request::new(Verb::Update(body), K::KIND, &namespace, &name).of(part))
    }

    /// Changes an object by a patch.
    fn patch<K: Resource>(
        &mut self,
        meta: &ObjectMeta,
        kind: PatchType,
        patch: Value,
    ) -> Result<Arc<K>, Refusal> {
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let name = meta.name.as_deref().unwrap_or_default();
        self.object(Request::new(Verb::Patch(kind, patch), K::KIND, namespace, name))
    }

    /// Removes an object.
    fn delete(
        &mut self,
        kind: Kind,
        namespace: &str,
        name: &str,
        options: DeleteOptions,
    ) -> Result<(), Refusal> {
        self.call(Request::new(Verb::Delete(options), kind, namespace, name)).map(drop)
    }
}

impl<A: Api + ?Sized> Client for A {}
