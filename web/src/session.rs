//! `playground`'s model as a Yew reducer, and the handle with which every component acts on it.

use std::rc::Rc;

use playground::{Model, Msg, update};
use yew::prelude::*;

use crate::{crash, dom};

/// The model, shared by reference between renderings.
pub struct State(pub Model);

impl Reducible for State {
    type Action = Msg;

    fn reduce(self: Rc<Self>, msg: Msg) -> Rc<Self> {
        // The same reference means: draw nothing.
        if matches!(msg, Msg::Frame(_)) && !self.0.wants_frames() {
            return self;
        }
        crash::note(&self, &msg);
        let mut model = self.0.clone();
        update(&mut model, msg);
        Rc::new(State(model))
    }
}

/// Sends acts to the model.
#[derive(Clone, PartialEq)]
pub struct Dispatch(pub UseReducerDispatcher<State>);

impl Dispatch {
    /// Sends an act.
    pub fn send(&self, msg: Msg) {
        self.0.dispatch(msg);
    }

    /// A callback that sends this act whatever the event is.
    pub fn on<E: 'static>(&self, msg: Msg) -> Callback<E> {
        let dispatch = self.clone();
        Callback::from(move |_| dispatch.send(msg.clone()))
    }

    /// A callback for a button that goes away by this act.
    pub fn close(&self, msg: Msg) -> Callback<MouseEvent> {
        let dispatch = self.clone();
        Callback::from(move |event| {
            dispatch.send(msg.clone());
            dom::leave_button(&event);
        })
    }

    /// A callback that makes an act of each event, or none.
    pub fn map<E: 'static>(&self, act: impl Fn(E) -> Option<Msg> + 'static) -> Callback<E> {
        let dispatch = self.clone();
        Callback::from(move |event| {
            if let Some(msg) = act(event) {
                dispatch.send(msg);
            }
        })
    }
}
