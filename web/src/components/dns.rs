//! The DNS tab: every record of the zone.

use std::rc::Rc;

use playground::Locale;
use playground::view::dns::Record;
use yew::prelude::*;

/// The table.
#[derive(Clone, PartialEq, Properties)]
pub struct DnsTableProps {
    /// The language.
    pub locale: Locale,
    /// The records.
    pub zone: Rc<Vec<Record>>,
}

/// The table.
#[component]
pub fn DnsTable(props: &DnsTableProps) -> Html {
    let words = props.locale.words();
    if props.zone.is_empty() {
        return html! { <p class="nothing">{words.no_records}</p> };
    }
    let row = |record: &Record| {
        html! {
            <tr key={format!("{} {} {}", record.name, record.kind, record.data)}>
                <td class="table-object">{&record.name}</td>
                <td>{&record.kind}</td>
                <td class="table-seen">{record.ttl}</td>
                <td class="table-object table-message">{&record.data}</td>
            </tr>
        }
    };
    html! {
        <table class="table" lang="en">
            <thead>
                <tr>
                    <th scope="col">{words.name}</th>
                    <th scope="col">{words.record_type}</th>
                    <th scope="col">{words.ttl}</th>
                    <th scope="col">{words.data}</th>
                </tr>
            </thead>
            <tbody>{ for props.zone.iter().map(row) }</tbody>
        </table>
    }
}
