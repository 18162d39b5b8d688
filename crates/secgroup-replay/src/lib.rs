//! Streams of flows through compiled security groups.
