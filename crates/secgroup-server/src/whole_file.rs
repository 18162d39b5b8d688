//! Files that are replaced whole: a reader, or a crash, sees the old one or the
//! new one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A file that is only ever replaced.
#[derive(Clone, Debug)]
pub(crate) struct WholeFile {
    path: PathBuf,
    directory: PathBuf,
    /// Where the next content is written, beside the file so that it can be
    /// renamed. Its name never changes, so that what a killed process left is
    /// found.
    temporary: PathBuf,
}

impl WholeFile {
    /// Names a file; if it is a link, the file that it leads to.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let path = match path.canonicalize() {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error),
        };
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let Some(name) = path.file_name() else {
            return Err(io::ErrorKind::IsADirectory.into());
        };
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(".new");
        Ok(Self {
            temporary: directory.join(temporary),
            directory,
            path,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what a killed process may have left half written.
    pub(crate) fn remove_leftovers(&self) -> io::Result<()> {
        match fs::remove_file(&self.temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Returns the content, or nothing where there is no file.
    pub(crate) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts `bytes` in the place of the file. When this returns, they are on
    /// the disk and stay there.
    ///
    /// A new file gets `mode`; one that exists keeps its own.
    pub(crate) fn replace(&self, bytes: &[u8], mode: u32) -> io::Result<()> {
        self.remove_leftovers()?;
        let written = self.write_beside(bytes, mode).and_then(|()| {
            fs::rename(&self.temporary, &self.path)?;
            // Only now is the new name on the disk, too.
            File::open(&self.directory)?.sync_all()
        });
        if written.is_err() {
            // It has no use, and takes room where there may be none. The error
            // to tell is the first one.
            let _ = self.remove_leftovers();
        }
        written
    }

    fn write_beside(&self, bytes: &[u8], mode: u32) -> io::Result<()> {
        let mut options = File::options();
        // `create_new` does not follow a link that somebody put there.
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&self.temporary)?;
        if let Ok(known) = fs::metadata(&self.path) {
            file.set_permissions(known.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_replaced_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let file = WholeFile::new(&path).unwrap();
        assert_eq!(file.read().unwrap(), None);
        file.replace(b"one", 0o600).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        file.replace(b"two", 0o600).unwrap();
        assert_eq!(
            (mode(), file.read().unwrap()),
            (0o640, Some(b"two".to_vec()))
        );
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = WholeFile::new(&folder.path().join("state.json")).unwrap();
        file.replace(b"old", 0o600).unwrap();
        fs::create_dir(&file.temporary).unwrap();
        assert!(file.replace(b"new", 0o600).is_err());
        assert_eq!(file.read().unwrap(), Some(b"old".to_vec()));
        fs::remove_dir(&file.temporary).unwrap();
        fs::write(&file.temporary, b"left by a killed process").unwrap();
        file.replace(b"new", 0o600).unwrap();
        assert_eq!(file.read().unwrap(), Some(b"new".to_vec()));
    }

    #[test]
    fn a_link_is_followed_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        fs::write(folder.path().join("real"), b"old").unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        WholeFile::new(&link)
            .unwrap()
            .replace(b"new", 0o600)
            .unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(folder.path().join("real")).unwrap(), b"new");
    }

    #[test]
    fn a_path_that_names_no_file_is_refused() {
        assert!(WholeFile::new(Path::new("/")).is_err());
    }
}
