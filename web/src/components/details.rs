//! Below the stage: tabs with tables.

use std::rc::Rc;

use playground::model::Tab;
use playground::view::dns::Record;
use playground::view::events::Events;
use playground::{Locale, Msg};
use yew::prelude::*;

use super::dns::DnsTable;
use super::events::EventTable;
use super::tabs;
use crate::hooks::use_dispatch;

/// The tabs.
#[derive(Clone, PartialEq, Properties)]
pub struct DetailsProps {
    /// The language.
    pub locale: Locale,
    /// The open one.
    pub tab: Tab,
    /// The events.
    pub events: Rc<Events>,
    /// The DNS zone.
    pub zone: Rc<Vec<Record>>,
}

/// The tabs.
#[component]
pub fn Details(props: &DetailsProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let tab = |tab: &Tab| match tab {
        Tab::Events => tabs::Tab { label: words.events.into(), count: Some(props.events.total) },
        Tab::Dns => tabs::Tab { label: words.dns_zone.into(), count: Some(props.zone.len()) },
    };
    let chosen = Tab::ALL.iter().position(|tab| *tab == props.tab).unwrap_or(0);
    let onchoose = Callback::from(move |index: usize| dispatch.send(Msg::Tab(Tab::ALL[index])));
    html! {
        <section class="details" aria-labelledby="details-title">
            <h2 class="hidden" id="details-title">{words.details}</h2>
            <tabs::Tabs
                id="details"
                label={words.details}
                tabs={Tab::ALL.iter().map(tab).collect::<Vec<_>>()}
                {chosen}
                panel="details-panel"
                {onchoose}
            />
            <div
                class="details-panel"
                id="details-panel"
                role="tabpanel"
                tabindex="0"
                aria-labelledby={format!("details-tab-{chosen}")}
            >
                {match props.tab {
                    Tab::Events => html! { <EventTable locale={props.locale} events={props.events.clone()} /> },
                    Tab::Dns => html! { <DnsTable locale={props.locale} zone={props.zone.clone()} /> },
                }}
            </div>
        </section>
    }
}
