//! Tests that span crates.

#![expect(
    clippy::unwrap_used,
    reason = "what these tests rest on is checked by failing loudly"
)]

mod abuse;
mod analysis;
mod api;
mod architecture;
mod brief;
mod clients;
mod corpus;
mod determinism;
mod differential;
mod filter_list;
mod merged;
mod mismatches;
mod properties;
mod readme;
mod recorded;
mod replay;
mod scenario;
mod sessions;
mod tidy;
mod workloads;
