//! The JS API: a StatefulSet playground cluster in a tab or a test.
//!
//! [`Cluster`] is a thin shell: values come in and go out as plain JS objects whose types stand in `types.d.ts`, errors
//! are JS `Error`s, and everything else is `session`'s. Invariant: no state besides the session, so the same calls give
//! the same answers as natively.

mod dto;

pub use dto::{ClusterOptions, RunOptions, RunResult, Snapshot};

use cluster::Fault;
use machinery::{Kind, Object, ObjectKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use session::Session;
use wasm_bindgen::prelude::*;

/// The TypeScript types of what comes in and goes out.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = include_str!("types.d.ts");

/// The most virtual time that one call lets pass, in seconds: 30 days.
const LIMIT_SECONDS: f64 = 2_592_000.0;
/// Virtual seconds after which a command is stopped, unless said otherwise.
const TIMEOUT_SECONDS: f64 = 600.0;
/// The file that [`Cluster::apply`] writes.
const MANIFEST: &str = "manifest.yaml";

/// A simulated cluster with a terminal: it lives in this tab, and its clock moves only when told to.
#[wasm_bindgen]
pub struct Cluster {
    session: Session,
}

#[wasm_bindgen]
impl Cluster {
    /// Starts a cluster.
    ///
    /// # Errors
    /// An unknown option, version or start world.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_optional_param_type = "ClusterOptions")] options: JsValue,
    ) -> Result<Cluster, JsError> {
        let options: ClusterOptions = read("options", options)?;
        let start = options.start().map_err(|message| JsError::new(&message))?;
        Ok(Cluster { session: Session::new(start) })
    }

    /// Writes a file that commands can name.
    ///
    /// # Errors
    /// A name that is none, or a text that is too long.
    #[wasm_bindgen(js_name = writeFile)]
    pub fn write_file(&mut self, name: &str, text: &str) -> Result<(), JsError> {
        self.session.files().check(name, text).map_err(|message| JsError::new(&message))?;
        self.session.write_file(name, text);
        Ok(())
    }

    /// Runs a command line (`kubectl apply -f web.yaml`) and lets virtual time pass until it ends. A command that
    /// only another one could end, or that takes longer than `timeoutSeconds` (600), is stopped as by Ctrl-C.
    ///
    /// # Errors
    /// Wrong options. A command that fails is no error: see `exitCode`.
    #[wasm_bindgen(unchecked_return_type = "RunResult")]
    pub fn run(
        &mut self,
        line: &str,
        #[wasm_bindgen(unchecked_optional_param_type = "RunOptions")] options: JsValue,
    ) -> Result<JsValue, JsError> {
        let options: RunOptions = read("options", options)?;
        let timeout = milliseconds("timeoutSeconds", options.timeout_seconds.unwrap_or(TIMEOUT_SECONDS))?;
        write(&dto::run(&mut self.session, line, timeout))
    }

    /// Applies a manifest, as `kubectl apply -f -` does.
    ///
    /// # Errors
    /// A text that is too long. A manifest that is refused is no error: see `exitCode`.
    #[wasm_bindgen(unchecked_return_type = "RunResult")]
    pub fn apply(&mut self, manifest: &str) -> Result<JsValue, JsError> {
        self.write_file(MANIFEST, manifest)?;
        self.run(&format!("kubectl apply -f {MANIFEST}"), JsValue::UNDEFINED)
    }

    /// Breaks something on purpose, or heals it. It is part of the session's course of events, like a command.
    ///
    /// # Errors
    /// What is no fault, or a crash or an eviction of a pod that does not run.
    pub fn fault(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Fault")] fault: JsValue,
    ) -> Result<(), JsError> {
        let fault: Fault = read_json("fault", fault)?;
        // Tried on a copy, so that what cannot be broken leaves no trace.
        self.session.world().clone().inject(&fault).map_err(|message| JsError::new(&message))?;
        self.session.fault(fault);
        Ok(())
    }

    /// What is broken on purpose.
    ///
    /// # Errors
    /// None that could be met.
    #[wasm_bindgen(unchecked_return_type = "Defect[]")]
    pub fn defects(&self) -> Result<JsValue, JsError> {
        write(self.session.world().defects())
    }

    /// Lets virtual time pass.
    ///
    /// # Errors
    /// A number of seconds that is negative, or more than 30 days.
    pub fn advance(&mut self, seconds: f64) -> Result<(), JsError> {
        self.session.advance(milliseconds("seconds", seconds)?);
        Ok(())
    }

    /// Lets virtual time pass until nothing moves by itself any more but periodic work and late retries, at most so many
    /// seconds (600). Whether it came to that.
    ///
    /// # Errors
    /// A number of seconds that is negative, or more than 30 days.
    pub fn settle(&mut self, limit_seconds: Option<f64>) -> Result<bool, JsError> {
        let limit = milliseconds("limitSeconds", limit_seconds.unwrap_or(TIMEOUT_SECONDS))?;
        Ok(self.session.run_until_quiet(limit))
    }

    /// The virtual time, as `2026-01-01T00:01:00Z`.
    pub fn now(&self) -> String {
        self.session.now().to_string()
    }

    /// Everything that is stored, and the time.
    ///
    /// # Errors
    /// None that could be met.
    #[wasm_bindgen(unchecked_return_type = "Snapshot")]
    pub fn snapshot(&self) -> Result<JsValue, JsError> {
        write(&Snapshot::of(&self.session))
    }

    /// The objects of a kind, by namespace and name; of one namespace, if one is given.
    ///
    /// # Errors
    /// A kind that does not exist here.
    #[wasm_bindgen(unchecked_return_type = "KubernetesObject[]")]
    pub fn list(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Kind")] kind: &str,
        namespace: Option<String>,
    ) -> Result<JsValue, JsError> {
        let kind = known(kind)?;
        let of_kind = self.session.world().server().all().filter(|object| object.kind() == kind);
        let here = of_kind.filter(|object| namespace.as_deref().is_none_or(|n| object.namespace() == n));
        write(&here.map(Object::to_value).collect::<Vec<_>>())
    }

    /// Why things are as they are: what each controller decided about each object in its last sync.
    ///
    /// # Errors
    /// None that could be met.
    #[wasm_bindgen(unchecked_return_type = "Decision[]")]
    pub fn decisions(&self) -> Result<JsValue, JsError> {
        write(&dto::decisions(&self.session))
    }

    /// The addresses that a pod of that namespace gets for a name, by its hosts file and search path; none if it does not
    /// resolve.
    ///
    /// # Errors
    /// A pod that is not there.
    pub fn resolve(&self, namespace: &str, pod: &str, name: &str) -> Result<Vec<String>, JsError> {
        dto::resolve(&self.session, namespace, pod, name).map_err(|message| JsError::new(&message))
    }

    /// What CoreDNS answers about a full name; the type is A unless another is given.
    ///
    /// # Errors
    /// A record type that does not exist.
    #[wasm_bindgen(unchecked_return_type = "DnsAnswer")]
    pub fn dig(&self, name: &str, record_type: Option<String>) -> Result<JsValue, JsError> {
        let answer = dto::dig(&self.session, name, record_type.as_deref().unwrap_or("A"));
        write(&answer.map_err(|message| JsError::new(&message))?)
    }

    /// One object as Kubernetes gives it as JSON; `undefined` if there is none. The namespace of what lives in none is `""`.
    ///
    /// # Errors
    /// A kind that does not exist here.
    #[wasm_bindgen(unchecked_return_type = "KubernetesObject | undefined")]
    pub fn get(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Kind")] kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<JsValue, JsError> {
        match self.session.world().server().object(&ObjectKey::new(known(kind)?, namespace, name)) {
            Some(object) => write(&object.to_value()),
            None => Ok(JsValue::UNDEFINED),
        }
    }
}

fn known(kind: &str) -> Result<Kind, JsError> {
    let found = Kind::ALL.into_iter().find(|known| known.name() == kind);
    found.ok_or_else(|| {
        let names = Kind::ALL.map(Kind::name);
        JsError::new(&format!("there is no kind {kind:?} here; there are {}", names.join(", ")))
    })
}

fn read<T: DeserializeOwned + Default>(what: &str, value: JsValue) -> Result<T, JsError> {
    if value.is_undefined() || value.is_null() {
        return Ok(T::default());
    }
    read_json(what, value)
}

fn read_json<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, JsError> {
    // By way of JSON: reading a struct directly, serde-wasm-bindgen never looks at fields that the struct does not have.
    let json: serde_json::Value =
        serde_wasm_bindgen::from_value(value).map_err(|error| JsError::new(&format!("{what}: {error}")))?;
    serde_json::from_value(json).map_err(|error| JsError::new(&format!("{what}: {error}")))
}

fn write<T: Serialize>(value: &T) -> Result<JsValue, JsError> {
    value.serialize(&Serializer::json_compatible()).map_err(|error| JsError::new(&error.to_string()))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range has just been checked")]
fn milliseconds(what: &str, seconds: f64) -> Result<u64, JsError> {
    if (0.0..=LIMIT_SECONDS).contains(&seconds) {
        Ok((seconds * 1000.0).round() as u64)
    } else {
        Err(JsError::new(&format!("{what}: {seconds} is not between 0 and {LIMIT_SECONDS}")))
    }
}
