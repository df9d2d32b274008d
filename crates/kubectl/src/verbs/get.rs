//! `kubectl get`: tables, other formats, and watching.
//!
//! Models kubectl/pkg/cmd/get/get.go.

use std::collections::BTreeSet;

use client::api::{Change, ListOptions, WatchEvent};
use jiff::Timestamp;
use machinery::{Kind, Object, time};
use serde_json::{Value, json};

use super::{Call, Command, Next, Running};
use crate::context::Context;
use crate::discovery;
use crate::failure::Failure;
use crate::flags::{self, Flag, list, parse_timeout, switch, text};
use crate::jsonpath;
use crate::printers::custom_columns;
use crate::printers::output::Format;
use crate::printers::sort::{self, Unordered};
use crate::printers::table::TableOptions;
use crate::printers::tabwriter::{TABLE, align, align_remembering};
use crate::resource::{self, Rules, Selection, Target, Targets};
use crate::{Condition, Progress};

const FLAGS: &[Flag] = &[
    flags::SELECTOR,
    flags::FIELD_SELECTOR,
    flags::ALL_NAMESPACES,
    flags::WATCH,
    flags::NO_HEADERS,
    flags::IGNORE_NOT_FOUND,
    flags::CHUNK_SIZE,
    flags::SUBRESOURCE,
    switch("watch-only", "Print changes only, not what is there first"),
    switch("output-watch-events", "Print what each change was"),
    switch("show-labels", "Add a column with all labels"),
    switch("show-kind", "Print the type before each name"),
    list("label-columns", "Add a column for each of these labels").letter('L'),
    text("sort-by", "Sort by what this JSONPath finds"),
    switch("server-print", "Let the server make the table (the default)"),
    text("raw", "Print what this URI answers"),
];

pub(super) const COMMAND: Command = Command {
    name: "get",
    about: "Display one or many resources",
    usage: || {
        &[
            "kubectl get TYPE[,TYPE...] [NAME...] [flags]",
            "kubectl get pods -o wide",
            "kubectl get pods -w",
            "kubectl get sts myapp -o jsonpath='{.status.readyReplicas}'",
        ]
    },
    flags: || &[FLAGS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if let Some(uri) = parsed.text("raw").filter(|uri| !uri.is_empty()) {
        return super::raw::get(call, context, uri);
    }
    if parsed.args.is_empty() && parsed.list("filename").is_empty() && !parsed.given("kustomize") {
        context.err("You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\n");
        return Err(call.usage("Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods)."));
    }
    let output = parsed.text("output").unwrap_or_default();
    if parsed.on("show-labels") && !["", "wide"].contains(&output) {
        return Err(Failure::message(format!("--show-labels option cannot be used with {output} printer")));
    }
    let (watch, watch_only) = (parsed.on("watch"), parsed.on("watch-only"));
    if parsed.on("output-watch-events") && !watch && !watch_only {
        return Err(Failure::message(
            "--output-watch-events option can only be used with --watch or --watch-only",
        ));
    }
    let format = Format::parse(context, parsed, "", true);
    if parsed.text("sort-by").is_some_and(|path| !path.is_empty()) {
        if watch {
            context.err("warning: --watch requested, --sort-by will be ignored for watch events received\n");
        } else if watch_only {
            context.err("warning: --watch-only requested, --sort-by will be ignored\n");
        }
    }
    let rules = Rules { type_means_all: true, ..Rules::default() };
    let targets = resource::targets(context, parsed, &parsed.args, rules)?;
    let format = match format {
        Ok(format) => format,
        Err(failure) => return unprintable(call, context, &targets, failure),
    };
    if watch || watch_only {
        return Watch::start(call, context, &targets, format)
            .map(|watch| Next::Go(Box::new(Running::Get(watch))));
    }
    if parsed.text("subresource").is_some_and(|part| !part.is_empty()) {
        let table = table_options(call, &targets, format == Format::Wide);
        return super::get_part::get(call, context, &targets, &table, &format).map(|()| Next::Done);
    }
    match &format {
        Format::Human | Format::Wide => tables(call, context, &targets, format == Format::Wide),
        format => whole(call, context, &targets, format),
    }
}

// What there is is read before the format is looked at, so that what is missing is told first.
fn unprintable(
    call: &Call,
    context: &mut Context<'_, '_>,
    targets: &Targets,
    failure: Failure,
) -> Result<Next, Failure> {
    let is_watch = call.parsed.on("watch") || call.parsed.on("watch-only");
    let ignore_missing = call.parsed.on("ignore-not-found");
    let (mut is_any, mut missing) = (false, None);
    for found in resource::objects(context, targets) {
        match found {
            Ok(_) => is_any = true,
            Err(failure) if ignore_missing && failure.is_not_found() => {}
            Err(failure) => missing = missing.or(Some(failure)),
        }
    }
    match missing {
        Some(missing) if targets.single || is_watch => Err(missing),
        None if ignore_missing && !is_any => Ok(Next::Done),
        _ => Err(failure),
    }
}

fn table_options(call: &Call, targets: &Targets, wide: bool) -> TableOptions {
    let kinds: BTreeSet<Kind> = targets.list.iter().filter_map(Target::kind).collect();
    TableOptions {
        wide,
        no_headers: call.parsed.on("no-headers"),
        with_namespace: targets.namespace.is_empty(),
        with_kind: kinds.len() > 1 || call.parsed.on("show-kind"),
        show_labels: call.parsed.on("show-labels"),
        generic: !call.parsed.on_or("server-print", true),
        label_columns: call.parsed.list("label-columns").into_iter().map(str::to_owned).collect(),
    }
}

fn tables(
    call: &Call,
    context: &mut Context<'_, '_>,
    targets: &Targets,
    wide: bool,
) -> Result<Next, Failure> {
    let options = table_options(call, targets, wide);
    let ignore_missing = call.parsed.on("ignore-not-found");
    let mut failures = Vec::new();
    let mut objects = Vec::new();
    // How many rows each table has: a list comes as one, and so does an object that is named.
    let mut sizes = Vec::new();
    for target in &targets.list {
        let is_list = matches!(target, Target::Selected(..) | Target::Absent(_, None));
        let before = objects.len();
        for found in resource::objects(context, &targets.only(target)) {
            match found {
                Ok((_, object)) => objects.push(object),
                Err(failure) if ignore_missing && failure.is_not_found() => {}
                Err(failure) => failures.push(failure),
            }
        }
        let found = objects.len() - before;
        sizes.extend(if is_list { vec![found] } else { vec![1; found] });
    }
    if let [Target::Absent(resource, None)] = targets.list.as_slice()
        && let Some(text) = discovery::fixed_rows(context, resource)
    {
        let start = if options.no_headers { text.find('\n').map_or(0, |end| end + 1) } else { 0 };
        context.out(align(&text[start..], TABLE));
        return Ok(Next::Done);
    }
    all_are_here(targets)?;
    if let Some(path) = call.parsed.text("sort-by").filter(|path| !path.is_empty()) {
        let order = if options.generic {
            order_of_objects(context, &objects, path)?
        } else {
            order_of_rows(context, &objects, &sizes, path)?
        };
        objects = order.into_iter().map(|index| objects[index].clone()).collect();
    }
    let (now, features) = (context.now(), context.env.features);
    let mut first = true;
    for group in objects.chunk_by(|a, b| a.kind() == b.kind()) {
        // A cluster-scoped kind has no namespace to show.
        let with_namespace = options.with_namespace && group[0].kind().is_namespaced();
        let options = TableOptions { with_namespace, ..options.clone() };
        let mut text =
            if options.no_headers { String::new() } else { options.header(group[0].kind(), features) };
        text.extend(group.iter().map(|object| options.row(object, now, features)));
        let gap = if first || options.no_headers { "" } else { "\n" };
        context.out(format!("{gap}{}", align(&text, TABLE)));
        first = false;
    }
    if objects.is_empty() && failures.is_empty() && !ignore_missing {
        let namespaced = targets.list.iter().all(Target::is_namespaced);
        context.err(nothing_found(&targets.namespace, namespaced));
    }
    Failure::all(failures).map(|()| Next::Done)
}

/// An empty list would be no answer where a real cluster has objects.
fn all_are_here(targets: &Targets) -> Result<(), Failure> {
    for target in &targets.list {
        if let Target::Absent(resource, None) = target
            && discovery::has_objects_elsewhere(resource, &targets.namespace)
        {
            let name = resource.group_resource();
            return Err(Failure::message(format!("{name} are not simulated here")));
        }
    }
    Ok(())
}

// The order of objects by what the path finds in them.
fn order_of_objects(
    context: &Context<'_, '_>,
    objects: &[Object],
    path: &str,
) -> Result<Vec<usize>, Failure> {
    let values: Vec<Value> = objects.iter().map(|object| context.whole(object)).collect();
    if values.len() < 2 {
        return Ok((0..values.len()).collect());
    }
    let path = jsonpath::relaxed(path).map_err(Failure::Message)?;
    sort::order(&values, &path).map_err(|unordered| without_order(unordered, &path))
}

// The order of the rows of tables; `sizes` has the number of each table's rows. Of several tables upstream takes the
// tables for the objects, and then sorts the rows of each (`RuntimeSorter`, `SortingPrinter`).
fn order_of_rows(
    context: &Context<'_, '_>,
    objects: &[Object],
    sizes: &[usize],
    path: &str,
) -> Result<Vec<usize>, Failure> {
    let relaxed = jsonpath::relaxed(path);
    if sizes.len() > 1 {
        let path = relaxed.as_ref().map_err(Failure::message)?;
        let table =
            json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": ""}});
        let tables = vec![table; sizes.len()];
        sort::order(&tables, path).map_err(|unordered| without_order(unordered, path))?;
    }
    let path = relaxed.unwrap_or_else(|_| path.to_owned());
    let mut order = Vec::with_capacity(objects.len());
    let mut rest = objects;
    for &size in sizes {
        let first = objects.len() - rest.len();
        let (rows, others) = rest.split_at(size);
        rest = others;
        if size < 2 {
            order.extend(first..first + size);
            continue;
        }
        let values: Vec<Value> = rows.iter().map(|object| context.whole(object)).collect();
        match sort::order(&values, &path) {
            Ok(found) => order.extend(found.into_iter().map(|row| first + row)),
            Err(Unordered::Unsortable(error)) => {
                return Err(unsortable("sorter.go:375", &path, "[][][]reflect.Value", &error));
            }
            // Nobody reads what the printer of the rows returns.
            Err(Unordered::Mistake(_)) => {}
        }
    }
    Ok(order)
}

// Why objects have no order.
fn without_order(unordered: Unordered, path: &str) -> Failure {
    match unordered {
        Unordered::Mistake(error) => Failure::Message(error),
        Unordered::Unsortable(error) => {
            unsortable("sorter.go:329", path, "*unstructured.Unstructured", &error)
        }
    }
}

fn unsortable(place: &'static str, path: &str, holder: &str, error: &str) -> Failure {
    let text = format!("Field {path} in {holder} is an unsortable type: interface, err: {error}");
    Failure::Fatal { place, text }
}

/// What is said where there is nothing; an empty namespace means all.
pub(super) fn nothing_found(namespace: &str, namespaced: bool) -> String {
    if namespaced && !namespace.is_empty() {
        format!("No resources found in {namespace} namespace.\n")
    } else {
        "No resources found\n".to_owned()
    }
}

// Formats that print objects whole.
fn whole(
    call: &Call,
    context: &mut Context<'_, '_>,
    targets: &Targets,
    format: &Format,
) -> Result<Next, Failure> {
    all_are_here(targets)?;
    let ignore_missing = call.parsed.on("ignore-not-found");
    let mut failures = Vec::new();
    let mut values = Vec::new();
    for found in resource::objects(context, targets) {
        match found {
            Ok((_, object)) => values.push(context.whole(&object)),
            Err(failure) if ignore_missing && failure.is_not_found() => {}
            Err(failure) if targets.single => return Err(failure),
            Err(failure) => failures.push(failure),
        }
    }
    if values.is_empty() && ignore_missing {
        return Failure::all(failures).map(|()| Next::Done);
    }
    if targets.single && values.len() == 1 {
        if let Err(failure) = format.print(context, &values[0], call.parsed.on("no-headers")) {
            failures.push(failure);
        }
        return Failure::all(failures).map(|()| Next::Done);
    }
    if let Some(path) = call.parsed.text("sort-by").filter(|path| !path.is_empty() && !values.is_empty()) {
        let path = jsonpath::relaxed(path).map_err(Failure::Message)?;
        match sort::order(&values, &path).map_err(|unordered| without_order(unordered, &path)) {
            Ok(order) => values = order.into_iter().map(|i| values[i].clone()).collect(),
            Err(fatal @ Failure::Fatal { .. }) => return Err(fatal),
            Err(failure) => {
                failures.push(failure);
                return Failure::all(failures).map(|()| Next::Done);
            }
        }
    }
    if let Err(failure) = format.print(context, &list_of(values), call.parsed.on("no-headers")) {
        failures.push(failure);
    }
    Failure::all(failures).map(|()| Next::Done)
}

/// The objects as kubectl wraps them: a `v1 List`.
pub(super) fn list_of(values: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": values})
}

/// `get -w`: what it watches, and what it has printed.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    kind: Kind,
    namespace: String,
    options: ListOptions,
    format: Format,
    table: TableOptions,
    with_events: bool,
    since: u64,
    until: Option<Timestamp>,
    // What tables remember between rows.
    widths: Vec<usize>,
    has_header: bool,
    documents: usize,
}

/// The kind of several objects that were named (cli-runtime/pkg/resource/builder.go, SingleResourceType).
///
/// # Errors
/// Where they are of several kinds, or whole kinds; files have words of their own (get.go, multipleGVKsRequested).
fn kind_of_all(targets: &[Target]) -> Result<Kind, Failure> {
    let kinds: BTreeSet<Option<Kind>> = targets.iter().map(Target::kind).collect();
    let are_selected = targets.iter().any(|target| matches!(target, Target::Selected(..)));
    match Vec::from_iter(kinds).as_slice() {
        [Some(kind)] if !are_selected => Ok(*kind),
        _ if targets.iter().any(|target| matches!(target, Target::Given(_))) => Err(Failure::message(
            "watch is only supported on individual resources and resource collections - more than 1 resource was found",
        )),
        _ => Err(Failure::message("you may only specify a single resource type")),
    }
}

impl Watch {
    fn start(
        call: &Call,
        context: &mut Context<'_, '_>,
        targets: &Targets,
        format: Format,
    ) -> Result<Watch, Failure> {
        let (kind, selection, name) = match targets.list.as_slice() {
            [Target::Selected(kind, selection)] => (*kind, selection.clone(), None),
            [Target::Named(kind, name)] => (*kind, Selection::default(), Some(name.clone())),
            [Target::Given(manifest)] => (manifest.kind, Selection::default(), Some(manifest.name.clone())),
            [Target::Broken(failure)] => return Err(failure.clone()),
            // What is there is printed before it turns out that it cannot be watched.
            list => (kind_of_all(list)?, Selection::default(), None),
        };
        let is_one = targets.list.len() == 1;
        let mut options = resource::options(&selection, context.env.features).unwrap_or_default();
        let namespace = if kind.is_namespaced() { targets.namespace.clone() } else { String::new() };
        let initial = match name {
            Some(name) => {
                options.fields.push(("metadata.name".to_owned(), name.clone(), true));
                vec![context.get(kind, &namespace, &name)?]
            }
            None if is_one => resource::list(context, kind, &namespace, &selection)?.0,
            None => {
                let found = resource::objects(context, targets).into_iter();
                found.map(|found| found.map(|(_, object)| object)).collect::<Result<_, _>>()?
            }
        };
        let timeout = call.parsed.text("request-timeout").and_then(|text| parse_timeout(text).ok());
        let mut table = table_options(call, targets, format == Format::Wide);
        table.with_namespace &= kind.is_namespaced();
        let mut watch = Watch {
            kind,
            namespace,
            options,
            table,
            format,
            with_events: call.parsed.on("output-watch-events"),
            since: context.env.api.resource_version(),
            until: timeout.filter(|ms| *ms > 0).map(|ms| time::after_ms(context.now(), ms)),
            widths: Vec::new(),
            has_header: call.parsed.on("no-headers"),
            documents: 0,
        };
        if !call.parsed.on("watch-only") {
            let changes: Vec<(Change, &Object)> =
                initial.iter().map(|object| (Change::Added, object)).collect();
            watch.print(context, &changes)?;
        }
        if !is_one {
            return Err(Failure::message(
                "you may only watch a single resource or type of resource at a time",
            ));
        }
        Ok(watch)
    }

    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        let seen = context.env.api.resource_version();
        for event in context.env.api.watch(self.kind, &self.namespace, self.since)? {
            if let Some(change) = self.change(&event) {
                self.print(context, &[(change, &event.object)])?;
            }
        }
        self.since = seen;
        if self.until.is_some_and(|until| context.now() >= until) {
            return Ok(Progress::Exit(0));
        }
        let what = format!("changes of {}", self.kind.info().plural);
        Ok(Progress::Wait(Condition { past: seen, until: self.until, what }))
    }

    // What the change is to someone who sees only the selected objects.
    fn change(&self, event: &WatchEvent) -> Option<Change> {
        let before = event.old.as_ref().is_some_and(|old| self.selects(old));
        let after = event.change != Change::Deleted && self.selects(&event.object);
        match (before, after) {
            (false, true) => Some(Change::Added),
            (true, true) => Some(Change::Modified),
            (true, false) => Some(Change::Deleted),
            (false, false) => None,
        }
    }

    fn selects(&self, object: &Object) -> bool {
        if !self.options.labels.matches(object.meta().labels.as_ref()) {
            return false;
        }
        if self.options.fields.is_empty() {
            return true;
        }
        let value = object.to_value();
        self.options.fields.iter().all(|(path, wanted, equal)| {
            let found = path.split('.').try_fold(&value, |value, key| value.get(key));
            let text = found.map(jsonpath::text).unwrap_or_default();
            (text == *wanted) == *equal
        })
    }

    fn print(&mut self, context: &mut Context<'_, '_>, changes: &[(Change, &Object)]) -> Result<(), Failure> {
        if changes.is_empty() {
            return Ok(());
        }
        let (now, features) = (context.now(), context.env.features);
        let mut text = String::new();
        for (change, object) in changes {
            let row = match &self.format {
                Format::Human | Format::Wide => self.table.row(object, now, features),
                Format::CustomColumns(columns) => custom_columns::row(columns, &context.whole(object))?,
                format => {
                    let mut value = context.whole(object);
                    // The name is that of the object, not of the event.
                    if self.with_events && *format != Format::Name {
                        value = json!({"type": event_name(*change), "object": value});
                    }
                    if *format == Format::Yaml && self.documents > 0 {
                        context.out("---\n");
                    }
                    self.documents += 1;
                    format.print(context, &value, true)?;
                    continue;
                }
            };
            text.push_str(&self.with_event(event_name(*change), &row));
        }
        if text.is_empty() {
            return Ok(());
        }
        if !self.has_header {
            self.has_header = true;
            let header = match &self.format {
                Format::CustomColumns(columns) => custom_columns::header(columns),
                _ => self.table.header(self.kind, features),
            };
            text = self.with_event("EVENT", &header) + &text;
        }
        context.out(align_remembering(&text, TABLE, &mut self.widths));
        Ok(())
    }

    fn with_event(&self, event: &str, row: &str) -> String {
        if self.with_events { format!("{event}\t{row}") } else { row.to_owned() }
    }
}

fn event_name(change: Change) -> &'static str {
    match change {
        Change::Added => "ADDED",
        Change::Modified => "MODIFIED",
        Change::Deleted => "DELETED",
    }
}
