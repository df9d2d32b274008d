//! The words of the page, but for those about imports and predictions.

use machinery::decision::BrokenLink;

use crate::common_error::CommonError;
use crate::confusable::Confusable;
use crate::effect::Effect;
use crate::examples::Example;
use crate::marks::{self, Remedy};
use crate::model::Fork;
use crate::templates::Template;
use crate::track::{Row, Tick};
use crate::view::acts::ActKind;
use crate::view::pod::{Note, Shape};
use crate::view::revision::Role;
use crate::view::stage::{SetView, Stage};
use crate::view::why::{Risk, Rule, Why, WhyKind};

words! {
    /// The words of one language.
    Words;

    /// The page's name beneath its title.
    tagline,
    /// That nothing real is touched.
    simulated,
    /// Label of the start worlds.
    start_from,
    /// Label of the simulated versions and their gate.
    version,
    /// The world with five free volumes.
    world_manifest,
    /// The tutorial's world.
    world_tutorial,
    /// The world with nothing in it.
    world_empty,
    /// The world with nothing in it but many nodes.
    world_many,
    /// A world that was imported from another cluster.
    world_imported,
    /// Title of the worlds in the menu.
    worlds,
    /// Title of the examples in the menu.
    examples,
    /// Before an example's title.
    example,
    /// Label of the theme's button.
    theme,
    /// As the system has it.
    theme_system,
    /// Light.
    theme_light,
    /// Dark.
    theme_dark,
    /// Label of the help's button.
    help,
    /// Close a dialog.
    close,
    /// Label of the editor.
    editor,
    /// Label of the files' tabs.
    files,
    /// The button.
    apply,
    /// How to leave the editor with the keyboard.
    editor_keys,
    /// Title of what would change.
    diff,
    /// A field gets the value of the live object.
    take_live,
    /// A character is replaced by what was meant.
    mend,
    /// Button: the failed line is typed again with what was meant.
    mend_line,
    /// A field could not get it.
    take_failed,
    /// Button: give the text back to the command that has opened it.
    save,
    /// That a command waits for the editor.
    edit_waits,
    /// The menu of templates.
    new_file,
    /// A template cannot be fetched.
    template_failed,
    /// What CodeMirror says, a phrase a line: its own, ` = `, and in this language. What is not here it says in English.
    editor_phrases,
    /// Label of the terminal.
    terminal,
    /// Label of its log.
    terminal_log,
    /// Label of its input.
    prompt,
    /// Shown in an empty terminal.
    terminal_hint,
    /// Label of what Tab offers.
    completions,
    /// Button, where there is no Tab key.
    complete,
    /// Button: the line before, where there is no arrow key.
    earlier_line,
    /// Label of commands to begin with.
    beginnings,
    /// Label of keys that a phone has not.
    touch_keys,
    /// Label of the prompt while the history is searched.
    search_history,
    /// Nothing in the history has it.
    search_none,
    /// What to do with pasted lines.
    paste_about,
    /// Button: run the ticked lines.
    paste_run,
    /// Button: run none.
    paste_drop,
    /// A command waits for the schema of the API.
    schema_fetched,
    /// Before what a command waits for.
    waiting_for,
    /// Nothing in particular.
    waiting,
    /// Stop the running command.
    stop,
    /// Let time pass.
    go_on,
    /// Label of the stage.
    stage,
    /// The stage without sets.
    cluster,
    /// A set that is gone.
    deleted,
    /// A set that is going.
    deleting,
    /// After the pods' numbers.
    ready,
    /// Label of the stepper.
    replicas,
    /// Label of the stepper and the line.
    partition,
    /// One less.
    less,
    /// One more.
    more,
    /// OnDelete instead of a partition.
    on_delete,
    /// Button.
    set_image,
    /// Label of the field.
    image,
    /// Label of the field.
    container,
    /// Submit.
    set,
    /// Cancel.
    cancel,
    /// Row.
    row_name,
    /// Row.
    row_pod,
    /// Row.
    row_claim,
    /// Row.
    row_volume,
    /// A place without a pod.
    no_pod,
    /// A place without a pod that none is wanted in.
    no_pod_wanted,
    /// A place without a claim.
    no_claim,
    /// A place without a volume.
    no_volume,
    /// A pod without a node.
    no_node,
    /// Before an earlier address.
    was,
    /// Before an age.
    age,
    /// A pod that the dragged partition would replace.
    would_replace,
    /// The pod's menu.
    pod_menu,
    /// The set's menu.
    set_menu,
    /// The node's menu.
    node_menu,
    /// In the set's menu.
    to_on_delete,
    /// In the set's menu.
    to_rolling_update,
    /// In the set's menu.
    restart,
    /// In the set's menu.
    roll_back,
    /// In the set's menu.
    delete_set,
    /// In the set's menu.
    delete_set_orphan,
    /// In the set's menu.
    delete_set_foreground,
    /// In the set's menu.
    recreate_parallel,
    /// In the set's menu.
    recreate_ordered,
    /// In the menu.
    force_delete,
    /// In the menu.
    crash,
    /// In the menu.
    fail_readiness,
    /// In the menu.
    heal_readiness,
    /// In the menu.
    exec,
    /// In the menu.
    look_up_from,
    /// In the node's menu.
    node_stop,
    /// In the node's menu.
    node_start,
    /// In the node's menu.
    cordon,
    /// In the node's menu.
    uncordon,
    /// In the node's menu.
    drain,
    /// In the menu.
    delete_pod,
    /// In the menu.
    look_up,
    /// In the menu.
    show_yaml,
    /// Volumes without a claim.
    shelf,
    /// No such volumes.
    shelf_empty,
    /// No volumes at all.
    no_volumes,
    /// What is in no set.
    outside,
    /// Nothing is.
    outside_empty,
    /// Label of the strip of all ordinals.
    heat,
    /// Button: look at what moves.
    follow,
    /// A shape.
    shape_ready,
    /// A shape.
    shape_starting,
    /// A shape.
    shape_stopping,
    /// A shape.
    shape_broken,
    /// A shape.
    shape_ended,
    /// A wanted pod that is not there.
    shape_none,
    /// Title of the empty stage's second line.
    empty_hint,
    /// Label of the Why line.
    why,
    /// Before what comes next.
    next,
    /// Before the command that would help.
    way_out,
    /// The same where nothing is wrong.
    way_on,
    /// What its button does.
    way_out_hint,
    /// Before the rule.
    rule,
    /// Before a way out that heals what was broken on purpose.
    heal,
    /// Before what is at risk.
    at_risk,
    /// Before the object that blocks.
    about,
    /// Back from an object to the whole.
    back_to_all,
    /// Before acts.
    try_next,
    /// Label of the tabs below.
    details,
    /// Tab.
    events,
    /// Tab.
    dns_zone,
    /// Column.
    last_seen,
    /// Column.
    event_type,
    /// Column.
    reason,
    /// Column.
    object,
    /// Column.
    message,
    /// No events.
    no_events,
    /// Column.
    name,
    /// Column.
    record_type,
    /// Column.
    ttl,
    /// Column.
    data,
    /// No records.
    no_records,
    /// Label of the time bar.
    time,
    /// Button.
    play,
    /// Button.
    pause,
    /// Button.
    step,
    /// Label of the speeds.
    speed,
    /// The clock's label.
    clock,
    /// Time passes.
    live,
    /// Time stands.
    paused,
    /// Time runs through until nothing moves.
    rushing,
    /// The past is shown.
    past,
    /// Back from the past.
    back_to_live,
    /// That typing in the past forks.
    past_forks,
    /// Button.
    step_back,
    /// Button.
    run_until_quiet,
    /// The track's label.
    track,
    /// How the track is used with the keyboard.
    track_keys,
    /// Row of the track.
    track_commands,
    /// Row of the track.
    track_faults,
    /// Row of the track.
    track_sets,
    /// Row of the track.
    track_pods,
    /// Row of the track.
    track_storage,
    /// Title of the list of other courses of events.
    forks,
    /// Column: when.
    at,
    /// Column: what.
    what,
    /// Tab.
    trail,
    /// Column.
    change,
    /// Column.
    fields,
    /// No changes.
    no_trail,
    /// Tab.
    objects,
    /// Label of the list.
    objects_list,
    /// Label of the field that narrows the list.
    filter,
    /// Button: compare with this moment from now on.
    mark,
    /// Button: compare with what was before the last act.
    unmark,
    /// An object that is new.
    state_new,
    /// An object that is another.
    state_changed,
    /// An object that is gone.
    state_gone,
    /// Nothing is listed.
    no_objects,
    /// Tab.
    nodes,
    /// Column.
    node,
    /// Column.
    status,
    /// Column.
    zone,
    /// Column.
    pods_on_it,
    /// A node that answers.
    node_ready,
    /// A node that does not.
    node_not_ready,
    /// A node that takes no new pods.
    node_cordoned,
    /// A node whose plug is pulled.
    node_down,
    /// Title of the lookup.
    lookup,
    /// Label: from which pod.
    lookup_from,
    /// Label: which name.
    lookup_name,
    /// Button: the same in the terminal.
    lookup_ask,
    /// No pod to ask from.
    lookup_no_pod,
    /// A part of a name.
    part_pod,
    /// A part of a name.
    part_service,
    /// A part of a name.
    part_namespace,
    /// A part of a name.
    part_domain,
    /// Before a line that is new.
    line_added,
    /// Before a line that is gone.
    line_removed,
    /// Label of the panes of a narrow screen.
    panes,
    /// Pane.
    pane_stage,
    /// Pane.
    pane_why,
    /// Pane.
    pane_terminal,
    /// Pane.
    pane_editor,
    /// The kind of a Why.
    kind_quiet,
    /// The kind of a Why.
    kind_beyond,
    /// The kind of a Why.
    kind_progressing,
    /// The kind of a Why.
    kind_waiting,
    /// The kind of a Why.
    kind_stuck,
    /// The role of a revision.
    role_current,
    /// The role of a revision.
    role_update,
    /// The role of a revision.
    role_old,
    /// The role of a revision.
    role_only,
    /// A name without an answer.
    nxdomain,
    /// The button, and the dialog in which a world is handed on.
    share,
    /// A kept world is being opened.
    opening,
    /// The world is of the last visit.
    restored,
    /// A newer version of the page can be taken.
    new_version,
    /// Button: takes it.
    reload,
    /// It is on its way.
    reloading,
    /// The lessons' title, and the button that opens them.
    lessons,
    /// The code of the page has failed.
    crashed,
    /// Link: the world in which it failed.
    crashed_link,
    /// Link: the page anew.
    crashed_again,
    /// The simulated cluster has failed by a mistake of ours.
    failed;

    /// The sentence of a Why.
    fn why_sentence(&Why),
    /// What comes next; empty if nothing does.
    fn why_next(&Why),
    /// A rule.
    fn why_rule(Rule),
    /// What is at risk.
    fn risk(Risk),
    /// How many more answers there are.
    fn why_more(usize),
    /// Which ordinals are shown of how many: first, last, number.
    fn part(i32, i32, usize),
    /// How many more there are.
    fn more_of(usize),
    /// What an example is called.
    fn example_title(Example),
    /// What to look at, and what to try.
    fn example_hint(Example),
    /// What a tick of the timeline says.
    fn tick(&Tick),
    /// How many ticks are not told of.
    fn ticks_more(usize),
    /// Where the head of the timeline stands: the clock, and whether that is the past.
    fn head(&str, bool),
    /// Another course of events.
    fn fork(&Fork),
    /// How many other courses of events there are.
    fn fork_count(usize),
    /// What the objects are compared with: the clock, and whether a person has marked it.
    fn compared(&str, bool),
    /// How many more fields have changed.
    fn fields_more(usize),
    /// How many objects are not listed.
    fn objects_more(usize),
    /// What an act does.
    fn act(&ActKind),
    /// What Apply would do.
    fn effect(&Effect),
    /// What is said of a place in the editor's text.
    fn mark_note(&marks::Note),
    /// What is said beneath an error; empty if there is nothing to add.
    fn common_error(CommonError),
    /// A character that looks like another, and where.
    fn confusable(&Confusable),
    /// How many things are wrong in the text, and in how many places the live objects differ.
    fn mark_count(usize, usize),
    /// Where in the text: the line.
    fn line(usize),
    /// The characters in that line are replaced by what was meant.
    fn mend_at(usize),
    /// The field in that line gets the value of the live object.
    fn take_live_at(usize),
    /// What a template is called.
    fn template(Template),
    /// Why a name has no answer.
    fn broken(&BrokenLink),
    /// What a pod's card adds.
    fn note(&Note),
    /// `2Gi of 5Gi`: requested, capacity.
    fn size(&str, &str),
    /// How many lines of an output are not read aloud.
    fn spoken_more(usize),
    /// Why a kept world cannot be opened.
    fn not_opened(&str),
    /// How many words Tab offers.
    fn completions_count(usize),
    /// How many of the pasted pieces will run.
    fn paste_title(usize, usize),
    /// Why the schema of the API cannot be had.
    fn schema_failed(&str),
    /// By whom a volume was held: the claim, and whether it still exists.
    fn released_by(&str),
    /// Who holds what is being deleted: names.
    fn held_by(&[String]),
    /// What is in the cluster: nodes, volumes, sets.
    fn counts(&Stage),
    /// The empty stage.
    fn empty_stage(&Stage),
    /// Where the line stands.
    fn partition_place(&SetView, i32),
    /// How many pods a revision has.
    fn pods(usize),
    /// The caption of a set's table.
    fn table_caption(&SetView),
}

impl Words {
    /// The word of a shape, or of its absence.
    pub fn shape(&self, shape: Option<Shape>) -> &'static str {
        match shape {
            Some(Shape::Ready) => self.shape_ready,
            Some(Shape::Starting) => self.shape_starting,
            Some(Shape::Stopping) => self.shape_stopping,
            Some(Shape::Broken) => self.shape_broken,
            Some(Shape::Ended) => self.shape_ended,
            None => self.shape_none,
        }
    }

    /// What can be done about what is marked.
    pub fn remedy(&self, remedy: Remedy) -> &'static str {
        match remedy {
            Remedy::TakeLive => self.take_live,
            Remedy::Mend => self.mend,
        }
    }

    /// The same with the line in the text.
    pub fn remedy_at(&self, remedy: Remedy, line: usize) -> String {
        match remedy {
            Remedy::TakeLive => (self.take_live_at)(line),
            Remedy::Mend => (self.mend_at)(line),
        }
    }

    /// What is said beneath an error, if there is anything to add.
    pub fn beneath(&self, error: &str) -> Option<String> {
        CommonError::of(error).map(self.common_error).filter(|line| !line.is_empty())
    }

    /// The word of a kind.
    pub fn kind(&self, kind: WhyKind) -> &'static str {
        match kind {
            WhyKind::Stuck => self.kind_stuck,
            WhyKind::Waiting => self.kind_waiting,
            WhyKind::Beyond => self.kind_beyond,
            WhyKind::Progressing => self.kind_progressing,
            WhyKind::Quiet => self.kind_quiet,
        }
    }

    /// The word of a timeline's row.
    pub fn row(&self, row: Row) -> &'static str {
        match row {
            Row::Commands => self.track_commands,
            Row::Faults => self.track_faults,
            Row::Sets => self.track_sets,
            Row::Pods => self.track_pods,
            Row::Storage => self.track_storage,
        }
    }

    /// The word of a role.
    pub fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Only => self.role_only,
            Role::Current => self.role_current,
            Role::Update => self.role_update,
            Role::Old => self.role_old,
        }
    }
}
