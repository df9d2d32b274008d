//! Dependents follow their owners: deleted after them, before them, or set free.
//!
//! Models pkg/controller/garbagecollector/{garbagecollector,graph_builder}.go (v1.36.2). The caches' index of dependents is
//! the graph; a key is the object to examine. Departs:
//! - an object with an owner of a kind that does not exist here is left as it is: upstream retries until the kind appears.
//!
//! Invariant: an object goes only through the API, and never while one of its owners exists and stays.

use client::api::{Answer, Body, Change, DeleteOptions, Propagation, Refusal, Request, Verb, WatchEvent};
use client::{Context, Error, Key, Listers, Outcome, Reconciler};
use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use machinery::object::is_terminating;
use machinery::patch::PatchType;
use machinery::{Kind, Object, ObjectKey, Status};

use crate::controller_ref_manager::delete_owner_refs_patch;
use crate::controller_utils::aggregate;

/// Holds an owner whose dependents are to stay without it.
const FINALIZER_ORPHAN_DEPENDENTS: &str = "orphan";
/// Holds an owner whose dependents have to go first.
const FINALIZER_DELETE_DEPENDENTS: &str = "foregroundDeletion";

const COMPONENT: &str = "garbage-collector-controller";

/// The garbage collector. Nearly all it knows is in the caches. A clone shares its state.
#[derive(Clone, Debug, Default)]
pub struct GarbageCollector {
    /// Dependent → its new owners that are not where they would be.
    misplaced: OrdMap<ObjectKey, Vec<OwnerReference>>,
}

impl GarbageCollector {
    /// Notes the owners that an object has got, and that have to be looked for elsewhere.
    fn note_owners(&mut self, event: &WatchEvent, listers: &Listers) {
        let (object, before) = (&event.object, event.old.as_ref());
        let is_new = |owner: &&OwnerReference| !before.iter().any(|old| owners(old).any(|o| o == *owner));
        let is_missing = |owner: &&OwnerReference| cached_owner(listers, object, owner).is_none();
        let found: Vec<_> = owners(object).filter(is_new).filter(is_missing).cloned().collect();
        if !found.is_empty() {
            self.misplaced.insert(object.key(), found);
        }
    }
}

impl Reconciler for GarbageCollector {
    /// Upstream's processGraphChanges.
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        let (object, key) = (&event.object, event.object.key());
        let mut keys = Vec::new();
        if event.change == Change::Deleted {
            self.misplaced.remove(&key);
            keys.extend(listers.dependents(object.uid()).map(Object::key));
        } else if is_terminating(object.meta()) {
            if has_finalizer(object, FINALIZER_DELETE_DEPENDENTS)
                && !event.old.as_ref().is_some_and(is_deleting_dependents)
            {
                keys.extend(listers.dependents(object.uid()).map(Object::key));
            }
            keys.push(key);
        } else if owners(object).any(|owner| !is_solid(listers, object, owner)) {
            self.note_owners(event, listers);
            keys.push(key);
        }
        // An owner that waits for its dependents has one less to wait for, perhaps.
        let owners_before = event.old.iter().flat_map(owners);
        for owner in owners(object).chain(owners_before) {
            if let Some(owner) = cached_owner(listers, object, owner)
                && is_deleting_dependents(owner)
                && !keys.contains(&owner.key())
            {
                keys.push(owner.key());
            }
        }
        keys
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let misplaced = self.misplaced.remove(key).unwrap_or_default();
        if let Some(object) = cx.listers.object(key).cloned() {
            report_invalid_namespace_owner_ref(cx, &object, &misplaced);
            if is_terminating(object.meta()) && has_finalizer(&object, FINALIZER_ORPHAN_DEPENDENTS) {
                attempt_to_orphan(cx, &object)?;
            } else {
                attempt_to_delete_item(cx, &object)?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn owners(object: &Object) -> impl Iterator<Item = &OwnerReference> {
    object.meta().owner_references.iter().flatten()
}

fn has_finalizer(object: &Object, finalizer: &str) -> bool {
    object.meta().finalizers.iter().flatten().any(|held| held == finalizer)
}

fn is_deleting_dependents(object: &Object) -> bool {
    is_terminating(object.meta()) && has_finalizer(object, FINALIZER_DELETE_DEPENDENTS)
}

/// Where the owner would be: in the dependent's namespace, if its kind has any. `None` where nobody can look for it: its
/// kind does not exist, or is namespaced and the dependent is not.
fn owner_key(dependent: &Object, owner: &OwnerReference) -> Option<ObjectKey> {
    let kind = Kind::from_api(&owner.api_version, &owner.kind)?;
    let namespace = if kind.is_namespaced() { dependent.namespace() } else { "" };
    let is_somewhere = kind.is_namespaced() != namespace.is_empty();
    is_somewhere.then(|| ObjectKey::new(kind, namespace, &owner.name))
}

fn cached_owner<'l>(listers: &'l Listers, dependent: &Object, owner: &OwnerReference) -> Option<&'l Object> {
    let key = owner_key(dependent, owner)?;
    listers.object(&key).filter(|found| found.uid() == owner.uid)
}

/// Whether the owner, as the caches show it, gives no reason to look closer.
fn is_solid(listers: &Listers, dependent: &Object, owner: &OwnerReference) -> bool {
    cached_owner(listers, dependent, owner).is_some_and(|owner| !is_deleting_dependents(owner))
}

/// Says which of these owners is in another namespace than its dependent, the first one.
fn report_invalid_namespace_owner_ref(cx: &mut Context<'_>, dependent: &Object, owners: &[OwnerReference]) {
    let (listers, namespace) = (cx.listers, dependent.namespace());
    let is_it = |object: &Object, owner: &OwnerReference| {
        object.uid() == owner.uid && !object.namespace().is_empty() && object.namespace() != namespace
    };
    if let Some(owner) = owners.iter().find(|owner| listers.all().any(|object| is_it(object, owner))) {
        let OwnerReference { api_version, kind, name, uid, .. } = owner;
        let message = format!(
            "ownerRef [{api_version}/{kind}, namespace: {namespace}, name: {name}, uid: {uid}] does not exist in namespace \"{namespace}\""
        );
        cx.event(COMPONENT, dependent, "Warning", "OwnerRefInvalidNamespace", &message);
    }
}

/// The object as it is stored; `None` if there is none of that uid.
fn get_object(cx: &mut Context<'_>, key: &ObjectKey, uid: &str) -> Result<Option<Object>, Error> {
    match cx.api.call(Request::new(Verb::Get, key.kind, &key.namespace, &key.name)) {
        Ok(response) => match response.body {
            Answer::Object(object) => Ok(Some(object).filter(|object| object.uid() == uid)),
            _ => Err(Error("the answer is no object".to_owned())),
        },
        Err(status) if status.is_not_found() => Ok(None),
        Err(status) => Err(status.into()),
    }
}

/// What an object's owner references are worth.
#[derive(Default)]
struct References {
    /// The owner exists and stays.
    solid: usize,
    /// The owner does not exist.
    dangling: Vec<OwnerReference>,
    /// The owner exists, and waits for this object to go.
    waiting: Vec<OwnerReference>,
}

/// Looks for every owner; `None` if nobody can look for one of them.
fn classify_references(cx: &mut Context<'_>, item: &Object) -> Result<Option<References>, Error> {
    let mut references = References::default();
    for owner in owners(item) {
        let Some(key) = owner_key(item, owner) else {
            return Ok(None);
        };
        match get_object(cx, &key, &owner.uid)? {
            None => references.dangling.push(owner.clone()),
            Some(found) if is_deleting_dependents(&found) => references.waiting.push(owner.clone()),
            Some(_) => references.solid += 1,
        }
    }
    Ok(Some(references))
}

/// Deletes the object if none of its owners exists and stays.
fn attempt_to_delete_item(cx: &mut Context<'_>, item: &Object) -> Result<(), Error> {
    if is_terminating(item.meta()) && !is_deleting_dependents(item) {
        return Ok(());
    }
    let Some(latest) = get_object(cx, &item.key(), item.uid())? else {
        return Ok(());
    };
    if is_deleting_dependents(item) {
        return process_deleting_dependents_item(cx, &latest);
    }
    if owners(&latest).next().is_none() {
        return Ok(());
    }
    let Some(References { solid, dangling, waiting }) = classify_references(cx, &latest)? else {
        return Ok(());
    };
    if solid > 0 {
        let unneeded: Vec<&str> = dangling.iter().chain(&waiting).map(|owner| owner.uid.as_str()).collect();
        return if unneeded.is_empty() { Ok(()) } else { Ok(remove_owners(cx, &latest, &unneeded)?) };
    }
    let has_dependents = cx.listers.dependents(latest.uid()).next().is_some();
    if waiting.is_empty() || !has_dependents {
        // An earlier wish about its dependents is respected.
        let propagation = if has_finalizer(&latest, FINALIZER_ORPHAN_DEPENDENTS) {
            Propagation::Orphan
        } else if has_finalizer(&latest, FINALIZER_DELETE_DEPENDENTS) {
            Propagation::Foreground
        } else {
            Propagation::Background
        };
        return delete_object(cx, &latest, propagation);
    }
    // Two that wait for each other would wait for ever.
    let circle = cx.listers.dependents(latest.uid()).any(is_deleting_dependents);
    if circle {
        unblock_owner_references(cx, &latest)?;
        return delete_object(cx, &strip_version(latest), Propagation::Foreground);
    }
    delete_object(cx, &latest, Propagation::Foreground)
}

/// The object without its version, for a delete after a write of our own.
fn strip_version(mut object: Object) -> Object {
    object.meta_mut().resource_version = None;
    object
}

/// Lets an owner go once no dependent blocks it. Those that do have been queued with it.
fn process_deleting_dependents_item(cx: &mut Context<'_>, item: &Object) -> Result<(), Error> {
    let blocks = |dependent: &Object| {
        owners(dependent).any(|o| o.uid == item.uid() && o.block_owner_deletion == Some(true))
    };
    if cx.listers.dependents(item.uid()).any(blocks) {
        return Ok(());
    }
    Ok(remove_finalizer(cx, item, FINALIZER_DELETE_DEPENDENTS)?)
}

/// Sets the dependents free, then lets their owner go.
fn attempt_to_orphan(cx: &mut Context<'_>, owner: &Object) -> Result<(), Error> {
    let Some(latest) = get_object(cx, &owner.key(), owner.uid())? else {
        return Ok(());
    };
    let dependents: Vec<Object> = cx.listers.dependents(owner.uid()).cloned().collect();
    let mut errors = Vec::new();
    for dependent in dependents {
        if let Err(error) = remove_owners(cx, &dependent, &[owner.uid()]) {
            errors.push(Error(format!("orphaning {} failed, {error}", dependent.key())));
        }
    }
    aggregate(errors)?;
    Ok(remove_finalizer(cx, &latest, FINALIZER_ORPHAN_DEPENDENTS)?)
}

fn delete_object(cx: &mut Context<'_>, item: &Object, propagation: Propagation) -> Result<(), Error> {
    let options = DeleteOptions {
        propagation: Some(propagation),
        uid: item.meta().uid.clone(),
        resource_version: item.meta().resource_version.clone(),
        ..Default::default()
    };
    let request = Request::new(Verb::Delete(options), item.kind(), item.namespace(), item.name());
    Ok(unless_gone(cx.api.call(request))?)
}

fn remove_owners(cx: &mut Context<'_>, item: &Object, owner_uids: &[&str]) -> Result<(), Refusal> {
    let patch = delete_owner_refs_patch(item.meta(), owner_uids);
    let verb = Verb::Patch(PatchType::Strategic, patch);
    unless_gone(cx.api.call(Request::new(verb, item.kind(), item.namespace(), item.name())))
}

fn unblock_owner_references(cx: &mut Context<'_>, item: &Object) -> Result<(), Refusal> {
    let mut changed = item.clone();
    for owner in changed.meta_mut().owner_references.iter_mut().flatten() {
        owner.block_owner_deletion = owner.block_owner_deletion.map(|_| false);
    }
    update(cx, changed)
}

fn remove_finalizer(cx: &mut Context<'_>, item: &Object, finalizer: &str) -> Result<(), Refusal> {
    let mut changed = item.clone();
    let mut finalizers = changed.meta_mut().finalizers.take().unwrap_or_default();
    finalizers.retain(|held| held != finalizer);
    changed.meta_mut().finalizers = (!finalizers.is_empty()).then_some(finalizers);
    update(cx, changed)
}

fn update(cx: &mut Context<'_>, object: Object) -> Result<(), Refusal> {
    let key = object.key();
    let verb = Verb::Update(Body::Typed(object));
    unless_gone(cx.api.call(Request::new(verb, key.kind, &key.namespace, &key.name)))
}

/// An object that is gone needs nothing more.
fn unless_gone<T>(answer: Result<T, Box<Status>>) -> Result<(), Refusal> {
    match answer {
        Err(status) if !status.is_not_found() => Err(status),
        _ => Ok(()),
    }
}
