//! The JS API: a StatefulSet playground cluster in a tab or a test.
