//! An embed's host: what it says reaches the model, and what there is to tell it is sent.

use std::rc::Rc;

use imbl::Vector;
use playground::Msg;
use playground::embed::HostMsg;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

use crate::session::Dispatch;

#[wasm_bindgen(module = "/js/host.js")]
extern "C" {
    /// Calls back with each message of the host, as JSON. What may throw is called by way of the glue, which is all that
    /// `boot.js` gives to the wasm.
    #[wasm_bindgen(catch)]
    fn listen(receive: &JsValue) -> Result<(), JsValue>;
    /// Sends a message, given as JSON.
    fn tell(text: &str);
}

/// Listens to the host, if the page is an embed, and sends what is to be sent.
#[hook]
pub fn use_host(dispatch: &Dispatch, is_embed: bool, out: &Vector<Rc<str>>) {
    {
        let dispatch = dispatch.clone();
        use_effect_with(is_embed, move |is_embed| {
            if *is_embed {
                let receive = Closure::<dyn Fn(String)>::new(move |text| {
                    dispatch.send(Msg::Host(HostMsg::Said(text)));
                });
                // The page listens as long as it is there; a window refuses no listener.
                let _ = listen(&receive.into_js_value());
            }
        });
    }
    let dispatch = dispatch.clone();
    use_effect_with(out.clone(), move |out| {
        if !out.is_empty() {
            out.iter().for_each(|text| tell(text));
            dispatch.send(Msg::Host(HostMsg::Sent(out.len())));
        }
    });
}
