//! Writing results: standard output, or a file that appears whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// Where a result goes.
#[derive(Debug)]
pub(crate) struct Output {
    name: String,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Standard(BufWriter<io::Stdout>),
    /// A temporary file beside the wanted one, which takes its place at the end.
    File(BufWriter<NamedTempFile>, PathBuf),
    /// A pipe, socket or device, which cannot be replaced.
    Special(BufWriter<File>),
}

impl Output {
    /// Opens an output, so that what is wrong with it is known before any work
    /// is done. `-` is standard output.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let path = match path {
            None => return Ok(Self::standard()),
            Some(path) if path == Path::new("-") => return Ok(Self::standard()),
            Some(path) => path,
        };
        let name = path.display().to_string();
        let failed = |error: io::Error| Failure::output(&format!("`{name}`"), &error);
        let metadata = path.metadata();
        if metadata.as_ref().is_ok_and(|metadata| metadata.is_dir()) {
            return Err(Failure::usage(format!(
                "`{name}` is a directory; name a file to write"
            )));
        }
        let target = if metadata.is_ok_and(|metadata| !metadata.is_file()) {
            let file = File::options().write(true).open(path).map_err(failed)?;
            Target::Special(BufWriter::new(file))
        } else {
            let parent = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            let file =
                NamedTempFile::new_in(parent.unwrap_or_else(|| Path::new("."))).map_err(failed)?;
            Target::File(BufWriter::new(file), path.to_owned())
        };
        Ok(Self { name, target })
    }

    fn standard() -> Self {
        let target = Target::Standard(BufWriter::with_capacity(64 * 1024, io::stdout()));
        Self {
            name: "output".to_owned(),
            target,
        }
    }

    /// Finishes the output; a file is synchronised and takes its place.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.write_all(&[])
            .and_then(|()| self.flush())
            .map_err(|error| self.failure(&error))?;
        let Target::File(buffer, path) = self.target else {
            return Ok(());
        };
        let failed = |error: &io::Error| Failure::output(&format!("`{}`", self.name), error);
        let file = buffer.into_inner().map_err(|error| failed(error.error()))?;
        file.as_file().sync_all().map_err(|error| failed(&error))?;
        set_permissions(&file, &path).map_err(|error| failed(&error))?;
        file.persist(&path).map_err(|error| failed(&error.error))?;
        Ok(())
    }

    /// Says that writing here failed.
    pub(crate) fn failure(&self, error: &io::Error) -> Failure {
        match self.target {
            Target::Standard(_) => Failure::output("output", error),
            Target::File(..) | Target::Special(_) => {
                Failure::output(&format!("`{}`", self.name), error)
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Standard(stream) => stream.write(bytes),
            Target::File(file, _) => file.write(bytes),
            Target::Special(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Standard(stream) => stream.flush(),
            Target::File(file, _) => file.flush(),
            Target::Special(file) => file.flush(),
        }
    }
}

/// Gives a temporary file, private until now, the permissions of the file it
/// replaces, or those of any new file.
#[cfg(unix)]
fn set_permissions(file: &NamedTempFile, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    /// What most systems give a new file.
    const NEW_FILE: u32 = 0o644;
    let mode = path
        .metadata()
        .map_or(NEW_FILE, |metadata| metadata.permissions().mode());
    file.as_file()
        .set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_permissions(_: &NamedTempFile, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Prints a whole result on standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = Output::standard();
    output
        .write_all(bytes)
        .map_err(|error| output.failure(&error))?;
    output.finish()
}

/// Tells whether two paths lead to one file.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
