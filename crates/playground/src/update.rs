//! What each act does to the model.

use std::rc::Rc;

use k8s_openapi::api::apps::v1::StatefulSet;
use machinery::time::after_ms;

use session::Session;

use crate::commands;
use crate::early;
use crate::embed::host;
use crate::keep;
use crate::lesson::panel;
use crate::model::{Drag, ImageForm, Model, Number, Tab};
use crate::msg::Msg;
use crate::paste::Review;
use crate::predict;
use crate::prompt::PromptMsg;
use crate::schema;
use crate::view::timeline::beside;
use crate::view::why::Topic;

/// The most real time that one frame makes up for, in milliseconds: a page that was hidden does not run ahead, and the
/// work of a frame is bounded.
const FRAME_LIMIT_MS: u32 = 100;
/// How much virtual time one frame runs through while the page runs until quiet, in milliseconds.
const RUSH_MS: u64 = 2_000;
/// What a command waits for longer than this does not keep the page from being quiet, in milliseconds.
const HORIZON_MS: u64 = 600_000;
/// Most changes of the store that one step goes through.
const STEPS: usize = 100;

/// Applies an act.
pub fn update(model: &mut Model, msg: Msg) {
    if model.embed.as_ref().is_some_and(|embed| embed.read_only) && msg.interferes() {
        return;
    }
    schema::hold_or_act(model, msg, act);
}

fn act(model: &mut Model, msg: Msg) {
    model.typing = match msg {
        Msg::Edit(_) => true,
        Msg::Frame(_) | Msg::WantSchema | Msg::Schema(_) => model.typing,
        _ => false,
    };
    model.take_failed &= matches!(msg, Msg::Frame(_));
    match msg {
        Msg::Frame(ms) => pass(model, ms),
        Msg::Play(playing) => (model.playing, model.rushing) = (playing, false),
        Msg::Step => {
            stand(model);
            model.move_baseline();
            step(model);
        }
        Msg::RunUntilQuiet => (model.playing, model.rushing) = (true, true),
        Msg::StepBack => {
            stand(model);
            model.step_back();
        }
        Msg::Seek(ms) => seek(model, ms),
        Msg::SeekTick(forward) => {
            if let Some(ms) = beside(&model.ticks, model.session.reached_ms(), forward) {
                seek(model, ms);
            }
        }
        Msg::Live => {
            model.session.seek(model.session.end());
            model.playing = true;
        }
        Msg::TakeUp(fork) => {
            stand(model);
            model.session.switch_to(fork);
        }
        Msg::Mark(marked) => model.mark(marked),
        Msg::Filter(filter) => model.filter = filter.into(),
        Msg::Speed(speed) => model.speed = speed,
        Msg::Early(done) => early::act(model, done),
        Msg::Open(name) => {
            model.file = name.into();
            show_edit(model, false);
        }
        Msg::OpenEdit => show_edit(model, true),
        Msg::SaveEdit => model.close_edit(true),
        Msg::CancelEdit => model.close_edit(false),
        Msg::Edit(text) => model.edit(&text),
        Msg::WantSchema => schema::wish(model),
        Msg::Remedy(at) => model.remedy(at),
        Msg::Mend => {
            if let Some(slip) = model.slip.take() {
                model.prompt.edit(slip.mended.clone());
            }
        }
        Msg::Typed => {}
        Msg::Template(template) => model.template = Some(template),
        Msg::Arrived(template, text) => {
            model.template = None;
            model.template_failed = text.map(|text| model.add_file(template.file(), &text)).err();
        }
        Msg::Apply if model.shown_edit().is_some() => model.close_edit(true),
        Msg::Apply => model.apply(),
        Msg::Type(text) => model.prompt.edit(text),
        Msg::Begin(line) => {
            let line = commands::in_context(&line, model.session.kubeconfig().namespace());
            model.prompt.edit(line.into_owned());
        }
        Msg::Earlier => model.prompt.earlier(),
        Msg::Later => model.prompt.later(),
        // A search that has found nothing runs nothing.
        Msg::Enter if model.prompt.search().is_some_and(|search| search.found.is_none()) => {
            model.prompt.abort()
        }
        Msg::Enter => {
            let line = model.prompt.take();
            model.run(&line);
        }
        Msg::Prompt(msg) => in_prompt(model, msg),
        Msg::Paste(text) => model.review = Review::read(&text).map(Rc::new),
        Msg::Tick(piece, ticked) => {
            if let Some(item) =
                model.review.as_mut().and_then(|review| Rc::make_mut(review).items.get_mut(piece))
            {
                item.ticked = ticked;
            }
        }
        Msg::Reviewed(run) => {
            let review = model.review.take().filter(|_| run);
            for line in review.iter().flat_map(|review| review.ticked()) {
                model.prompt.remember(line);
                model.run(line);
            }
        }
        Msg::Interrupt => {
            model.session.interrupt();
            model.prompt.abort();
            model.prompt.edit(String::new());
        }
        Msg::Run(line) => {
            let line = commands::in_context(&line, model.session.kubeconfig().namespace());
            model.prompt.remember(&line);
            model.run(&line);
        }
        Msg::LookAt(set, first) => model.look_at(set, first),
        Msg::SetNumber(set, number, value) => {
            let line = match number {
                Number::Replicas => commands::scale(&set, value),
                Number::Partition => commands::partition(&set, value),
            };
            Rc::make_mut(&mut model.asked).insert((set, number), value);
            update(model, Msg::Run(line));
        }
        Msg::Select(key) => model.topic = key.map(Topic::Object),
        Msg::AskName(pod) => model.topic = Some(Topic::Name(pod)),
        Msg::Fault(fault) => {
            model.move_baseline();
            model.session.fault(fault);
        }
        Msg::Tab(tab) => model.tab = tab,
        Msg::LookUp(question) => model.question = question,
        Msg::LookUpFrom(pod) => {
            model.question.from = Some(pod);
            model.tab = Tab::Dns;
        }
        Msg::Recreate(set) => {
            let live = model.session.world().server().get::<StatefulSet>(&set.namespace, &set.name);
            if let Some(line) = live.map(|live| commands::recreate(live)) {
                update(model, Msg::Begin(line));
            }
        }
        Msg::Help(open) => model.help = open,
        Msg::Pane(pane) => model.pane = pane,
        Msg::Drag(set, partition) => model.drag = Some(Drag { set, partition: partition.max(0) }),
        Msg::Drop => drop_partition(model),
        Msg::CancelDrag => model.drag = None,
        Msg::ImageForm(set) => model.form = set.and_then(|set| image_form(model, &set)),
        Msg::EditImage(container, image) => {
            if let Some(form) = &mut model.form {
                (form.container, form.image) = (container, image);
            }
        }
        Msg::SubmitImage => {
            if let Some(form) = model.form.take() {
                let line = commands::set_image(&form.set, &form.container, form.image.trim());
                update(model, Msg::Run(line));
            }
        }
        Msg::Restart(start) => {
            model.replace_session(Session::new(start));
            model.lessons.course = None;
        }
        Msg::Locale(locale) => model.locale = locale,
        Msg::Lesson(msg) => panel::update(model, msg),
        Msg::Keep(msg) => keep::update(model, msg),
        Msg::Host(msg) => host::update(model, msg),
        Msg::Predict(msg) => predict::update(model, msg),
        Msg::Example(example) => {
            // A line that is not understood is a mistake of ours; nothing changes then.
            if let Ok((session, topic)) = example.play(model.session.start().clone()) {
                model.replace_session(session);
                model.lessons.course = None;
                (model.example, model.topic) = (Some(example), topic);
            }
        }
        Msg::CloseExample => model.example = None,
        Msg::Schema(fetched) => schema::arrived(model, fetched),
    }
    model.refresh();
}

fn in_prompt(model: &mut Model, msg: PromptMsg) {
    match msg {
        PromptMsg::Complete(_) if model.prompt.search().is_some() => model.prompt.close(),
        PromptMsg::Complete(caret) => {
            let before = model.prompt.up_to(caret).to_owned();
            let found = model.session.complete(&before);
            model.prompt.offer(found, before.len());
        }
        PromptMsg::Insert(..) if model.prompt.search().is_some() => model.prompt.close(),
        PromptMsg::Insert(caret, text) => model.prompt.insert(caret, text),
        PromptMsg::Choose(forward) => model.prompt.choose(forward),
        PromptMsg::Take(word) => model.prompt.take_word(word),
        PromptMsg::Close => model.prompt.close(),
        PromptMsg::Search => model.prompt.search_older(),
        PromptMsg::Abort => model.prompt.abort(),
    }
}

fn show_edit(model: &mut Model, shown: bool) {
    if let Some(edit) = &mut model.edit {
        edit.shown = shown;
    }
}

fn pass(model: &mut Model, ms: u32) {
    model.since_trial_ms += u64::from(ms);
    if keep::replay(model) || predict::go_on(model) {
        return;
    }
    if model.rushing {
        if model.session.run_towards_quiet(RUSH_MS, HORIZON_MS) {
            stand(model);
        }
    } else if model.playing {
        model.session.advance(u64::from(ms.min(FRAME_LIMIT_MS) * model.speed.factor()));
    }
}

fn stand(model: &mut Model) {
    (model.playing, model.rushing) = (false, false);
}

fn seek(model: &mut Model, ms: u64) {
    stand(model);
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    model.session.seek(after_ms(model.session.began(), ms));
}

/// Goes on until stage, Why or terminal differ; not every change of the store shows there.
fn step(model: &mut Model) {
    let before = (model.page.stage.clone(), model.page.whys.clone(), model.session.log().written());
    for _ in 0..STEPS {
        let moved = model.session.step();
        model.refresh();
        let after = (&model.page.stage, &model.page.whys, model.session.log().written());
        if !moved || after != (&before.0, &before.1, before.2) {
            return;
        }
    }
}

/// One command, if the line was moved at all.
fn drop_partition(model: &mut Model) {
    let Some(drag) = model.drag.take() else { return };
    let partition = model.page.stage.set(&drag.set).and_then(|set| set.partition());
    if partition.is_some_and(|partition| partition != drag.partition) {
        update(model, Msg::Run(commands::partition(&drag.set, drag.partition)));
    }
}

fn image_form(model: &Model, set: &machinery::ObjectKey) -> Option<ImageForm> {
    let container = model.page.stage.set(set)?.containers.first()?.clone();
    Some(ImageForm { set: set.clone(), container: container.name, image: container.image })
}
