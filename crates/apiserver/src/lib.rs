//! The API server: store, defaulting, admission, validation, deletion.
