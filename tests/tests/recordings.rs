//! The engine does what a real control plane did: the recordings in `tests/conformance`, replayed.

use tests::conformance::{Trace, replay};

macro_rules! recorded {
    ($($name:ident: $file:literal),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let json = include_str!(concat!("../conformance/1.36/traces/", $file, ".json"));
                let trace = Trace::parse(json).expect("a recording");
                if let Err(difference) = replay(&trace) {
                    panic!("{}\n{difference}", trace.name);
                }
            }
        )*
    };
}

recorded! {
    seed_prelude: "00-seed-prelude",
    seed_demo: "01-seed-demo",
    seed_demo_headless: "01b-seed-demo-headless",
}
