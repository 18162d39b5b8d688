//! The program `secgroup`.

fn main() {}
