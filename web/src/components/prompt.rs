//! The terminal's input line: history, Tab, Ctrl-R, and what is pasted.

use std::cell::Cell;
use std::rc::Rc;

use playground::paste::Review;
use playground::prompt::{Menu, Prompt, PromptMsg, Search};
use playground::{Locale, Msg};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, HtmlTextAreaElement};
use yew::prelude::*;

use crate::dom;
use crate::hooks::use_dispatch;

/// Most words that are listed.
const LISTED: usize = 200;

/// The input line.
#[derive(Clone, PartialEq, Properties)]
pub struct PromptProps {
    /// The language.
    pub locale: Locale,
    /// The line, and what is offered for it.
    pub prompt: Prompt,
}

/// The input line.
#[component]
pub fn PromptLine(props: &PromptProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let prompt = &props.prompt;
    let search = prompt.search();
    let shown = search.map_or(prompt.text(), |search| &search.query).to_owned();
    use_effect_with((shown.clone(), prompt.caret()), |(_, caret)| {
        if let (Some(caret), Some(input)) = (*caret, input()) {
            let caret = u32::try_from(caret).unwrap_or(u32::MAX);
            // Only an input that has no selection refuses.
            let _ = input.set_selection_range(caret, caret);
        }
    });
    let oninput = dispatch.map(|event: InputEvent| {
        event.target_dyn_into::<HtmlTextAreaElement>().map(|input| Msg::Type(input.value()))
    });
    // After Esc the next Tab moves on, as in the editor.
    let released = use_memo((), |()| Cell::new(false));
    let onkeydown = dispatch.map({
        let prompt = prompt.clone();
        move |event: KeyboardEvent| {
            let msg = pressed(&event, &prompt, &released)?;
            event.prevent_default();
            Some(msg)
        }
    });
    let onpaste = dispatch.map(|event: Event| {
        let text = event.dyn_ref::<ClipboardEvent>()?.clipboard_data()?.get_data("text/plain").ok()?;
        Review::read(&text)?;
        event.prevent_default();
        Some(Msg::Paste(text))
    });
    let chosen = prompt.menu().and_then(|menu| menu.chosen).map(option_id);
    html! {
        <>
            <div class="terminal-prompt" data-search={search.map(|_| "true")}>
                <span class="terminal-sign" aria-hidden="true">{sign(search)}</span>
                <textarea
                    id="prompt"
                    rows={shown.split('\n').count().to_string()}
                    aria-label={if search.is_some() { words.search_history } else { words.prompt }}
                    aria-autocomplete="list"
                    aria-controls={prompt.menu().map(|_| MENU)}
                    aria-activedescendant={chosen}
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="go"
                    value={shown.clone()}
                    {oninput}
                    {onkeydown}
                    {onpaste}
                />
            </div>
            if let Some(search) = search {
                { found(search, words.search_none) }
            }
            if let Some(menu) = prompt.menu() {
                <Words locale={props.locale} menu={menu.clone()} />
            }
        </>
    }
}

/// What a key does; `None` leaves it to the browser.
fn pressed(event: &KeyboardEvent, prompt: &Prompt, released: &Rc<Cell<bool>>) -> Option<Msg> {
    // Enter ends an input method's composition, not the line.
    if event.is_composing() {
        return None;
    }
    let key = event.key();
    let leaves = released.replace(key == "Escape" && prompt.menu().is_none() && prompt.search().is_none());
    let act = |msg| Some(Msg::Prompt(msg));
    match (key.as_str(), prompt.menu(), prompt.search()) {
        ("Tab", Some(_), _) => act(PromptMsg::Choose(!event.shift_key())),
        ("ArrowDown" | "ArrowRight", Some(_), _) => act(PromptMsg::Choose(true)),
        ("ArrowUp" | "ArrowLeft", Some(_), _) => act(PromptMsg::Choose(false)),
        ("Enter", Some(menu), _) if menu.chosen.is_some() => act(PromptMsg::Take(None)),
        ("Escape", Some(_), _)
        | ("Escape" | "Tab" | "ArrowLeft" | "ArrowRight" | "Home" | "End", _, Some(_)) => {
            act(PromptMsg::Close)
        }
        ("ArrowUp", _, Some(_)) => act(PromptMsg::Search),
        ("g", _, Some(_)) if event.ctrl_key() => act(PromptMsg::Abort),
        ("r", ..) if event.ctrl_key() && !event.shift_key() => act(PromptMsg::Search),
        ("Tab", None, None) if !event.shift_key() && !leaves && !prompt.text().trim().is_empty() => {
            tab(false)
        }
        ("Enter", ..) if !event.shift_key() => Some(Msg::Enter),
        ("ArrowUp", ..) if !prompt.text().contains('\n') => Some(Msg::Earlier),
        ("ArrowDown", ..) if !prompt.text().contains('\n') => Some(Msg::Later),
        ("c", ..) if event.ctrl_key() && !has_selection() => Some(Msg::Interrupt),
        _ => None,
    }
}

/// Completes the word at the caret, or chooses the next one of the menu.
pub fn tab(has_menu: bool) -> Option<Msg> {
    let msg = if has_menu { PromptMsg::Choose(true) } else { PromptMsg::Complete(caret(&input()?)) };
    Some(Msg::Prompt(msg))
}

/// What stands before the line, as bash writes it.
fn sign(search: Option<&Search>) -> &'static str {
    match search {
        None => "$",
        Some(search) if search.failed => "(failed reverse-i-search)",
        Some(_) => "(reverse-i-search)",
    }
}

/// The line that a search has found.
fn found(search: &Search, none: &'static str) -> Html {
    let line = search.found.as_deref().unwrap_or_default();
    let (before, rest) = line.split_at(line.find(&*search.query).unwrap_or(line.len()));
    let (hit, after) = if rest.is_empty() { ("", "") } else { rest.split_at(search.query.len()) };
    html! {
        <p class="terminal-found" role="status">
            if search.failed { <span class="terminal-note">{none}{" "}</span> }
            <span lang="en">{before}<mark>{hit}</mark>{after}</span>
        </p>
    }
}

/// The id of the list of words.
const MENU: &str = "completions";

fn option_id(word: usize) -> String {
    format!("{MENU}-{word}")
}

#[derive(Clone, PartialEq, Properties)]
struct WordsProps {
    locale: Locale,
    menu: Menu,
}

/// What Tab offers.
#[component]
fn Words(props: &WordsProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let menu = &props.menu;
    use_effect_with(menu.chosen, |chosen| {
        if let Some(element) = chosen.and_then(|word| dom::by_id(&option_id(word))) {
            element.scroll_into_view_with_bool(false);
        }
    });
    // A chosen word is listed, wherever it is.
    let first = menu.chosen.map_or(0, |chosen| chosen.saturating_sub(LISTED - 1));
    let option = |(word, (text, about)): (usize, &(String, &'static str))| {
        let chosen = menu.chosen == Some(word);
        html! {
            <li key={word} id={option_id(word)} role="option" aria-selected={chosen.to_string()}
                onclick={dispatch.on(Msg::Prompt(PromptMsg::Take(Some(word))))}>
                <span>{text}</span>
                if !about.is_empty() { <span class="completion-about">{*about}</span> }
            </li>
        }
    };
    html! {
        <>
            <p class="hidden" role="status">{(words.completions_count)(menu.words.len())}</p>
            // The caret stays in the line while one clicks here.
            <ul class="completions" id={MENU} role="listbox" aria-label={words.completions} lang="en"
                onmousedown={Callback::from(|event: MouseEvent| event.prevent_default())}>
                { for menu.words.iter().enumerate().skip(first).take(LISTED).map(option) }
            </ul>
        </>
    }
}

/// The input line itself.
pub fn input() -> Option<HtmlTextAreaElement> {
    dom::by_id("prompt")?.dyn_into().ok()
}

/// Where the caret stands, in UTF-16 units.
pub fn caret(input: &HtmlTextAreaElement) -> usize {
    let caret = input.selection_end().ok().flatten();
    caret.and_then(|caret| usize::try_from(caret).ok()).unwrap_or(usize::MAX)
}

/// Whether Ctrl-C would copy something.
fn has_selection() -> bool {
    input()
        .is_some_and(|input| input.selection_start().ok().flatten() != input.selection_end().ok().flatten())
}
