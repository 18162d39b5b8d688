//! The snapshot that `--config` names.
//!
//! Files are found by `files`; what is not in ECS's own form is translated by
//! [`secgroup_import`] first, for every command.

mod files;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use secgroup_ecs::{Details, Document, Labels, Located, ReadOptions, read};
use secgroup_import::{File, Translated, translate};
use secgroup_model::{MissingReference, Origin, Semantics, Snapshot};

use crate::args::{CommonArguments, ConfigArguments, Limits};
use crate::failure::Failure;
use crate::messages::{self, counted};
use crate::sarif;

pub(crate) use files::{ConfigFile, bytes, paths};

/// What decides, as the command line says it.
#[derive(Debug)]
pub(crate) struct Config {
    /// The snapshot.
    pub(crate) snapshot: Snapshot,
    /// What its files call things besides their ids.
    pub(crate) labels: Labels,
    /// The flags.
    pub(crate) semantics: Semantics,
    /// What was odd about the files, or cannot be modelled.
    pub(crate) warnings: Vec<String>,
    /// The values of `--param` that no template among the files has a parameter
    /// for.
    unknown_parameters: Vec<String>,
    /// Where every part of the snapshot stands, if that was asked for.
    pub(crate) places: BTreeMap<Origin, Located>,
}

impl Config {
    /// Reads everything, or says everything that is wrong with it.
    pub(crate) fn load(arguments: &ConfigArguments) -> Result<Self, Failure> {
        let config = Self::load_others(arguments, &arguments.config)?;
        Self::refuse_unknown_parameters([&config])?;
        Ok(config)
    }

    /// Returns a configuration that no file was read for.
    pub(crate) fn of(snapshot: Snapshot, semantics: Semantics) -> Self {
        Self {
            snapshot,
            labels: Labels::default(),
            semantics,
            warnings: Vec::new(),
            unknown_parameters: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// Refuses values of parameters that no template has, of several
    /// configurations under the same options.
    pub(crate) fn refuse_unknown_parameters<'c>(
        all: impl IntoIterator<Item = &'c Self>,
    ) -> Result<(), Failure> {
        let mut all = all.into_iter();
        let mut unknown = all
            .next()
            .map_or_else(Vec::new, |first| first.unknown_parameters.clone());
        for config in all {
            unknown.retain(|one| config.unknown_parameters.contains(one));
        }
        if unknown.is_empty() {
            return Ok(());
        }
        Err(Failure::wrong_usage(unknown))
    }

    /// Reads everything, and finds out where every part of it stands.
    pub(crate) fn load_with_places(arguments: &ConfigArguments) -> Result<Self, Failure> {
        Self::load_with(arguments, Besides::Places)
    }

    /// Loads a configuration with everything that files say about its parts.
    pub(crate) fn load_with_details(arguments: &ConfigArguments) -> Result<Self, Failure> {
        Self::load_with(arguments, Besides::Details)
    }

    fn load_with(arguments: &ConfigArguments, besides: Besides) -> Result<Self, Failure> {
        let parameters = parameters(&arguments.param)?;
        let options = arguments.options()?;
        let config = Self::read_located(
            &arguments.config,
            options,
            parameters,
            arguments.common,
            besides,
        )?;
        Self::refuse_unknown_parameters([&config])?;
        Ok(config)
    }

    /// Returns where a part stands, if places were asked for.
    pub(crate) fn place(&self, origin: Origin) -> sarif::Place {
        let nowhere = || sarif::Place {
            file: "-".to_owned(),
            at: None,
        };
        let found = self.places.get(&origin);
        found.map_or_else(nowhere, sarif::Place::from)
    }

    /// Reads other files as the command line says the first ones are to be read.
    pub(crate) fn load_others(
        arguments: &ConfigArguments,
        files: &[PathBuf],
    ) -> Result<Self, Failure> {
        let options = arguments.options()?;
        let parameters = parameters(&arguments.param)?;
        Self::read(files, options, parameters, arguments.common)
    }

    /// Reads files under the usual flags; says what is odd unless it must be `quiet`.
    pub(crate) fn of_files(
        files: &[PathBuf],
        limits: Limits,
        quiet: bool,
    ) -> Result<Self, Failure> {
        let options = ReadOptions {
            limits: limits.into(),
            ..ReadOptions::default()
        };
        let common = CommonArguments {
            quiet,
            ..CommonArguments::default()
        };
        Self::read(files, options, Vec::new(), common)
    }

    /// Reads files under the given flags, or says everything that is wrong.
    pub(crate) fn read(
        config: &[PathBuf],
        options: ReadOptions,
        parameters: Vec<(String, String)>,
        common: CommonArguments,
    ) -> Result<Self, Failure> {
        Self::read_located(config, options, parameters, common, Besides::Nothing)
    }

    fn read_located(
        config: &[PathBuf],
        options: ReadOptions,
        parameters: Vec<(String, String)>,
        common: CommonArguments,
        besides: Besides,
    ) -> Result<Self, Failure> {
        let begun = Instant::now();
        let (files, unread) = files::read(config);
        let missing = options.semantics.missing_reference;
        let given: Vec<String> = parameters.iter().map(|(name, _)| name.clone()).collect();
        let translated = translated(&files, parameters, missing);
        refuse_partial(&translated, unread, &options, common.quiet)?;
        let documents = translated.documents();
        let (read, warnings) = match read(&documents, &options) {
            Ok(read) => (Ok((read.snapshot, read.places, read.labels)), read.warnings),
            Err(refused) => (Err(refused.problems), refused.warnings),
        };
        let unknown_parameters = unknown_parameters(&translated, &given);
        let mut all = lines(&translated.warnings);
        all.extend(lines(&translated.relocate(warnings)));
        if !common.quiet {
            messages::warnings(&all);
        }
        match read {
            Ok((snapshot, found, labels)) => {
                if common.verbose {
                    messages::note(&loaded(&snapshot, files.len(), begun.elapsed()));
                }
                let labels = if besides == Besides::Details {
                    labels.with_details(Details::of(&documents))
                } else {
                    labels
                };
                let mut located = BTreeMap::new();
                if besides == Besides::Places {
                    let origins = origins(&snapshot);
                    let found = found.locate(&documents, &origins).into_iter();
                    let found = found.map(|one| translated.place(one));
                    located = origins.iter().copied().zip(found).collect();
                }
                Ok(Self {
                    snapshot,
                    labels,
                    semantics: options.semantics,
                    warnings: all,
                    unknown_parameters,
                    places: located,
                })
            }
            Err(problems) => {
                let mut problems = lines(&translated.relocate(problems));
                problems.extend(unknown_parameters);
                Err(Failure::bad_input(problems))
            }
        }
    }
}

/// What is looked up besides what decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Besides {
    Nothing,
    /// Where the parts stand in the files.
    Places,
    /// What the files say about the parts.
    Details,
}

/// Says what was loaded, and how long that took.
pub(crate) fn loaded(snapshot: &Snapshot, files: usize, took: Duration) -> String {
    format!(
        "{} loaded: {} with {}, {} and {}, in {:.1} ms",
        counted(files, "file"),
        counted(snapshot.groups().len(), "security group"),
        counted(snapshot.rules().len(), "rule"),
        counted(snapshot.prefix_lists().len(), "prefix list"),
        counted(snapshot.interfaces().len(), "network interface"),
        took.as_secs_f64() * 1000.0
    )
}

/// Returns the origins of everything that findings may be about.
fn origins(snapshot: &Snapshot) -> Vec<Origin> {
    let rules = snapshot.rules().map(|(_, placed)| placed.rule().origin);
    let groups = snapshot.groups().map(|(_, group)| group.origin());
    let interfaces = snapshot.interfaces().map(|(_, one)| one.origin());
    let prefixes = snapshot.prefix_lists().iter().map(|list| list.origin);
    let ports = snapshot.port_lists().iter().map(|list| list.origin);
    let lists = prefixes.chain(ports);
    rules.chain(groups).chain(interfaces).chain(lists).collect()
}

impl ConfigArguments {
    /// Returns how files are read.
    fn options(&self) -> Result<ReadOptions, Failure> {
        Ok(ReadOptions {
            semantics: self.semantics()?,
            limits: self.limits.into(),
            two_lists: self.two_lists()?,
        })
    }

    /// Returns the files, those of a directory sorted by name.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        paths(&self.config)
    }
}

/// Reads those files of `config` that can be read; returns what is wrong with
/// the others.
pub(crate) fn read_some(config: &[PathBuf]) -> (Vec<ConfigFile>, Vec<String>) {
    files::read(config)
}

/// Puts files that ECS did not write into its form.
pub(crate) fn translated(
    files: &[ConfigFile],
    parameters: Vec<(String, String)>,
    missing_reference: MissingReference,
) -> Translated<'_> {
    let options = secgroup_import::Options {
        parameters,
        missing_reference,
    };
    let files = files.iter().map(|file| File {
        name: &file.name,
        bytes: &file.bytes,
        side: file.side,
    });
    translate(&files.collect::<Vec<_>>(), &options)
}

/// Ends with everything that is wrong, when not all files could be read, for
/// the reasons in `unread`, or translated: the others are looked through, too,
/// for their own problems.
pub(crate) fn refuse_partial(
    translated: &Translated<'_>,
    unread: Vec<String>,
    options: &ReadOptions,
    quiet: bool,
) -> Result<(), Failure> {
    if translated.problems.is_empty() && unread.is_empty() {
        return Ok(());
    }
    let documents: Vec<Document<'_>> = translated.documents();
    let refused = secgroup_ecs::problems_of_part(&documents, options);
    if !quiet {
        let mut warnings = translated.warnings.clone();
        warnings.extend(refused.warnings);
        messages::warnings(&lines(&translated.relocate(warnings)));
    }
    let mut problems = translated.problems.clone();
    problems.extend(refused.problems);
    let mut all = unread;
    all.extend(lines(&translated.relocate(problems)));
    Err(Failure::bad_input(all))
}

/// Says which of the parameters that were given no template has.
pub(crate) fn unknown_parameters(translated: &Translated<'_>, given: &[String]) -> Vec<String> {
    let unknown = given
        .iter()
        .filter(|name| !translated.parameters.contains(*name));
    unknown
        .map(|name| format!("--param {name}: no template among the files has this parameter"))
        .collect()
}

/// Reads values of parameters, `NAME=VALUE` each.
pub(crate) fn parameters(given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let pair = |given: &String| match given.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Failure::usage(format!(
            "--param {given}: expected NAME=VALUE"
        ))),
    };
    given.iter().map(pair).collect()
}

/// Returns messages as lines.
pub(crate) fn lines(found: &[Located]) -> Vec<String> {
    found.iter().map(ToString::to_string).collect()
}
