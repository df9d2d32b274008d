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

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

fn main() {
    crash::show_panics();
    let Some(root) = dom::by_id("app") else { return };
    let setup = playground::embed::Setup::read(&dom::settings());
    // Of an embed's page nothing has shown yet.
    let (early, focus) = if setup.is_some() { Default::default() } else { skeleton::take() };
    yew::Renderer::<app::App>::with_root_and_props(root, app::AppProps { early, focus, setup }).render();
}
