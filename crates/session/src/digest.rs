//! A hash that is the same on every machine, to compare sessions.

use crate::terminal::{Content, Entry};

/// FNV-1a, 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Digest {
        Digest(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Takes bytes in, and where they end.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Takes a number in.
    pub fn add_number(&mut self, number: u64) {
        self.add(&number.to_le_bytes());
    }

    /// Takes an entry of the terminal's log in, with its time.
    pub fn add_entry(&mut self, entry: &Entry) {
        self.add_number(entry.at.as_millisecond().cast_unsigned());
        let (kind, text) = match &entry.content {
            Content::Command(text) => (0, &**text),
            Content::Out(text) => (1, &**text),
            Content::Err(text) => (2, &**text),
            Content::Note(text) => (3, &**text),
            Content::Exit(status) => (u64::from(status.cast_unsigned()) << 3 | 4, ""),
        };
        self.add_number(kind);
        self.add(text.as_bytes());
    }

    /// The hash of everything taken in.
    pub fn value(self) -> u64 {
        self.0
    }
}
