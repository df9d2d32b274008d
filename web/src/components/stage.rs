//! The stage: each set with its strip and columns, then the shelf, then what is in no set.

use std::rc::Rc;

use playground::examples::Example;
use playground::model::{Asked, Drag, ImageForm};
use playground::view::Page;
use playground::view::stage::SetView;
use playground::view::why::Topic;
use playground::{Locale, Msg};
use yew::prelude::*;

use super::column::Column;
use super::heat::Heat;
use super::outside::Outside;
use super::partition::Partition;
use super::sentence::sentence;
use super::shelf::Shelf;
use super::strip::Strip;
use super::twin::Twin;
use super::why::WhyLine;
use crate::hooks::{Theme, use_dispatch};
use crate::session::Dispatch;

/// The stage.
#[derive(Clone, PartialEq, Properties)]
pub struct StageProps {
    /// The language.
    pub locale: Locale,
    /// The theme: what is painted has its colours.
    pub theme: Theme,
    /// Whether the sets show.
    #[prop_or(true)]
    pub sets: bool,
    /// Whether it is said why.
    #[prop_or(true)]
    pub why: bool,
    /// Whether the file in the editor is worth applying, which a phone does not show beside the stage.
    #[prop_or_default]
    pub apply: bool,
    /// The example with which the session began.
    pub example: Option<Example>,
    /// What is shown of the cluster.
    pub page: Page,
    /// What one asks about.
    pub topic: Option<Topic>,
    /// The partition that is being dragged.
    pub drag: Option<Drag>,
    /// The form for another image.
    pub form: Option<ImageForm>,
    /// What the strips' numbers will be.
    pub asked: Rc<Asked>,
}

/// The stage.
#[component]
pub fn StagePane(props: &StageProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let stage = &props.page.stage;
    let form = |set: &SetView| props.form.clone().filter(|form| form.set == set.key);
    let strip = |set: &Rc<SetView>| html! { <Strip locale={props.locale} set={set.clone()} form={form(set)} asked={props.asked.clone()} /> };
    let selected = props.topic.as_ref().map(|topic| topic.key().clone());
    let onkeydown =
        dispatch.map(|event: KeyboardEvent| (event.key() == "Escape").then_some(Msg::Select(None)));
    html! {
        <section class="stage" aria-label={words.stage} {onkeydown}>
            if let Some(example) = props.example {
                { hint(&dispatch, props.locale, example) }
            }
            if props.sets {
                if let Some(first) = stage.sets.first() {
                    { strip(first) }
                } else {
                    <div class="strip">
                        <h2 class="strip-name strip-cluster">{words.cluster}</h2>
                        <span class="strip-note">{(words.counts)(stage)}</span>
                    </div>
                }
            }
            if props.why {
                <WhyLine
                    locale={props.locale}
                    whys={props.page.whys.clone()}
                    selected={props.page.selected.clone()}
                    acts={props.page.acts.clone()}
                />
            }
            if props.sets {
                <div class="stage-body" id="stage" tabindex="0" role="group" aria-label={words.stage}>
                    { for stage.sets.iter().enumerate().map(|(index, set)| html! {
                        <div class="set" key={set.key.to_string()} data-set={set.key.name.to_string()}>
                            if index > 0 {
                                { strip(set) }
                            }
                            <Columns
                                locale={props.locale}
                                set={set.clone()}
                                drag={props.drag.clone().filter(|drag| drag.set == set.key)}
                                selected={selected.clone()}
                                theme={props.theme}
                            />
                        </div>
                    }) }
                    if stage.is_empty() {
                        <div class="stage-empty">
                            <p class="stage-empty-title">{(words.empty_stage)(stage)}</p>
                            <p>{words.empty_hint}</p>
                            if props.apply {
                                <button type="button" class="control control-bright stage-apply" onclick={dispatch.close(Msg::Apply)}>
                                    {words.apply}
                                </button>
                            }
                        </div>
                    }
                    <Shelf locale={props.locale} volumes={stage.shelf.clone()} more={stage.shelf_more} any={stage.volumes > 0} />
                    <Outside
                        locale={props.locale}
                        deployments={stage.deployments.clone()}
                        asked={props.asked.clone()}
                        chains={stage.outside.clone()}
                        more={stage.outside_more}
                        {selected}
                    />
                </div>
            }
        </section>
    }
}

/// What to look at in the example.
fn hint(dispatch: &Dispatch, locale: Locale, example: Example) -> Html {
    let words = locale.words();
    html! {
        <div class="example" data-testid="example">
            <p>
                <strong>{words.example}{" "}{(words.example_title)(example)}</strong>{". "}
                {sentence(&(words.example_hint)(example))}
            </p>
            <button type="button" class="example-close" aria-label={words.close} title={words.close} onclick={dispatch.close(Msg::CloseExample)}>
                <span aria-hidden="true">{"✕"}</span>
            </button>
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ColumnsProps {
    locale: Locale,
    set: Rc<SetView>,
    drag: Option<Drag>,
    selected: Option<machinery::ObjectKey>,
    theme: Theme,
}

/// A set's columns, with the partition's line between them and a table of the same.
#[component]
fn Columns(props: &ColumnsProps) -> Html {
    let words = props.locale.words();
    let set = &props.set;
    let list = use_node_ref();
    let dragged = props.drag.as_ref().map(|drag| drag.partition);
    let partition = dragged.or(set.partition()).filter(|_| set.replicas > 0);
    let replaced = dragged.map(|partition| set.replaced_with_partition(partition)).unwrap_or_default();
    let long = set.is_long();
    let boundary = partition.and_then(|partition| {
        set.columns
            .iter()
            .find(|column| column.wanted && column.ordinal - set.start >= partition)
            .map(|c| c.ordinal)
    });
    html! {
        <>
        if long {
            <Heat locale={props.locale} set={set.clone()} theme={props.theme} />
        }
        <div class="columns" data-density={if long { "tiles" } else { "cards" }} data-line={partition.is_some().then_some("true")}>
            <div class="rows" aria-hidden="true">
                <span>{words.row_name}</span>
                <span>{words.row_pod}</span>
                <span>{words.row_claim}</span>
                <span>{words.row_volume}</span>
            </div>
            <ol class="columns-list" ref={list.clone()}>
                { for set.columns.iter().map(|column| html! {
                    <Column
                        key={column.ordinal}
                        locale={props.locale}
                        column={column.clone()}
                        boundary={boundary == Some(column.ordinal)}
                        replaced={replaced.iter().position(|ordinal| *ordinal == column.ordinal)}
                        selected={props.selected.as_ref() == Some(&column.key)}
                    />
                }) }
            </ol>
            if let Some(partition) = partition {
                <Partition locale={props.locale} set={set.clone()} {partition} dragged={dragged.is_some()} columns={list} />
            }
            <Twin locale={props.locale} set={set.clone()} />
        </div>
        </>
    }
}
