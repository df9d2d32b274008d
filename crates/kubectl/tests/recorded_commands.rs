//! Commands that only read, run over objects of a real control plane (v1.36.2), and what its kubectl printed.

use std::collections::BTreeMap;

use client::Api;
use client::api::{Answer, ExecOutput, Refusal, Request, Response, Verb, WatchEvent};
use jiff::Timestamp;
use kubectl::{Env, Files, Invocation, Kubeconfig, Progress, SchemaSlot, Stream};
use machinery::status::{Reason, Status};
use machinery::version::Features;
use machinery::{Kind, Object, time};
use serde_json::Value;

const OBJECTS: &str = include_str!("data/recorded-objects.json");
const COMMANDS: &str = include_str!("data/recorded-commands.json");
const MANIFEST: &str = include_str!("data/web.yaml");
/// When the recorded set was created; the commands ran within the minutes after it.
const START: &str = "2026-11-23T05:14:34Z";
const SECONDS: i64 = 180;

/// The recorded objects, by kind, namespace and name.
struct Recording(BTreeMap<(Kind, String, String), Object>);

impl Recording {
    fn new() -> Recording {
        let values: Vec<Value> = serde_json::from_str(OBJECTS).expect("the data are JSON");
        let object = |value: Value| {
            let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            let kind = Kind::from_api(&text("apiVersion"), &text("kind")).expect("a kind");
            let object = Object::from_value(kind, value.clone()).expect("an object");
            ((kind, object.namespace().to_owned(), object.name().to_owned()), object)
        };
        Recording(values.into_iter().map(object).collect())
    }
}

fn refused(reason: Reason, message: String) -> Refusal {
    Box::new(Status { reason, ..Status::bad_request(message) })
}

impl Api for Recording {
    fn call(&mut self, request: Request) -> Result<Response, Refusal> {
        if request.kind == Kind::Endpoints {
            let warning = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
            request.warnings.add(warning);
        }
        let body = match request.verb {
            Verb::List(options) => {
                let field = |object: &Object, path: &str| {
                    let value = object.to_value();
                    path.split('.')
                        .try_fold(&value, |value, key| value.get(key))
                        .and_then(Value::as_str)
                        .map(str::to_owned)
                };
                if let Some((path, ..)) = options.fields.iter().find(|(path, ..)| path == "spec.foo") {
                    return Err(refused(Reason::BadRequest, format!("field label not supported: {path}")));
                }
                let selected = |object: &&Object| {
                    object.kind() == request.kind
                        && (request.namespace.is_empty() || object.namespace() == request.namespace)
                        && options.labels.matches(object.meta().labels.as_ref())
                        && options.fields.iter().all(|(path, value, equal)| {
                            (field(object, path).as_ref() == Some(value)) == *equal
                        })
                };
                Answer::List(self.0.values().filter(selected).cloned().collect(), 400)
            }
            Verb::Get => {
                let key = (request.kind, request.namespace.clone(), request.name.clone());
                let found = self.0.get(&key).cloned();
                Answer::Object(found.ok_or_else(|| Box::new(Status::not_found(request.kind, &request.name)))?)
            }
            _ if !self.0.contains_key(&(request.kind, request.namespace.clone(), request.name.clone())) => {
                return Err(Box::new(Status::not_found(request.kind, &request.name)));
            }
            _ => {
                return Err(refused(
                    Reason::NotFound,
                    "the server could not find the requested resource".to_owned(),
                ));
            }
        };
        Ok(Response { body })
    }

    fn watch(&self, _: Kind, _: &str, _: u64) -> Result<Vec<WatchEvent>, Refusal> {
        Ok(Vec::new())
    }

    fn resource_version(&self) -> u64 {
        400
    }

    fn exec(&mut self, _: &str, _: &str, _: &str, _: &[String]) -> Result<ExecOutput, Refusal> {
        Err(refused(Reason::BadRequest, "a recording runs nothing".to_owned()))
    }
}

struct Folder;

impl Files for Folder {
    fn read(&self, name: &str) -> Option<&str> {
        (name == "web.yaml").then_some(MANIFEST)
    }
}

fn run(recording: &mut Recording, args: &[String], now: Timestamp) -> (i64, String, String) {
    let mut output = Vec::new();
    let mut env = Env {
        api: recording,
        files: &Folder,
        now,
        features: Features::default(),
        kubeconfig: &mut Kubeconfig::default(),
        schema: &mut SchemaSlot::default(),
        output: &mut output,
    };
    let progress = Invocation::new(args, None).resume(&mut env);
    let mut texts = [String::new(), String::new()];
    for (stream, text) in output {
        texts[usize::from(stream == Stream::Err)].push_str(&text);
    }
    let [out, err] = texts;
    let code = match progress {
        Progress::Exit(code) => i64::from(code),
        Progress::Wait(_) | Progress::Edit(_) => -1,
    };
    (code, out, err)
}

#[test]
fn recorded_objects_print_as_recorded() {
    let commands: Vec<Value> = serde_json::from_str(COMMANDS).expect("the data are JSON");
    let start: Timestamp = START.parse().expect("a time");
    let mut recording = Recording::new();
    let mut wrong = Vec::new();
    for command in &commands {
        let text = |key: &str| command[key].as_str().expect("a text").to_owned();
        let args: Vec<String> = serde_json::from_value(command["args"].clone()).expect("a list of words");
        let expected = (command["exit"].as_i64().expect("a code"), text("out"), text("err"));
        // When exactly the command ran was not recorded: the ages say it.
        let ran =
            (0..SECONDS).any(|s| run(&mut recording, &args, time::after_ms(start, s * 1000)) == expected);
        if !ran {
            let found = run(&mut recording, &args, time::after_ms(start, 12_000));
            wrong.push(format!("{args:?}\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), commands.len(), wrong.join("\n"));
}

#[test]
fn mutilated_command_lines_end_without_panic() {
    const ODD: [&str; 14] =
        ["", "-", "--", "=", "{", "{.items[", "{{", "\0", "é💥", "--=", "-o", "a/b/c", ",", "-l=in (,"];
    let commands: Vec<Value> = serde_json::from_str(COMMANDS).expect("the data are JSON");
    let now: Timestamp = START.parse().expect("a time");
    let mut recording = Recording::new();
    for command in &commands {
        let args: Vec<String> = serde_json::from_value(command["args"].clone()).expect("a list of words");
        for at in 0..args.len() {
            let (before, after) = (&args[..at], &args[at + 1..]);
            run(&mut recording, &[before, after].concat(), now);
            for odd in ODD {
                run(&mut recording, &[before, &[odd.to_owned()], after].concat(), now);
                let glued = format!("{}{odd}", args[at]);
                run(&mut recording, &[before, &[glued], after].concat(), now);
                // In the middle of a word, too.
                let half = args[at].char_indices().nth(args[at].chars().count() / 2).map_or(0, |(i, _)| i);
                let cut = format!("{}{odd}", &args[at][..half]);
                run(&mut recording, &[before, &[cut], after].concat(), now);
            }
        }
    }
}
