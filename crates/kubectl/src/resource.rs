//! Which objects a command line is about: types, names, `type/name`, selectors, files.
//!
//! Models cli-runtime/pkg/resource/builder.go (`Builder.visitorResult`) with its errors.

use client::api::ListOptions;
use machinery::labels::Selector;
use machinery::status::Reason;
use machinery::version::Features;
use machinery::{Kind, Object, Status};
use serde_json::Value;

use crate::context::Context;
use crate::discovery::{self, Resource};
use crate::failure::Failure;
use crate::flags::Parsed;
use crate::go_value;
use crate::manifest::{self, Manifest, Reading};
use crate::selector;

/// Some objects that a command line names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    /// One object.
    Named(Kind, String),
    /// The objects of a kind that a selector takes.
    Selected(Kind, Selection),
    /// One object or, without a name, all of a type of which there is nothing here.
    Absent(Resource, Option<String>),
    /// An object of a file.
    Given(Manifest),
    /// What could not be read of a file.
    Broken(Failure),
}

/// A selector, with the texts that it was typed as.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Selection {
    labels: String,
    fields: String,
}

impl Selection {
    /// The objects with these labels.
    pub fn of_labels(labels: &str) -> Selection {
        Selection { labels: labels.to_owned(), fields: String::new() }
    }
}

impl Target {
    /// The kind, if the target has one.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Target::Named(kind, _) | Target::Selected(kind, _) => Some(*kind),
            Target::Given(manifest) => Some(manifest.kind),
            Target::Absent(..) | Target::Broken(_) => None,
        }
    }

    /// Whether its objects live in a namespace.
    pub fn is_namespaced(&self) -> bool {
        match self {
            Target::Absent(resource, _) => resource.namespaced,
            other => other.kind().is_none_or(Kind::is_namespaced),
        }
    }
}

/// What a command line is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Targets {
    /// In the order in which they are visited.
    pub list: Vec<Target>,
    /// Whether it can only be one object, which is then printed without a list around it.
    pub single: bool,
    /// The namespace; empty for all.
    pub namespace: String,
}

impl Targets {
    /// That target alone, which is one of these.
    pub(crate) fn only(&self, target: &Target) -> Targets {
        Targets { list: vec![target.clone()], single: self.single, namespace: self.namespace.clone() }
    }
}

/// One object, read or about to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Info {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The file it is from, if it is from one.
    pub source: Option<String>,
}

impl Info {
    /// Where an object is.
    pub fn of(object: &Object) -> Info {
        Info {
            kind: object.kind(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            source: None,
        }
    }

    /// `pod/web-0`, `statefulset.apps/web`: how kubectl names it in its reports.
    pub fn type_and_name(&self) -> String {
        format!("{}/{}", self.kind.type_name(), self.name)
    }
}

/// How a command reads its arguments.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    /// A type alone means all its objects.
    pub type_means_all: bool,
    /// `--all` stands for every object, and then there may be neither a selector nor a name (`SelectAllParam`).
    pub all_is_selector: bool,
    /// `--selector` and `--all` are about other objects.
    pub no_selectors: bool,
    /// Objects of files are checked first.
    pub validate: bool,
    /// Objects of files are not sent (`--local`).
    pub is_local: bool,
}

/// A type that a word names.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Type {
    /// There can be objects of it.
    Simulated(Kind),
    /// A real cluster has it.
    Absent(Resource),
}

impl Type {
    fn named(self, name: String) -> Target {
        match self {
            Type::Simulated(kind) => Target::Named(kind, name),
            Type::Absent(resource) => Target::Absent(resource, Some(name)),
        }
    }

    fn selected(self, selection: Selection) -> Target {
        match self {
            Type::Simulated(kind) => Target::Selected(kind, selection),
            Type::Absent(resource) => Target::Absent(resource, None),
        }
    }
}

fn type_of(context: &Context<'_, '_>, word: &str) -> Result<Type, Failure> {
    if let Some(kind) = Kind::from_resource(word) {
        return Ok(Type::Simulated(kind));
    }
    let found = discovery::find(word, context.env.features).ok_or_else(|| no_such_type(word))?;
    Ok(found.simulated().map_or(Type::Absent(found), Type::Simulated))
}

/// The server knows no type that the word names.
pub(crate) fn no_such_type(word: &str) -> Failure {
    let resource = word.split('.').next().unwrap_or_default();
    Failure::message(format!("the server doesn't have a resource type {}", go_value::quote(resource)))
}

/// The simulated type that a word names.
///
/// # Errors
/// If there is none.
pub(crate) fn kind(word: &str) -> Result<Kind, Failure> {
    Kind::from_resource(word).ok_or_else(|| no_such_type(word))
}

/// What the arguments and flags choose; `args` are the ones that name objects.
///
/// # Errors
/// If they contradict each other, name a type that is not there, or a file that cannot be found.
pub(crate) fn targets(
    context: &Context<'_, '_>,
    parsed: &Parsed,
    args: &[String],
    rules: Rules,
) -> Result<Targets, Failure> {
    let words = Words::read(args, context.env.features)?;
    let all_namespaces = parsed.on("all-namespaces");
    let namespace = if all_namespaces { String::new() } else { parsed.namespace().to_owned() };
    let selector = |flag| {
        let given = parsed.text(flag).map(str::trim);
        given.filter(|text| !text.is_empty() && !rules.no_selectors)
    };
    let (labels, fields) = (selector("selector"), selector("field-selector"));
    let files = parsed.list("filename");
    let all = rules.all_is_selector && parsed.on("all");
    if all && (labels.is_some() || fields.is_some()) {
        return Err(Failure::message("setting 'all' parameter but found a non empty selector. "));
    }
    if parsed.given("kustomize") {
        return Err(Failure::message("kustomize is not simulated; use -f with plain manifests"));
    }
    if !files.is_empty() {
        let labels = labels.filter(|_| !all);
        return of_files(context, parsed, &words, &files, rules, labels, namespace);
    }
    let implied = rules.type_means_all && words.is_type_alone();
    if labels.is_some() || fields.is_some() || all || implied {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let selection = Selection { labels: text(labels), fields: text(fields) };
        let mut list = Vec::new();
        for of in words.types_to_select(context)? {
            let target = of.selected(selection.clone());
            // A type may be named twice, in other words.
            if !list.contains(&target) {
                list.push(target);
            }
        }
        return Ok(Targets { list, single: false, namespace });
    }
    let list = words.named(context)?;
    if all_namespaces && list.iter().any(Target::is_namespaced) {
        return Err(Failure::message("a resource cannot be retrieved by name across all namespaces"));
    }
    let single = list.len() == 1;
    Ok(Targets { list, single, namespace })
}

fn of_files(
    context: &Context<'_, '_>,
    parsed: &Parsed,
    words: &Words,
    files: &[&str],
    rules: Rules,
    labels: Option<&str>,
    namespace: String,
) -> Result<Targets, Failure> {
    if !words.tuples.is_empty() {
        return Err(Failure::message("resource/name arguments cannot be provided when a path is specified"));
    }
    if !words.types.is_empty() {
        return Err(Failure::message(
            "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
        ));
    }
    let selector = match labels.map(|text| (text, selector::parse_labels(text, context.env.features))) {
        None => Selector::default(),
        Some((_, Ok(selector))) => selector,
        Some((text, Err(why))) => {
            let text = go_value::quote(text);
            return Err(Failure::message(format!("the provided selector {text} is not valid: {why}")));
        }
    };
    let reading = Reading {
        validate: rules.validate,
        namespace: parsed.namespace(),
        enforce_namespace: parsed.given("namespace"),
        as_written: rules.is_local,
        features: context.env.features,
    };
    let objects = manifest::read(context, files, reading)?;
    let is_selected = |manifest: &Manifest| selector.matches(manifest.labels().as_ref());
    let list = objects.into_iter().filter_map(|object| match object {
        Ok(manifest) => is_selected(&manifest).then_some(Target::Given(manifest)),
        Err(failure) => Some(Target::Broken(failure)),
    });
    let single = files.len() == 1 && files[0] != "-" && files[0] != ".";
    Ok(Targets { list: list.collect(), single, namespace })
}

// The arguments: either all `type/name`, or types and then names.
struct Words {
    tuples: Vec<(String, String)>,
    types: Vec<String>,
    names: Vec<String>,
}

impl Words {
    fn read(args: &[String], features: Features) -> Result<Words, Failure> {
        let with_slash = args.iter().filter(|arg| arg.contains('/')).count();
        if with_slash > 0 && with_slash < args.len() {
            return Err(Failure::message(
                "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
            ));
        }
        if with_slash > 0 {
            let tuples = args.iter().map(|arg| tuple(arg)).collect::<Result<_, _>>()?;
            return Ok(Words { tuples, types: Vec::new(), names: Vec::new() });
        }
        let types: Vec<String> = args.first().map(|types| split(types)).unwrap_or_default();
        let names = args.get(1..).unwrap_or_default().to_vec();
        if types.len() > 1 && !names.is_empty() {
            let each = |kind: &String| {
                let kind = kind.clone();
                names.iter().map(move |name| (kind.clone(), name.clone())).collect::<Vec<_>>()
            };
            let tuples = types.iter().flat_map(each).collect();
            return Ok(Words { tuples, types: Vec::new(), names: Vec::new() });
        }
        let types = types.into_iter().flat_map(|word| expand(word, features)).collect();
        Ok(Words { tuples: Vec::new(), types, names })
    }

    fn is_type_alone(&self) -> bool {
        !self.types.is_empty() && self.names.is_empty()
    }

    fn types_to_select(&self, context: &Context<'_, '_>) -> Result<Vec<Type>, Failure> {
        if !self.names.is_empty() {
            return Err(Failure::message("name cannot be provided when a selector is specified"));
        }
        if !self.tuples.is_empty() {
            return Err(Failure::message(
                "selectors and the all flag cannot be used when passing resource/name arguments",
            ));
        }
        if self.types.is_empty() {
            return Err(Failure::message("at least one resource must be specified to use a selector"));
        }
        self.types.iter().map(|word| type_of(context, word)).collect()
    }

    fn named(&self, context: &Context<'_, '_>) -> Result<Vec<Target>, Failure> {
        if !self.tuples.is_empty() {
            let target = |(word, name): &(String, String)| Ok(type_of(context, word)?.named(name.clone()));
            return self.tuples.iter().map(target).collect();
        }
        let Some(first) = self.types.first() else {
            return Err(Failure::message(
                "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
            ));
        };
        if self.types.len() > 1 && !self.names.is_empty() {
            return Err(Failure::message("you must specify only one resource"));
        }
        let first = type_of(context, first)?;
        if self.names.is_empty() {
            for word in &self.types {
                type_of(context, word)?;
            }
            return Err(Failure::message("resource(s) were provided, but no name was specified"));
        }
        Ok(self.names.iter().map(|name| first.named(name.clone())).collect())
    }
}

fn tuple(arg: &str) -> Result<(String, String), Failure> {
    let parts: Vec<&str> = arg.split('/').collect();
    match parts.as_slice() {
        [resource, name] if !resource.is_empty() && !name.is_empty() && !resource.contains(',') => {
            Ok(((*resource).to_owned(), (*name).to_owned()))
        }
        [_, _] => {
            Err(Failure::message("arguments in resource/name form must have a single resource and name"))
        }
        _ => Err(Failure::message("arguments in resource/name form may not have more than one slash")),
    }
}

// The words of a comma-separated list, each once (SplitResourceArgument).
fn split(types: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in types.split(',') {
        if !words.iter().any(|other| other == word) {
            words.push(word.to_owned());
        }
    }
    words
}

// The types of a category, if the word is one (Builder.ReplaceAliases); of `all` those of which there can be objects.
fn expand(word: String, features: Features) -> Vec<String> {
    if word == "all" {
        return Kind::ALL.into_iter().filter(|kind| kind.info().in_all).map(Kind::group_resource).collect();
    }
    if Kind::from_resource(&word).is_some() {
        return vec![word];
    }
    match discovery::in_category(&word, features) {
        types if types.is_empty() => vec![word],
        types => types,
    }
}

/// The objects of a selection, and the resourceVersion of the list.
///
/// # Errors
/// The server's, with the selectors in it.
pub(crate) fn list(
    context: &mut Context<'_, '_>,
    kind: Kind,
    namespace: &str,
    selection: &Selection,
) -> Result<(Vec<Object>, u64), Failure> {
    let listed = options(selection, context.env.features)
        .map_err(|why| Failure::from(Box::new(Status::bad_request(why))))
        .and_then(|options| context.list(kind, namespace, options));
    listed.map_err(|failure| match failure {
        Failure::Refused(mut status) if matches!(status.reason, Reason::BadRequest | Reason::NotFound) => {
            let info = kind.info();
            let resource = format!("{}/v1, Resource={}", info.group, info.plural);
            status.message = if *selection == Selection::default() {
                format!("Unable to list \"{resource}\": {}", status.message)
            } else {
                let (labels, fields) = (go_value::quote(&selection.labels), go_value::quote(&selection.fields));
                format!(
                    "Unable to find \"{resource}\" that match label selector {labels}, field selector {fields}: {}",
                    status.message
                )
            };
            Failure::Refused(status)
        }
        other => other,
    })
}

/// The selection as the API takes it.
///
/// # Errors
/// The server's message about what is wrong with it.
pub(crate) fn options(selection: &Selection, features: Features) -> Result<ListOptions, String> {
    let labels: Selector = selector::parse_labels(&selection.labels, features)?;
    let fields = selector::parse_fields(&selection.fields)?;
    Ok(ListOptions { labels, fields })
}

/// No object of that name is there, of a type of which there is nothing here.
pub(crate) fn absent(resource: &Resource, name: &str) -> Failure {
    let message = format!("{} \"{name}\" not found", resource.group_resource());
    Failure::from(Box::new(Status { reason: Reason::NotFound, ..Status::bad_request(message) }))
}

/// Where every object of the targets is, without reading those that are named; failures in their places.
pub(crate) fn infos(context: &mut Context<'_, '_>, targets: &Targets) -> Vec<Result<Info, Failure>> {
    let mut infos = Vec::new();
    for target in &targets.list {
        match target {
            Target::Named(kind, name) => infos.push(Ok(Info {
                kind: *kind,
                namespace: if kind.is_namespaced() { targets.namespace.clone() } else { String::new() },
                name: name.clone(),
                source: None,
            })),
            Target::Selected(kind, selection) => match list(context, *kind, &targets.namespace, selection) {
                Ok((objects, _)) => infos.extend(objects.iter().map(|object| Ok(Info::of(object)))),
                Err(failure) => infos.push(Err(failure)),
            },
            Target::Absent(_, None) => {}
            Target::Absent(resource, Some(name)) => infos.push(Err(absent(resource, name))),
            Target::Given(manifest) if manifest.name.is_empty() => {
                infos.push(Err(Failure::message("resource name may not be empty")));
            }
            Target::Given(manifest) => infos.push(Ok(Info {
                kind: manifest.kind,
                namespace: manifest.namespace.clone(),
                name: manifest.name.clone(),
                source: Some(manifest.source.clone()),
            })),
            Target::Broken(failure) => infos.push(Err(failure.clone())),
        }
    }
    infos
}

/// An object of a file, or why there is none.
pub(crate) type Local = Result<(Info, Value), Failure>;

/// The objects of the files that `-f` names, as they are there (`--local`); failures in their places.
///
/// # Errors
/// If no file is given, or one is not there.
pub(crate) fn local(context: &Context<'_, '_>, parsed: &Parsed) -> Result<Vec<Local>, Failure> {
    let targets =
        targets(context, parsed, &[], Rules { no_selectors: true, is_local: true, ..Rules::default() })?;
    let object = |target| match target {
        Target::Given(manifest) => {
            let Manifest { kind, namespace, name, source, value } = manifest;
            Some(Ok((Info { kind, namespace, name, source: Some(source) }, value)))
        }
        Target::Broken(failure) => Some(Err(failure)),
        Target::Named(..) | Target::Selected(..) | Target::Absent(..) => None,
    };
    Ok(targets.list.into_iter().filter_map(object).collect())
}

/// Every object of the targets as the server has it; failures in their places.
pub(crate) fn objects(
    context: &mut Context<'_, '_>,
    targets: &Targets,
) -> Vec<Result<(Info, Object), Failure>> {
    let mut objects = Vec::new();
    for target in &targets.list {
        if let Target::Selected(kind, selection) = target {
            match list(context, *kind, &targets.namespace, selection) {
                Ok((found, _)) => {
                    objects.extend(found.into_iter().map(|object| Ok((Info::of(&object), object))))
                }
                Err(failure) => objects.push(Err(failure)),
            }
            continue;
        }
        for info in infos(context, &targets.only(target)) {
            objects.push(info.and_then(|info| {
                let object = context.get(info.kind, &info.namespace, &info.name)?;
                Ok((info, object))
            }));
        }
    }
    objects
}
