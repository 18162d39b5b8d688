//! Flow logs through the public door: a sample of every format, a malformed
//! one, and what recognises them.

#[cfg(test)]
mod columns;
#[cfg(test)]
mod exporters;
#[cfg(test)]
mod malformed;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod recognised;
#[cfg(test)]
mod samples;
