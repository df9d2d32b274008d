//! What Kubernetes' own end-to-end tests show, and the traps that people fall into, over the whole world with kubectl.

mod e2e;
mod index;
mod lab;
mod storage;
mod traps;
