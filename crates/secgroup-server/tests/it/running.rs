//! A server for one test.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use secgroup_ecs::Cloud;
use secgroup_model::AccountId;
use secgroup_server::{Bound, Options, RunError, Server, Stop, stop_signal};

/// A server that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) addresses: Vec<SocketAddr>,
    stop: Stop,
    thread: Option<JoinHandle<Result<(), RunError>>>,
}

impl Running {
    /// Stops the server, and returns how it ended.
    pub(crate) fn stop(mut self) -> Result<(), RunError> {
        self.stop.stop();
        self.thread.take().unwrap().join().unwrap()
    }

    /// Tells the server to stop, and does not wait.
    pub(crate) fn tell(&self) {
        self.stop.stop();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(crate) fn options() -> Options {
    let account = AccountId::new("1234567890123456").unwrap();
    Options::new("127.0.0.1:0".parse().unwrap(), Cloud::default(), account)
}

/// Starts a server on a free port.
pub(crate) fn start(change: impl FnOnce(&mut Options)) -> Running {
    let mut options = options();
    change(&mut options);
    run(Server::bind(options).unwrap())
}

pub(crate) fn run(bound: Bound) -> Running {
    let addresses = bound.addresses().to_vec();
    let (stop, stopped) = stop_signal();
    let thread = thread::spawn(move || bound.run_blocking(stopped));
    Running {
        address: addresses[0],
        addresses,
        stop,
        thread: Some(thread),
    }
}

/// A log that a test can read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pad(Arc<Mutex<Vec<u8>>>);

impl Pad {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Pad {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
