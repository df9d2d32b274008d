//! The editor's two forms: the text area, and CodeMirror once it is there (`web/js/editor.js`, `web/editor/`).

use js_sys::Array;
use machinery::yaml::Position;
use playground::Locale;
use playground::completion::{Choice, Completion};
use playground::marks::Mark;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlTextAreaElement};

#[wasm_bindgen(module = "/js/editor.js")]
extern "C" {
    /// The text area, or what has taken its place.
    pub type Code;

    #[wasm_bindgen(constructor)]
    fn new(
        area: &HtmlTextAreaElement,
        host: &Element,
        stands: &Closure<dyn Fn()>,
        edit: &Closure<dyn Fn(String)>,
        apply: &Closure<dyn Fn()>,
        complete: &Closure<dyn Fn(String, usize, usize) -> Array>,
        describe: &Closure<dyn Fn(String, usize, usize) -> Array>,
        remedy: &Closure<dyn Fn(usize, usize)>,
    ) -> Code;

    /// Says in the page's language what it is, how the keyboard leaves it, and CodeMirror's own words.
    #[wasm_bindgen(method)]
    pub fn speak(this: &Code, label: &str, keys: &str, phrases: &str);

    /// Shows a text; each key has its own history.
    #[wasm_bindgen(method)]
    pub fn show(this: &Code, key: &str, text: &str);

    #[wasm_bindgen(method)]
    fn mark(this: &Code, marks: Array);

    /// Puts the cursor and the focus at a line and a column, from 1.
    #[wasm_bindgen(method)]
    pub fn reveal(this: &Code, line: usize, column: usize);
}

/// What the editor calls.
pub struct Acts {
    /// CodeMirror stands in the text area's place.
    pub stands: Closure<dyn Fn()>,
    /// A person has changed the text.
    pub edit: Closure<dyn Fn(String)>,
    /// Ctrl or Command and Enter was pressed.
    pub apply: Closure<dyn Fn()>,
    /// What can be typed at a line and a column of a text: the column where it begins, and choices.
    pub complete: Closure<dyn Fn(String, usize, usize) -> Array>,
    /// What there is to say of the field at a line and a column of a text, line by line.
    pub describe: Closure<dyn Fn(String, usize, usize) -> Array>,
    /// What can be done at once about what is marked at a line and a column is done.
    pub remedy: Closure<dyn Fn(usize, usize)>,
}

/// A completion as the editor takes it: the column where it begins, and choices of label, detail, text and what it is for.
pub fn completion(found: Completion) -> Array {
    let choice = |Choice { label, detail, text, about }: Choice| -> Array {
        [label, detail, text, about].into_iter().map(JsValue::from).collect()
    };
    let choices = found.choices.into_iter().map(|found| choice(found).into());
    std::iter::once(JsValue::from(found.column)).chain(choices).collect()
}

/// The editor with what it calls.
pub struct Held {
    code: Code,
    _acts: Acts,
}

impl Held {
    /// Begins with a text area; CodeMirror comes into the host.
    pub fn new(area: &HtmlTextAreaElement, host: &Element, acts: Acts) -> Held {
        let Acts { stands, edit, apply, complete, describe, remedy } = &acts;
        Held { code: Code::new(area, host, stands, edit, apply, complete, describe, remedy), _acts: acts }
    }

    /// Marks places in the text that is shown.
    pub fn mark(&self, marks: &[Mark], locale: Locale) {
        let position = |at: Position| [at.line, at.column].map(JsValue::from);
        let mark = |mark: &Mark| -> Array {
            let severity = if mark.is_wrong() { "error" } else { "info" };
            let words = locale.words();
            let note = (words.mark_note)(&mark.note);
            let message = match words.beneath(&note).filter(|_| mark.is_wrong()) {
                Some(ours) => format!("{note}\n{}", ours.replace('`', "")),
                None => note,
            };
            let remedy = mark.remedy().map_or("", |remedy| words.remedy(remedy));
            let places = position(mark.span.start).into_iter().chain(position(mark.span.end));
            places.chain([JsValue::from(severity), JsValue::from(message), JsValue::from(remedy)]).collect()
        };
        self.code.mark(marks.iter().map(mark).collect());
    }
}

impl std::ops::Deref for Held {
    type Target = Code;

    fn deref(&self) -> &Code {
        &self.code
    }
}
