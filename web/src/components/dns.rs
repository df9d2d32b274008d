//! The DNS tab: a name looked up from a pod, its parts told apart, and every record of the zone.

use std::rc::Rc;

use playground::locales::Words;
use playground::view::dns::{Record, Zone};
use playground::view::lookup::{Lookup, Question, Tried};
use playground::view::objects::State;
use playground::{Locale, Msg, commands};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::hooks::use_dispatch;

/// The tab.
#[derive(Clone, PartialEq, Properties)]
pub struct DnsTableProps {
    /// The language.
    pub locale: Locale,
    /// The zone.
    pub zone: Rc<Zone>,
    /// What is asked.
    pub question: Question,
}

/// The tab.
#[component]
pub fn DnsTable(props: &DnsTableProps) -> Html {
    let words = props.locale.words();
    let row = |(state, record): &(State, Record)| {
        let (name, word) = match state {
            State::New => ("new", words.state_new),
            State::Gone => ("gone", words.state_gone),
            State::Changed | State::Same => ("same", ""),
        };
        html! {
            <tr key={format!("{} {} {}", record.name, record.kind, record.data)} data-state={name}>
                <td class="table-object zone-name">{&record.name}</td>
                <td>{&record.kind}</td>
                <td class="table-seen">{record.ttl}</td>
                <td class="table-object table-message">{&record.data}</td>
                <td><span class="object-state">{word}</span></td>
            </tr>
        }
    };
    html! {
        <>
            <Form locale={props.locale} zone={props.zone.clone()} question={props.question.clone()} />
            if props.zone.rows.is_empty() {
                <p class="nothing">{words.no_records}</p>
            } else {
                <table class="table" lang="en">
                    <thead>
                        <tr>
                            <th scope="col">{words.name}</th>
                            <th scope="col">{words.record_type}</th>
                            <th scope="col">{words.ttl}</th>
                            <th scope="col">{words.data}</th>
                            <th scope="col"><span class="hidden">{words.change}</span></th>
                        </tr>
                    </thead>
                    <tbody>{ for props.zone.rows.iter().map(row) }</tbody>
                </table>
            }
            if props.zone.more > 0 {
                <p class="nothing">{(words.more_of)(props.zone.more)}</p>
            }
        </>
    }
}

/// The question, and its answer.
#[component]
fn Form(props: &DnsTableProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let lookup = &props.zone.lookup;
    let Some(from) = lookup.from.clone() else {
        return html! { <p class="nothing">{words.lookup_no_pod}</p> };
    };
    let question = props.question.clone();
    let onchange = dispatch.map({
        let (pods, question) = (lookup.pods.clone(), question.clone());
        move |event: Event| {
            let chosen: usize = event.target_dyn_into::<HtmlSelectElement>()?.value().parse().ok()?;
            Some(Msg::LookUp(Question { from: pods.get(chosen).cloned(), ..question.clone() }))
        }
    });
    let oninput = dispatch.map({
        let question = question.clone();
        move |event: InputEvent| {
            let name = event.target_dyn_into::<HtmlInputElement>()?.value();
            Some(Msg::LookUp(Question { name, ..question.clone() }))
        }
    });
    let ask = Msg::Run(commands::lookup(&from, question.name.trim()));
    html! {
        <form class="lookup" aria-label={words.lookup} onsubmit={dispatch.map(move |event: SubmitEvent| {
            event.prevent_default();
            Some(ask.clone())
        })}>
            <div class="lookup-question">
                <label>
                    {words.lookup_name}
                    <input
                        type="text" class="control" data-testid="lookup-name" spellcheck="false" autocomplete="off"
                        autocapitalize="off" placeholder="web-0.web" value={question.name.clone()} {oninput}
                    />
                </label>
                <label>
                    {words.lookup_from}
                    <select class="control" {onchange}>
                        { for lookup.pods.iter().enumerate().map(|(index, pod)| html! {
                            <option value={index.to_string()} selected={*pod == from}>{format!("{}/{}", pod.namespace, pod.name)}</option>
                        }) }
                    </select>
                </label>
                if !question.name.trim().is_empty() {
                    <button type="submit" class="control">{words.lookup_ask}</button>
                }
            </div>
            { answer(lookup, words) }
        </form>
    }
}

fn answer(lookup: &Lookup, words: &Words) -> Html {
    let tried = |tried: &Tried| {
        let answer = if tried.addresses.is_empty() {
            words.nxdomain.to_owned()
        } else {
            format!("→ {}", tried.addresses.join(", "))
        };
        html! {
            <li data-answers={(!tried.addresses.is_empty()).to_string()}>
                <span>{&tried.name}</span>{" "}<span class="lookup-answer">{answer}</span>
            </li>
        }
    };
    html! {
        <>
            if let Some(parts) = &lookup.parts {
                <dl class="lookup-parts" lang="en">
                    { for [
                        (words.part_pod, &parts.pod),
                        (words.part_service, &parts.service),
                        (words.part_namespace, &parts.namespace),
                        (words.part_domain, &parts.domain),
                    ].into_iter().filter(|(_, part)| !part.is_empty()).map(|(label, part)| html! {
                        <div><dt>{label}</dt><dd>{part}</dd></div>
                    }) }
                </dl>
            }
            if !lookup.tried.is_empty() {
                <ol class="lookup-tried" data-testid="lookup-tried" lang="en">{ for lookup.tried.iter().map(tried) }</ol>
            }
            if let Some(broken) = &lookup.broken {
                <p class="lookup-broken"><span aria-hidden="true">{"✕ "}</span>{(words.broken)(broken)}</p>
            }
        </>
    }
}
