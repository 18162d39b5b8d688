//! The file that the state of a cloud is kept in, and the claim to it.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::whole_file::WholeFile;

/// When a change is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Before it is acknowledged: whatever a client was told survives.
    Durable,
    /// This long after it at the latest: a crash loses what came since.
    Interval(Duration),
}

/// What is wrong with a state file.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// Another process has it.
    #[error("state file `{}` is in use by another process; stop it, or name another file", .0.display())]
    Locked(PathBuf),
    /// It cannot be opened, read or written.
    #[error("state file `{}`: cannot {action}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: `read`.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

/// The file that the state of a cloud is kept in.
///
/// As long as this exists, no other process can have the same file. The claim
/// is a lock on `FILE.lock` beside it, which the system takes back when the
/// process ends, however it ends; the lock file stays there and means nothing
/// by itself.
#[derive(Debug)]
pub struct StateFile {
    file: WholeFile,
    durability: Durability,
    /// Held, not used.
    _lock: File,
}

impl StateFile {
    /// Claims the file, which need not exist yet, and removes what a killed
    /// process left beside it.
    ///
    /// # Errors
    ///
    /// Returns [`StateFileError`] if another process has it, or if the folder
    /// cannot be written.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StateFileError> {
        let failed = |action| {
            move |source| StateFileError::Io {
                path: path.to_owned(),
                action,
                source,
            }
        };
        let file = WholeFile::new(path).map_err(failed("find it"))?;
        let mut lock = OsString::from(file.path());
        lock.push(".lock");
        let mut options = File::options();
        let lock = options
            .write(true)
            .create(true)
            .truncate(false)
            .open(lock)
            .map_err(failed("create the lock file beside it"))?;
        match lock.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Err(StateFileError::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed("lock it")(error)),
        }
        file.remove_leftovers()
            .map_err(failed("remove the unfinished copy beside it"))?;
        Ok(Self {
            file,
            durability,
            _lock: lock,
        })
    }

    /// Returns the state that was written last, or nothing where there is no
    /// file yet.
    ///
    /// # Errors
    ///
    /// Returns [`StateFileError::Io`] if the file cannot be read.
    pub fn read(&self) -> Result<Option<Vec<u8>>, StateFileError> {
        self.file
            .read()
            .map_err(|source| self.failed("read it", source))
    }

    /// Returns the path, behind links.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    pub(crate) const fn durability(&self) -> Durability {
        self.durability
    }

    /// Writes a state; when this returns, it stays.
    ///
    /// # Errors
    ///
    /// Returns [`StateFileError::Io`] if that fails; then the old one stays.
    pub fn write(&self, state: &[u8]) -> Result<(), StateFileError> {
        let written = self.file.replace(state, 0o644);
        written.map_err(|source| self.failed("write it", source))
    }

    fn failed(&self, action: &'static str, source: io::Error) -> StateFileError {
        StateFileError::Io {
            path: self.path().to_owned(),
            action,
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_file_belongs_to_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let open = || StateFile::open(&path, Durability::Durable);
        let first = open().unwrap();
        let refused = open().unwrap_err();
        assert!(matches!(refused, StateFileError::Locked(_)), "{refused}");
        assert!(refused.to_string().contains("state.json"), "{refused}");
        first.write(b"state").unwrap();
        assert!(open().is_err(), "the lock does not go with the old file");
        drop(first);
        assert_eq!(open().unwrap().read().unwrap(), Some(b"state".to_vec()));
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(".state.json.new");
        std::fs::write(&left, b"half").unwrap();
        let file = StateFile::open(&folder.path().join("state.json"), Durability::Durable);
        assert_eq!(file.unwrap().read().unwrap(), None);
        assert!(!left.exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/state.json");
        let error = StateFile::open(&path, Durability::Durable).unwrap_err();
        assert!(error.to_string().contains("missing/state.json"), "{error}");
    }
}
