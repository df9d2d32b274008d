//! The page: a Yew shell over `playground`.
fn main() {}
