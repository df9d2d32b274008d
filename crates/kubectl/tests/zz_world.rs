use cluster::{Config, World};
use kubectl::{Env, Files, Invocation, Progress, Stream};
use serde_json::{Value, json};
use std::collections::BTreeMap;
struct F(BTreeMap<String, String>);
impl Files for F {
    fn read(&self, n: &str) -> Option<&str> {
        self.0.get(n).map(String::as_str)
    }
    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}
#[test]
fn dump() {
    let input: Value =
        serde_json::from_str(&std::fs::read_to_string(std::env::var("CMDS").unwrap()).unwrap()).unwrap();
    let files = F(serde_json::from_value(input["files"].clone()).unwrap());
    let mut world = World::new(Config { profile: node::kubelet::Profile::Recorder, ..Config::default() });
    let mut results = Vec::new();
    for c in input["commands"].as_array().unwrap() {
        let args: Vec<String> = serde_json::from_value(c["args"].clone()).unwrap();
        let stdin = c["stdin"].as_str().map(str::to_owned);
        let mut inv = Invocation::new(&args, stdin);
        let (mut out, mut err) = (String::new(), String::new());
        let mut code = -1;
        let begin = world.now();
        let deadline = machinery::time::after_ms(begin, 60_000);
        loop {
            let mut output = Vec::new();
            let now = world.now();
            let features = world.features();
            let p = {
                let mut api = world.api();
                let mut env = Env { api: &mut api, files: &files, now, features, output: &mut output };
                inv.resume(&mut env)
            };
            for (s, t) in output {
                match s {
                    Stream::Out => out.push_str(&t),
                    Stream::Err => err.push_str(&t),
                }
            }
            match p {
                Progress::Exit(c) => {
                    code = c;
                    break;
                }
                Progress::Wait(cond) => {
                    loop {
                        if world.server().resource_version() > cond.past {
                            break;
                        }
                        let next = world.next_due();
                        let until = cond.until.unwrap_or(deadline).min(deadline);
                        match next {
                            Some(t) if t <= until => {
                                world.step();
                            }
                            _ => {
                                world.advance_to(until);
                                break;
                            }
                        }
                    }
                    if world.now() >= deadline {
                        break;
                    }
                }
            }
        }
        results.push(json!({"args":args,"exit":code,"out":out,"err":err}));
        let to = machinery::time::after_ms(world.now(), c["settle"].as_i64().unwrap());
        world.advance_to(to);
    }
    std::fs::write(std::env::var("OUT").unwrap(), serde_json::to_string(&results).unwrap()).unwrap();
}
