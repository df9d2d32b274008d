//! What each act does to the model.

use crate::commands;
use crate::model::{Drag, ImageForm, Model};
use crate::msg::Msg;

/// The most real time that one frame makes up for, in milliseconds: a page that was hidden does not run ahead, and the
/// work of a frame is bounded.
const FRAME_LIMIT_MS: u32 = 100;

/// Applies an act.
pub fn update(model: &mut Model, msg: Msg) {
    match msg {
        Msg::Frame(ms) => {
            if model.playing {
                model.session.advance(u64::from(ms.min(FRAME_LIMIT_MS) * model.speed.factor()));
            }
        }
        Msg::Play(playing) => model.playing = playing,
        Msg::Step => {
            model.playing = false;
            model.session.step();
        }
        Msg::Speed(speed) => model.speed = speed,
        Msg::Open(name) => model.file = name.into(),
        Msg::Edit(text) => model.edit(&text),
        Msg::Apply => model.apply(),
        Msg::Type(text) => model.prompt.edit(text),
        Msg::Earlier => model.prompt.earlier(),
        Msg::Later => model.prompt.later(),
        Msg::Enter => {
            let line = model.prompt.take();
            model.run(&line);
        }
        Msg::Interrupt => {
            model.session.interrupt();
            model.prompt.edit(String::new());
        }
        Msg::Run(line) => {
            model.prompt.remember(&line);
            model.run(&line);
        }
        Msg::Select(key) => model.selected = key,
        Msg::Tab(tab) => model.tab = tab,
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
            let (locale, pane) = (model.locale, model.pane);
            *model = Model::of(start);
            (model.locale, model.pane) = (locale, pane);
        }
    }
    model.refresh();
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
