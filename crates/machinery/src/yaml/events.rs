//! libyaml's parser behind a safe interface: text in, events out.
//!
//! The only module with unsafe code: `libyaml-rs` is libyaml translated to Rust, pointers included. It is used because
//! kubectl's YAML library is a port of the same C code, and so finds the same errors in the same words.
//! Invariant: the parser stays at one address and does not outlive its text.

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use libyaml_rs as sys;

use super::node::Position;

/// What the parser found.
#[derive(Debug)]
pub(super) enum Event {
    Alias {
        anchor: String,
    },
    Scalar {
        anchor: Option<String>,
        tag: String,
        value: String,
        implicit: bool,
    },
    SequenceStart {
        anchor: Option<String>,
        flow: bool,
    },
    SequenceEnd,
    MappingStart {
        anchor: Option<String>,
        flow: bool,
    },
    MappingEnd,
    DocumentEnd,
    StreamEnd,
    /// Starts of the stream and of the document.
    Start,
}

/// An event and where it is.
#[derive(Debug)]
pub(super) struct Located {
    pub event: Event,
    pub start: Position,
    pub end: Position,
}

/// What is wrong with the text, and where; lines from 0.
#[derive(Debug)]
pub(super) struct Problem {
    pub text: String,
    pub line: usize,
    pub context_line: usize,
    /// Found by the scanner, which does not count the line it is in.
    pub by_scanner: bool,
    /// The byte at which the reader stopped, 0 if the problem is another.
    pub offset: usize,
}

/// A parser of one text.
pub(super) struct Parser<'a> {
    // Boxed: the parser holds a pointer to itself.
    raw: Box<MaybeUninit<sys::yaml_parser_t>>,
    text: PhantomData<&'a str>,
}

#[allow(unsafe_code, reason = "libyaml-rs has a C interface")]
impl<'a> Parser<'a> {
    /// A parser at the start of the text.
    pub(super) fn new(text: &'a str) -> Parser<'a> {
        let mut raw = Box::new(MaybeUninit::uninit());
        let pointer = raw.as_mut_ptr();
        // SAFETY: `initialize` writes the whole parser (it can only fail by running out of memory, which aborts); the
        // text lives as long as the parser, because of `'a`.
        unsafe {
            let _ = sys::yaml_parser_initialize(pointer);
            sys::yaml_parser_set_input_string(pointer, text.as_ptr(), text.len() as u64);
        }
        Parser { raw, text: PhantomData }
    }

    /// The next event. After an error or the end of the stream there is none worth asking for.
    pub(super) fn next(&mut self) -> Result<Located, Problem> {
        let parser = self.raw.as_mut_ptr();
        let mut event = MaybeUninit::<sys::yaml_event_t>::uninit();
        // SAFETY: the parser is initialized; `parse` writes the event unless it fails, and the event is freed after
        // everything that is needed was copied out of it.
        unsafe {
            if sys::yaml_parser_parse(parser, event.as_mut_ptr()).fail {
                return Err(problem(&*parser));
            }
            let raw = &*event.as_ptr();
            let located = Located {
                event: convert(raw),
                start: position(&raw.start_mark),
                end: position(&raw.end_mark),
            };
            sys::yaml_event_delete(event.as_mut_ptr());
            Ok(located)
        }
    }
}

#[allow(unsafe_code, reason = "libyaml-rs has a C interface")]
impl Drop for Parser<'_> {
    fn drop(&mut self) {
        // SAFETY: the parser is initialized and not used after this.
        unsafe { sys::yaml_parser_delete(self.raw.as_mut_ptr()) }
    }
}

fn position(mark: &sys::yaml_mark_t) -> Position {
    Position { line: mark.line as usize + 1, column: mark.column as usize + 1 }
}

#[allow(unsafe_code, reason = "libyaml-rs has a C interface")]
unsafe fn problem(parser: &sys::yaml_parser_t) -> Problem {
    Problem {
        // SAFETY: `problem` is null or a constant of the library.
        text: unsafe { text(parser.problem.cast()) }.unwrap_or_default(),
        line: parser.problem_mark.line as usize,
        context_line: parser.context_mark.line as usize,
        by_scanner: parser.error == sys::YAML_SCANNER_ERROR,
        offset: parser.problem_offset as usize,
    }
}

#[allow(unsafe_code, reason = "libyaml-rs has a C interface")]
unsafe fn convert(raw: &sys::yaml_event_t) -> Event {
    // SAFETY: the type says which member of the union is set; its strings are null or end with a NUL, but for a
    // scalar's value, which has a length.
    unsafe {
        match raw.type_ {
            sys::YAML_ALIAS_EVENT => {
                Event::Alias { anchor: text(raw.data.alias.anchor.cast()).unwrap_or_default() }
            }
            sys::YAML_SCALAR_EVENT => {
                let scalar = &raw.data.scalar;
                let bytes = std::slice::from_raw_parts(scalar.value, scalar.length as usize);
                Event::Scalar {
                    anchor: text(scalar.anchor.cast()),
                    tag: text(scalar.tag.cast()).unwrap_or_default(),
                    value: String::from_utf8_lossy(bytes).into_owned(),
                    implicit: scalar.plain_implicit,
                }
            }
            sys::YAML_SEQUENCE_START_EVENT => Event::SequenceStart {
                anchor: text(raw.data.sequence_start.anchor.cast()),
                flow: raw.data.sequence_start.style == sys::YAML_FLOW_SEQUENCE_STYLE,
            },
            sys::YAML_MAPPING_START_EVENT => Event::MappingStart {
                anchor: text(raw.data.mapping_start.anchor.cast()),
                flow: raw.data.mapping_start.style == sys::YAML_FLOW_MAPPING_STYLE,
            },
            sys::YAML_SEQUENCE_END_EVENT => Event::SequenceEnd,
            sys::YAML_MAPPING_END_EVENT => Event::MappingEnd,
            sys::YAML_DOCUMENT_END_EVENT => Event::DocumentEnd,
            sys::YAML_STREAM_START_EVENT | sys::YAML_DOCUMENT_START_EVENT => Event::Start,
            _ => Event::StreamEnd,
        }
    }
}

// Null is None.
#[allow(unsafe_code, reason = "libyaml-rs has a C interface")]
unsafe fn text(pointer: *const c_char) -> Option<String> {
    // SAFETY: the caller passes null or a string that ends with a NUL.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}
