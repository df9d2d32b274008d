//! The whole page: one model, and the panes that draw parts of it.

use std::rc::Rc;

use machinery::ObjectKey;
use playground::early::Early;
use playground::embed::{Embed, Part, Setup};
use playground::model::Pane;
use playground::predict::PredictMsg;
use playground::view::timeline::clock;
use playground::{Model, Msg};
use yew::prelude::*;

use crate::components::bottom::BottomTabs;
use crate::components::details::Details;
use crate::components::editor::Editor;
use crate::components::embed::EmbedFrame;
use crate::components::header::Header;
use crate::components::help::Help;
use crate::components::kept::{NotKept, Opened};
use crate::components::lesson::LessonPanel;
use crate::components::new_version::NewVersion;
use crate::components::predict::PredictPanel;
use crate::components::share::{Reproduction, Share, Shared};
use crate::components::stage::StagePane;
use crate::components::terminal::TerminalPane;
use crate::components::timeline::TimeBar;
use crate::components::track::back_to_live;
use crate::dom;
use crate::hooks::{
    Kept, Theme, keys, use_frames, use_host, use_in_view, use_kept, use_key_switch, use_locale, use_opening,
    use_pause, use_schema, use_template, use_theme,
};
use crate::session::{Dispatch, State};

/// What the page starts with.
#[derive(Clone, PartialEq, Properties)]
pub struct AppProps {
    /// What was done before the code arrived.
    pub early: Early,
    /// The id of the element that had the focus then.
    pub focus: Option<String>,
    /// What the address of an embed asks for.
    pub setup: Option<Setup>,
}

/// The page.
#[component]
pub fn App(props: &AppProps) -> Html {
    let state = use_reducer(|| {
        let setup = props.setup.clone();
        State(setup.map_or_else(|| Model::new(Default::default()), Model::embedded))
    });
    let dispatch = Dispatch(state.dispatcher());
    let model = &state.0;
    let is_embed = model.embed.is_some();
    use_locale(&dispatch, model.locale);
    use_host(&dispatch, is_embed, &model.host.out);
    let in_view = use_in_view(is_embed);
    let reached = (model.session.reached_ms(), model.predict.moments());
    use_frames(&dispatch, model.wants_frames() && in_view, reached);
    use_schema(&dispatch, model.schema.is_wanted());
    use_pause(&dispatch, model.typing, model.text());
    use_template(&dispatch, model.template);
    let (theme, next_theme) = use_theme();
    let (keys_on, switch_keys) = use_key_switch();
    let onkeydown = keys(&dispatch, keys_on, model.playing);
    let kept = use_kept(&dispatch, &state);
    // After that it is known whether a world is being opened.
    use_early(&dispatch, &props.early, props.focus.clone());
    let onopen = use_opening(&state);
    let parts = Parts { model, dispatch: &dispatch, theme, onkeydown };
    let body = match &model.embed {
        Some(embed) => parts.embed(embed, onopen),
        None => parts.page(next_theme, kept, (keys_on, switch_keys)),
    };
    html! { <ContextProvider<Dispatch> context={dispatch.clone()}>{ body }</ContextProvider<Dispatch>> }
}

/// The parts of the page, for it to put together.
struct Parts<'a> {
    model: &'a Model,
    dispatch: &'a Dispatch,
    theme: Theme,
    onkeydown: Callback<KeyboardEvent>,
}

impl Parts<'_> {
    fn page(&self, next_theme: Callback<MouseEvent>, kept: Kept, keys: (bool, Callback<bool>)) -> Html {
        let model = self.model;
        let pane = match model.pane {
            Pane::Stage => "stage",
            Pane::Why => "why",
            Pane::Terminal => "terminal",
            Pane::Editor => "editor",
        };
        let start = model.session.start().clone();
        html! {
            <div class="app" data-pane={pane} data-ready="true" data-past={model.is_past().then_some("true")}>
                <div class="top">
                    <Header locale={model.locale} start={start.clone()} theme={self.theme} onthemes={next_theme} example={model.example} />
                    <Opened locale={model.locale} keep={model.keep.clone()} />
                    if matches!(kept, Kept::Elsewhere | Kept::Nowhere) {
                        <NotKept locale={model.locale} elsewhere={kept == Kept::Elsewhere} />
                    }
                    { self.imported() }
                    <NewVersion locale={model.locale} {kept} />
                </div>
                <main class="work" data-lesson={model.lessons.open.then_some("true")}>
                    { self.lesson() }
                    <div class="side">
                        { self.editor() }
                        { self.terminal() }
                    </div>
                    <div class="view" onkeydown={self.onkeydown.clone()}>
                        { self.past() }
                        { self.stage(true, true) }
                        { self.details() }
                    </div>
                </main>
                { self.time() }
                <BottomTabs locale={model.locale} pane={model.pane} />
                if model.keep.sharing {
                    <Share locale={model.locale} {kept} model={Shared(model.clone())} />
                }
                if model.predict.used {
                    <PredictPanel locale={model.locale} predict={model.predict.clone()} />
                }
                if model.help {
                    <Help locale={model.locale} {start} keys={keys.0} onkeys={keys.1} />
                }
                { self.failure() }
            </div>
        }
    }

    fn embed(&self, embed: &Rc<Embed>, onopen: Callback<()>) -> Html {
        let (model, shows) = (self.model, |part| embed.shows(part));
        let side = html! {
            <div class="embed-side" hidden={!shows(Part::Editor) && !model.lessons.open}>
                { self.lesson() }
                if shows(Part::Editor) {
                    { self.editor() }
                }
            </div>
        };
        let view = html! {
            <>
                <Opened locale={model.locale} keep={model.keep.clone()} />
                { self.past() }
                if shows(Part::Stage) || shows(Part::Why) {
                    { self.stage(shows(Part::Stage), shows(Part::Why)) }
                }
                if shows(Part::Terminal) {
                    { self.terminal() }
                }
                { self.failure() }
            </>
        };
        html! {
            <EmbedFrame
                locale={model.locale}
                embed={embed.clone()}
                has_file={!model.text().is_empty()}
                bright={model.trial.effect.is_worth_it()}
                {onopen}
                {side}
                {view}
                foot={if shows(Part::Timeline) { self.time() } else { html! {} }}
            />
        }
    }

    fn lesson(&self) -> Html {
        html! { <LessonPanel locale={self.model.locale} lessons={self.model.lessons.clone()} /> }
    }

    fn editor(&self) -> Html {
        let (model, words) = (self.model, self.model.locale.words());
        let template_failed = model.template_failed.as_ref().map(|_| words.template_failed);
        let failed = template_failed.or(model.take_failed.then_some(words.take_failed));
        html! {
            <Editor
                locale={model.locale}
                files={files(model)}
                file={AttrValue::from(model.file.to_string())}
                text={model.shown_edit().map_or_else(|| model.text(), |edit| edit.text.clone())}
                edit={model.edit.clone()}
                trial={model.trial.clone()}
                features={model.session.start().features}
                schema={model.schema.get().cloned()}
                failed={failed.map(AttrValue::Static)}
                read_only={model.embed.as_ref().is_some_and(|embed| embed.read_only)}
            />
        }
    }

    fn terminal(&self) -> Html {
        let (model, session) = (self.model, &self.model.session);
        html! {
            <TerminalPane
                locale={model.locale}
                written={(session.course(), session.log().written())}
                log={session.log().clone()}
                prompt={model.prompt.clone()}
                slip={model.slip.clone()}
                review={model.review.clone()}
                fetching={model.schema.is_awaited()}
                unfetched={model.schema.failed().map(|why| AttrValue::from(why.to_owned()))}
                running={session.running()}
                playing={model.playing}
                opening={model.keep.opening.is_some()}
                keys={(model.pane == Pane::Terminal || model.embed.is_some()).then(|| first_set(model))}
            />
        }
    }

    /// That the imported world is shown, and the way back.
    fn imported(&self) -> Html {
        let words = self.model.locale.predict_words();
        let on = |msg| self.dispatch.on(Msg::Predict(msg));
        html! {
            if self.model.predict.left.is_some() {
                <div class="kept" role="status" data-testid="imported">
                    <p>{words.opened}</p>
                    <button type="button" class="control" onclick={on(PredictMsg::Back)}>{words.back}</button>
                    <button type="button" class="control" onclick={on(PredictMsg::Stay)}>{self.model.locale.words().close}</button>
                </div>
            }
        }
    }

    /// That one looks at the past, if so.
    fn past(&self) -> Html {
        let words = self.model.locale.words();
        let now = clock(self.model.session.elapsed_ms());
        html! {
            if self.model.is_past() {
                <div class="past" role="status" data-testid="past">
                    <p><strong>{words.past}{" "}{now}</strong>{" · "}{words.past_forks}</p>
                    <button type="button" class="control" onclick={back_to_live(self.dispatch)}>{words.back_to_live}</button>
                </div>
            }
        }
    }

    fn stage(&self, sets: bool, why: bool) -> Html {
        let model = self.model;
        html! {
            <StagePane
                locale={model.locale}
                theme={self.theme}
                {sets}
                {why}
                apply={model.embed.is_none() && model.trial.effect.is_worth_it()}
                example={model.example}
                page={model.page.clone()}
                topic={model.topic.clone()}
                drag={model.drag.clone()}
                form={model.form.clone()}
                asked={model.asked.clone()}
            />
        }
    }

    fn details(&self) -> Html {
        let model = self.model;
        html! {
            <Details
                locale={model.locale}
                tab={model.tab}
                page={model.page.clone()}
                changes={model.session.world().server().resource_version()}
                question={model.question.clone()}
                filter={AttrValue::from(model.filter.to_string())}
                baseline_ms={model.baseline.at_ms}
                marked={model.baseline.marked}
            />
        }
    }

    fn time(&self) -> Html {
        let model = self.model;
        html! {
            <div class="foot" onkeydown={self.onkeydown.clone()}>
                <TimeBar
                    locale={model.locale}
                    playing={model.playing}
                    rushing={model.rushing}
                    speed={model.speed}
                    elapsed_ms={model.session.elapsed_ms()}
                    ticks={model.ticks.clone()}
                    timeline={model.timeline.clone()}
                    forks={model.forks.clone()}
                />
            </div>
        }
    }

    /// That the cluster has failed, which is a mistake of ours.
    fn failure(&self) -> Html {
        let words = self.model.locale.words();
        html! {
            if let Some(failure) = self.model.session.world().failure() {
                <div class="crash" role="alert">
                    <p class="crash-title">{words.failed}</p>
                    <pre tabindex="0">{failure}</pre>
                    <Reproduction locale={self.model.locale} model={Shared(self.model.clone())} />
                </div>
            }
        }
    }
}

/// The set that a phone's lines to begin with are about.
fn first_set(model: &Model) -> Option<ObjectKey> {
    model.page.stage.sets.first().map(|set| set.key.clone())
}

/// The names of the files; of the one in the editor, if there are none yet.
fn files(model: &Model) -> Vec<AttrValue> {
    let mut names: Vec<AttrValue> =
        model.session.files().iter().map(|file| AttrValue::from(file.name.to_string())).collect();
    if names.is_empty() {
        names.push(AttrValue::from(model.file.to_string()));
    }
    names
}

/// Takes over what was done on the static page, once.
#[hook]
fn use_early(dispatch: &Dispatch, early: &Early, focus: Option<String>) {
    let (dispatch, early) = (dispatch.clone(), early.clone());
    use_effect_with((), move |()| {
        dispatch.send(Msg::Early(early));
        if let Some(id) = focus {
            dom::focus(&id);
        }
    });
}
