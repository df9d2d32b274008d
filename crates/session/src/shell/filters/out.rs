//! What a filter writes at once, and why it must not go on.

/// Most bytes that one line writes, to the terminal, to files and through pipes.
pub const OUTPUT_LIMIT: usize = 16 << 20;
/// What is said beyond it.
pub const OUTPUT_STOPPED: &str = "stopped: a line may write 16 MiB";
/// Most bytes of a line that a filter makes, or of another value in it.
pub(super) const VALUE_LIMIT: usize = 1 << 20;
/// What is said beyond it.
pub(super) const VALUE_STOPPED: &str = "stopped: a line or value in a filter may have 1024 KiB";

/// A text that takes at most [`OUTPUT_LIMIT`] bytes.
#[derive(Debug, Default)]
pub(super) struct Out {
    text: String,
    stopped: Option<&'static str>,
}

impl Out {
    pub(super) fn push_str(&mut self, text: &str) {
        if self.text.len() + text.len() > OUTPUT_LIMIT {
            self.stop(OUTPUT_STOPPED);
        }
        if !self.is_stopped() {
            self.text.push_str(text);
        }
    }

    /// A text, and the end of its line.
    pub(super) fn push_line(&mut self, text: &str) {
        self.push_str(text);
        self.push_str("\n");
    }

    /// The filter must not go on; only the first reason counts.
    pub(super) fn stop(&mut self, why: &'static str) {
        self.stopped.get_or_insert(why);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// The text.
    ///
    /// # Errors
    /// Why the filter must not go on.
    pub(super) fn done(self) -> Result<String, &'static str> {
        self.stopped.map_or(Ok(self.text), Err)
    }
}
