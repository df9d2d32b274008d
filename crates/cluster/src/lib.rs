//! Time and chance: a whole cluster as one cloneable value.
