//! The program `secgroup`: what Alibaba Cloud ECS security groups do to traffic.
//!
//! It reads arguments, calls the libraries and prints; it decides nothing
//! itself. Each command has a module; what they share is how files are read
//! ([`config`]), how results are written ([`output`]), and how things go wrong
//! ([`failure`]).

mod apply;
mod args;
mod bench;
mod check;
mod cloud;
mod config;
mod convert;
mod diff;
mod effective;
mod ends;
mod examples;
mod failure;
mod filters;
mod generate;
mod junit;
mod lint;
mod messages;
mod minimize;
mod output;
mod progress;
mod regions;
mod replay;
mod sarif;
mod search;
mod serve;
mod signals;
mod test;
mod threads;
mod what_if;
mod yaml;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

use args::{Arguments, Command, ConfigArguments};
use failure::{Exit, Failure};
use secgroup_model::Escaped;
use secgroup_replay::flow_log::panic_is_caught;

fn main() -> ExitCode {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic_is_caught() {
            print(panic);
        }
    }));
    #[cfg(unix)]
    {
        signals::end_in_order_without_memory();
        signals::outlive_limits_of_files();
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&with_owners(error)),
    };
    arguments.color.apply();
    match run(arguments) {
        Ok(exit) => exit.code(),
        Err(failure) => failure.report(),
    }
}

fn run(arguments: Arguments) -> Result<Exit, Failure> {
    if let Some((name, config)) = without_sessions(&arguments.command) {
        config.without_sessions(name);
    }
    match arguments.command {
        Command::Check(check) => check::run(&check),
        Command::Replay(replay) => replay::run(&replay),
        Command::Effective(effective) => effective::run(&effective),
        Command::Lint(lint) => lint::run(&lint),
        Command::WhatIf(change) => what_if::run(&change),
        Command::Minimize(minimize) => minimize::run(&minimize),
        Command::Test(test) => test::run(&test),
        Command::Search(search) => search::run(&search),
        Command::Diff(diff) => diff::run(&diff),
        Command::Apply(apply) => apply::run(&apply),
        Command::Convert(convert) => convert::run(&convert),
        Command::Bench(bench) => bench::run(&bench),
        Command::Serve(serve) => serve::run(&serve),
        Command::Gen(workload) => generate::run(&workload),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "secgroup", &mut script);
            output::print(&script)?;
            Ok(Exit::Done)
        }
        Command::Man { command } => {
            let page = manual(&command)?;
            output::print(&page)?;
            Ok(Exit::Done)
        }
    }
}

/// Returns how a command that follows no sessions is called, and its configuration.
fn without_sessions(command: &Command) -> Option<(&'static str, &ConfigArguments)> {
    match command {
        Command::Check(check) => Some(("check", &check.config)),
        Command::Effective(effective) => Some(("effective", &effective.config)),
        Command::Lint(lint) => Some(("lint", &lint.config)),
        Command::Minimize(minimize) => Some(("minimize", &minimize.config)),
        Command::Test(test) => Some(("test", &test.config)),
        Command::Search(search) => Some(("search", &search.config)),
        Command::Convert(convert) => Some(("convert", &convert.config)),
        // These follow sessions, or refuse flags of them.
        Command::Replay(_)
        | Command::WhatIf(_)
        | Command::Diff(_)
        | Command::Apply(_)
        | Command::Bench(_)
        | Command::Serve(_)
        | Command::Gen(_)
        | Command::Completions { .. }
        | Command::Man { .. } => None,
    }
}

/// Renders the manual page of the program or of one command, whose name is the
/// title of its page behind `secgroup-`.
fn manual(name: &[String]) -> Result<Vec<u8>, Failure> {
    let mut program = Arguments::command();
    program.build();
    let mut title = "secgroup".to_owned();
    // Words of one argument, and titles of pages as others refer to them.
    for word in name.iter().flat_map(|name| name.split_whitespace()) {
        title = format!("{title}-{}", word.strip_prefix("secgroup-").unwrap_or(word));
    }
    let Some(command) = find(&program, &title) else {
        return Err(Failure::usage(format!(
            "there is no command `{}`; see secgroup --help",
            name.join(" ")
        )));
    };
    let command = command.clone();
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command)
        .title(title)
        .render(&mut page);
    rendered.map_err(|error| Failure::output("the manual page", &error))?;
    Ok(page)
}

/// Finds the command of a title, such as `secgroup-gen-trace`.
fn find<'a>(command: &'a clap::Command, title: &str) -> Option<&'a clap::Command> {
    let own = command.get_display_name();
    let own = own.unwrap_or_else(|| command.get_name());
    if own == title {
        return Some(command);
    }
    let mut inside = command.get_subcommands();
    inside.find_map(|inside| find(inside, title))
}

/// What the standard library says of values, and what an operator reads.
const WORDS_OF_STD: [(&str, &str); 4] = [
    ("invalid digit found in string", "expected a whole number"),
    (
        "number too large to fit in target type",
        "expected a smaller number",
    ),
    (
        "cannot parse integer from empty string",
        "expected a whole number",
    ),
    (
        "invalid socket address syntax",
        "expected ADDRESS:PORT, such as 127.0.0.1:8181",
    ),
];

/// Says of an option that a command does not have which commands have it.
fn with_owners(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let Some(long) = option.strip_prefix("--") else {
        return error;
    };
    let mut program = Arguments::command();
    program.build();
    let mut owners = Vec::new();
    find_owners(&program, "", long, &mut owners);
    if error.kind() == ErrorKind::UnknownArgument && !owners.is_empty() {
        let tip = format!("'{option}' is an option of {}", owners.join(", "));
        let tips = ContextValue::StyledStrs(vec![tip.into()]);
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

/// Finds the commands that have an option, of those in one called `outside`.
fn find_owners(command: &clap::Command, outside: &str, long: &str, owners: &mut Vec<String>) {
    for inside in command.get_subcommands() {
        let name = format!("{outside}{}", inside.get_name());
        find_owners(inside, &format!("{name} "), long, owners);
        if inside
            .get_arguments()
            .any(|own| own.get_long() == Some(long))
        {
            owners.push(name);
        }
    }
}

/// Prints what is wrong with the command line, or the help that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let text = error.render();
        let text = if std::io::stdout().is_terminal() {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        return match output::print(text.as_bytes()) {
            Ok(()) => Exit::Done.code(),
            Err(failure) => failure.report(),
        };
    }
    // Line by line, so that nothing the user typed can steer the terminal.
    let mut text = error.render().to_string();
    for (theirs, ours) in WORDS_OF_STD {
        text = text.replace(theirs, ours);
    }
    let mut stream = std::io::stderr().lock();
    for line in text.lines().map(shortened) {
        // Nothing is left to tell when standard error is closed.
        drop(writeln!(stream, "{}", Escaped(&line)));
    }
    Exit::Usage.code()
}

/// Returns a line with every word cut that is longer than what is shown of values
/// anywhere.
fn shortened(line: &str) -> String {
    const MOST: usize = 200;
    let words = line.split(' ').map(|word| {
        let mut letters = word.chars();
        let shown: String = letters.by_ref().take(MOST).collect();
        if letters.next().is_some() {
            format!("{shown}…")
        } else {
            shown
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
