//! The Trail tab: every change of every object.

use std::rc::Rc;

use playground::view::change::FieldChange;
use playground::view::timeline::clock;
use playground::view::trail::{Trail, TrailRow};
use playground::{Locale, Msg};
use yew::prelude::*;

use crate::hooks::use_dispatch;

/// The table.
#[derive(Clone, PartialEq, Properties)]
pub struct TrailTableProps {
    /// The language.
    pub locale: Locale,
    /// The changes.
    pub trail: Rc<Trail>,
}

/// The table.
#[component]
pub fn TrailTable(props: &TrailTableProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    if props.trail.rows.is_empty() {
        return html! { <p class="nothing">{words.no_trail}</p> };
    }
    let row = |row: &TrailRow| {
        let at = match u64::try_from(row.at_ms) {
            Ok(at) => clock(at),
            Err(_) => format!("−{}", clock(row.at_ms.unsigned_abs())),
        };
        html! {
            <tr key={row.version}>
                <td class="table-seen">{at}</td>
                <td class="table-seen">{row.version}</td>
                <td class="trail-verb" data-verb={row.verb}>{row.verb}</td>
                <td class="table-object">
                    <button type="button" class="link" onclick={dispatch.on(Msg::Select(Some(row.key.clone())))}>
                        {row.key.to_string()}
                    </button>
                </td>
                <td class="table-object table-message">
                    { for row.fields.iter().map(field) }
                    if row.more > 0 {
                        <span class="trail-more">{(words.fields_more)(row.more)}</span>
                    }
                </td>
            </tr>
        }
    };
    html! {
        <table class="table" lang="en">
            <thead>
                <tr>
                    <th scope="col">{words.at}</th>
                    <th scope="col">{"resourceVersion"}</th>
                    <th scope="col">{words.change}</th>
                    <th scope="col">{words.object}</th>
                    <th scope="col">{words.fields}</th>
                </tr>
            </thead>
            <tbody>{ for props.trail.rows.iter().map(row) }</tbody>
        </table>
    }
}

fn field(field: &FieldChange) -> Html {
    html! {
        <span class="trail-field">
            {&field.path}{" "}
            if let Some(old) = &field.old {
                <del>{old}</del>{" → "}
            }
            if let Some(new) = &field.new {
                <ins>{new}</ins>
            } else {
                {"∅"}
            }
        </span>
    }
}
