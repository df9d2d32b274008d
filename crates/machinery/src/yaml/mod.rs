//! YAML as kubectl reads and prints it.
//!
//! [`documents`] splits a file and reads each document; [`to_yaml`] and [`to_kyaml`] print. Text becomes nodes with
//! places (`compose` over libyaml's events, or `json_text`), nodes become JSON (`convert`), so that errors come in
//! upstream's order: all of the syntax first, then what aliases, tags and keys say, then what JSON cannot hold.

mod compose;
mod convert;
mod documents;
mod error;
mod events;
mod json_text;
mod kyaml;
mod node;
mod print;
mod scalar;

pub use documents::{Document, Documents, MAX_BYTES, documents, documents_in};
pub use error::YamlError;
pub use json_text::unmarshal_problem;
pub use kyaml::to_kyaml;
pub use node::{Place, Position, Span};
pub use print::to_yaml;
