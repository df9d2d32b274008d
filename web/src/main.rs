//! The page: a Yew shell over `playground`.
//!
//! Invariant: it knows the DOM and nothing of Kubernetes; whatever can be tested without a browser is in `playground`.

mod app;
mod code;
mod components;
mod crash;
mod dom;
mod hooks;
mod link;
mod session;
mod skeleton;

fn main() {
    crash::show_panics();
    let Some(root) = dom::by_id("app") else { return };
    let early = skeleton::take();
    yew::Renderer::<app::App>::with_root_and_props(root, app::AppProps { early }).render();
}
