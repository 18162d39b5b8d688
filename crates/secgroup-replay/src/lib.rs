//! Streams of flows through compiled security groups.

pub mod capture;
pub mod decode;
pub mod input;
