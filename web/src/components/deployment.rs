//! A Deployment in the lane of what is in no set: its head with the controls, and its pods in no order.

use std::rc::Rc;

use playground::model::{Asked, Number};
use playground::view::deployment::DeploymentView;
use playground::{Locale, Msg, commands};
use yew::prelude::*;

use super::menu::{Item, Menu};
use super::outside::chains;
use super::stepper::Stepper;
use crate::hooks::use_dispatch;

/// The Deployment.
#[derive(Clone, PartialEq, Properties)]
pub struct DeploymentProps {
    /// The language.
    pub locale: Locale,
    /// The Deployment.
    pub deployment: DeploymentView,
    /// What its number will be.
    pub asked: Rc<Asked>,
    /// The object that Why is asked about.
    pub selected: Option<machinery::ObjectKey>,
}

/// The Deployment.
#[component]
pub fn Deployment(props: &DeploymentProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let deployment = &props.deployment;
    let key = &deployment.key;
    let replicas = props.asked.get(&(key.clone(), Number::Replicas)).copied().unwrap_or(deployment.replicas);
    let scale = dispatch.map({
        let key = key.clone();
        move |value| Some(Msg::SetNumber(key.clone(), Number::Replicas, value))
    });
    let items = vec![
        Item::run(words.restart, commands::restart(key)),
        Item::run(words.roll_back, commands::undo(key)),
        Item::run(words.delete_set, commands::delete(key)),
    ];
    let complete = deployment.ready == deployment.replicas;
    let title = AttrValue::from(format!("deployment-{}-{}", key.namespace, key.name));
    html! {
        <section class="deployment" data-deployment={key.name.to_string()} aria-labelledby={title.clone()}>
            <div class="deployment-head">
                <h3 class="strip-name" id={title}>
                    if &*key.namespace != "default" {
                        <span class="strip-namespace">{&*key.namespace}{"/"}</span>
                    }
                    {&*key.name}
                </h3>
                <span class="strip-note">{key.kind.name()}</span>
                if deployment.terminating {
                    <span class="strip-state">{words.deleting}</span>
                }
                <span class="strip-ready" data-complete={complete.to_string()}>
                    {format!("{}/{} {}", deployment.ready, deployment.replicas, words.ready)}
                </span>
                <div class="strip-controls">
                    <Stepper
                        id="deployment-replicas"
                        label={words.replicas}
                        words={(AttrValue::from(words.less), AttrValue::from(words.more))}
                        value={replicas}
                        onstep={scale}
                    />
                    <Menu label={format!("{} {}", words.set_menu, key.name)} class="control control-icon" {items} />
                </div>
            </div>
            <ul class="deployment-pods">
                { chains(&deployment.chains, deployment.more, props.locale, props.selected.as_ref()) }
            </ul>
        </section>
    }
}
