//! apimachinery's part: objects, errors, decoding, selectors, quantities, patches.
//!
//! Knows the shape of every kind and the behaviour of none. Invariant: no clock, no randomness, no I/O.

pub mod decision;
pub mod decode;
pub mod endpoint_slice;
pub mod field;
pub mod fields;
pub mod go_text;
pub mod go_value;
pub mod image;
pub mod json;
pub mod labels;
pub mod managed_fields;
pub mod names;
pub mod object;
pub mod patch;
pub mod quantity;
pub mod scheme;
pub mod shared;
pub mod status;
pub mod structured_merge;
pub mod taints;
pub mod text_diff;
pub mod time;
pub mod version;
pub mod yaml;

pub use endpoint_slice::EndpointSlice;
pub use object::{KeyRef, Object, ObjectKey, Resource};
pub use scheme::Kind;
pub use status::Status;
