//! Tests that cross the layers: transcripts, recordings, the page.
