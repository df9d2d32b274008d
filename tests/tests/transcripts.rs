//! The terminal answers as the transcripts say; `UPDATE_EXPECT=1` writes down what it answers now.

use std::path::PathBuf;

use tests::transcript::{Transcript, difference};

fn transcripts() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/transcripts");
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths
}

#[test]
fn transcripts_are_what_the_terminal_answers() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut failures = String::new();
    let paths = transcripts();
    assert!(!paths.is_empty());
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("can be read");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let transcript = Transcript::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let played = transcript.play();
        if update {
            std::fs::write(&path, &played).expect("can be written");
        } else if let Some(difference) = difference(&text, &played) {
            failures.push_str(&format!("\n{name} {difference}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{failures}\nIf that is right: UPDATE_EXPECT=1 cargo test -p tests --test transcripts"
    );
}
