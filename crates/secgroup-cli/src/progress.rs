//! The progress bar of a long run, on a terminal only.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanFloatCount, ProgressBar, ProgressStyle};
use secgroup_replay::Control;

/// How often the bar is drawn.
const INTERVAL: Duration = Duration::from_millis(100);

/// A bar that draws itself until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    over: Arc<AtomicBool>,
    drawer: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts drawing, if somebody watches. `total` is the number of bytes of
    /// all inputs, where it is known.
    pub(crate) fn start(control: &Arc<Control>, total: Option<u64>, quiet: bool) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        if quiet || !io::stderr().is_terminal() {
            return Self { over, drawer: None };
        }
        let (control, stop) = (Arc::clone(control), Arc::clone(&over));
        let drawer = thread::Builder::new().name("progress".to_owned());
        // Without a thread to spare there is no bar.
        Self {
            over,
            drawer: drawer.spawn(move || draw(&control, total, &stop)).ok(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(drawer) = self.drawer.take() {
            drawer.thread().unpark();
            // A bar that failed to draw is no reason to fail.
            drop(drawer.join());
        }
    }
}

/// A bar of steps, drawn as they are done.
#[derive(Debug)]
pub(crate) struct Steps(Option<ProgressBar>);

impl Steps {
    /// Starts drawing, if somebody watches; `what` names the steps.
    pub(crate) fn start(what: &'static str, quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::new(0).with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}  {eta} left") {
            bar.set_style(style);
        }
        Self(Some(bar))
    }

    /// Tells how many of how many steps are done.
    pub(crate) fn set(&self, done: usize, total: usize) {
        if let Some(bar) = &self.0 {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn draw(control: &Control, total: Option<u64>, over: &AtomicBool) {
    const KNOWN: &str = "{bar:30} {bytes}/{total_bytes}  {msg}  {eta} left";
    const UNKNOWN: &str = "{spinner} {bytes}  {msg}  {elapsed}";
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), KNOWN),
        None => (ProgressBar::new_spinner(), UNKNOWN),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let start = Instant::now();
    while !over.load(Ordering::Relaxed) {
        let records = control.records.load(Ordering::Relaxed);
        let rate = records as f64 / start.elapsed().as_secs_f64().max(0.001);
        let (records, rate) = (HumanCount(records), HumanFloatCount(rate.round()));
        bar.set_position(control.bytes.load(Ordering::Relaxed));
        bar.set_message(format!("{records} records, {rate}/s"));
        thread::park_timeout(INTERVAL);
    }
    bar.finish_and_clear();
}
