//! Below the stage: tabs with tables.

use playground::model::Tab;
use playground::view::lookup::Question;
use playground::view::{Details as Content, Page};
use playground::{Locale, Msg};
use yew::prelude::*;

use super::dns::DnsTable;
use super::events::EventTable;
use super::nodes::NodeTable;
use super::objects::ObjectsTab;
use super::tabs;
use super::trail::TrailTable;
use crate::hooks::use_dispatch;

/// The tabs.
#[derive(Clone, PartialEq, Properties)]
pub struct DetailsProps {
    /// The language.
    pub locale: Locale,
    /// The open one.
    pub tab: Tab,
    /// What is shown of the cluster.
    pub page: Page,
    /// How many changes there were.
    pub changes: u64,
    /// The name that is looked up.
    pub question: Question,
    /// Which objects are listed.
    pub filter: AttrValue,
    /// When the objects were what they are compared with.
    pub baseline_ms: u64,
    /// Whether a person has marked that moment.
    pub marked: bool,
}

/// The tabs.
#[component]
pub fn Details(props: &DetailsProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let tab = |tab: &Tab| match tab {
        Tab::Events => tabs::Tab { label: words.events.into(), count: Some(props.page.events) },
        Tab::Trail => tabs::Tab { label: words.trail.into(), count: usize::try_from(props.changes).ok() },
        Tab::Dns => tabs::Tab { label: words.dns_zone.into(), count: None },
        Tab::Objects => tabs::Tab { label: words.objects.into(), count: None },
        Tab::Nodes => tabs::Tab { label: words.nodes.into(), count: Some(props.page.stage.nodes) },
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
                {match &props.page.details {
                    Content::Events(events) => html! { <EventTable locale={props.locale} events={events.clone()} /> },
                    Content::Trail(trail) => html! { <TrailTable locale={props.locale} trail={trail.clone()} /> },
                    Content::Dns(zone) => html! { <DnsTable locale={props.locale} zone={zone.clone()} question={props.question.clone()} /> },
                    Content::Nodes(nodes) => html! { <NodeTable locale={props.locale} nodes={nodes.clone()} /> },
                    Content::Objects(objects) => html! {
                        <ObjectsTab
                            locale={props.locale}
                            objects={objects.clone()}
                            filter={props.filter.clone()}
                            baseline_ms={props.baseline_ms}
                            marked={props.marked}
                        />
                    },
                }}
            </div>
        </section>
    }
}
