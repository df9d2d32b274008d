//! One request at a time: which path each verb takes, and the reads.
//!
//! Models apiserver/pkg/endpoints/handlers (v1.36.2).

use std::collections::BTreeSet;
use std::sync::Arc;

use client::api::{Answer, Refusal, Request, Response, Subresource, Verb, WatchEvent};
use client::choices::Choices;
use jiff::Timestamp;
use machinery::version::Features;
use machinery::{Kind, Object, ObjectKey, Resource, Status};

use crate::admission::{self, PriorityClasses};
use crate::store::Store;
use crate::strategy::{self, scale};
use crate::{endpoints, made, registry};

/// Time and chance, which come with each request.
pub struct Env<'a> {
    /// The time of the request.
    pub now: Timestamp,
    /// uids, suffixes of generated names, cluster IPs.
    pub choices: &'a mut dyn Choices,
}

/// The API server. A clone shares its structure.
#[derive(Clone, Debug, Default)]
pub struct Server {
    pub(crate) store: Store,
    pub(crate) features: Features,
    pub(crate) priority_classes: PriorityClasses,
    /// The runtime classes that there are.
    pub(crate) runtime_classes: BTreeSet<String>,
}

impl Server {
    /// An empty server: not even a namespace is there.
    pub fn new(features: Features) -> Server {
        Server {
            store: Store::new(features),
            features,
            priority_classes: admission::system_classes(),
            runtime_classes: BTreeSet::new(),
        }
    }

    /// The version and gates of the cluster.
    pub fn features(&self) -> Features {
        self.features
    }

    /// Carries out one request.
    ///
    /// # Errors
    /// The refusal; nothing has changed then.
    pub fn call(&mut self, env: &mut Env<'_>, mut request: Request) -> Result<Response, Refusal> {
        self.store.set_now(env.now);
        if !request.kind.is_namespaced() {
            request.namespace.clear();
        }
        if request.kind == Kind::Endpoints && self.features.endpoints_are_deprecated() {
            request
                .warnings
                .add("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
        }
        let verb = std::mem::replace(&mut request.verb, Verb::Get);
        let mut body = match verb {
            Verb::Get => self.part(&request)?,
            Verb::List(options) => registry::list(self, &request, &options)?,
            Verb::Create(body) => registry::create(self, env, &request, body)?,
            Verb::Update(body) => registry::update(self, env, &request, body)?,
            Verb::Patch(kind, patch) => registry::patch(self, env, &request, kind, &patch)?,
            Verb::Apply { config, force } => registry::apply(self, env, &request, &config, force)?,
            Verb::Delete(options) => registry::delete(self, env, &request, &options)?,
        };
        if request.managed_fields {
            self.tell_managers(&mut body);
        }
        Ok(Response { body })
    }

    /// Says who manages the fields of stored objects, where the answer does not say it yet.
    fn tell_managers(&self, answer: &mut Answer) {
        let objects = match answer {
            Answer::Object(object) => std::slice::from_mut(object),
            Answer::List(objects, _) => objects,
            Answer::Json(_) => return,
        };
        for object in objects.iter_mut().filter(|object| object.meta().managed_fields.is_none()) {
            if let Some(writes) = self.store.writes(&object.key()) {
                object.meta_mut().managed_fields = writes.managed_fields(self.features).encode();
            }
        }
    }

    /// Takes an object over as another cluster has stored it: with its uid, resourceVersion, time of creation and status,
    /// and without a change that a watch would see. What it lacks of these it gets now.
    ///
    /// # Errors
    /// Where a new object like this would be invalid; nothing has changed then.
    pub fn restore(&mut self, env: &mut Env<'_>, object: Object) -> Result<Object, Refusal> {
        registry::restore(self, env, object)
    }

    fn part(&self, request: &Request) -> Result<Answer, Refusal> {
        let object = self.read(request)?;
        match request.subresource {
            Subresource::Scale => scale::of(&object).map(Answer::Json),
            Subresource::Status if !strategy::has_status(request.kind) => {
                Err(registry::no_such_resource(request.kind, &request.name))
            }
            _ => Ok(Answer::Object(object)),
        }
    }

    /// The object that a request names; some are made from what they stand for.
    pub(crate) fn read(&self, request: &Request) -> Result<Object, Refusal> {
        let object = made::one(self, request.kind, &request.namespace, &request.name);
        object.ok_or_else(|| Box::new(Status::not_found(request.kind, &request.name)))
    }

    /// The changes of one kind after a resourceVersion; an empty namespace means all.
    ///
    /// # Errors
    /// `Expired` if they are no longer remembered.
    pub fn watch(&self, kind: Kind, namespace: &str, since: u64) -> Result<Vec<WatchEvent>, Refusal> {
        if since < self.store.forgotten() {
            let message = format!("too old resource version: {since} ({})", self.store.forgotten());
            let reason = machinery::status::Reason::Expired;
            return Err(Box::new(Status { reason, ..Status::bad_request(message) }));
        }
        let is_inside = |event: &WatchEvent| namespace.is_empty() || event.object.namespace() == namespace;
        if kind == Kind::Endpoints {
            return Ok(endpoints::changes(self, since).into_iter().filter(is_inside).collect());
        }
        let of_kind = self.changes_since(since).filter(|event| event.object.kind() == kind);
        Ok(of_kind.filter(|event| is_inside(event)).cloned().collect())
    }

    /// The newest resourceVersion.
    pub fn resource_version(&self) -> u64 {
        self.store.resource_version()
    }

    /// The remembered changes of every kind after a resourceVersion, oldest first.
    pub fn changes_since(&self, since: u64) -> impl Iterator<Item = &WatchEvent> {
        self.dated_changes_since(since).map(|(_, event)| event)
    }

    /// The same, with the time of each.
    pub fn dated_changes_since(
        &self,
        since: u64,
    ) -> impl DoubleEndedIterator<Item = &(Timestamp, WatchEvent)> {
        self.store.changes_since(since)
    }

    /// Changes up to this resourceVersion are no longer remembered.
    pub fn forgotten(&self) -> u64 {
        self.store.forgotten()
    }

    /// One stored object.
    pub fn get<K: Resource>(&self, namespace: &str, name: &str) -> Option<&Arc<K>> {
        self.store.get(K::KIND, namespace, name).and_then(K::unwrap)
    }

    /// One stored object of any kind.
    pub fn object(&self, key: &ObjectKey) -> Option<&Object> {
        self.store.get(key.kind, &key.namespace, &key.name)
    }

    /// The stored objects of a kind in a namespace (in all, if it is empty), by namespace and name.
    pub fn list<'a, K: Resource>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<K>> {
        self.store.list(K::KIND, namespace).filter_map(K::unwrap)
    }

    /// How many objects are stored.
    pub fn count(&self) -> u64 {
        self.store.count()
    }

    /// Every stored object, by kind, namespace and name.
    pub fn all(&self) -> impl Iterator<Item = &Object> {
        self.store.all()
    }
}
