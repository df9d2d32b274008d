//! English.

mod errors;
mod examples;
mod help;
mod lessons;
mod predict;
mod share;
mod why;

use machinery::decision::BrokenLink;

use super::Words;
use crate::effect::{Effect, Hold, SetChange};
use crate::marks;
use crate::templates::Template;
use crate::track::{Mark, Subject, Tick};
use crate::view::acts::ActKind;
use crate::view::pod::{Note, short_image};
use crate::view::stage::{SetView, Stage};
use crate::view::timeline::clock;

pub(super) use help::HELP_WORDS;
pub(super) use lessons::LESSON_WORDS;
pub(super) use predict::PREDICT_WORDS;
pub(super) use share::SHARE_WORDS;

use errors::{common_error, confusable};
use examples::{example_hint, example_title};
use why::{risk, why_next, why_rule, why_sentence};

pub(super) static WORDS: Words = Words {
    tagline: "the StatefulSet playground",
    simulated: "simulated in this tab; no cluster is touched",
    start_from: "Start from",
    version: "Simulated version and feature gate",
    world_manifest: "Manifest",
    world_tutorial: "Tutorial from the top",
    world_empty: "Empty cluster",
    world_many: "Empty cluster, 100 nodes",
    world_imported: "Imported cluster",
    worlds: "Start worlds",
    examples: "What confuses people",
    example: "Example:",
    theme: "Theme",
    theme_system: "system",
    theme_light: "light",
    theme_dark: "dark",
    help: "Help",
    close: "Close",
    editor: "Editor",
    files: "Files",
    apply: "Apply",
    editor_keys: "Ctrl or Command and Enter applies the file. Tab leaves the editor, once something is typed Escape and \
        then Tab.",
    editor_phrases: "",
    save: "Save",
    edit_waits: "kubectl waits: Save sends what you changed, Cancel sends nothing",
    new_file: "New file from a template",
    template_failed: "The template cannot be loaded. Is the network there?",
    diff: "What changes",
    take_live: "take the live value",
    mend: "replace",
    mend_line: "Replace, and type the line again",
    take_failed: "This field cannot be changed without its neighbours: change it by hand.",
    terminal: "Terminal",
    terminal_log: "What was typed and answered",
    prompt: "Command line",
    terminal_hint: "# try: kubectl get pv · help",
    completions: "What may stand here",
    complete: "Complete the word",
    earlier_line: "The line before",
    beginnings: "Commands to begin with",
    touch_keys: "Keys",
    search_history: "Search in earlier lines",
    search_none: "no earlier line has it",
    paste_about: "Prompts are taken away; what looks like output or prose is not ticked. The ticked lines run one after another.",
    paste_run: "Run the ticked lines",
    paste_drop: "Run none",
    schema_fetched: "waiting: the descriptions of the API's fields are fetched",
    waiting_for: "waiting:",
    waiting: "waiting",
    stop: "Stop",
    go_on: "Run",
    stage: "Stage",
    cluster: "Cluster",
    deleted: "deleted",
    deleting: "being deleted",
    ready: "ready",
    replicas: "replicas",
    partition: "partition",
    less: "one less",
    more: "one more",
    on_delete: "OnDelete: a pod updates when you delete it",
    set_image: "Set image…",
    image: "Image",
    container: "Container",
    set: "Set",
    cancel: "Cancel",
    row_name: "DNS",
    row_pod: "Pod",
    row_claim: "Claim",
    row_volume: "Volume",
    no_pod: "no pod yet",
    no_pod_wanted: "no pod",
    no_claim: "no claim",
    no_volume: "no volume",
    no_node: "no node",
    was: "was",
    age: "age",
    would_replace: "would be replaced",
    pod_menu: "What to do with",
    set_menu: "More for",
    node_menu: "What to do with",
    to_on_delete: "Update on delete",
    to_rolling_update: "Update by rolling",
    restart: "Restart all pods",
    roll_back: "Undo the last rollout",
    delete_set: "Delete",
    delete_set_orphan: "Delete, keep its pods",
    delete_set_foreground: "Delete after its pods",
    recreate_parallel: "Make again as Parallel…",
    recreate_ordered: "Make again as OrderedReady…",
    force_delete: "Delete by force",
    crash: "Let it crash",
    fail_readiness: "Let readiness fail",
    heal_readiness: "Heal readiness",
    exec: "Run in it…",
    look_up_from: "Look up names from here",
    node_stop: "Pull the plug",
    node_start: "Plug it in",
    cordon: "Cordon",
    uncordon: "Uncordon",
    drain: "Drain",
    delete_pod: "Delete pod",
    look_up: "Look up its name",
    show_yaml: "Show YAML",
    shelf: "Shelf",
    shelf_empty: "every volume is claimed",
    no_volumes: "no volumes",
    outside: "Outside sets",
    outside_empty: "nothing",
    heat: "All ordinals",
    follow: "Follow what moves",
    shape_ready: "ready",
    shape_starting: "starting",
    shape_stopping: "stopping",
    shape_broken: "broken",
    shape_ended: "ended",
    shape_none: "no pod yet",
    empty_hint: "columns appear here, one for each ordinal",
    why: "Why",
    next: "Next: ",
    way_out: "Way out: ",
    way_on: "If you want: ",
    way_out_hint: "types this into the prompt",
    rule: "Rule: ",
    heal: "Heal",
    at_risk: "At risk: ",
    about: "about",
    back_to_all: "Back to everything",
    try_next: "Try next:",
    details: "Details",
    events: "Events",
    dns_zone: "DNS zone",
    last_seen: "last seen",
    event_type: "type",
    reason: "reason",
    object: "object",
    message: "message",
    no_events: "No events yet.",
    name: "name",
    record_type: "type",
    ttl: "TTL",
    data: "answer",
    no_records: "No records yet: a Service brings the first.",
    time: "Time",
    play: "Play",
    pause: "Pause",
    step: "Step",
    speed: "Speed",
    clock: "Virtual time",
    live: "live",
    paused: "paused",
    rushing: "running until quiet",
    past: "You look at",
    back_to_live: "Back to live",
    past_forks: "What you do here starts another course of events; this one is kept.",
    step_back: "Step back: undo the last act",
    run_until_quiet: "Run until quiet",
    track: "Timeline",
    track_keys: "Left and right go from one event to the next, Page Up and Page Down by ten seconds, Home to the start, \
        End back to live.",
    track_commands: "commands",
    track_faults: "faults",
    track_sets: "sets",
    track_pods: "pods",
    track_storage: "storage",
    forks: "Other courses of events",
    at: "at",
    what: "what",
    trail: "Trail",
    change: "change",
    fields: "what changed",
    no_trail: "Nothing has changed yet.",
    objects: "Objects",
    objects_list: "All objects",
    filter: "Filter",
    mark: "Compare from now on",
    unmark: "Compare with the last act",
    state_new: "new",
    state_changed: "changed",
    state_gone: "gone",
    nodes: "Nodes",
    node: "node",
    status: "status",
    zone: "zone",
    pods_on_it: "pods",
    node_ready: "Ready",
    node_not_ready: "NotReady",
    node_cordoned: "cordoned",
    node_down: "silent",
    lookup: "Look up a name",
    lookup_from: "from",
    lookup_name: "name",
    lookup_ask: "Ask in the terminal",
    lookup_no_pod: "There is no pod to ask from yet.",
    part_pod: "pod",
    part_service: "Service",
    part_namespace: "namespace",
    part_domain: "cluster's domain",
    no_objects: "No object matches.",
    line_added: "added:",
    line_removed: "removed:",
    panes: "Panes",
    pane_stage: "Stage",
    pane_why: "Why",
    pane_terminal: "Terminal",
    pane_editor: "YAML",
    kind_quiet: "quiet",
    kind_beyond: "beyond the simulation",
    kind_progressing: "progressing",
    kind_waiting: "waiting for you",
    kind_stuck: "stuck",
    role_current: "current",
    role_update: "update",
    role_old: "old",
    role_only: "revision",
    nxdomain: "NXDOMAIN",
    share: "Share",
    opening: "A kept world is being replayed…",
    restored: "This is the world of your last visit. Start anew with “Start from”.",
    new_version: "A new version of petset is ready.",
    reload: "Reload",
    reloading: "Loading the new version…",
    lessons: "Lessons",
    crashed: "The simulator has stopped: this is a mistake of ours, not yours. What you typed is still in the editor.",
    crashed_link: "A link that brings it back, with everything that was done",
    crashed_again: "Start again",
    failed: "The simulated cluster has stopped: this is a mistake of ours, not yours. What you typed is still there.",
    why_sentence,
    why_next,
    why_rule,
    risk,
    why_more: |more| if more == 1 { "1 more".to_owned() } else { format!("{more} more") },
    part: |first, last, number| format!("ordinals {first} to {last} of {number}"),
    more_of: |more| format!("and {more} more"),
    example_title,
    example_hint,
    tick,
    ticks_more: |more| format!("and {more} more"),
    head: |clock, past| if past { format!("{clock}, in the past") } else { format!("{clock}, live") },
    fork: |fork| {
        let line = fork.line.as_ref().map_or_else(String::new, |line| format!(": `{line}`"));
        format!("left at {}, had come to {}{line}", clock(fork.left_ms), clock(fork.end_ms))
    },
    fork_count: |forks| if forks == 1 { "1 branch".to_owned() } else { format!("{forks} branches") },
    compared: |clock, marked| {
        if marked {
            format!("Compared with {clock}, which you marked")
        } else {
            format!("Compared with {clock}, before the last act")
        }
    },
    fields_more: |more| format!("+{more}"),
    objects_more: |more| format!("{more} more; narrow the list to see them"),
    act,
    effect,
    mark_note,
    common_error,
    confusable,
    mark_count,
    template,
    line: |line| format!("line {line}"),
    mend_at: |line| format!("line {line}: replace what was not meant"),
    take_live_at: |line| format!("line {line}: take the live value"),
    broken,
    note,
    size: |requested, capacity| match capacity {
        "" => format!("{requested} requested"),
        capacity => format!("{requested} of {capacity}"),
    },
    spoken_more: |lines| format!("and {lines} more lines"),
    completions_count: |count| {
        format!("{count} possible words; Tab or the arrow keys choose, Enter takes one.")
    },
    paste_title: |ticked, all| format!("Pasted: {ticked} of {all} will run"),
    schema_failed: |why| {
        format!("The descriptions of the API's fields cannot be fetched: {why}. Press Enter to try again.")
    },
    not_opened: |why| format!("This world cannot be opened: {why}."),
    released_by: |claim| format!("released by {claim}"),
    held_by: |names| format!("held by {}", names.join(", ")),
    counts,
    empty_stage: |stage| {
        format!("An empty cluster with {} and {}", count(stage.nodes, "node"), count(stage.volumes, "volume"))
    },
    partition_place,
    pods: |pods| count(pods, "pod"),
    table_caption: |set| format!("StatefulSet {}: its identities, by ordinal", set.key.name),
};

fn count(number: usize, noun: &str) -> String {
    const SMALL: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let number_word = SMALL.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned());
    if number == 1 { format!("{number_word} {noun}") } else { format!("{number_word} {noun}s") }
}

fn counts(stage: &Stage) -> String {
    let number = |n: usize, noun: &str| if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") };
    let sets = stage.sets.iter().filter(|set| !set.deleted).count();
    let sets = if sets == 0 { "no sets".to_owned() } else { number(sets, "set") };
    format!("{} · {} · {sets}", number(stage.nodes, "node"), number(stage.volumes, "volume"))
}

fn partition_place(set: &SetView, partition: i32) -> String {
    if partition > set.replicas {
        format!("partition {partition} > {} replicas: nothing updates", set.replicas)
    } else {
        format!("partition {partition}")
    }
}

fn tick(tick: &Tick) -> String {
    let key = match &tick.subject {
        Subject::Line(line) => return format!("`{line}`"),
        Subject::File(name) => return format!("`{name}` is written"),
        Subject::Interrupt => return "`Ctrl-C`".to_owned(),
        Subject::Fault(fault) => return format!("fault: {fault}"),
        Subject::Object(key) => key,
    };
    let happened = match tick.mark {
        Mark::Born => "is created",
        Mark::Ready => "is ready",
        Mark::Unready => "is ready no longer",
        Mark::Broken => "cannot run",
        Mark::Bound => "is bound",
        Mark::Changed | Mark::Act => "changes",
        Mark::Leaving => "is to be deleted",
        Mark::Gone => "is gone",
    };
    format!("`{}` {happened}", key.name)
}

fn act(kind: &ActKind) -> String {
    match kind {
        ActKind::Scale(replicas) => format!("scale to {replicas}"),
        ActKind::Delete(pod) => format!("delete {pod}"),
        ActKind::LookUp(pod) => format!("look up the name of {pod}"),
        ActKind::Partition(partition) => format!("set the partition to {partition}"),
        ActKind::Image(image) => format!("update to {}", short_image(image)),
    }
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Unknown => "a long file: what it would do shows when it is applied".to_owned(),
        Effect::Nothing => "nothing in this file".to_owned(),
        Effect::Same => "no change: file and cluster agree".to_owned(),
        Effect::Refused(message) => message.clone(),
        Effect::Changes { created, configured, sets, pods } => {
            let mut parts: Vec<String> = sets.iter().map(set_change).collect();
            if !created.is_empty() {
                let pods = usize::try_from(*pods).unwrap_or(0);
                let pods = if pods == 0 { String::new() } else { format!(": {}", count(pods, "pod")) };
                parts.push(format!("creates {}{pods}", objects(created)));
            }
            if !configured.is_empty() {
                parts.push(format!("changes {}", objects(configured)));
            }
            parts.join("; ")
        }
    }
}

/// What changes in a set, and what that means for its pods, harm first.
fn set_change(change: &SetChange) -> String {
    let mut fields = Vec::new();
    fields.extend(change.replicas.map(|(old, new)| format!("replicas {old} → {new}")));
    fields.extend(change.partition.map(|(old, new)| format!("partition {old} → {new}")));
    for (container, old, new) in &change.images {
        fields.push(format!("image of {container} {} → {}", short_image(old), short_image(new)));
    }
    if change.template && change.images.is_empty() {
        fields.push("another template".to_owned());
    }
    if fields.is_empty() {
        fields.push("changes".to_owned());
    }
    let mut fate = Vec::new();
    if !change.removed.is_empty() {
        fate.push(format!("removes {}", super::row(&change.removed, ", then ")));
    }
    if !change.replaced.is_empty() {
        fate.push(format!("replaces {}", super::row(&change.replaced, ", then ")));
    } else if change.held.is_empty() || change.removed.is_empty() {
        fate.push("no pod is replaced".to_owned());
    }
    if !change.held.is_empty() {
        let why = match change.hold {
            Hold::Partition(partition) => format!("behind partition {partition}"),
            Hold::OnDelete => "until deleted (OnDelete)".to_owned(),
        };
        let stay = if change.held.len() == 1 { "stays" } else { "stay" };
        fate.push(format!("{} {stay} {why}", super::ranges(&change.held)));
    }
    format!("{}: {}; {}", change.set, fields.join(", "), fate.join("; "))
}

fn template(template: Template) -> String {
    let name = match template {
        Template::Web => "Web server behind a headless Service",
        Template::RedisCluster => "Redis Cluster: three shards, nine pods",
        Template::Mysql => "MySQL: one primary, two replicas",
        Template::Zookeeper => "Quorum of three, as ZooKeeper",
    };
    name.to_owned()
}

fn mark_note(note: &marks::Note) -> String {
    match note {
        marks::Note::Wrong(message) => message.clone(),
        marks::Note::Live(value) => format!("live: {value}"),
        marks::Note::Confusable(found) => confusable(found),
        marks::Note::NotLive => "not in the live object".to_owned(),
    }
}

fn mark_count(wrong: usize, differing: usize) -> String {
    let places = |count: usize| if count == 1 { "one place".to_owned() } else { format!("{count} places") };
    match (wrong, differing) {
        (0, _) => format!("differs from the live objects in {}", places(differing)),
        (1, _) => "one problem".to_owned(),
        (_, _) => format!("{wrong} problems"),
    }
}

/// `service/myapp-svc and statefulset/myapp`; a number if there are many.
fn objects(names: &[String]) -> String {
    let short = |name: &String| match name.split_once('/') {
        Some((kind, name)) => format!("{}/{name}", kind.split('.').next().unwrap_or(kind)),
        None => name.clone(),
    };
    match names {
        [one] => short(one),
        [one, two] => format!("{} and {}", short(one), short(two)),
        many => format!("{} objects: {} …", many.len(), short(&many[0])),
    }
}

fn broken(broken: &BrokenLink) -> String {
    match broken {
        BrokenLink::NoSubdomain => "the set names no Service".to_owned(),
        BrokenLink::OtherSubdomain(subdomain) => format!("the pod belongs to {subdomain}"),
        BrokenLink::NoService(service) => format!("no Service {service}"),
        BrokenLink::NoPod => "no pod".to_owned(),
        BrokenLink::NotSelected(service) => format!("{service} does not select it"),
        BrokenLink::NoAddress => "no address yet".to_owned(),
        BrokenLink::Terminating => "terminating".to_owned(),
        BrokenLink::NotReady => "not ready".to_owned(),
        BrokenLink::NotPublished => "not published yet".to_owned(),
    }
}

fn note(note: &Note) -> String {
    match note {
        Note::StopsWithin(seconds) => format!("stops within {seconds} s"),
        Note::NoNode => "has no node yet".to_owned(),
        Note::Kubelet(message) => message.clone(),
        Note::Restarts(1) => "restarted once".to_owned(),
        Note::Restarts(times) => format!("restarted {times} times"),
    }
}
