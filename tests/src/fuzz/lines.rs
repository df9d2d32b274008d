//! Command lines nobody would type: a grammar of the shell and of kubectl, and mutations of what it makes.
//!
//! Whatever is typed, the terminal answers: nothing panics, nothing runs for ever, and the next line works.

use std::panic::{AssertUnwindSafe, catch_unwind};

use machinery::version::{Features, Version};
use session::{Session, Start, StartWorld};

use super::random::Random;

/// How long one line may run, in virtual milliseconds, before it is interrupted.
const LINE_LIMIT_MS: u64 = 60_000;
/// How deep the grammar's rules may call each other.
const DEPTH: u32 = 4;

/// A line that broke something, and what.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The lines that were typed, the last one of which broke it.
    pub lines: Vec<String>,
    /// What went wrong.
    pub what: String,
}

/// Types so many random lines, a few of them in one session each.
///
/// # Errors
/// The first line that breaks something.
pub fn run(seed: u64, steps: usize, version: Option<Version>) -> Result<(), Broken> {
    let mut random = Random::new(seed);
    let features = Features::of(version.unwrap_or_else(|| random.of(&Version::ALL)));
    let fresh = || {
        let start = Start { world: StartWorld::Tutorial, features, ..Start::default() };
        let mut session = Session::new(start);
        session
            .write_file("m.yaml", "kind: Pod\napiVersion: v1\nmetadata: {name: m}\nspec: {containers: []}\n");
        session
    };
    let (mut session, mut lines) = (fresh(), Vec::new());
    for step in 0..steps {
        if step % 20 == 0 {
            session = fresh();
            lines.clear();
        }
        let line = line(&mut random);
        lines.push(line.clone());
        let typed = catch_unwind(AssertUnwindSafe(|| type_line(&mut session, &line)));
        let what = match typed {
            Ok(Ok(())) => continue,
            Ok(Err(what)) => what,
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                format!("panicked: {}", text.unwrap_or("no message"))
            }
        };
        return Err(Broken { lines, what });
    }
    Ok(())
}

/// Types a line, lets it run, and sees whether the next one works.
fn type_line(session: &mut Session, line: &str) -> Result<(), String> {
    session.run(line);
    if !session.finish(LINE_LIMIT_MS) {
        session.interrupt();
    }
    if let Some(failure) = session.world().failure() {
        return Err(format!("the world stopped: {failure}"));
    }
    let seen = session.log().written();
    session.run("echo still-here");
    session.finish(LINE_LIMIT_MS);
    let (mut out, mut err, mut exit) = Default::default();
    session.log().since(seen).for_each(|entry| entry.collect(&mut out, &mut err, &mut exit));
    if out == "still-here\n" { Ok(()) } else { Err(format!("the next line answered {out:?} {err:?}")) }
}

/// A random line; one in three is mutated.
fn line(random: &mut Random) -> String {
    let line = script(random, DEPTH);
    if random.one_in(3) { mutated(random, &line) } else { line }
}

fn script(random: &mut Random, depth: u32) -> String {
    if depth == 0 {
        return command(random, 0);
    }
    let (a, b) = (script(random, depth - 1), script(random, depth - 1));
    match random.below(16) {
        14 => format!("({a}; exit 3; {b}) | {}", filter(random)),
        15 => format!("timeout 5 sh -c '{}'", a.replace('\'', "")),
        0 => format!("{a}; {b}"),
        1 => format!("{a} && {b}"),
        2 => format!("{a} || {b}"),
        3 | 4 => format!("{a} | {}", filter(random)),
        5 => format!("for x in {}; do {a}; done", words(random, depth)),
        6 => format!("if {a}; then {b}; fi"),
        7 => format!("i=0; while [ $i -lt 2 ]; do i=$((i+1)); {a}; done"),
        8 => format!("{a} | while read x y; do {b}; done"),
        9 => format!("{{ {a}; }} > {}", random.of(&["f", "/dev/null", "'a b'", "a/b"])),
        10 => format!("cat <<EOF | {}\n{}\nEOF", filter(random), words(random, depth)),
        _ => command(random, depth),
    }
}

fn command(random: &mut Random, depth: u32) -> String {
    match random.below(8) {
        0 => format!("x={} {}", word(random, depth), kubectl(random)),
        1 => format!(
            "{} {}",
            random.of(&["echo", "printf", "test", "[", "seq", "xargs", "eval", "alias"]),
            words(random, depth)
        ),
        2 => format!("{} <<< {}", filter(random), word(random, depth)),
        _ => kubectl(random),
    }
}

fn words(random: &mut Random, depth: u32) -> String {
    let count = random.below(4);
    (0..count).map(|_| word(random, depth)).collect::<Vec<_>>().join(" ")
}

fn word(random: &mut Random, depth: u32) -> String {
    let plain = [
        "a",
        "1",
        "-1",
        "9223372036854775807",
        "''",
        "\"\"",
        "*",
        "?",
        "[",
        "]",
        "%s",
        "%d",
        "%*",
        "\\",
        "é",
        "$x",
        "${x:-y}",
        "${x#*}",
        "${#x}",
        "${x%%[!a]*}",
        "{0000000000000000000000001..2}",
        "$?",
        "$((1+x))",
        "$((1/0))",
        "{1..3}",
        "{a,b}",
        "-n",
        "--",
        "-",
        "~",
        "!",
        "\t",
        "\u{1f600}",
    ];
    match random.below(6) {
        0 if depth > 0 => format!("$({})", command(random, depth - 1)),
        1 if depth > 0 => format!("\"{}\"", word(random, depth - 1).replace('"', "")),
        _ => random.of(&plain).to_owned(),
    }
}

fn filter(random: &mut Random) -> String {
    let filters = [
        "cat",
        "grep a",
        "grep -E '('",
        "grep -c ''",
        "head -1",
        "head -n -1",
        "tail -n +2",
        "wc",
        "sort -k2n",
        "sort -t",
        "uniq -c",
        "cut -d: -f1",
        "cut -c2-",
        "tr a-z A-Z",
        "tr -d",
        "sed s/a/b/g",
        "sed 's/\\(a*\\)*/\\1/'",
        "sed -n '$p'",
        "awk '{print $1}'",
        "awk '{print $-1}'",
        "awk 'NR>1{s+=$2}END{print s/0}'",
        "awk '{printf \"%999999d\", $1}'",
        "tac",
        "tee f",
        "xargs -n1 echo",
        "xargs -n1 exit",
        "xargs -é",
        "timeout 2 xargs -I{} echo {}{}",
        "{ read x; exit 2; }",
        "sort -h",
        "sed 's/a/aa/10;p'",
        "awk '{s = s $1 s} END {print s}'",
        "xargs kubectl get",
        "kubectl apply -f -",
    ];
    random.of(&filters).to_owned()
}

fn kubectl(random: &mut Random) -> String {
    let verbs = [
        "get",
        "describe",
        "delete",
        "apply",
        "create",
        "scale",
        "patch",
        "rollout status",
        "rollout history",
        "rollout undo",
        "rollout restart",
        "rollout pause",
        "set image",
        "set env",
        "label",
        "annotate",
        "wait",
        "events",
        "logs",
        "exec",
        "drain",
        "cordon",
        "taint",
        "expose",
        "run",
        "edit",
        "explain",
        "diff",
        "replace",
        "auth can-i",
        "config view",
        "top pod",
        "create cm",
        "create secret generic",
        "create service clusterip",
        "create deployment",
        "api-resources",
        "cluster-info",
        "version",
        "nope",
        "",
    ];
    let arguments = [
        "pods",
        "pod",
        "sts",
        "sts/myapp",
        "myapp",
        "myapp-0",
        "pod/myapp-0",
        "pods,sts",
        "all",
        "nodes",
        "node-1",
        "svc",
        "pvc",
        "pv",
        "deploy",
        "cr",
        "events",
        "ns",
        "a/b/c",
        "/",
        ",",
        "pods.",
        "x=y",
        "x-",
        "x=",
        "=",
        "nginx=nginx:2",
        "a=b:NoSchedule",
        "a-",
        "--all",
        "-A",
        "-l app=x",
        "-l 'a in ('",
        "-n kube-system",
        "--field-selector a=b",
        "--field-selector =",
        "-o yaml",
        "-o json",
        "-o wide",
        "-o name",
        "-o jsonpath={.items[*].metadata.name}",
        "-o jsonpath={",
        "-o 'jsonpath={range .items[*]}{..x}{end}'",
        "-o 'jsonpath={.items[?(@.a==\"b\")].c[-1:0:2]}'",
        "-o jsonpath='{.items[9999999999999999999]}'",
        "-o go-template='{{range .items}}{{.metadata.name}}{{end}}'",
        "-o go-template='{{index . 1}}'",
        "-o go-template='{{printf \"%d\" .}}'",
        "-o go-template='{{slice .kind 3 1}}'",
        "-o custom-columns=A:.metadata,B:.x[*]",
        "-o custom-columns=A:.spec.containers[*].image",
        "--sort-by=.metadata.name",
        "--sort-by={.x",
        "--sort-by=.spec",
        "-f m.yaml",
        "-f -",
        "-f none",
        "-f .",
        "--dry-run=client",
        "--dry-run=server",
        "--replicas=2",
        "--replicas=-1",
        "--replicas=99999999999",
        "-p '{}'",
        "-p '{\"spec\":null}'",
        "-p '[]' --type=json",
        "-p '[{\"op\":\"remove\",\"path\":\"/spec\"}]' --type=json",
        "-p 'spec: {replicas: 1}'",
        "--type=merge -p '{\"metadata\":{\"labels\":{\"a\":null}}}'",
        "--for=delete",
        "--for=condition=Ready",
        "--for=jsonpath={.a}=b",
        "--for=create",
        "--timeout=1s",
        "--timeout=-1s",
        "--timeout=1000000h",
        "--force",
        "--grace-period=0",
        "--grace-period=-99",
        "--wait=false",
        "--cascade=orphan",
        "--ignore-not-found",
        "-w",
        "--watch-only",
        "--revision=1",
        "--to-revision=1",
        "--image=nginx",
        "--port=80",
        "--from-literal=a=b",
        "--tcp=80:x",
        "--limits=cpu=1",
        "--env=a=b",
        "-c x",
        "--tail=1",
        "--since=1s",
        "--since-time=x",
        "--previous",
        "--prefix",
        "--ignore-daemonsets",
        "--delete-emptydir-data",
        "--overwrite",
        "--list",
        "--show-labels",
        "-L a",
        "--no-headers",
        "--help",
        "-h",
        "--v=9",
        "-x",
        "--x",
        "--",
        "-- ls",
        "--record",
        "--local",
        "--subresource=scale",
        "--subresource=x",
        "--chunk-size=0",
        "--raw /",
        "--prune",
        "--server-side",
        "--show-managed-fields",
    ];
    let count = random.below(6);
    let arguments: Vec<&str> = (0..count).map(|_| random.of(&arguments)).collect();
    format!("kubectl {} {}", random.of(&verbs), arguments.join(" "))
}

/// The line with a few of its characters cut out, doubled, exchanged or replaced.
fn mutated(random: &mut Random, line: &str) -> String {
    let mut chars: Vec<char> = line.chars().collect();
    let strange = [
        '\'', '"', '`', '$', '(', ')', '{', '}', '[', ']', '|', '&', ';', '<', '>', '\\', '\n', '\0', '%',
        '=', '-', '.', 'é', '9',
    ];
    for _ in 0..=random.below(3) {
        let at = usize::try_from(random.below(chars.len() as u64 + 1)).unwrap_or(0);
        match random.below(4) {
            0 if at < chars.len() => drop(chars.remove(at)),
            1 => {
                let end = (at + 8).min(chars.len());
                let piece: Vec<char> = chars[at..end].to_vec();
                chars.splice(at..at, piece);
            }
            2 if at < chars.len() => chars[at] = random.of(&strange),
            _ => chars.insert(at, random.of(&strange)),
        }
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn whatever_is_typed_is_answered() {
        for seed in 0..2 {
            let run = super::run(seed, 150, None);
            assert!(run.is_ok(), "seed {seed}: {run:?}");
        }
    }
}
