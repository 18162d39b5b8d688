//! A snapshot of security groups, compiled for speed.
