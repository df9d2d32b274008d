//! The whole page: one model, and the panes that draw parts of it.

use playground::keep::KeepMsg;
use playground::model::Pane;
use playground::view::timeline::clock;
use playground::{Model, Msg};
use yew::prelude::*;

use crate::components::bottom::BottomTabs;
use crate::components::details::Details;
use crate::components::editor::Editor;
use crate::components::header::Header;
use crate::components::help::Help;
use crate::components::lesson::LessonPanel;
use crate::components::share::{Share, Shared};
use crate::components::stage::StagePane;
use crate::components::terminal::TerminalPane;
use crate::components::timeline::TimeBar;
use crate::dom;
use crate::hooks::{
    keys, use_frames, use_kept, use_key_switch, use_locale, use_pause, use_schema, use_template, use_theme,
};
use crate::session::{Dispatch, State};
use crate::skeleton::Early;

/// What the page starts with.
#[derive(Clone, PartialEq, Properties)]
pub struct AppProps {
    /// What was done before the code arrived.
    pub early: Early,
}

/// The page.
#[component]
pub fn App(props: &AppProps) -> Html {
    let state = use_reducer(|| State(Model::new(Default::default())));
    let dispatch = Dispatch(state.dispatcher());
    use_early(&dispatch, &props.early);
    let model = &state.0;
    use_locale(&dispatch, model.locale);
    let session = &model.session;
    use_frames(&dispatch, model.playing, session.reached_ms());
    use_schema(&dispatch, model.schema.is_wanted());
    use_pause(&dispatch, model.typing, model.text());
    use_template(&dispatch, model.template);
    let (theme, next_theme) = use_theme();
    let (keys_on, switch_keys) = use_key_switch();
    let onkeydown = keys(&dispatch, keys_on, model.playing);
    let words = model.locale.words();
    let past = model.is_past();
    let pane = match model.pane {
        Pane::Stage => "stage",
        Pane::Why => "why",
        Pane::Terminal => "terminal",
        Pane::Editor => "editor",
    };
    let live = dispatch.on(Msg::Live);
    let kept = use_kept(&dispatch, &state);
    let dispatch_kept = dispatch.clone();
    html! {
        <ContextProvider<Dispatch> context={dispatch}>
            <div class="app" data-pane={pane} data-ready="true" data-past={past.then_some("true")}>
                <div class="top">
                    <Header locale={model.locale} start={session.start().clone()} {theme} onthemes={next_theme} example={model.example} />
                    { kept_notice(model, &dispatch_kept) }
                </div>
                <main class="work" data-lesson={model.lessons.open.then_some("true")}>
                    <LessonPanel locale={model.locale} lessons={model.lessons.clone()} />
                    <div class="side">
                        <Editor
                            locale={model.locale}
                            files={files(model)}
                            file={AttrValue::from(model.file.to_string())}
                            text={model.shown_edit().map_or_else(|| model.text(), |edit| edit.text.clone())}
                            edit={model.edit.clone()}
                            trial={model.trial.clone()}
                            features={session.start().features}
                            template_failed={model.template_failed.is_some()}
                        />
                        <TerminalPane
                            locale={model.locale}
                            written={session.log().written()}
                            log={session.log().clone()}
                            prompt={model.prompt.clone()}
                            review={model.review.clone()}
                            fetching={model.schema.is_wanted()}
                            unfetched={model.schema.failed().map(|why| AttrValue::from(why.to_owned()))}
                            running={session.running()}
                            playing={model.playing}
                        />
                    </div>
                    <div class="view" onkeydown={onkeydown.clone()}>
                        if past {
                            <div class="past" role="status" data-testid="past">
                                <p><strong>{words.past}{" "}{clock(session.elapsed_ms())}</strong>{" · "}{words.past_forks}</p>
                                <button type="button" class="control" onclick={live}>{words.back_to_live}</button>
                            </div>
                        }
                        <StagePane
                            locale={model.locale}
                            {theme}
                            example={model.example}
                            page={model.page.clone()}
                            topic={model.topic.clone()}
                            drag={model.drag.clone()}
                            form={model.form.clone()}
                            asked={model.asked.clone()}
                        />
                        <Details
                            locale={model.locale}
                            tab={model.tab}
                            page={model.page.clone()}
                            changes={session.world().server().resource_version()}
                            question={model.question.clone()}
                            filter={AttrValue::from(model.filter.to_string())}
                            baseline_ms={model.baseline.at_ms}
                            marked={model.baseline.marked}
                        />
                    </div>
                </main>
                <div class="foot" {onkeydown}>
                    <TimeBar
                        locale={model.locale}
                        playing={model.playing}
                        rushing={model.rushing}
                        speed={model.speed}
                        elapsed_ms={session.elapsed_ms()}
                        ticks={model.ticks.clone()}
                        timeline={model.timeline.clone()}
                        forks={model.forks.clone()}
                    />
                </div>
                <BottomTabs locale={model.locale} pane={model.pane} />
                if model.keep.sharing {
                    <Share locale={model.locale} extent={model.keep.extent} {kept} model={Shared(model.clone())} />
                }
                <Help locale={model.locale} keys={keys_on} onkeys={switch_keys} />
                if let Some(failure) = session.world().failure() {
                    <div class="crash" role="alert">
                        <p class="crash-title">{words.failed}</p>
                        <pre tabindex="0">{failure}</pre>
                    </div>
                }
            </div>
        </ContextProvider<Dispatch>>
    }
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

/// What is said of a kept world: that it is being opened, that it cannot be, or that it is the one of the last visit.
fn kept_notice(model: &Model, dispatch: &Dispatch) -> Html {
    let words = model.locale.words();
    let notice = |role: &'static str, text: String, label: &'static str, msg: KeepMsg| {
        html! {
            <div class="kept" {role} data-testid="kept">
                <p>{text}</p>
                <button type="button" class="control" onclick={dispatch.on(Msg::Keep(msg))}>{label}</button>
            </div>
        }
    };
    if model.keep.opening.is_some() {
        return notice("status", words.opening.to_owned(), words.stop, KeepMsg::Stop);
    }
    match &model.keep.refused {
        Some(why) => notice("alert", (words.not_opened)(why), words.close, KeepMsg::Dismiss),
        None if model.keep.restored => {
            notice("status", words.restored.to_owned(), words.close, KeepMsg::Dismiss)
        }
        None => html! {},
    }
}

/// Takes over what was done on the static page, once.
#[hook]
fn use_early(dispatch: &Dispatch, early: &Early) {
    let (dispatch, early) = (dispatch.clone(), early.clone());
    use_effect_with((), move |()| {
        if let Some(manifest) = early.manifest {
            dispatch.send(Msg::Edit(manifest));
        }
        if !early.line.is_empty() {
            dispatch.send(Msg::Type(early.line));
        }
        if early.apply {
            dispatch.send(Msg::Apply);
        }
        if let Some(id) = early.focus {
            dom::focus(&id);
        }
    });
}
