//! The words about lessons.

use crate::lesson::goal::Missing;

words! {
    /// The words about lessons in one language.
    LessonWords;

    /// What lessons are.
    intro,
    /// They are being fetched.
    loading,
    /// They cannot be fetched.
    failed,
    /// Back to the list.
    all,
    /// Label of the file input.
    open_file,
    /// What is wrong with a file.
    broken,
    /// The goal is reached.
    reached,
    /// What the goal still misses.
    missing_title,
    /// Button.
    hint,
    /// Button.
    solution,
    /// How to use the solution.
    solution_how,
    /// Button.
    next,
    /// Button: begin this step anew.
    again,
    /// Link: the page's address of this step.
    link;

    /// Which step of how many.
    fn step(usize, usize),
    /// How many steps of a lesson are done, of how many.
    fn progress(usize, usize),
    /// Go on with the lesson of this title.
    fn following(&str),
    /// Write this file.
    fn write(&str),
    /// Let so many seconds pass.
    fn wait(u64),
    /// What a goal still misses.
    fn missing(&Missing),
}
