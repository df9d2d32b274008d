//! The Nodes tab.

use std::rc::Rc;

use playground::view::nodes::NodeRow;
use playground::view::pod::Shape;
use playground::{Locale, Msg, commands};
use yew::prelude::*;

use super::menu::{Item, Menu};
use crate::hooks::use_dispatch;

/// The table.
#[derive(Clone, PartialEq, Properties)]
pub struct NodeTableProps {
    /// The language.
    pub locale: Locale,
    /// The nodes.
    pub nodes: Rc<Vec<NodeRow>>,
}

/// The table.
#[component]
pub fn NodeTable(props: &NodeTableProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let row = |node: &NodeRow| {
        let key = &node.key;
        let plug = match &node.down {
            Some(defect) => Item::act(words.node_start, Msg::Fault(playground::heal(defect))),
            None => Item::act(words.node_stop, Msg::Fault(playground::stop_node(key))),
        };
        let door = if node.cordoned {
            Item::run(words.uncordon, commands::uncordon(key))
        } else {
            Item::run(words.cordon, commands::cordon(key))
        };
        let items = vec![plug, door, Item::run(words.drain, commands::drain(key))];
        html! {
            <tr key={key.name.to_string()} data-node={key.name.to_string()} data-down={node.down.is_some().then_some("true")}>
                <td class="table-object">
                    <button type="button" class="link" onclick={dispatch.on(Msg::Select(Some(key.clone())))}>{&*key.name}</button>
                </td>
                <td>
                    <span class="node-status" data-ready={node.ready.to_string()}>
                        {if node.ready { words.node_ready } else { words.node_not_ready }}
                    </span>
                    if node.down.is_some() { {" · "}{words.node_down} }
                    if node.cordoned { {" · "}{words.node_cordoned} }
                    { for node.taints.iter().map(|taint| html! { <span class="node-taint">{taint}</span> }) }
                </td>
                <td class="table-object">{&node.zone}</td>
                <td class="table-message">
                    <span class="node-pods">
                        { for node.pods.iter().map(|(pod, shape)| html! {
                            <button type="button" class="link node-pod" data-shape={shape_name(*shape)} onclick={dispatch.on(Msg::Select(Some(pod.clone())))}>
                                {&*pod.name}
                            </button>
                        }) }
                        if node.more > 0 { <span>{(words.more_of)(node.more)}</span> }
                    </span>
                </td>
                <td class="node-menu">
                    <Menu label={format!("{} {}", words.node_menu, key.name)} id={format!("menu-{}", key.name)} {items} />
                </td>
            </tr>
        }
    };
    html! {
        <table class="table nodes" lang="en">
            <thead>
                <tr>
                    <th scope="col">{words.node}</th>
                    <th scope="col">{words.status}</th>
                    <th scope="col">{words.zone}</th>
                    <th scope="col">{words.pods_on_it}</th>
                    <th scope="col"><span class="hidden">{words.node_menu}</span></th>
                </tr>
            </thead>
            <tbody>{ for props.nodes.iter().map(row) }</tbody>
        </table>
    }
}

fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Ready => "ready",
        Shape::Starting => "starting",
        Shape::Stopping => "stopping",
        Shape::Broken => "broken",
        Shape::Ended => "ended",
    }
}
