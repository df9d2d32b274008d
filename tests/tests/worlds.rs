//! Random worlds in which a rule was broken once, cut down to the acts that it takes (`cargo xtask fuzz` leaves them so).

use std::fs;
use std::path::Path;

use tests::fuzz::{self, Script};

#[test]
fn what_broke_once_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("worlds");
    let files = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("a file").path());
    let mut count = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("a text");
        let script: Script = serde_json::from_str(&text).expect("a script");
        assert_eq!(fuzz::replay(&script), Ok(()), "{}", file.display());
        count += 1;
    }
    assert_eq!(count, 4);
}
