//! SIGINT, SIGTERM and SIGHUP: end after whole rows; the second one at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGABRT, SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

use crate::failure::{Exit, Failure};

/// How often somebody who waits looks.
const POLL: Duration = Duration::from_millis(50);

/// Where the address space is limited, an allocation that fails ends the program
/// as other failures of the system do: with exit code 5, and not as a crash. The
/// standard library has said by then how much was asked for.
#[cfg(unix)]
pub(crate) fn end_in_order_without_memory() {
    use rustix::process::{Resource, getrlimit};
    if getrlimit(Resource::As).current.is_some() {
        // Nothing is lost where that cannot be: the program ends in any case.
        let always = Arc::new(AtomicBool::new(true));
        drop(flag::register_conditional_shutdown(SIGABRT, 5, always));
    }
}

/// Where the size of files is limited, a write beyond it fails as on a full disk, and
/// does not end the program before it has cleaned up.
#[cfg(unix)]
pub(crate) fn outlive_limits_of_files() {
    let unused = Arc::new(AtomicBool::new(false));
    drop(flag::register(SIGXFSZ, unused));
}

/// What the signals have set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    /// Whether one came.
    pub(crate) came: Arc<AtomicBool>,
    which: Arc<AtomicUsize>,
}

impl Signals {
    /// Starts listening.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let signals = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).expect("signal numbers are small");
            let registered = flag::register_conditional_shutdown(
                signal,
                128 + signal,
                Arc::clone(&signals.came),
            )
            .and_then(|_| flag::register_usize(signal, Arc::clone(&signals.which), number))
            .and_then(|_| flag::register(signal, Arc::clone(&signals.came)));
            registered
                .map_err(|error| Failure::system(format!("cannot listen to signals: {error}")))?;
        }
        Ok(signals)
    }

    /// Waits until one comes.
    pub(crate) fn wait(&self) {
        while !self.came.load(Ordering::Relaxed) {
            std::thread::sleep(POLL);
        }
    }

    /// Returns how the program ends if a signal came.
    pub(crate) fn exit(&self) -> Option<Exit> {
        let number = self.which.load(Ordering::Relaxed);
        let came = self.came.load(Ordering::Relaxed);
        came.then(|| Exit::Signal(u8::try_from(number).unwrap_or(2)))
    }
}
