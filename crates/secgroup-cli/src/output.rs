//! Writing results: standard output, or a file that appears whole.

use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::NamedTempFile;

use crate::args::ConfigArguments;
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
        let target = match metadata {
            Ok(metadata) if !metadata.is_file() => {
                let file = File::options().write(true).open(path).map_err(failed)?;
                Target::Special(BufWriter::new(file))
            }
            known => {
                // Through links: what they lead to is replaced, not they.
                let path = if known.is_ok() {
                    path.canonicalize().map_err(failed)?
                } else {
                    path.to_owned()
                };
                if known.is_ok() {
                    // A file that must not be written is not replaced either.
                    File::options().write(true).open(&path).map_err(failed)?;
                }
                let file = temporary(&path, known.ok().as_ref()).map_err(failed)?;
                Target::File(BufWriter::new(file), path)
            }
        };
        Ok(Self { name, target })
    }

    /// Opens the output of a command that reads a configuration and other
    /// files, which it must not overwrite; standard input is read once at most.
    pub(crate) fn beside(
        config: &ConfigArguments,
        read: &[&Path],
        path: Option<&Path>,
    ) -> Result<Self, Failure> {
        let standard = read.iter().filter(|path| path.as_os_str() == "-").count();
        if standard + config.standard_inputs() > 1 {
            let message = "standard input (-) can be read once only";
            return Err(Failure::usage(message.to_owned()));
        }
        let files = config.paths();
        let mut all: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        all.extend(read);
        let written = path.map(|path| ("--output", path));
        let written: Vec<(&str, &Path)> = written.into_iter().collect();
        refuse_overwriting(&all, &written, false)?;
        Self::open(path)
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
        file.persist(&path).map_err(|error| failed(&error.error))?;
        Ok(())
    }

    /// Writes a whole result and finishes.
    pub(crate) fn finish_with(mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.write_all(bytes);
        written.map_err(|error| self.failure(&error))?;
        self.finish()
    }

    /// Writes a whole JSON document, ends its line and finishes.
    pub(crate) fn finish_json(mut self, value: &impl Serialize) -> Result<(), Failure> {
        let written = self.json(value);
        written.map_err(|error| self.failure(&error))?;
        self.finish()
    }

    /// Writes a JSON document and ends its line.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *self, value)?;
        writeln!(self)
    }

    /// Tells whether somebody may read while this is being written.
    pub(crate) const fn is_stream(&self) -> bool {
        matches!(self.target, Target::Standard(_) | Target::Special(_))
    }

    /// Checks that the reader of a pipe is still there, which writing would
    /// only tell with the next byte.
    ///
    /// # Errors
    ///
    /// Returns `BrokenPipe` where the reader has gone away.
    pub(crate) fn still_read(&self) -> io::Result<()> {
        #[cfg(unix)]
        {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            let mut end = match &self.target {
                Target::Standard(stream) => [PollFd::new(stream.get_ref(), PollFlags::empty())],
                Target::Special(file) => [PollFd::new(file.get_ref(), PollFlags::empty())],
                Target::File(..) => return Ok(()),
            };
            // What cannot be asked shows when it is written.
            let asked = poll(&mut end, Some(&Timespec::default()));
            if asked.is_ok() && end[0].revents().contains(PollFlags::ERR) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
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

/// Makes a temporary file beside the wanted one, with the permissions of the
/// file it replaces, or those of any new file.
fn temporary(path: &Path, old: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(parent.unwrap_or_else(|| Path::new(".")))?;
    if let Some(old) = old {
        file.as_file().set_permissions(old.permissions())?;
    }
    Ok(file)
}

/// Prints a whole result on standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    Output::standard().finish_with(bytes)
}

/// Refuses outputs that would destroy an input or each other, and a second
/// use of standard output, before anything is read.
pub(crate) fn refuse_overwriting(
    read: &[&Path],
    written: &[(&str, &Path)],
    standard_is_taken: bool,
) -> Result<(), Failure> {
    let mut standard = usize::from(standard_is_taken);
    for (number, (option, output)) in written.iter().enumerate() {
        if *output == Path::new("-") {
            standard += 1;
            if standard > 1 {
                let message =
                    format!("{option} -: standard output is already taken by another result");
                return Err(Failure::usage(message));
            }
            continue;
        }
        let shown = output.display();
        if read.iter().any(|input| is_same_file(input, output)) {
            let message = format!("{option}: `{shown}` is read, and cannot be written too");
            return Err(Failure::usage(message));
        }
        if written[..number]
            .iter()
            .any(|(_, other)| is_same_file(other, output))
        {
            return Err(Failure::usage(format!(
                "{option}: `{shown}` cannot be written twice"
            )));
        }
    }
    Ok(())
}

/// Tells whether two paths lead to one file, which may not exist yet.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| {
        path.canonicalize().ok().or_else(|| {
            let parent = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent
                .unwrap_or_else(|| Path::new("."))
                .canonicalize()
                .ok()?;
            Some(parent.join(path.file_name()?))
        })
    };
    match (real(one), real(other)) {
        (Some(one), Some(other)) => {
            one == other && one.metadata().map_or(true, |file| file.is_file())
        }
        _ => one == other,
    }
}
