//! The columns once more as a table, for those who hear the page.

use std::rc::Rc;

use playground::Locale;
use playground::view::claim::ClaimView;
use playground::view::stage::{Column, SetView};
use yew::prelude::*;

/// The table.
#[derive(Clone, PartialEq, Properties)]
pub struct TwinProps {
    /// The language.
    pub locale: Locale,
    /// The set.
    pub set: Rc<SetView>,
}

/// The table.
#[component]
pub fn Twin(props: &TwinProps) -> Html {
    let words = props.locale.words();
    let row = |column: &Column| {
        let pod = column.pod.as_ref().map_or_else(
            || words.no_pod_wanted.to_owned(),
            |pod| {
                let revision = pod.revision.as_ref().map(playground::view::revision::Revision::label);
                format!("{} {} {} {}", pod.status, pod.ready, revision.unwrap_or_default(), pod.image)
            },
        );
        let name = match &column.name.answer {
            Ok(addresses) => addresses.join(", "),
            Err(broken) => format!("{}, {}", words.nxdomain, (words.broken)(broken)),
        };
        let claim = |claim: &ClaimView| format!("{} {}", claim.key.name, claim.status);
        let claims: Vec<String> = column.claims.iter().map(claim).collect();
        let volumes: Vec<&str> = column.claims.iter().map(|claim| claim.volume_name.as_str()).collect();
        html! {
            <tr key={column.ordinal}>
                <th scope="row">{&*column.key.name}</th>
                <td>{name}</td><td>{pod}</td><td>{claims.join(", ")}</td><td>{volumes.join(", ")}</td>
            </tr>
        }
    };
    html! {
        <div class="hidden"><table>
            <caption>{(words.table_caption)(&props.set)}</caption>
            <thead>
                <tr>
                    <th scope="col">{words.name}</th>
                    <th scope="col">{words.row_name}</th>
                    <th scope="col">{words.row_pod}</th>
                    <th scope="col">{words.row_claim}</th>
                    <th scope="col">{words.row_volume}</th>
                </tr>
            </thead>
            <tbody>{ for props.set.columns.iter().map(row) }</tbody>
        </table></div>
    }
}
