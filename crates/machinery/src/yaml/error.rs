//! Why a manifest cannot be read.

use std::fmt;

/// Why a document cannot be read. Its text is what kubectl prints after `error: error parsing FILE: `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    message: String,
    /// The line in the whole text where the problem is, from 1, where that is known. It can differ from the line in
    /// the message, which kubectl counts within the document, and sometimes one short.
    pub line: Option<usize>,
}

impl YamlError {
    pub(super) fn new(message: impl Into<String>, line: Option<usize>) -> YamlError {
        YamlError { message: message.into(), line }
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for YamlError {}
