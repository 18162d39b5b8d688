//! How long a change of a rule takes until the new answer is given.
//!
//! One thread asks a matcher without end, and takes the newest one for every
//! batch; the other changes a rule, builds the snapshot, compiles what changed
//! and puts the new matcher in place. What is measured ends when the asking
//! thread has given an answer of the new matcher.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use secgroup_gen::rng::Rng;
use secgroup_gen::{Traffic, World};
use secgroup_matcher::{Answer, Engine, Matcher, Sides};
use secgroup_model::{Action, Family, Flow, GroupIndex, GroupSpec, Snapshot, SnapshotBuilder};
use serde_json::{Value, json};

/// How many flows the asking thread judges together.
const BATCH: usize = 256;

/// A matcher, and how many changes it has seen.
type Numbered = (usize, Matcher);

/// Changes rules one after the other; returns the times in milliseconds.
pub(crate) fn measure(world: &World, changes: usize, seed: u64) -> Value {
    let flows = world.flows(Traffic::Mixed, Family::V4, 1 << 14, seed);
    let mut snapshot = world.snapshot.clone();
    let compiled = Matcher::compile(&snapshot, &world.semantics, Engine::Compiled);
    let current: RwLock<Arc<Numbered>> = RwLock::new(Arc::new((0, compiled)));
    let (answered, end) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut rng = Rng::new(seed);
    let (mut snapshots, mut compiling, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    let longest = thread::scope(|scope| {
        let asking = scope.spawn(|| ask(&flows, &current, &answered, &end));
        for number in 1..=changes {
            let spec = changed_group(&snapshot, &mut rng);
            let start = Instant::now();
            let next = with_group(&snapshot, spec, &world.semantics);
            let built = start.elapsed();
            let old = Arc::clone(&current.read().unwrap_or_else(PoisonError::into_inner));
            let new = old.1.after(&snapshot, &next);
            let compiled = start.elapsed();
            *current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new((number, new));
            while answered.load(Ordering::Acquire) < number {
                thread::yield_now();
            }
            whole.push(start.elapsed());
            snapshots.push(built);
            compiling.push(compiled - built);
            snapshot = next;
        }
        end.store(true, Ordering::Release);
        asking.join().unwrap_or_default()
    });
    json!({
        "changes": changes,
        "until_new_answer_ms": summary(whole),
        "snapshot_ms": summary(snapshots),
        "compile_ms": summary(compiling),
        "longest_batch_ms": milliseconds(longest),
    })
}

/// Judges flows until told to end; returns the longest that a batch took.
fn ask(
    flows: &[Flow],
    current: &RwLock<Arc<Numbered>>,
    answered: &AtomicUsize,
    end: &AtomicBool,
) -> Duration {
    let mut answers = vec![Answer::Judged(Sides::default()); BATCH];
    let mut longest = Duration::ZERO;
    for batch in flows.chunks_exact(BATCH).cycle() {
        if end.load(Ordering::Acquire) {
            break;
        }
        let start = Instant::now();
        let newest = Arc::clone(&current.read().unwrap_or_else(PoisonError::into_inner));
        newest.1.decide(batch, &mut answers);
        answered.store(newest.0, Ordering::Release);
        longest = longest.max(start.elapsed());
    }
    longest
}

/// Returns a group at random, one of its rules turned.
fn changed_group(snapshot: &Snapshot, rng: &mut Rng) -> GroupSpec {
    let groups: Vec<GroupIndex> = snapshot.groups().map(|(index, _)| index).collect();
    let with_rules = |group: &GroupIndex| snapshot.rules_of(*group).len() > 0;
    let groups: Vec<GroupIndex> = groups.into_iter().filter(with_rules).collect();
    let mut spec = snapshot.group_spec(rng.pick(&groups));
    let at = rng.below(spec.rules.len());
    let action = &mut spec.rules[at].action;
    *action = match action {
        Action::Accept => Action::Drop,
        Action::Drop => Action::Accept,
    };
    spec
}

/// Builds the snapshot that follows, with one group given anew.
fn with_group(
    previous: &Snapshot,
    spec: GroupSpec,
    semantics: &secgroup_model::Semantics,
) -> Snapshot {
    let mut builder = SnapshotBuilder::after(previous);
    let changed = previous.find_group(&spec.id);
    let mut spec = Some(spec);
    for (index, _) in previous.groups() {
        match spec.take_if(|_| Some(index) == changed) {
            Some(spec) => builder.group(spec),
            None => builder.unchanged_group(index),
        };
    }
    for (index, _) in previous.interfaces() {
        builder.unchanged_interface(index);
    }
    for at in 0..previous.prefix_lists().len() {
        builder.unchanged_prefix_list(at);
    }
    let built = builder.build(semantics);
    built
        .expect("a rule that is turned fits where it was")
        .snapshot
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Returns the median and the greatest of some times.
fn summary(mut times: Vec<Duration>) -> Value {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let greatest = times.last().copied().unwrap_or_default();
    json!({ "median": milliseconds(median), "greatest": milliseconds(greatest) })
}
