//! What `apply` prints: lines for people, or JSON, in one document or a line
//! for each thing.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

use crate::args::Format;
use crate::output::Output;

/// Things in several lists, written as they come.
pub(super) struct Report {
    output: Output,
    format: Format,
    /// The list that is open in a document.
    list: Option<&'static str>,
    /// Whether it has an item yet.
    has_items: bool,
}

impl Report {
    /// Begins with no list.
    pub(super) const fn new(output: Output, format: Format) -> Self {
        Self {
            output,
            format,
            list: None,
            has_items: false,
        }
    }

    /// Begins a list; in lines, what it is called says each item itself.
    pub(super) fn begin(&mut self, list: &'static str) -> io::Result<()> {
        if self.format == Format::Json {
            let before = if self.list.is_some() { "\n],\n" } else { "{" };
            write!(self.output, "{before}\"{list}\":[")?;
        }
        self.list = Some(list);
        self.has_items = false;
        Ok(())
    }

    /// Writes an item.
    pub(super) fn item(&mut self, item: &impl Serialize, text: impl Display) -> io::Result<()> {
        let mut written = Vec::new();
        write_item(self.format, item, text, &mut written)?;
        self.items(&written)
    }

    /// Writes items that [`write_item`] wrote.
    pub(super) fn items(&mut self, written: &[u8]) -> io::Result<()> {
        let has_items = std::mem::replace(&mut self.has_items, true);
        // Each item of a document begins with a comma, but the first has none.
        let comma = usize::from(self.format == Format::Json && !has_items);
        self.output
            .write_all(written.get(comma..).unwrap_or_default())
    }

    /// Writes a line for people only.
    pub(super) fn line(&mut self, text: impl Display) -> io::Result<()> {
        match self.format {
            Format::Text | Format::Csv => writeln!(self.output, "{text}"),
            Format::Json | Format::Jsonl => Ok(()),
        }
    }

    /// Ends the last list and writes the numbers that end the document.
    pub(super) fn end(&mut self, numbers: &[(&str, u64)]) -> io::Result<()> {
        if self.format != Format::Json {
            return Ok(());
        }
        write!(self.output, "\n]")?;
        for (name, number) in numbers {
            write!(self.output, ",\n\"{name}\":{number}")?;
        }
        writeln!(self.output, "}}")
    }

    /// Returns the output, to be finished.
    pub(super) fn into_output(self) -> Output {
        self.output
    }

    /// Returns the form of what is written.
    pub(super) const fn format(&self) -> Format {
        self.format
    }

    /// Says that writing failed.
    pub(super) fn failure(&self, error: &io::Error) -> crate::failure::Failure {
        self.output.failure(error)
    }
}

/// Writes an item in a form.
pub(super) fn write_item(
    format: Format,
    item: &impl Serialize,
    text: impl Display,
    output: &mut Vec<u8>,
) -> io::Result<()> {
    match format {
        Format::Json => {
            output.extend_from_slice(b",\n");
            serde_json::to_writer(output, item)?;
        }
        Format::Jsonl => {
            serde_json::to_writer(&mut *output, item)?;
            output.push(b'\n');
        }
        Format::Text | Format::Csv => writeln!(output, "{text}")?,
    }
    Ok(())
}
