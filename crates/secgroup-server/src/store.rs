//! The cloud that is served, and its way to the disk.
//!
//! All requests go to one cloud, one after the other, which takes microseconds.
//! A thread of its own writes the state. While it writes, further requests
//! change the cloud and then wait together for the next write, so that many
//! changes cost one.
//!
//! With [`Durability::Durable`] there are two clouds: the one that is changed,
//! and the one that is on the disk. Questions are answered from the latter, so
//! that nobody sees what may still be taken back. When a write fails, all that
//! it would have stored is taken back, and whoever waits is told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::{io, mem};

use secgroup_ecs::{Answer, Cloud, Request};
use tokio::sync::oneshot;

use crate::log::Log;
use crate::refusal::Refusal;
use crate::state_file::{Durability, StateFile, StateFileError};

/// The cloud that is served.
#[derive(Debug)]
pub(crate) struct Store {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<Result<(), StateFileError>>>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Told when there is something to write, or an end.
    work: Condvar,
}

#[derive(Debug)]
struct State {
    cloud: Cloud,
    /// What is on the disk, where changes wait for it.
    stored: Option<Cloud>,
    /// Whether the cloud has changed since the last write began.
    changed: bool,
    /// Whether a write has begun and not ended.
    writing: bool,
    /// Whom to tell what becomes of the next write.
    waiting: Vec<oneshot::Sender<Stored>>,
    ending: bool,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Yes,
    TakenBack,
}

impl Store {
    /// Serves a cloud, and keeps it in a file if there is one.
    pub(crate) fn start(cloud: Cloud, file: Option<StateFile>, log: Arc<Log>) -> io::Result<Self> {
        let durability = file.as_ref().map(StateFile::durability);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                stored: (durability == Some(Durability::Durable)).then(|| cloud.clone()),
                cloud,
                changed: false,
                writing: false,
                waiting: Vec::new(),
                ending: false,
            }),
            work: Condvar::new(),
        });
        let writer = file.map(|file| {
            let shared = Arc::clone(&shared);
            let name = "state".to_owned();
            thread::Builder::new()
                .name(name)
                .spawn(move || write_until_end(&shared, &file, &log))
        });
        Ok(Self {
            shared,
            writer: Mutex::new(writer.transpose()?),
        })
    }

    /// Answers a call. A change is answered when it is as safe as was wanted.
    pub(crate) async fn answer(&self, request: &Request) -> Result<Answer, Refusal> {
        let (answer, stored) = {
            let mut state = self.shared.lock();
            let answered = state.answer(request)?;
            if state.changed {
                self.shared.work.notify_one();
            }
            answered
        };
        let Some(stored) = stored else {
            return Ok(answer);
        };
        match stored.await {
            Ok(Stored::Yes) => Ok(answer),
            Ok(Stored::TakenBack) | Err(_) => Err(Refusal::internal(
                "The change could not be stored and was taken back; try again later.",
            )),
        }
    }

    /// Returns the revision that questions are answered from.
    pub(crate) fn revision(&self) -> u64 {
        let state = self.shared.lock();
        state.stored.as_ref().unwrap_or(&state.cloud).revision()
    }

    /// Writes what is left to write. There must be no more requests.
    pub(crate) fn end(&self) -> Result<(), StateFileError> {
        self.shared.lock().ending = true;
        self.shared.work.notify_one();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // A thread that has panicked has said so.
        writer.map_or(Ok(()), |writer| writer.join().unwrap_or(Ok(())))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Whoever wants to know has called it before.
        let _ = self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Promise = oneshot::Receiver<Stored>;

impl State {
    /// Answers a call; the promise is kept before the answer is given.
    fn answer(&mut self, request: &Request) -> Result<(Answer, Option<Promise>), Refusal> {
        if let Some(stored) = &mut self.stored
            && is_question(&request.action)
        {
            return Ok((guarded(|| stored.answer(request))?, None));
        }
        let before = self.cloud.revision();
        let answer = guarded(|| self.cloud.answer(request))?;
        self.changed |= self.cloud.revision() != before;
        // A refusal, too, may be because of a change that is not stored yet.
        let unsafe_yet = self.stored.is_some() && (self.changed || self.writing);
        let promise = unsafe_yet.then(|| {
            let (sender, promise) = oneshot::channel();
            self.waiting.push(sender);
            promise
        });
        Ok((answer, promise))
    }

    fn tell(waiting: Vec<oneshot::Sender<Stored>>, stored: Stored) {
        for sender in waiting {
            // Clients that have gone need no answer.
            let _ = sender.send(stored);
        }
    }
}

/// Tells whether an action only looks, by the way the API names its actions. A
/// question that is not recognised waits for a write, which does no harm.
fn is_question(action: &str) -> bool {
    action.starts_with("Describe") || action.starts_with("List")
}

/// Runs a call such that a fault in it costs one answer and not the server.
///
/// Operations check before they change anything, so that a call that ends in
/// the middle has changed nothing.
fn guarded(call: impl FnOnce() -> Answer) -> Result<Answer, Refusal> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| {
        Refusal::internal("The request processing has failed due to some unknown error.")
    })
}

/// Writes the state whenever there is something to write.
fn write_until_end(shared: &Shared, file: &StateFile, log: &Log) -> Result<(), StateFileError> {
    loop {
        let mut state = wait_for_work(shared, file.durability());
        if !state.changed {
            break;
        }
        let waiting = mem::take(&mut state.waiting);
        let copy = state.cloud.clone();
        (state.changed, state.writing) = (false, true);
        let ending = state.ending;
        drop(state);

        let written = write(file, &copy);
        if let Err(error) = &written {
            log.warning(&error.to_string());
        }
        settle(&mut shared.lock(), copy, waiting, written.is_ok());
        // Where requests wait, nothing that failed was promised.
        if ending && file.durability() != Durability::Durable {
            return written;
        }
    }
    // A server that was never changed leaves a file that the next one can read.
    if file.path().exists() {
        return Ok(());
    }
    let copy = shared.lock().cloud.clone();
    write(file, &copy)
}

/// Waits until there is something to write and the time for it has come, or
/// until the end.
fn wait_for_work(shared: &Shared, durability: Durability) -> MutexGuard<'_, State> {
    let idle = |state: &mut State| !state.changed && !state.ending;
    let state = shared.work.wait_while(shared.lock(), idle);
    let state = state.unwrap_or_else(PoisonError::into_inner);
    let Durability::Interval(interval) = durability else {
        return state;
    };
    let waited = shared
        .work
        .wait_timeout_while(state, interval, |state| !state.ending);
    waited.unwrap_or_else(PoisonError::into_inner).0
}

fn write(file: &StateFile, cloud: &Cloud) -> Result<(), StateFileError> {
    let bytes = catch_unwind(AssertUnwindSafe(|| cloud.to_state()));
    let bytes = bytes.map_err(|_| StateFileError::Io {
        path: file.path().to_owned(),
        action: "spell the state for it",
        source: io::Error::other("an internal error"),
    })?;
    file.write(&bytes)
}

/// Draws the consequences of a write that has ended.
fn settle(state: &mut State, copy: Cloud, waiting: Vec<oneshot::Sender<Stored>>, ok: bool) {
    state.writing = false;
    let Some(stored) = &mut state.stored else {
        state.changed |= !ok;
        return;
    };
    if ok {
        *stored = copy;
        State::tell(waiting, Stored::Yes);
        if !state.changed {
            // They saw what was being written, and nothing beyond it.
            State::tell(mem::take(&mut state.waiting), Stored::Yes);
        }
    } else {
        // Later changes were made to what is taken back.
        state.cloud = stored.clone();
        state.changed = false;
        State::tell(waiting, Stored::TakenBack);
        State::tell(mem::take(&mut state.waiting), Stored::TakenBack);
    }
}

#[cfg(test)]
mod tests {
    use secgroup_ecs::{Parameters, Product};
    use secgroup_model::AccountId;
    use serde_json::Value;
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    fn request(action: &str, parameters: &[(&str, &str)]) -> Request {
        let all = [("RegionId", "cn-hangzhou")].iter().chain(parameters);
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Request {
            product: Product::Ecs,
            action: action.to_owned(),
            parameters: all.map(owned).collect::<Parameters>(),
            account: AccountId::new("1234567890123456").unwrap(),
            now: 0,
            request_id: "ID".to_owned(),
        }
    }

    fn create() -> Request {
        request(
            "CreateSecurityGroup",
            &[("VpcId", "vpc-1"), ("ClientToken", "once")],
        )
    }

    /// A state whose changes wait for a disk that the test is.
    fn durable() -> State {
        State {
            cloud: Cloud::default(),
            stored: Some(Cloud::default()),
            changed: false,
            writing: false,
            waiting: Vec::new(),
            ending: false,
        }
    }

    /// Begins a write, as the thread does.
    fn begin(state: &mut State) -> (Cloud, Vec<oneshot::Sender<Stored>>) {
        (state.changed, state.writing) = (false, true);
        (state.cloud.clone(), mem::take(&mut state.waiting))
    }

    fn count(state: &mut State) -> u64 {
        let request = request("DescribeSecurityGroups", &[]);
        let (answer, promise) = state.answer(&request).unwrap();
        assert!(promise.is_none(), "questions do not wait");
        answer.body["TotalCount"].as_u64().unwrap()
    }

    #[test]
    fn a_change_is_seen_when_it_is_stored() {
        let mut state = durable();
        let (_, promise) = state.answer(&create()).unwrap();
        let mut promise = promise.unwrap();
        assert_eq!(count(&mut state), 0);
        let (copy, waiting) = begin(&mut state);
        assert_eq!(
            (count(&mut state), promise.try_recv()),
            (0, Err(TryRecvError::Empty))
        );
        settle(&mut state, copy, waiting, true);
        assert_eq!(
            (count(&mut state), promise.try_recv()),
            (1, Ok(Stored::Yes))
        );
    }

    #[test]
    fn what_was_answered_because_of_a_change_waits_with_it() {
        for ok in [true, false] {
            let mut state = durable();
            let (first, _first) = state.answer(&create()).unwrap();
            let (copy, waiting) = begin(&mut state);
            // The same token: the first answer again, which is not safe yet.
            let (second, promise) = state.answer(&create()).unwrap();
            assert_eq!(second.body, first.body);
            assert!(!state.changed, "nothing more to write");
            settle(&mut state, copy, waiting, ok);
            let told = if ok { Stored::Yes } else { Stored::TakenBack };
            assert_eq!(promise.unwrap().try_recv(), Ok(told));
            assert!(state.waiting.is_empty());
        }
    }

    #[test]
    fn a_failed_write_takes_back_what_came_after_it_too() {
        let mut state = durable();
        let (_, first) = state.answer(&create()).unwrap();
        let (copy, waiting) = begin(&mut state);
        let later = request("CreateSecurityGroup", &[("VpcId", "vpc-2")]);
        let (_, second) = state.answer(&later).unwrap();
        settle(&mut state, copy, waiting, false);
        for promise in [first, second] {
            assert_eq!(promise.unwrap().try_recv(), Ok(Stored::TakenBack));
        }
        assert!(!state.changed && !state.writing);
        assert_eq!(state.cloud.to_state(), Cloud::default().to_state());
    }

    #[test]
    fn a_later_change_waits_for_the_next_write() {
        let mut state = durable();
        let (_, first) = state.answer(&create()).unwrap();
        let (copy, waiting) = begin(&mut state);
        let later = request("CreateSecurityGroup", &[("VpcId", "vpc-2")]);
        let (_, second) = state.answer(&later).unwrap();
        settle(&mut state, copy, waiting, true);
        let mut second = second.unwrap();
        assert_eq!(first.unwrap().try_recv(), Ok(Stored::Yes));
        assert_eq!(second.try_recv(), Err(TryRecvError::Empty));
        assert!(state.changed);
        let (copy, waiting) = begin(&mut state);
        settle(&mut state, copy, waiting, true);
        assert_eq!(second.try_recv(), Ok(Stored::Yes));
        assert_eq!(count(&mut state), 2);
    }

    #[test]
    fn a_call_that_panics_costs_one_answer() {
        let refused = guarded(|| panic!("a fault in an operation")).unwrap_err();
        assert_eq!((refused.status, refused.code), (500, "InternalError"));
        let answer = guarded(|| Answer {
            status: 200,
            action: String::new(),
            body: Value::Null,
        });
        assert!(answer.is_ok());
    }
}
