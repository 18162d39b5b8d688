//! `secgroup check`: would this flow be allowed, and why.

mod ends;
mod flips;
mod many;
mod missing;
mod text;

use std::io::Write;
use std::path::{Path, PathBuf};

use secgroup_matcher::{Answer, Matcher};
use secgroup_model::{Evaluation, Flow, Outcome, Query, RuleIndex, Semantics, Snapshot, evaluate};
use secgroup_replay::Judge;

use crate::args::{CheckArguments, EngineName, Format};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::messages;
use crate::output::{Output, refuse_overwriting};

/// Judges one flow, or a file of them.
pub(crate) fn run(arguments: &CheckArguments) -> Result<Exit, Failure> {
    if arguments.flows.is_none() && matches!(arguments.format, Format::Jsonl | Format::Csv) {
        let message = "--format jsonl and csv print rows; they go with --flows".to_owned();
        return Err(Failure::usage(message));
    }
    let flows = arguments.flows.as_deref();
    let standard = usize::from(flows.is_some_and(|path| path.as_os_str() == "-"));
    if standard + arguments.config.standard_inputs() > 1 {
        let message = "standard input (-) can be read once only: as --flows or as one --config";
        return Err(Failure::usage(message.to_owned()));
    }
    let config_files = arguments.config.paths();
    let read: Vec<&Path> = config_files
        .iter()
        .map(PathBuf::as_path)
        .chain(flows)
        .collect();
    let written: Vec<(&str, &Path)> = arguments
        .output
        .as_deref()
        .map(|path| ("--output", path))
        .into_iter()
        .collect();
    refuse_overwriting(&read, &written, false)?;
    let mut output = Output::open(arguments.output.as_deref())?;
    let config = Config::load(&arguments.config)?;
    let exit = match &arguments.flows {
        Some(path) => many::run(&config, arguments, path, &mut output)?,
        None => one(&config, arguments, &mut output)?,
    };
    // What would take the place of an older result must be a result.
    if exit != Exit::BadInput {
        output.finish()?;
    }
    Ok(exit)
}

/// Judges the flow that the command line describes.
fn one(config: &Config, arguments: &CheckArguments, output: &mut Output) -> Result<Exit, Failure> {
    let query = ends::query(&config.snapshot, arguments)?;
    let Config {
        snapshot,
        semantics,
        ..
    } = config;
    let evaluation = evaluate(snapshot, semantics, &query)
        .map_err(|ambiguous| Failure::usage(format!("{ambiguous}: use --vpc")))?;
    if let Some(flow) = secgroup_report::complete(&query) {
        compare(config, arguments.engine, flow, &evaluation)?;
    }
    let unless = missing::rules(config, &query, &evaluation)?;
    let flips = match arguments.explain {
        true => flips::find(config, &query, &evaluation)?,
        false => None,
    };
    let written = match arguments.format {
        Format::Json => {
            let explained = arguments.explain;
            let answer =
                secgroup_report::Answer::new(snapshot, semantics, &query, &evaluation, explained);
            let name = |rule: &RuleIndex| snapshot.rule(*rule).name().to_owned();
            let whole = AnswerJson {
                answer,
                unless: unless.iter().map(name).collect(),
                flips: flips.map(|flips| flips.json(snapshot)),
                warnings: &config.warnings,
            };
            output.json(&whole)
        }
        Format::Text | Format::Jsonl | Format::Csv => {
            let mut text = text::answer(config, &query, &evaluation, &unless);
            if arguments.explain {
                text.push_str(&text::explained(config, &query, &evaluation));
            }
            text.extend(flips.map(|flips| flips.text(snapshot)));
            if colour(arguments) == anstream::ColorChoice::Never {
                output.write_all(anstream::adapter::strip_str(&text).to_string().as_bytes())
            } else {
                output.write_all(text.as_bytes())
            }
        }
    };
    written.map_err(|error| output.failure(&error))?;
    if !arguments.config.common.quiet && evaluation.outcome() == Outcome::Outside {
        messages::note("neither end is an address of the snapshot, so nothing was judged");
    }
    Ok(exit(evaluation.outcome()))
}

/// An answer, what would flip it where it is explained, and what was odd about
/// the configuration.
#[derive(Debug, serde::Serialize)]
struct AnswerJson<'a> {
    #[serde(flatten)]
    answer: secgroup_report::Answer,
    /// The rules that would decide otherwise, were what they refer to there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unless: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flips: Option<flips::FlipsJson>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

/// Colour goes to a terminal only, unless it is asked for.
fn colour(arguments: &CheckArguments) -> anstream::ColorChoice {
    match anstream::ColorChoice::global() {
        anstream::ColorChoice::Auto if arguments.output.is_some() => anstream::ColorChoice::Never,
        anstream::ColorChoice::Auto => anstream::AutoStream::choice(&std::io::stdout()),
        choice => choice,
    }
}

/// Returns what the exit code says about a verdict.
fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Accept => Exit::Done,
        Outcome::Drop => Exit::No,
        Outcome::Outside | Outcome::Depends => Exit::Inconclusive,
    }
}

/// Asks an engine, too. The reference explains; if the engine that replays
/// traffic disagreed with it, no answer could be trusted.
fn compare(
    config: &Config,
    engine: EngineName,
    flow: Flow,
    evaluation: &Evaluation,
) -> Result<(), Failure> {
    let Some(engine) = engine.matcher() else {
        return Ok(());
    };
    let Config {
        snapshot,
        semantics,
        ..
    } = config;
    let answer = Matcher::compile(snapshot, semantics, engine).decide_one(&flow);
    let mut reference = [answer];
    let judge = Judge::Reference {
        snapshot,
        semantics: *semantics,
    };
    judge.decide(&[flow], &mut reference);
    if reference[0] == answer
        && matches!(answer, Answer::Judged(sides) if sides.outcome() == evaluation.outcome())
    {
        return Ok(());
    }
    let query = Query::from(flow);
    Err(Failure::system(format!(
        "the engine `{engine}` and the reference disagree about {query}; this is a bug of \
         secgroup, please report it with the configuration"
    )))
}

impl EngineName {
    /// Returns the engine of a matcher, none for the reference.
    pub(crate) fn matcher(self) -> Option<secgroup_matcher::Engine> {
        match self {
            Self::Compiled => Some(secgroup_matcher::Engine::Compiled),
            Self::Trie => Some(secgroup_matcher::Engine::Trie),
            Self::Scan => Some(secgroup_matcher::Engine::Scan),
            Self::Reference => None,
        }
    }

    /// Returns a judge of this kind.
    pub(crate) fn judge<'s>(self, snapshot: &'s Snapshot, semantics: &Semantics) -> Judge<'s> {
        match self.matcher() {
            Some(engine) => Judge::Matcher(Box::new(Matcher::compile(snapshot, semantics, engine))),
            None => Judge::Reference {
                snapshot,
                semantics: *semantics,
            },
        }
    }
}
