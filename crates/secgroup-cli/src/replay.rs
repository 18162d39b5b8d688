//! `secgroup replay`: stream captures and flow lists through the rules.

mod attribution;
mod done;
pub(crate) mod inputs;
mod mismatches;
mod others;
mod page;
mod parquet_rows;
pub(crate) mod rows;
mod summary;
mod text;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::ValueEnum;
use secgroup_replay::capture::CaptureFormat;
use secgroup_replay::flow_log::{ColumnNames, LogFormat};
use secgroup_replay::input::Format as RecordFormat;
use secgroup_replay::{
    Control, DEFAULT_SESSIONS, Judge, Location, Mode, Replay, ReplayError, Sink, Source, Under,
};

use crate::args::{
    self, CommonArguments, EngineName, FailOn, Format, InputFormat, ReplayArguments,
};
use crate::config::{self, Config};
use crate::failure::{Exit, Failure};
use crate::messages;
use crate::output::{Output, refuse_overwriting};
use crate::progress::Progress;
use crate::signals::Signals;
use crate::threads;
use done::Done;
use inputs::Input;
use mismatches::{Both, Mismatches};
use others::Others;
use parquet_rows::ParquetRows;
use rows::{Form, Rows};

/// Replays the inputs and writes what was found.
pub(crate) fn run(arguments: &ReplayArguments) -> Result<Exit, Failure> {
    let (inputs, problems) = inputs::listed(&arguments.inputs);
    check_usage(arguments, &inputs)?;
    let mut outputs = Outputs::open(arguments)?;
    let config = Config::load_others(&arguments.config, &arguments.config.config);
    let loaded = Failure::both(config, Others::load(arguments));
    let ((config, others), ()) = Failure::both(loaded, Failure::unless_none(problems))?;
    Config::refuse_unknown_parameters(others.all().chain([&config]))?;
    let format = arguments.input_format.map(InputFormat::records);
    let columns = columns(&arguments.columns)?;
    let job = Job {
        sources: inputs
            .iter()
            .map(|input| Source {
                format,
                columns: columns.clone(),
                ..input.source()
            })
            .collect(),
        in_time_order: arguments.merge,
        rank_accepted: arguments.report.is_some()
            || arguments.summary.is_some()
            || arguments.format == Format::Json,
        engine: arguments.engine,
        skip_bad: Some(arguments.skip_bad),
        mode: match arguments.mode {
            None => Mode::ByInput,
            Some(args::Mode::Packets) => Mode::Packets,
            Some(args::Mode::Sessions) => Mode::Sessions,
        },
        most_sessions: arguments.max_sessions,
        common: arguments.config.common,
    };
    let done = outputs.run(&job, &config, &others)?;
    let exit = done.exit();
    // Where nothing was evaluated there is no result, and an older one stays.
    if exit == Some(Exit::BadInput) {
        return Ok(Exit::BadInput);
    }
    let found = Found {
        config: &config,
        others: &others,
        done: &done,
    };
    outputs.finish(arguments, &found)?;
    if let Some(exit) = exit {
        return Ok(exit);
    }
    if arguments.mismatches.is_some()
        && arguments.fail_on != Some(FailOn::Mismatch)
        && done.report.tally.recorded() == 0
        && !arguments.config.common.quiet
    {
        messages::warnings(&[format!("--mismatches: {NOTHING_RECORDED}")]);
    }
    Ok(arguments
        .fail_on
        .map_or(Exit::Done, |what| answer(what, &done)))
}

/// What is missing where no record can be compared.
const NOTHING_RECORDED: &str = "no record carries a recorded action to compare with";

/// Answers `--fail-on` by an exit code; a replay about nothing is no yes (9.2).
fn answer(fail_on: FailOn, done: &Done) -> Exit {
    let (report, tally) = (&done.report, &done.report.tally);
    let (fails, missing) = match fail_on {
        FailOn::Drop => (tally.verdicts()[1].packets > 0, "no record was evaluated"),
        FailOn::Change => (report.changes(), "no record was evaluated"),
        FailOn::Mismatch => (report.comparison.has_mismatch(), NOTHING_RECORDED),
    };
    let is_answered = match fail_on {
        FailOn::Drop | FailOn::Change => tally.evaluated() > 0,
        FailOn::Mismatch => tally.recorded() > 0,
    };
    if !is_answered {
        let option = fail_on.to_possible_value();
        let option = option.expect("every value of --fail-on has a name");
        messages::problems(&[format!("--fail-on {}: {missing}", option.get_name())]);
        return Exit::Inconclusive;
    }
    if fails { Exit::No } else { Exit::Done }
}

/// Refuses what cannot work before anything is read.
fn check_usage(arguments: &ReplayArguments, inputs: &[Input]) -> Result<(), Failure> {
    if arguments.fail_on == Some(FailOn::Change) && arguments.against.is_empty() {
        let message = "--fail-on change: --against names the configuration to compare with";
        return Err(Failure::usage(message.to_owned()));
    }
    let standard = arguments
        .inputs
        .iter()
        .filter(|path| path.as_os_str() == "-")
        .count();
    let configured = |paths: &mut dyn Iterator<Item = &PathBuf>| {
        paths.filter(|path| path.as_os_str() == "-").count()
    };
    let others = configured(&mut arguments.config_at.iter().map(|(_, path)| path))
        + configured(&mut arguments.against.iter());
    if standard + arguments.config.standard_inputs() + others > 1 {
        let message = "standard input (-) can be read once only: as one input or as one \
                       configuration";
        return Err(Failure::usage(message.to_owned()));
    }
    let config_files = arguments.config.paths();
    let later = arguments.config_at.iter().map(|(_, path)| path.clone());
    let others: Vec<PathBuf> = later.chain(arguments.against.iter().cloned()).collect();
    let other_files = config::paths(&others);
    let read: Vec<&Path> = inputs
        .iter()
        .map(|input| &input.path)
        .chain(&config_files)
        .chain(&other_files)
        .map(PathBuf::as_path)
        .collect();
    let named = [
        ("--flows", &arguments.flows),
        ("--summary", &arguments.summary),
        ("--mismatches", &arguments.mismatches),
        ("--report", &arguments.report),
        ("--output", &arguments.output),
    ];
    let written: Vec<(&str, &Path)> = named
        .into_iter()
        .filter_map(|(option, path)| Some((option, path.as_deref()?)))
        .collect();
    // Rows or the summary go there unless --output names another place; rows
    // with `--flows -` take the place of the summary.
    let rows = arguments
        .flows
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-");
    refuse_overwriting(&read, &written, arguments.output.is_none() && !rows)
}

/// Where results go; all are opened before anything is read.
struct Outputs {
    rows: Option<(Output, RowForm)>,
    summary: Option<Output>,
    /// Standard output or `--output`, unless rows go there.
    main: Option<Output>,
    mismatches: Option<Mismatches>,
    page: Option<Output>,
}

impl Outputs {
    fn open(arguments: &ReplayArguments) -> Result<Self, Failure> {
        let to_standard = arguments
            .flows
            .as_ref()
            .is_some_and(|path| path.as_os_str() == "-");
        let streams = match arguments.format {
            Format::Jsonl => Some(Form::Lines),
            Format::Csv => Some(Form::Csv),
            Format::Json | Format::Text => to_standard.then_some(Form::Csv),
        };
        let main = Output::open(arguments.output.as_deref())?;
        let rows = match (&arguments.flows, streams) {
            (Some(path), _) if !to_standard => {
                Some((Output::open(Some(path))?, form("--flows", path)?))
            }
            (_, Some(_)) if arguments.format == Format::Json => {
                let message = "--flows - prints the rows, and --format json the summary; write \
                               one of them to a file, with --flows FILE or --summary FILE";
                return Err(Failure::usage(message.to_owned()));
            }
            (_, Some(form)) => {
                return Ok(Self {
                    rows: Some((main, RowForm::Text(form))),
                    summary: file(arguments.summary.as_deref())?,
                    main: None,
                    mismatches: mismatches(arguments)?,
                    page: file(arguments.report.as_deref())?,
                });
            }
            (_, None) => None,
        };
        if rows.is_some() && streams.is_some() {
            let message =
                "--format jsonl and csv print the rows; with --flows FILE use text or json";
            return Err(Failure::usage(message.to_owned()));
        }
        Ok(Self {
            rows,
            summary: file(arguments.summary.as_deref())?,
            main: Some(main),
            mismatches: mismatches(arguments)?,
            page: file(arguments.report.as_deref())?,
        })
    }

    /// Runs the replay with the outputs that take rows.
    fn run(&mut self, job: &Job, config: &Config, others: &Others) -> Result<Done, Failure> {
        let mut both = Both {
            rows: None,
            mismatches: self.mismatches.as_mut(),
        };
        match &mut self.rows {
            None if both.mismatches.is_none() => job.run_under(config, others, None),
            None => job.run_under(config, others, Some(&mut both)),
            Some((output, RowForm::Text(form))) => {
                let mut rows = Rows::new(output, *form);
                both.rows = Some(&mut rows);
                job.run_under(config, others, Some(&mut both))
            }
            Some((output, RowForm::Parquet)) => {
                let failed = |error: io::Error| Failure::output("rows as Parquet", &error);
                let mut rows = ParquetRows::new(output).map_err(failed)?;
                both.rows = Some(&mut rows);
                let done = job.run_under(config, others, Some(&mut both))?;
                rows.finish().map_err(failed)?;
                Ok(done)
            }
        }
    }

    /// Writes the summaries and closes everything.
    fn finish(self, arguments: &ReplayArguments, found: &Found<'_>) -> Result<(), Failure> {
        let document = || summary::document(found);
        if let Some((output, _)) = self.rows {
            output.finish()?;
        }
        if let Some(mismatches) = self.mismatches {
            mismatches.output.finish()?;
        }
        if let Some(mut output) = self.page {
            let written = output.write_all(page::render(found).as_bytes());
            written.map_err(|error| output.failure(&error))?;
            output.finish()?;
        }
        if let Some(mut output) = self.summary {
            let written = summary::write(&mut output, &document());
            written.map_err(|error| output.failure(&error))?;
            output.finish()?;
        }
        if let Some(mut output) = self.main {
            let written = if arguments.format == Format::Json {
                summary::write(&mut output, &document())
            } else {
                output.write_all(text::summary(found).as_bytes())
            };
            written.map_err(|error| output.failure(&error))?;
            output.finish()?;
        }
        Ok(())
    }
}

/// Opens the output of an option, if it is given.
fn file(path: Option<&Path>) -> Result<Option<Output>, Failure> {
    path.map(|path| Output::open(Some(path))).transpose()
}

fn mismatches(arguments: &ReplayArguments) -> Result<Option<Mismatches>, Failure> {
    let Some(path) = arguments.mismatches.as_deref() else {
        return Ok(None);
    };
    let RowForm::Text(form) = form("--mismatches", path)? else {
        let message = "--mismatches: written as .csv or .jsonl, not as Parquet";
        return Err(Failure::usage(message.to_owned()));
    };
    let output = Output::open(Some(path))?;
    let failed = |error: io::Error| Failure::output("mismatches", &error);
    Mismatches::new(output, form).map(Some).map_err(failed)
}

/// How rows are written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowForm {
    Text(Form),
    Parquet,
}

/// Tells the form of rows by the name of their file.
fn form(option: &str, path: &Path) -> Result<RowForm, Failure> {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    match extension.as_str() {
        "csv" => Ok(RowForm::Text(Form::Csv)),
        "jsonl" => Ok(RowForm::Text(Form::Lines)),
        "parquet" => Ok(RowForm::Parquet),
        _ => Err(Failure::usage(format!(
            "{option}: cannot tell the form of `{}` by its name; expected .csv, .jsonl or \
             .parquet, or `-`",
            path.display()
        ))),
    }
}

/// Returns the source that a path names.
pub(crate) fn source(path: &Path, format: Option<RecordFormat>) -> Source {
    Source {
        format,
        ..Source::at(inputs::location(path))
    }
}

/// Reads what the user calls columns.
pub(crate) fn columns(said: &[String]) -> Result<ColumnNames, Failure> {
    let mut columns = ColumnNames::default();
    for text in said {
        columns
            .add(text)
            .map_err(|error| Failure::usage(format!("--columns: {error}")))?;
    }
    Ok(columns)
}

impl InputFormat {
    /// Returns the format in the words of the library.
    pub(crate) const fn records(self) -> RecordFormat {
        match self {
            Self::Pcap => RecordFormat::Capture(CaptureFormat::Pcap),
            Self::Pcapng => RecordFormat::Capture(CaptureFormat::PcapNg),
            Self::Csv => RecordFormat::Log(LogFormat::Csv),
            Self::Jsonl => RecordFormat::Log(LogFormat::JsonLines),
            Self::Alibaba => RecordFormat::Log(LogFormat::Alibaba),
            Self::Aws => RecordFormat::Log(LogFormat::Aws),
            Self::Zeek => RecordFormat::Log(LogFormat::Zeek),
            Self::Suricata => RecordFormat::Log(LogFormat::Suricata),
            Self::Nfdump => RecordFormat::Log(LogFormat::Nfdump),
            Self::Parquet => RecordFormat::Parquet,
        }
    }
}

/// What was replayed, and what came of it.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    config: &'a Config,
    others: &'a Others,
    done: &'a Done,
}

/// A replay to be run.
pub(crate) struct Job {
    /// What is read.
    pub(crate) sources: Vec<Source>,
    /// Whether they are one stream, in the order of their times.
    pub(crate) in_time_order: bool,
    /// Whether accepted records are ranked, too.
    pub(crate) rank_accepted: bool,
    /// Who judges.
    pub(crate) engine: EngineName,
    /// Whether bad rows are skipped, where the command can be asked to.
    pub(crate) skip_bad: Option<bool>,
    /// What is judged.
    pub(crate) mode: Mode,
    /// How many sessions are followed at once.
    pub(crate) most_sessions: usize,
    /// How many threads judge, and how much is said.
    pub(crate) common: CommonArguments,
}

impl Job {
    /// Returns a replay of some sources, one after the other: by the compiled
    /// engine, up to the first bad row.
    pub(crate) fn of(sources: Vec<Source>, mode: Mode, common: CommonArguments) -> Self {
        Self {
            sources,
            in_time_order: false,
            rank_accepted: false,
            engine: EngineName::Compiled,
            skip_bad: None,
            mode,
            most_sessions: DEFAULT_SESSIONS,
            common,
        }
    }

    /// Runs the replay under one configuration.
    pub(crate) fn run(
        &self,
        config: &Config,
        sink: Option<&mut dyn Sink>,
    ) -> Result<Done, Failure> {
        self.run_under(config, &Others::default(), sink)
    }

    /// Runs the replay and says on standard error what is wrong with inputs.
    fn run_under(
        &self,
        config: &Config,
        others: &Others,
        sink: Option<&mut dyn Sink>,
    ) -> Result<Done, Failure> {
        let Config {
            snapshot,
            semantics,
            ..
        } = config;
        let compiling = Instant::now();
        let judge = self.judge(config);
        let against = others.against.as_ref();
        let against = against.map(|other| self.under(other));
        let changes = others.changes(|later| self.under(later));
        if self.common.verbose {
            let elapsed = compiling.elapsed().as_secs_f64() * 1000.0;
            messages::note(&format!("rules compiled in {elapsed:.1} ms"));
        }
        // Not before: until here nothing is worth finishing.
        let signals = Signals::listen()?;
        let control = Arc::new(Control {
            interrupted: Arc::clone(&signals.came),
            ..Control::default()
        });
        let replay = Replay {
            changes,
            against,
            mode: self.mode,
            in_time_order: self.in_time_order,
            rank_accepted: self.rank_accepted,
            conntrack: semantics.conntrack,
            most_sessions: self.most_sessions,
            skip_bad: self.skip_bad.unwrap_or(false),
            threads: threads::affordable(self.common.threads),
            ..Replay::new(snapshot, judge)
        };
        let start = Instant::now();
        let progress = Progress::start(&control, self.total_bytes(), self.common.quiet);
        let ran = replay.run(&self.sources, &control, sink);
        drop(progress);
        let elapsed = start.elapsed();
        let report = ran.map_err(|error| match error {
            ReplayError::Output(error) => Failure::output("rows", &error),
            ReplayError::Scratch(error) => Failure::output("rows that wait", &error),
            ReplayError::MergedKinds => {
                Failure::usage(format!("{error}, with --mode sessions or --mode packets"))
            }
            other => Failure::system(other),
        })?;
        let read = report.inputs.len();
        let done = Done {
            unread: self.sources.iter().skip(read).map(Source::name).collect(),
            report,
            elapsed,
            signals,
        };
        done.say(self);
        Ok(done)
    }

    /// Compiles a configuration.
    fn judge<'c>(&self, config: &'c Config) -> Judge<'c> {
        self.engine.judge(&config.snapshot, &config.semantics)
    }

    fn under<'c>(&self, config: &'c Config) -> Under<'c> {
        Under {
            snapshot: &config.snapshot,
            judge: self.judge(config),
        }
    }

    /// Returns the size of all inputs, where all are files.
    fn total_bytes(&self) -> Option<u64> {
        let size = |source: &Source| match &source.location {
            Location::Path(path) => path
                .metadata()
                .ok()
                .filter(|m| m.is_file())
                .map(|m| m.len()),
            Location::StandardInput => None,
        };
        self.sources.iter().map(size).sum()
    }
}
