//! How objects become text.

pub(crate) mod age;
pub(crate) mod cluster;
pub(crate) mod columns;
pub(crate) mod custom_columns;
pub(crate) mod network;
pub(crate) mod output;
pub(crate) mod pod;
pub(crate) mod report;
pub(crate) mod sort;
pub(crate) mod storage;
pub(crate) mod table;
pub(crate) mod tabwriter;
pub(crate) mod whole;
pub(crate) mod workload;
