//! A number with a button on either side.

use yew::prelude::*;

/// The number.
#[derive(Clone, PartialEq, Properties)]
pub struct StepperProps {
    /// What the number is.
    pub label: AttrValue,
    /// Of `less` and `more`.
    pub words: (AttrValue, AttrValue),
    /// The number.
    pub value: i32,
    /// Takes the number that is wished for.
    pub onstep: Callback<i32>,
    /// For tests: `LABEL-less`, `LABEL-more`.
    pub id: AttrValue,
}

/// The number.
#[component]
pub fn Stepper(props: &StepperProps) -> Html {
    let (less, more) = &props.words;
    let value = props.value;
    let down = props.onstep.reform(move |_| value - 1);
    let up = props.onstep.reform(move |_| value + 1);
    html! {
        <div class="stepper" role="group" aria-label={props.label.clone()}>
            <span class="stepper-label" aria-hidden="true">{&props.label}</span>
            <span class="stepper-box">
                <button
                    type="button"
                    data-testid={format!("{}-less", props.id)}
                    aria-label={format!("{}: {less}", props.label)}
                    disabled={value <= 0}
                    onclick={down}
                >
                    {"−"}
                </button>
                <output data-testid={props.id.clone()} aria-label={props.label.clone()}>{value}</output>
                <button
                    type="button"
                    data-testid={format!("{}-more", props.id)}
                    aria-label={format!("{}: {more}", props.label)}
                    onclick={up}
                >
                    {"+"}
                </button>
            </span>
        </div>
    }
}
