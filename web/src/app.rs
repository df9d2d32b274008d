//! The whole page: one model, and the panes that draw parts of it.

use playground::model::Pane;
use playground::{Model, Msg};
use yew::prelude::*;

use crate::components::bottom::BottomTabs;
use crate::components::details::Details;
use crate::components::editor::Editor;
use crate::components::header::Header;
use crate::components::stage::StagePane;
use crate::components::terminal::TerminalPane;
use crate::components::timeline::TimeBar;
use crate::dom;
use crate::hooks::use_frames;
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
    let session = &model.session;
    use_frames(&dispatch, model.playing, session.now().as_millisecond());
    let pane = match model.pane {
        Pane::Stage => "stage",
        Pane::Why => "why",
        Pane::Terminal => "terminal",
        Pane::Editor => "editor",
    };
    html! {
        <ContextProvider<Dispatch> context={dispatch}>
            <div class="app" data-pane={pane} data-ready="true">
                <Header locale={model.locale} start={session.start().clone()} />
                <main class="work">
                    <div class="side">
                        <Editor
                            locale={model.locale}
                            files={files(model)}
                            file={AttrValue::from(model.file.to_string())}
                            text={model.text()}
                            effect={model.effect.clone()}
                        />
                        <TerminalPane
                            locale={model.locale}
                            written={session.log().written()}
                            log={session.log().clone()}
                            line={AttrValue::from(model.prompt.text().to_owned())}
                            running={session.running()}
                            playing={model.playing}
                        />
                    </div>
                    <div class="view">
                        <StagePane
                            locale={model.locale}
                            page={model.page.clone()}
                            drag={model.drag.clone()}
                            form={model.form.clone()}
                        />
                        <Details
                            locale={model.locale}
                            tab={model.tab}
                            events={model.page.events.clone()}
                            zone={model.page.zone.clone()}
                        />
                    </div>
                </main>
                <TimeBar
                    locale={model.locale}
                    playing={model.playing}
                    speed={model.speed}
                    elapsed_ms={session.elapsed_ms()}
                    track={model.track.clone()}
                />
                <BottomTabs locale={model.locale} pane={model.pane} />
                if let Some(failure) = session.world().failure() {
                    <div class="crash" role="alert">
                        <p class="crash-title">{model.locale.words().failed}</p>
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
