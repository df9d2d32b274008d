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
        ("seq 2 -1 0; seq 1 0; seq 200000 1", "2\n1\n0\n", 0),
        ("printf '%05d|%-5d|%5d\n' -3 -3 -3", "-0003|-3   |   -3\n", 0),
        (
            "echo abc | awk '{print substr($0,0,2) substr($0,2), n == 0, n == \"\", $9 == 0}'",
            "abc 1 1 1\n",
            0,
        ),
        ("kubectl get ns -w -o name | sed 4q | tail -n1", "namespace/kube-system\n", 0),
        (
            "kubectl get ns -w -o name | grep -m1 -A1 public",
            "namespace/kube-public\nnamespace/kube-system\n",
            0,
        ),
        ("seq 5 | grep -m1 -A1 3; seq 3 | sed -n '$p'", "3\n4\n3\n", 0),
        ("echo pv00{1..3} {a,b}c", "pv001 pv002 pv003 ac bc\n", 0),
        ("date; sleep 90; date +%H:%M", "Thu Jan  1 00:00:00 UTC 2026\n00:01\n", 0),
        ("echo a\\\nb # no more", "ab\n", 0),
        ("echo 'it is 2'>f 2; cat f", "it is 2 2\n", 0),
        ("", "", 0),
        // Conditions and loops.
        ("if true; then echo yes; else echo no; fi", "yes\n", 0),
        ("if false; then echo a; elif [ 1 -lt 2 ]; then echo b; else echo c; fi", "b\n", 0),
        ("if false; then echo a; fi; echo $?", "0\n", 0),
        ("i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done", "0\n1\n2\n", 0),
        ("i=3; until [ $i = 0 ]; do i=$((i - 1)); done; echo $i $?", "0 0\n", 0),
        (
            "for i in 1 2 3 4; do if [ $i = 2 ]; then continue; fi; if [ $i = 4 ]; then break; fi; echo $i; done",
            "1\n3\n",
            0,
        ),
        ("for a in 1 2; do for b in 1 2; do break 2; done; echo never; done; echo end", "end\n", 0),
        ("while true; do echo once; break; done > f; cat f", "once\n", 0),
        ("seq 3 | while read n; do echo n=$n; done", "n=1\nn=2\nn=3\n", 0),
        ("echo a b c | while read x y; do echo $y $x; done", "b c a\n", 0),
        ("for i in 2 1; do echo $i; done | while read n; do echo -n $n; done | cat", "21", 0),
        ("while read l; do echo \"<$l>\"; done <<EOF\na\nb\nEOF", "<a>\n<b>\n", 0),
        ("{ echo a; echo b; } | wc -l; (x=1; echo $x); echo \"[$x]\"", "2\n1\n[]\n", 0),
        ("! true; echo $?; ! false; echo $?", "1\n0\n", 0),
        ("echo a; exit 3; echo b", "a\n", 3),
        ("x=$(exit 4); echo $?", "4\n", 0),
        // Subshells: what `exit` ends, and what is forgotten.
        ("(echo hi; exit 3) | sort; echo after", "hi\nafter\n", 0),
        ("(echo hi; exit 3; echo no); echo $?; (exit); echo $?", "hi\n3\n0\n", 0),
        ("echo b a | { tr ' ' '\\n'; exit 1; } | sort; echo $?", "a\nb\n0\n", 0),
        ("seq 3 | while read n; do echo $n; exit 2; done; echo $?", "1\n2\n", 0),
        ("echo x | exit 3; echo $?; echo a$(echo b; exit 1)c", "3\nabc\n", 0),
        ("{ echo in; exit 5; } > f; echo no", "", 5),
        ("x=1; (x=2; echo $x); echo $x; y=$(x=3; echo $x); echo $x $y", "2\n1\n1 3\n", 0),
        ("x=1; echo 2 | read x; echo $x", "1\n", 0),
        ("for i in 1 2; do (echo $i; break; echo no); done; echo end", "1\n2\nend\n", 0),
        ("for i in 1 2; do (for j in a b; do echo $i$j; continue 2; done; echo no); done", "1a\n2a\n", 0),
        ("for i in 1 2; do echo $(for j in a b; do echo $j; break; done); done", "a\na\n", 0),
        ("echo a b | xargs -n1 exit 2>&1 | wc -l; echo on", "2\non\n", 0),
        ("echo a b | xargs -n1 sh -c 'echo one; exit 1'; echo $?", "one\none\n123\n", 0),
        ("eval 'cat < none' 2>/dev/null; echo on", "on\n", 0),
        // Expansions.
        ("echo $((1 + 2 * 3)) $(( (1+2)*3 )) \"$((7/2))\"", "7 9 3\n", 0),
        ("x=web-10; echo ${x#*-} ${x%-*} ${#x} ${y:-none} ${x:+set} ${y:+set}", "10 web 6 none set\n", 0),
        ("f=a.b.c; echo ${f%.*} ${f%%.*} ${f#*.} ${f##*.}", "a.b a b.c c\n", 0),
        ("echo *.yaml w* '*' none*; echo \"*\"", "web.yaml web.yaml * none*\n*\n", 0),
        ("cat <<< \"a b\"; cat <<< $(echo c)", "a b\nc\n", 0),
        ("echo to-errors >&2; echo x &>/dev/null; nope &> f; cat f | wc -l", "1\n", 0),
        // Other commands.
        (
            "printf '%s-%s\\n' a b c d; printf '%3d|%-3s|%05.1f\\n' 7 x 2.25; printf hi",
            "a-b\nc-d\n  7|x  |002.2\nhi",
            0,
        ),
        (
            "alias ll='ls -1'; alias; ll; unalias ll; type kubectl",
            "alias ll='ls -1'\nweb.yaml\nkubectl is /usr/bin/kubectl\n",
            0,
        ),
        (
            "alias kg='kubectl get'; kg pods -n default --no-headers 2>&1",
            "No resources found in default namespace.\n",
            0,
        ),
        ("export A=1 B=2; unset A; env", "B=2\n", 0),
        (
            "[ -f web.yaml ] && echo there; test -f none || echo missing; [ a = b ] || echo no",
            "there\nmissing\nno\n",
            0,
        ),
        ("[ -n \"\" -o 1 -eq 1 ] && echo or; [ ! -z x -a a != b ] && echo and", "or\nand\n", 0),
        ("touch t; cp web.yaml c; mv c d; ls; rm t d", "d\nt\nweb.yaml\n", 0),
        ("echo x | tee a | cat - ; cat a; echo y | tee -a a > /dev/null; cat a", "x\nx\nx\ny\n", 0),
        (
            "seq 3 | xargs; seq 3 | xargs -n1 echo n; seq 2 | xargs -I{} echo p-{}; echo | xargs -r echo",
            "1 2 3\nn 1\nn 2\nn 3\np-1\np-2\n",
            0,
        ),
        ("echo none | xargs kubectl get pod 2>/dev/null; echo $?", "123\n", 0),
        (
            "sh -c 'echo in; exit 2'; echo $?; eval 'y=5; echo' '$y'; bash -c 'seq 2' | tac",
            "in\n2\n5\n2\n1\n",
            0,
        ),
        ("kubectl get ns --no-headers | awk '{print $1}' | sort -r | head -1", "kube-system\n", 0),
        ("kubectl get ns -o name | sed 's|namespace/||' | grep -c kube", "3\n", 0),
        (
            "kubectl get ns | awk 'NR>1 {n++} END {print n}'; kubectl get ns | grep -n default | cut -d: -f1",
            "4\n2\n",
            0,
        ),
        ("echo b a b | tr ' ' '\\n' | sort | uniq -c | awk '{print $2\"=\"$1}'", "a=1\nb=2\n", 0),
        ("pwd; whoami; hostname", "/root\nroot\nplayground\n", 0),
        ("timeout 3 watch -n1 date +%S | grep -c Every; echo $?", "3\n0\n", 0),
        ("timeout 5 echo hi; sleep 10; echo done $?; date +%S", "hi\ndone 0\n10\n", 0),
        ("timeout 100 timeout 5 sleep 50; echo $?; date +%S", "124\n05\n", 0),
        ("timeout 5 timeout 100 sleep 50; echo $?; date +%S", "124\n05\n", 0),
        ("echo 9 8 | timeout 12 xargs -n1 timeout 5 sleep; echo $?; date +%S", "123\n10\n", 0),
        ("echo 9 8 | timeout 7 xargs -n1 sleep; echo $?; date +%S", "124\n07\n", 0),
        ("timeout 0 sleep 9; echo $?; date +%S; echo x | timeout 5 cat", "0\n09\nx\n", 0),
        ("watch -n1 date | grep Every | head -1 | cut -c1-5", "Every\n", 0),
        ("watch date | grep -q Every | tr a b; echo $?", "0\n", 0),
        ("x=$(seq 100000); echo ${x##*9}; echo ${x%%?2*}; echo ${x#*b} | wc -w", "100000\n1\n100000\n", 0),
        (
            "[ a = b -o ! a = b ] && echo not; [ ! ! x ] && echo twice; [ ! ] && echo word",
            "not\ntwice\nword\n",
            0,
        ),
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
        ("[ 1 -lt", "bash: [: missing `]'\n", 2),
        ("[ a -lt 1 ]", "bash: [: a: integer expression expected\n", 2),
        ("[ a b c d ]", "bash: [: too many arguments\n", 2),
        ("echo $((1/0))", "bash: 1/0: division by 0 (error token is \"0\")\n", 1),
        ("echo $((1+))", "bash: 1+: syntax error: operand expected (error token is \"\")\n", 1),
        ("unalias none", "bash: unalias: none: not found\n", 1),
        ("mv none x", "mv: cannot stat 'none': No such file or directory\n", 1),
        ("cut a", "cut: you must specify a list of bytes, characters, or fields\n", 2),
        ("echo a | cut", "cut: you must specify a list of bytes, characters, or fields\n", 2),
        ("printf", "printf: usage: printf FORMAT [WORD]…\n", 1),
        ("xargs -Z", "xargs: invalid option -- 'Z'\n", 1),
        ("echo a | xargs -é", "xargs: invalid option -- 'é'\n", 1),
        ("echo a | xargs -ｎ1", "xargs: invalid option -- 'ｎ1'\n", 1),
        ("echo a | xargs -n", "xargs: option requires an argument -- 'n'\n", 1),
        ("seq 2000 | xargs -n1", "xargs: 2000 commands; here it runs at most 1000\n", 1),
        ("echo a | xargs -I ''", "xargs: -I: a word has to stand there\n", 1),
    ];
    for (line, message, status) in cases {
        let (out, err, exit) = run(&mut session(), line);
        assert_eq!((out.as_str(), err.as_str(), exit), ("", message, Some(status)), "{line}");
    }
}

#[test]
fn what_bash_has_and_this_shell_has_not_is_said() {
    let cases = [
        ("foo", "here there are: kubectl [ alias awk"),
        ("vim stateful-demo.yaml", "the editor's tabs are the files"),
        ("case a in a) echo; esac", "this small shell has no `case`"),
        ("f() { echo; }", "this small shell has no functions"),
        ("kubectl get pods &", "this shell runs nothing in the background"),
        ("cat <(echo)", "this shell does not redirect with <("),
        ("echo ${a^^}", "of ${…} this shell knows"),
        ("nope 2> f", "this shell does not redirect with 2>"),
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
        ("while true; do echo; done".to_owned(), "a line may run 5000 commands"),
        ("x=1; while x=$x; do :; done".to_owned(), "a line may run 5000 commands"),
        (
            "eval 'eval \"eval eval eval eval eval eval eval eval echo\"'".to_owned(),
            "shells run at most 5 deep",
        ),
        ("x=xxxxxxxxxxxxxxxx; for i in `seq 40`; do x=$x$x; done".to_owned(), "a word may have 1024 KiB"),
        (
            format!("x={}; for i in `seq 100`; do echo $x; done", "x".repeat(1 << 19)),
            "a line may write 16 MiB",
        ),
        ("x".repeat(2 << 20), "this shell takes up to 1024 KiB"),
        ("while true; do eval 'while x=1; do y=2; done'; done".to_owned(), "a line may take 500000 steps"),
        ("eval 'while true; do sh -c \"echo\"; done'".to_owned(), "a line may run 5000 commands"),
        ("while true; do seq 100000; done | sh -c 'cat'".to_owned(), "a line may write 16 MiB"),
        (format!("x=$(seq 100000); echo {}", "$x ".repeat(1000)), "a line may put 32 MiB into words"),
        (
            "x=$(seq 100000); for i in $(seq 4000); do eval \"y$i=\\$x\"; done".to_owned(),
            "all variables together may have 4 MiB",
        ),
        (
            format!("x=$(seq 100000); echo ${{x##{}}}", "*a".repeat(1000)),
            "too long a text for so long a pattern",
        ),
        (format!("x=$(seq 100000); while y=$(({})); do :; done", "x+".repeat(10_000) + "1"), "a line may"),
        ("seq 100000 | awk '{s = s $1 s}'".to_owned(), "a line or value in a filter may have 1024 KiB"),
        (format!("echo a > f; cat f | sed '{}'", "s/a/aa/g;".repeat(40)), "a line or value in a filter"),
        (format!("seq 100000 > f; cat {}", "f ".repeat(10_000)), "a line may"),
        (format!("echo a {}", "| cat ".repeat(40_000)), "becomes a program of more than 4 MiB"),
        (
            format!("for i in $(seq 4000); do echo; done {}", "| cat ".repeat(10_000)),
            "a line may write 16 MiB",
        ),
        ("seq 100000 > f; while x=1 < f; do x=2; done".to_owned(), "a line may take 500000 steps"),
        (format!("{}sleep 1", "timeout 5 ".repeat(10_000)), "shells run at most 5 deep"),
        (format!("[ {} x ]; while true; do :; done", "! ".repeat(20_000)), "a line may run 5000 commands"),
        (format!("[ x {}]; while true; do :; done", "-o x ".repeat(20_000)), "a line may run 5000 commands"),
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
    assert!(run(&mut session(), "printf '%s%999999d' $(seq 9999)").1.contains("at most 1024 KiB"));
    let places = format!("seq 1000 | xargs -I {{}} echo {}", "{}".repeat(10_000));
    assert!(run(&mut session(), &places).1.contains("here all commands together may have 4096 KiB"));
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
fn what_help_lists_is_there() {
    let (help, ..) = run(&mut session(), "help");
    let names: Vec<&str> =
        help.lines().skip(1).map_while(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    assert!(names.contains(&"whoami") && names.contains(&"xargs"), "{help}");
    for name in names {
        let mut session = session();
        session.run(&format!("echo | {name} nope; echo nope | {name}"));
        session.advance(1000);
        session.interrupt();
        let said: String = session.log().iter().map(|entry| format!("{:?}", entry.content)).collect();
        assert!(!said.contains(&format!("{name}: command not found")), "{said}");
    }
}

#[test]
fn what_holds_for_a_part_of_a_line_does_not_outlive_it() {
    for (line, left) in [
        ("A=2 kubectl get po -w", "1"),
        ("(A=2; sleep 60)", "1"),
        ("A=2; (A=3; sleep 60)", "2"),
        ("A=2; A=3 sh -c 'sleep 60'", "2"),
        ("A=2; sh -c '(A=3; sleep 60)'", "2"),
        ("for i in 1 2; do A=2 break; done", "1"),
        ("A=2; for i in 1 2; do A=3 continue; done", "2"),
    ] {
        let mut session = session();
        session.run("A=1");
        session.run(line);
        session.advance(1000);
        session.interrupt();
        assert_eq!(run(&mut session, "echo $A").0, format!("{left}\n"), "{line}");
    }
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
