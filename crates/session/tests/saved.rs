//! A saved session is the same session again, and a text that is none says what is wrong.

use cluster::Fault;
use session::{Saved, Session, Start};

fn played() -> Session {
    let mut session = Session::new(Start { seed: 7, ..Start::default() });
    session.write_file("note.txt", "remember");
    session.run("kubectl apply -f stateful-demo.yaml");
    session.advance(10_000);
    session.fault(Fault::Crash {
        namespace: "default".to_owned(),
        pod: "myapp-0".to_owned(),
        container: None,
        exit_code: 1,
    });
    session.run("kubectl get pods -w");
    session.advance(5_000);
    session.interrupt();
    session.advance(20_000);
    session
}

#[test]
fn the_same_session_again() {
    let live = played();
    let text = Saved::whole(&live).to_text();
    let (mut again, at_ms) = Saved::from_text(&text).expect("reads").open().expect("opens");
    assert!(again.is_past(), "nothing has been replayed yet");
    again.advance(at_ms);
    assert_eq!((again.now(), again.digest()), (live.now(), live.digest()));
    assert_eq!(Saved::whole(&again).to_text(), text);
}

#[test]
fn the_start_alone_has_the_files_and_no_history() {
    let saved = Saved::start_only(&played());
    assert_eq!(saved.contents(), (vec!["note.txt"], 0));
    let (mut session, at_ms) = saved.open().expect("opens");
    session.advance(at_ms);
    assert_eq!(session.files().get("note.txt"), Some("remember"));
    assert!(session.log().is_empty());
}

#[test]
fn what_cannot_be_opened_says_why() {
    let good = Saved::whole(&played()).to_text();
    let cases = [
        ("", "it is no JSON"),
        ("{}", "it is no saved world of petset"),
        (&good.replace("\"petset\":1", "\"petset\":9"), "newer petset (format 9)"),
        (&good.replace("\"manifest\"", "\"mars\""), "no start world is called"),
        (&good.replace("\"1.36\"", "\"1.20\""), "1.20"),
        (&good.replace("\"nodes\":3", "\"nodes\":4000000"), "at most 2000"),
        (&good.replace("\"seed\":7", "\"seed\":-7"), "invalid value"),
        (&good.replace("\"end\":", "\"end\":99999999999999,\"was\":"), "was"),
        (&good.replace("\"run\":", "\"fly\":"), "fly"),
        (&good.replace("[10000,", "[99000000,"), "order of their times"),
    ];
    for (text, expected) in cases {
        let said = Saved::from_text(text).expect_err(expected);
        assert!(said.contains(expected), "{said} does not say {expected}");
    }
    let mut session = played();
    assert_eq!(Saved::whole(&session).check_length(), Ok(()));
    session.advance(8 * 24 * 3_600_000);
    let long = Saved::whole(&session);
    assert_eq!(long.check_length(), Err("it lasts longer than a week".to_owned()));
    assert_eq!(long.open().err(), long.check_length().err());
    let long = format!("{}{}", " ".repeat(9 << 20), good);
    assert!(Saved::from_text(&long).expect_err("too long").contains("at most 8 MiB"));
}
