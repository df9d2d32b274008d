//! The shelf: volumes that no claim holds.

use playground::Locale;
use playground::view::volume::VolumeView;
use yew::prelude::*;

use super::claim::Volume;

/// The shelf.
#[derive(Clone, PartialEq, Properties)]
pub struct ShelfProps {
    /// The language.
    pub locale: Locale,
    /// The volumes.
    pub volumes: Vec<VolumeView>,
    /// How many more there are.
    pub more: usize,
    /// Whether there are volumes at all.
    pub any: bool,
}

/// The shelf.
#[component]
pub fn Shelf(props: &ShelfProps) -> Html {
    let words = props.locale.words();
    let nothing = if props.any { words.shelf_empty } else { words.no_volumes };
    html! {
        <section class="shelf" aria-labelledby="shelf-title">
            <h2 class="lane-title" id="shelf-title">{words.shelf}</h2>
            if props.volumes.is_empty() {
                <p class="nothing">{nothing}</p>
            } else {
                <ul class="lane">
                    { for props.volumes.iter().map(|volume| html! {
                        <li key={volume.key.name.to_string()}>
                            <Volume locale={props.locale} volume={volume.clone()} with_status={true} />
                        </li>
                    }) }
                    if props.more > 0 {
                        <li class="nothing">{(words.more_of)(props.more)}</li>
                    }
                </ul>
            }
        </section>
    }
}
