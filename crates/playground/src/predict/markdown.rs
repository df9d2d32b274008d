//! The answer as markdown, for an issue or a review.

use session::predict::{Said, Step};

use super::{Answer, Predict};
use crate::keep::fence;
use crate::locales::Locale;
use crate::view::timeline::clock;

/// Most assumptions that are listed.
const NOTES: usize = 50;

impl Predict {
    /// The answer as markdown; empty if there is none.
    pub fn markdown(&self, locale: Locale) -> String {
        let Some(Ok(answer)) = self.answer.as_deref() else { return String::new() };
        let words = locale.predict_words();
        let notes =
            self.import.iter().filter(|_| answer.imported).filter_map(|read| read.result.as_ref().ok());
        let notes =
            notes.flat_map(|import| import.notes.iter().take(NOTES)).map(|note| (words.fact)(&note.fact));
        let unknown = words.unknown_list.lines().map(|line| line.trim().to_owned());
        [
            headline(answer, locale),
            commands(answer),
            table(answer, locale),
            list(words.report, notes),
            list(words.unknown, unknown),
        ]
        .concat()
    }
}

fn headline(answer: &Answer, locale: Locale) -> String {
    let words = locale.predict_words();
    let mut text = format!("**{}**\n\n", (words.outcome)(answer.outcome()));
    let courses = answer.prediction.sets.iter().map(|course| format!("- {}\n", (words.course)(course)));
    text.extend(courses);
    if let Some(why) = answer.stuck() {
        text += &format!("- {}\n", (locale.words().why_sentence)(why));
    }
    text + "\n"
}

fn commands(answer: &Answer) -> String {
    let line = |said: &Said| format!("$ {}\n{}{}", said.line, said.out, said.err);
    let shown: String = answer.prediction.said.iter().map(line).collect();
    if shown.is_empty() {
        return shown;
    }
    let fence = fence(&shown);
    format!("{fence}console\n{}\n{fence}\n\n", shown.trim_end())
}

fn table(answer: &Answer, locale: Locale) -> String {
    let words = locale.predict_words();
    if answer.rows().is_empty() {
        return String::new();
    }
    let columns = [words.column_time, words.column_object, words.column_what, words.column_after];
    let row =
        |cells: [String; 4]| format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    let step = |step: &Step| {
        row([clock(step.at_ms), format!("`{}`", step.object), (words.step)(step), (words.after)(&step.after)])
    };
    let mut text = row(columns.map(str::to_owned)) + "| --- | --- | --- | --- |\n";
    text.extend(answer.rows().iter().map(step));
    if answer.more() > 0 {
        text += &format!("\n{}\n", (words.more)(answer.more()));
    }
    format!("{text}\n{}\n\n", words.pace)
}

fn list(title: &str, items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("- {item}\n")).collect();
    if items.is_empty() { items } else { format!("{title}:\n\n{items}\n") }
}
