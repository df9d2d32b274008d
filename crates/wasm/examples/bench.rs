//! The bench's cases for Node.js: `cargo xtask bench` calls them from `bench.cjs`, where the clock is.

use tests::bench::{Bench, Case};
use wasm_bindgen::prelude::*;

/// The cases to measure as `CASE REPLICAS`; all if `wanted` is empty.
///
/// # Errors
/// A case that does not exist.
#[wasm_bindgen]
pub fn plan(wanted: &str) -> Result<Vec<String>, JsError> {
    let cases = match wanted {
        "" => Case::ALL.to_vec(),
        name => vec![name.parse().map_err(|problem: String| JsError::new(&problem))?],
    };
    let sizes =
        |case: &Case| case.sizes().iter().map(|replicas| format!("{case} {replicas}")).collect::<Vec<_>>();
    Ok(cases.iter().flat_map(sizes).collect())
}

/// A case, prepared: see [`tests::bench::Bench`].
#[wasm_bindgen]
pub struct Measured(Bench);

#[wasm_bindgen]
impl Measured {
    /// Everything up to where the measuring begins.
    ///
    /// # Errors
    /// A case that does not exist, or does not come to where it begins.
    #[wasm_bindgen(constructor)]
    pub fn new(case: &str, replicas: u32) -> Result<Measured, JsError> {
        let bench = case.parse().and_then(|case| Bench::prepare(case, replicas));
        bench.map(Measured).map_err(|problem| JsError::new(&problem))
    }

    /// How often the whole is measured.
    pub fn repeats(&self) -> u32 {
        self.0.repeats()
    }

    /// How many parts there are.
    pub fn rounds(&self) -> u32 {
        self.0.rounds()
    }

    /// Does one part.
    ///
    /// # Errors
    /// Where it does not come to its end.
    pub fn round(&mut self, number: u32) -> Result<(), JsError> {
        self.0.round(number).map_err(|problem| JsError::new(&problem))
    }

    /// A hash of where it ended.
    pub fn digest(&self) -> u64 {
        self.0.digest()
    }
}
