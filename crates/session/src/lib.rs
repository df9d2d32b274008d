//! A cluster, its files, a terminal and a timeline.
