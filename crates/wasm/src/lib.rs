//! The JS API: a StatefulSet playground cluster in a tab or a test.
//!
//! [`Cluster`] is a thin shell: values come in and go out as plain JS objects whose types stand in `types.d.ts`, errors
//! are JS `Error`s, and everything else is `session`'s. Invariant: no state besides the session, so the same calls give
//! the same answers as natively.

mod dto;

pub use dto::{ClusterOptions, RunOptions};
pub use session::{RunResult, Snapshot};

use std::sync::Arc;

use cluster::Fault;
use machinery::{Kind, Object, ObjectKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use session::{Session, outcome};
use wasm_bindgen::prelude::*;

/// The TypeScript types of what comes in and goes out.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = include_str!("types.d.ts");

/// The type of what the package's own scripts export (`npm/`).
#[wasm_bindgen(typescript_custom_section)]
const SCRIPTS: &'static str = "
/** Reads the schema that the package brings along: once, for any number of clusters. */
export function loadSchema(): Promise<Schema>;
";

/// The most virtual time that one call lets pass, in seconds: 30 days.
const LIMIT_SECONDS: f64 = 2_592_000.0;
/// Virtual seconds after which a command is stopped, unless said otherwise.
const TIMEOUT_SECONDS: f64 = 600.0;
/// The file that [`Cluster::apply`] writes.
const MANIFEST: &str = "manifest.yaml";
/// What the first command is told that misses the schema.
const SCHEMA_MISSED: &str = "kubectl explain reads the schema: cluster.useSchema(await loadSchema())";

/// The schema of the API's kinds: what every field is for, as `kubectl explain` tells it.
#[wasm_bindgen]
pub struct Schema {
    schema: Arc<kubectl::Schema>,
}

#[wasm_bindgen]
impl Schema {
    /// Reads the text of the package's `schema.json`, as `loadSchema()` does.
    ///
    /// # Errors
    /// A text that is no such document.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "string")] document: &JsValue,
    ) -> Result<Schema, JsError> {
        let schema = kubectl::Schema::parse(&text("document", document)?)
            .map_err(|why| JsError::new(&format!("schema: {why}")))?;
        Ok(Schema { schema: Arc::new(schema) })
    }
}

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

    /// Gives commands the schema, without which `kubectl explain` fails.
    #[wasm_bindgen(js_name = useSchema)]
    pub fn use_schema(&mut self, schema: &Schema) {
        self.session.give_schema(schema.schema.clone());
    }

    /// Writes a file that commands can name.
    ///
    /// # Errors
    /// A name that is none, or a text that is too long.
    #[wasm_bindgen(js_name = writeFile)]
    pub fn write_file(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string")] name: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] content: &JsValue,
    ) -> Result<(), JsError> {
        self.write(&text("name", name)?, &text("content", content)?)
    }

    fn write(&mut self, name: &str, content: &str) -> Result<(), JsError> {
        self.session.files().check(name, content).map_err(|message| JsError::new(&message))?;
        self.session.write_file(name, content);
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
        #[wasm_bindgen(unchecked_param_type = "string")] line: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "RunOptions")] options: JsValue,
    ) -> Result<JsValue, JsError> {
        let options: RunOptions = read("options", options)?;
        let timeout = milliseconds("timeoutSeconds", options.timeout_seconds.unwrap_or(TIMEOUT_SECONDS))?;
        self.type_line(&text("line", line)?, timeout)
    }

    fn type_line(&mut self, line: &str, timeout_ms: u64) -> Result<JsValue, JsError> {
        let was_missed = self.session.schema().is_wanted();
        let mut result = outcome::run(&mut self.session, line, timeout_ms);
        if self.session.schema().is_wanted() && !was_missed {
            result.notes.push(SCHEMA_MISSED.to_owned());
        }
        write(&result)
    }

    /// Applies a manifest, as `kubectl apply -f -` does.
    ///
    /// # Errors
    /// A text that is too long. A manifest that is refused is no error: see `exitCode`.
    #[wasm_bindgen(unchecked_return_type = "RunResult")]
    pub fn apply(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string")] manifest: &JsValue,
    ) -> Result<JsValue, JsError> {
        self.write(MANIFEST, &text("manifest", manifest)?)?;
        self.type_line(&format!("kubectl apply -f {MANIFEST}"), milliseconds("timeout", TIMEOUT_SECONDS)?)
    }

    /// Breaks something on purpose, or heals it. It is part of the session's course of events, like a command.
    ///
    /// # Errors
    /// What is no fault; a crash or an eviction of a pod that does not run; a node to go down that is not there.
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
        #[wasm_bindgen(unchecked_param_type = "Kind")] kind: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] namespace: &JsValue,
    ) -> Result<JsValue, JsError> {
        let (kind, namespace) = (known(kind)?, optional_text("namespace", namespace)?);
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
    pub fn resolve(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] namespace: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] pod: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] name: &JsValue,
    ) -> Result<Vec<String>, JsError> {
        let [namespace, pod, name] = [text("namespace", namespace)?, text("pod", pod)?, text("name", name)?];
        dto::resolve(&self.session, &namespace, &pod, &name).map_err(|message| JsError::new(&message))
    }

    /// What CoreDNS answers about a full name; the type is A unless another is given.
    ///
    /// # Errors
    /// A record type that does not exist.
    #[wasm_bindgen(unchecked_return_type = "DnsAnswer")]
    pub fn dig(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] name: &JsValue,
        #[wasm_bindgen(js_name = type, unchecked_optional_param_type = "string | null")]
        record_type: &JsValue,
    ) -> Result<JsValue, JsError> {
        let record_type = optional_text("type", record_type)?;
        let answer = dto::dig(&self.session, &text("name", name)?, record_type.as_deref().unwrap_or("A"));
        write(&answer.map_err(|message| JsError::new(&message))?)
    }

    /// One object as Kubernetes gives it as JSON; `undefined` if there is none. The namespace of what lives in none is `""`.
    ///
    /// # Errors
    /// A kind that does not exist here.
    #[wasm_bindgen(unchecked_return_type = "KubernetesObject | undefined")]
    pub fn get(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Kind")] kind: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] namespace: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] name: &JsValue,
    ) -> Result<JsValue, JsError> {
        let key = ObjectKey::new(known(kind)?, &text("namespace", namespace)?, &text("name", name)?);
        match self.session.world().server().object(&key) {
            Some(object) => write(&object.to_value()),
            None => Ok(JsValue::UNDEFINED),
        }
    }
}

/// A string. Parameters are declared as `JsValue`s: what is no string would be read as one, from beyond the memory that is ours.
fn text(what: &str, value: &JsValue) -> Result<String, JsError> {
    value.as_string().ok_or_else(|| JsError::new(&format!("{what}: a string is wanted here, not {value:?}")))
}

/// A string, if there is one.
fn optional_text(what: &str, value: &JsValue) -> Result<Option<String>, JsError> {
    if value.is_undefined() || value.is_null() { Ok(None) } else { text(what, value).map(Some) }
}

fn known(kind: &JsValue) -> Result<Kind, JsError> {
    let kind = text("kind", kind)?;
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
