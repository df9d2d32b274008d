//! Everything of the page that needs no DOM.
