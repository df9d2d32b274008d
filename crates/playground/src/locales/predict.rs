//! The words about imports and predictions.

use session::import::{Difference, Nearest};
use session::predict::{End, SetCourse, Step, Wait};

use crate::predict::{NotRead, NotTried, Outcome};

words! {
    /// The words about imports and predictions in one language.
    PredictWords;

    /// The button that opens the panel.
    open,
    /// The panel's title.
    title,
    /// That nothing leaves the tab.
    privacy,
    /// Title of the first part.
    cluster,
    /// How to get a dump.
    dump_how,
    /// Label of the dump.
    dump,
    /// Label of the file input.
    file,
    /// Label of the server's version.
    server,
    /// Label of the moment in which the dump was taken.
    at,
    /// Button.
    read,
    /// Without a dump.
    no_dump,
    /// Title of what was left out and assumed.
    report,
    /// Nothing was left out or assumed.
    report_empty,
    /// Button.
    open_world,
    /// Title of the second part.
    change,
    /// What a change can be.
    change_how,
    /// Label of the change.
    change_text,
    /// Label of the namespace.
    namespace,
    /// Button.
    predict,
    /// Title of the answer.
    answer,
    /// The prediction was made in the imported world.
    in_import,
    /// The prediction was made in the world on the page.
    in_page,
    /// Nothing was predicted yet.
    unasked,
    /// Button: ends the prediction that is being made.
    stop,
    /// A command has failed; what it said follows.
    refused,
    /// Button.
    play,
    /// Button.
    copy,
    /// The page shows the imported world.
    opened,
    /// Button: back to the world before.
    back,
    /// Title of the table.
    steps,
    /// Column.
    column_time,
    /// Column.
    column_object,
    /// Column.
    column_what,
    /// Column.
    column_after,
    /// That times are simulated.
    pace,
    /// Title of the end's Why.
    why,
    /// Title of what is not simulated or not knowable.
    unknown,
    /// The list, one a line.
    unknown_list;

    /// The answer in a word.
    fn outcome(Outcome),
    /// A prediction is being made; how many steps there are so far.
    fn running(usize),
    /// What becomes of a set.
    fn course(&SetCourse),
    /// How it ends.
    fn end(End),
    /// Claims that are deleted.
    fn claims_gone(&[&str]),
    /// What happens in a step.
    fn step(&Step),
    /// What a step waits for.
    fn after(&[Wait]),
    /// Which line of the dump.
    fn line(usize),
    /// How many steps are not listed.
    fn more(usize),
    /// How many objects were read, and when the world begins.
    fn read_summary(usize, &str),
    /// Something that was left out or assumed.
    fn fact(&session::import::Fact),
    /// Why a dump was not read.
    fn not_read(&NotRead),
    /// Why nothing is predicted.
    fn not_tried(&NotTried),
    /// Which version stands for the server's.
    fn nearest(&Nearest),
    /// What differs then.
    fn difference(Difference),
}

/// The ordinals of the pods that a set has waited for before it went on.
pub(super) fn gates(course: &SetCourse) -> Vec<&str> {
    course.gates.iter().map(|gate| gate.pod.name.rsplit('-').next().unwrap_or_default()).collect()
}
