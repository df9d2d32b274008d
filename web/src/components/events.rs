//! The Events tab.

use std::rc::Rc;

use playground::Locale;
use playground::view::events::{EventRow, Events};
use yew::prelude::*;

/// The table.
#[derive(Clone, PartialEq, Properties)]
pub struct EventTableProps {
    /// The language.
    pub locale: Locale,
    /// The events.
    pub events: Rc<Events>,
}

/// The table.
#[component]
pub fn EventTable(props: &EventTableProps) -> Html {
    let words = props.locale.words();
    if props.events.rows.is_empty() {
        return html! { <p class="nothing">{words.no_events}</p> };
    }
    let row = |row: &EventRow| {
        html! {
            <tr key={row.id.clone()} data-type={row.kind.clone()}>
                <td class="table-seen">{&row.last_seen}</td>
                <td><span class="event-type">{&row.kind}</span></td>
                <td>{&row.reason}</td>
                <td class="table-object">{&row.object}</td>
                <td class="table-message">
                    {&row.message}
                    if row.count > 1 {
                        <span class="event-count">{format!(" ×{}", row.count)}</span>
                    }
                </td>
            </tr>
        }
    };
    html! {
        <table class="table" lang="en">
            <thead>
                <tr>
                    <th scope="col">{words.last_seen}</th>
                    <th scope="col">{words.event_type}</th>
                    <th scope="col">{words.reason}</th>
                    <th scope="col">{words.object}</th>
                    <th scope="col">{words.message}</th>
                </tr>
            </thead>
            <tbody>{ for props.events.rows.iter().map(row) }</tbody>
        </table>
    }
}
