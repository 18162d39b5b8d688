//! The program as a user runs it: what is typed, what comes back.
//!
//! Each file tells one part of the contract. The library behind it is tested
//! where it lives; verdicts are compared in `differential` and `corpus`.

mod apply;
mod bench;
mod browser;
mod check;
mod configuration;
mod contract;
#[cfg(unix)]
mod first_use;
mod flows;
mod formats;
mod generate;
mod imports;
#[cfg(unix)]
mod inputs;
#[cfg(unix)]
mod limits;
mod manual;
mod memory;
mod new_user;
#[cfg(unix)]
mod outputs;
mod page;
pub(crate) mod replay;
pub(crate) mod run;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod sessions;
mod signals;
