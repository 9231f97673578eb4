//! A real kube-apiserver: what we print is applied to it, and used.

mod bench;
#[cfg(all(target_os = "linux", feature = "pods"))]
mod clients;
mod cluster_wide;
mod creator;
mod delivery;
#[cfg(all(target_os = "linux", feature = "pods"))]
mod eks_webhook;
mod enough;
mod foreign_readers;
mod identities;
mod installed;
mod leaks;
#[cfg(all(target_os = "linux", feature = "pods"))]
#[path = "../../../agent-link/tests/it/namespace.rs"]
#[expect(dead_code, reason = "the link's own tests use more of it")]
mod namespace;
mod namespaced;
mod pods;
mod pods_enough;
#[cfg(all(target_os = "linux", feature = "pods"))]
mod pods_proxied;
mod refusals;
mod reviewer;
mod run;
mod scene;
mod sync;
#[path = "../../../k8s-sinks/tests/kube/testbed.rs"]
#[expect(dead_code, reason = "the sinks' own tests use more of it")]
mod testbed;
mod verbs;
#[cfg(feature = "pods")]
mod webhook;
