//! The parts of the page, one file each; the style sheet of each has the same name.

pub mod bottom;
pub mod claim;
pub mod column;
pub mod details;
pub mod dns;
pub mod editor;
pub mod events;
pub mod header;
pub mod help;
pub mod lesson;
pub mod objects;
pub mod outside;
pub mod partition;
pub mod pod;
pub mod sentence;
pub mod shelf;
pub mod stage;
pub mod stepper;
pub mod strip;
pub mod tabs;
pub mod terminal;
pub mod timeline;
pub mod track;
pub mod trail;
pub mod twin;
pub mod why;
