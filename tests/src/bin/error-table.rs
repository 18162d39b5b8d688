//! Prints the table of `docs/errors.md`: every row of the founding pages' error
//! tables with what produces it.

#![expect(
    clippy::print_stdout,
    reason = "a program for developers that prints a table"
)]

fn main() {
    print!("{}", secgroup_tests::api::appendix::table());
}
