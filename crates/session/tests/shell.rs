//! What the shell prints and how it ends, line by line.

use session::{Content, Session, Start, StartWorld};

fn session() -> Session {
    let mut session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
    session.write_file("web.yaml", "kind: Pod\n");
    session
}

/// Output, errors and status of one line, run to its end.
fn run(session: &mut Session, line: &str) -> (String, String, Option<i32>) {
    let first = session.log().written();
    session.run(line);
    session.finish(3_600_000);
    let (mut out, mut err, mut status) = Default::default();
    session.log().since(first).for_each(|entry| entry.collect(&mut out, &mut err, &mut status));
    (out, err, status)
}

fn notes(session: &Session) -> Vec<String> {
    let notes = session.log().iter().filter_map(|entry| match &entry.content {
        Content::Note(text) => Some(text.to_string()),
        _ => None,
    });
    notes.collect()
}

#[test]
fn lines_print_what_bash_prints() {
    let cases = [
        ("echo a  b 'c  d' \"e  f\"", "a b c  d e  f\n", 0),
        ("echo -n a; echo -e 'b\\tc'; echo '-n'", "ab\tc\n", 0),
        ("x=1; echo $x ${x}2 '$x' \"$x\" \\$x $", "1 12 $x 1 $x $\n", 0),
        ("x='a  b'; echo $x; echo \"$x\"; echo $none\"\" x", "a b\na  b\n x\n", 0),
        ("echo $(echo a; echo b) \"$(echo a; echo b)\"", "a b a\nb\n", 0),
        ("echo `seq 0 2`", "0 1 2\n", 0),
        ("echo \"`echo \\`echo deep\\``\"", "deep\n", 0),
        ("for p in `seq 0 2`; do echo pod-$p; done", "pod-0\npod-1\npod-2\n", 0),
        ("for a in 1 2; do for b in x y; do echo $a$b; done; done", "1x\n1y\n2x\n2y\n", 0),
        ("for p in\n1 2\ndo echo; done", "", 2),
        ("for p in a b\ndo\n  echo $p  # a comment\ndone", "a\nb\n", 0),
        ("true && echo yes || echo no; false && echo yes || echo no", "yes\nno\n", 0),
        ("false; echo $?; true; echo $?", "1\n0\n", 0),
        ("x=$(false); echo $?; x=1; echo $?", "1\n0\n", 0),
        ("seq 3 | head -1; seq 10 | tail -n 2 | sort -r", "1\n9\n10\n", 0),
        ("for i in 3 1 2; do echo $i; done | sort | head -n 2", "1\n2\n", 0),
        ("seq 5 | grep -c . && seq 5 | grep 9 || echo none", "5\nnone\n", 0),
        ("cat <<EOF | wc -l\na\nb\nEOF", "2\n", 0),
        ("x=v; cat <<EOF\n$x \\$x $(echo $x)\nEOF\necho after", "v $x v\nafter\n", 0),
        ("cat <<'EOF'\n$x `y`\nEOF", "$x `y`\n", 0),
        ("cat <<-EOF\n\ta\n\tEOF", "a\n", 0),
        ("cat <<EOF > a.txt && cat a.txt\nhi\nEOF", "hi\n", 0),
        ("echo 1 > n; echo 2 >> n; cat < n; rm n; ls", "1\n2\nweb.yaml\n", 0),
        ("nope 2>/dev/null; nope 2>&1 | wc -l; echo x >/dev/null", "1\n", 0),
        ("cat web.yaml ./web.yaml", "kind: Pod\nkind: Pod\n", 0),
        ("seq 2 -1 0; seq 1 0", "2\n1\n0\n", 0),
        ("echo pv00{1..3} {a,b}c", "pv001 pv002 pv003 ac bc\n", 0),
        ("date; sleep 90; date +%H:%M", "Thu Jan  1 00:00:00 UTC 2026\n00:01\n", 0),
        ("echo a\\\nb # no more", "ab\n", 0),
        ("echo 'it is 2'>f 2; cat f", "it is 2 2\n", 0),
        ("", "", 0),
    ];
    for (line, out, status) in cases {
        let (printed, err, exit) = run(&mut session(), line);
        assert_eq!((printed.as_str(), exit.unwrap_or(0)), (out, status), "{line}\n{err}");
    }
}

#[test]
fn errors_are_worded_as_bash_words_them() {
    let cases = [
        ("foo bar", "bash: foo: command not found\n", 127),
        ("for p in 1; done", "bash: syntax error near unexpected token `done'\n", 2),
        ("echo 'a", "bash: unexpected EOF while looking for matching `''\n", 2),
        ("cat none.yaml", "cat: none.yaml: No such file or directory\n", 1),
        ("cat < none.yaml", "bash: none.yaml: No such file or directory\n", 1),
        ("echo a > b/c", "bash: b/c: No such file or directory\n", 1),
        ("ls none.yaml", "ls: cannot access 'none.yaml': No such file or directory\n", 2),
        ("sleep soon", "sleep: invalid time interval ‘soon’\n", 1),
        ("grep -Z", "grep: invalid option -- 'Z'\n", 2),
        ("seq 1 | grep -Z x", "grep: invalid option -- 'Z'\n", 2),
    ];
    for (line, message, status) in cases {
        let (out, err, exit) = run(&mut session(), line);
        assert_eq!((out.as_str(), err.as_str(), exit), ("", message, Some(status)), "{line}");
    }
}

#[test]
fn what_bash_has_and_this_shell_has_not_is_said() {
    let cases = [
        ("foo", "here there are: kubectl cat clear"),
        ("vim stateful-demo.yaml", "the editor's tabs are the files"),
        ("while true; do echo; done", "this small shell has no `while`"),
        ("kubectl get pods &", "this shell runs nothing in the background"),
        ("cat <(echo)", "this shell does not redirect with <("),
        ("(echo a)", "this small shell has no `(`"),
    ];
    for (line, start) in cases {
        let mut session = session();
        run(&mut session, line);
        let notes = notes(&session);
        assert!(notes.iter().any(|note| note.starts_with(start)), "{line}: {notes:?}");
    }
}

#[test]
fn work_is_bounded() {
    let nested: String = (0..6).map(|n| format!("for v{n} in `seq 100`; do ")).collect();
    let cases = [
        (format!("{nested} echo; {}", "done; ".repeat(6)), "a line may run 5000 commands"),
        (format!("{nested} x=1; {}", "done; ".repeat(6)), "a line may take 500000 steps"),
        ("x=xxxxxxxxxxxxxxxx; for i in `seq 40`; do x=$x$x; done".to_owned(), "a word may have 1024 KiB"),
        (
            format!("x={}; for i in `seq 100`; do echo $x; done", "x".repeat(1 << 19)),
            "a line may write 16 MiB",
        ),
        ("x".repeat(2 << 20), "this shell takes up to 1024 KiB"),
    ];
    for (line, message) in cases {
        let mut session = session();
        run(&mut session, &line);
        assert!(
            notes(&session).iter().any(|note| note.contains(message)),
            "{message}: {:?}",
            notes(&session)
        );
        assert_eq!(run(&mut session, "echo on").0, "on\n");
    }
    assert!(run(&mut session(), "seq 99999999").1.contains("at most 100000 numbers"));
}

#[test]
fn history_and_help() {
    let mut session = session();
    run(&mut session, "echo a");
    assert_eq!(run(&mut session, "history").0, "    1  echo a\n    2  history\n");
    assert!(run(&mut session, "help").0.contains("kubectl"));
    run(&mut session, "clear");
    assert_eq!(
        session.log().iter().map(|entry| entry.content.clone()).collect::<Vec<_>>(),
        [Content::Exit(0)]
    );
}

#[test]
fn ctrl_c_ends_the_line_and_the_next_one_begins() {
    let mut session = session();
    session.run("sleep 60; echo never");
    session.run("echo next $?");
    assert_eq!(session.running().expect("it sleeps").queued, 1);
    session.advance(1000);
    session.interrupt();
    let entries: Vec<Content> = session.log().iter().map(|entry| entry.content.clone()).collect();
    let expected = [
        Content::Command("sleep 60; echo never".into()),
        Content::Note("queued until this ends: sleep 60; echo never".into()),
        Content::Err("^C\n".into()),
        Content::Exit(130),
        Content::Command("echo next $?".into()),
        Content::Out("next 130\n".into()),
        Content::Exit(0),
    ];
    assert_eq!(entries, expected);
}
