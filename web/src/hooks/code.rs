//! The editor takes the place of its text area, and shows what the page shows.

use std::rc::Rc;
use std::sync::Arc;

use machinery::version::Features;
use machinery::yaml::Position;
use playground::completion::{complete, describe};
use playground::trial::Trial;
use playground::{Locale, Msg, schema};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

use crate::code::{Acts, Held, completion};
use crate::session::Dispatch;

/// What the editor shows.
#[derive(Clone, PartialEq)]
pub struct Shown {
    /// The language.
    pub locale: Locale,
    /// The file's name.
    pub label: AttrValue,
    /// What tells the text's history from that of other texts.
    pub key: AttrValue,
    /// Its text.
    pub text: Arc<str>,
    /// What is marked in it.
    pub trial: Rc<Trial>,
    /// Which Kubernetes it is for.
    pub features: Features,
    /// What is said of the kinds' fields, if it is there.
    pub schema: Option<schema::Shared>,
}

/// Puts an editor into `host`. Whether it stands there, so that the text area is of no more use, and how to go to a place
/// in it.
#[hook]
pub fn use_code(
    dispatch: &Dispatch,
    area: &NodeRef,
    host: &NodeRef,
    shown: Shown,
) -> (bool, Callback<Position>) {
    let stands = use_state(|| false);
    let held = use_mut_ref(|| None::<Held>);
    let known = use_mut_ref(|| (shown.features, None));
    known.replace((shown.features, shown.schema));
    {
        let (area, host, held, stands, dispatch) =
            (area.clone(), host.clone(), held.clone(), stands.setter(), dispatch.clone());
        use_effect_with((), move |()| {
            let (area, host) = (area.cast::<HtmlTextAreaElement>(), host.cast::<Element>());
            if let (Some(area), Some(host)) = (area, host) {
                let (apply, remedy, wish) = (dispatch.clone(), dispatch.clone(), dispatch.clone());
                let known = move || {
                    let (features, schema) = known.borrow().clone();
                    if schema.is_none() {
                        wish.send(Msg::WantSchema);
                    }
                    (features, schema)
                };
                let knows = known.clone();
                let acts = Acts {
                    stands: Closure::new(move || stands.set(true)),
                    edit: Closure::new(move |text| dispatch.send(Msg::Edit(text))),
                    apply: Closure::new(move || apply.send(Msg::Apply)),
                    complete: Closure::new(move |text: String, line, column| {
                        let (features, schema) = known();
                        let found = complete(&text, line, column, schema.as_deref(), features);
                        found.map(completion).unwrap_or_default()
                    }),
                    describe: Closure::new(move |text: String, line, column| {
                        let (features, schema) = knows();
                        let lines = describe(&text, line, column)
                            .map(|found| found.lines(schema.as_deref(), features));
                        lines.unwrap_or_default().into_iter().map(JsValue::from).collect()
                    }),
                    remedy: Closure::new(move |line, column| {
                        remedy.send(Msg::Remedy(Position { line, column }))
                    }),
                };
                *held.borrow_mut() = Some(Held::new(&area, &host, acts));
            }
        });
    }
    use_effect_with((shown.locale, shown.label), {
        let held = held.clone();
        move |(locale, label)| {
            let words = locale.words();
            if let Some(code) = &*held.borrow() {
                code.speak(label, words.editor_keys, words.editor_phrases);
            }
        }
    });
    use_effect_with((shown.key.clone(), shown.text), {
        let held = held.clone();
        move |(key, text)| {
            if let Some(code) = &*held.borrow() {
                code.show(key, text);
            }
        }
    });
    use_effect_with((shown.key, shown.trial, shown.locale), {
        let held = held.clone();
        move |(_, trial, locale)| {
            if let Some(code) = &*held.borrow() {
                code.mark(&trial.marks, *locale);
            }
        }
    });
    let reveal = use_callback((), move |at: Position, ()| {
        if let Some(code) = &*held.borrow() {
            code.reveal(at.line, at.column);
        }
    });
    (*stands, reveal)
}
