//! `secgroup apply`: calls of the API made on a snapshot or a state, without a
//! server.
//!
//! Reading the file of calls is in [`calls`]; here they are made, one after the
//! other, and answered. What they change for given flows is in [`changes`].

mod calls;
mod changes;
mod command;
mod draft;
mod json;
mod report;
mod shell;
mod template;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use secgroup_ecs::{Cloud, Parameters, Product, Request};
use secgroup_model::{Escaped, Shown};
use secgroup_server::{Durability, StateFile};
use serde::Serialize;
use serde_json::Value;

use crate::args::ApplyArguments;
use crate::cloud::{self, state_failure};
use crate::failure::{Exit, Failure};
use crate::messages;
use crate::output::{Output, refuse_overwriting};
use calls::PlannedCall;
use changes::Changes;
use report::Report;
use template::{Answers, Template};

/// A call that was made, with what it was answered.
#[derive(Debug, Serialize)]
struct Made<'a> {
    /// Its number, from 1.
    call: usize,
    file: &'a str,
    line: usize,
    action: &'a str,
    /// The HTTP status; absent for a call that could not be made.
    status: Option<u16>,
    code: Option<&'a str>,
    answer: &'a Value,
}

/// Makes the calls and says how the program ends.
pub(crate) fn run(arguments: &ApplyArguments) -> Result<Exit, Failure> {
    check_usage(arguments)?;
    let output = Output::open(arguments.output.as_deref())?;
    let mut report = Report::new(output, arguments.format);
    let save = arguments.save.as_deref();
    let save = save.map(|path| Output::open(Some(path))).transpose()?;
    let planned = calls::read(&arguments.calls, &arguments.cloud.region);
    let (planned, ()) = Failure::both(planned, Failure::unless_none(changes::unusable(arguments)))?;
    let state = arguments.state.as_deref().map(|path| {
        let opened = StateFile::open(path, Durability::Durable);
        opened.map_err(|error| state_failure(&error))
    });
    let state = state.transpose()?;
    let mut cloud = beginning(arguments, state.as_ref())?;
    let before = cloud.snapshot();
    let mut run = Run {
        arguments,
        cloud: &mut cloud,
        answers: Answers::new(),
        made: 0,
        failed: 0,
    };
    let ran = run.all(&planned, &mut report);
    ran.map_err(|error| report.failure(&error))?;
    let (made, failed) = (run.made, run.failed);
    let changes = Changes {
        before,
        after: cloud.snapshot(),
        semantics: arguments.cloud.flags()?.1,
        arguments,
    };
    let exit = changes.write(&mut report)?;
    if !arguments.dry_run {
        keep(&cloud, state.as_ref(), save)?;
    }
    let ended = report.end(&[("made", made as u64), ("failed", failed as u64)]);
    ended.map_err(|error| report.failure(&error))?;
    report.into_output().finish()?;
    if !arguments.common.quiet {
        say(arguments, planned.len(), made, failed);
    }
    let answer = if failed > 0 { Exit::No } else { Exit::Done };
    Ok(match exit {
        // The calls were made, and are kept.
        Some(Exit::BadInput) => Exit::Partial,
        Some(exit) => exit,
        None => answer,
    })
}

/// Refuses what cannot work before anything is read.
fn check_usage(arguments: &ApplyArguments) -> Result<(), Failure> {
    if arguments
        .state
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-")
    {
        let message = "--state -: a state is read and written; name a file";
        return Err(Failure::usage(message.to_owned()));
    }
    let is_standard = |path: &&PathBuf| path.as_os_str() == "-";
    let flows = arguments.then_check.iter().chain(&arguments.then_replay);
    let named = arguments.config.iter().chain(&arguments.calls);
    if named.chain(flows.clone()).filter(is_standard).count() > 1 {
        let message = "standard input (-) can be read once only";
        return Err(Failure::usage(message.to_owned()));
    }
    let config = crate::config::paths(&arguments.config);
    let read: Vec<&Path> = (config.iter().chain(&arguments.calls).chain(flows))
        .chain(&arguments.state)
        .map(PathBuf::as_path)
        .collect();
    let written = [("--output", &arguments.output), ("--save", &arguments.save)];
    let written: Vec<(&str, &Path)> = written
        .into_iter()
        .filter_map(|(option, path)| Some((option, path.as_deref()?)))
        .collect();
    refuse_overwriting(&read, &written, arguments.output.is_none())
}

/// The account before the first call.
fn beginning(arguments: &ApplyArguments, state: Option<&StateFile>) -> Result<Cloud, Failure> {
    let kept = match state {
        None => None,
        Some(state) => state.read().map_err(|error| state_failure(&error))?,
    };
    match (state, kept) {
        (Some(state), Some(bytes)) => cloud::restore(state.path(), &bytes, &arguments.cloud),
        _ => cloud::load(
            &arguments.config,
            &arguments.cloud,
            arguments.now(),
            arguments.common,
        ),
    }
}

/// Writes the state to where it is kept.
fn keep(cloud: &Cloud, state: Option<&StateFile>, save: Option<Output>) -> Result<(), Failure> {
    let bytes = cloud.to_state();
    if let Some(mut save) = save {
        save.write_all(&bytes)
            .map_err(|error| save.failure(&error))?;
        save.finish()?;
    }
    if let Some(state) = state {
        state.write(&bytes).map_err(|error| state_failure(&error))?;
    }
    Ok(())
}

/// Calls on their way.
struct Run<'r> {
    arguments: &'r ApplyArguments,
    cloud: &'r mut Cloud,
    answers: Answers,
    made: usize,
    failed: usize,
}

impl Run<'_> {
    /// Makes the calls, up to the first that fails if so asked.
    fn all(&mut self, planned: &[PlannedCall], report: &mut Report) -> io::Result<()> {
        report.begin("calls")?;
        let parameters = planned.iter().flat_map(|call| call.parameters.values());
        let needed: BTreeSet<usize> = parameters.flat_map(Template::needs).collect();
        for (number, call) in planned.iter().enumerate() {
            let body = self.one(number, call, report)?;
            if needed.contains(&number) {
                self.answers.insert(number, body);
            }
            if self.failed > 0 && self.arguments.fail_fast {
                break;
            }
        }
        Ok(())
    }

    /// Makes a call and writes its answer; returns that of one that succeeded.
    fn one(
        &mut self,
        number: usize,
        call: &PlannedCall,
        report: &mut Report,
    ) -> io::Result<Option<Value>> {
        self.made += 1;
        let mut parameters = Parameters::new();
        for (name, template) in &call.parameters {
            match template.complete(&self.answers) {
                Ok(text) => {
                    parameters.insert(name, text);
                }
                Err(message) => {
                    self.failed += 1;
                    let answer =
                        serde_json::json!({ "Message": format!("not made: `{name}`: {message}") });
                    self.write(number, call, None, &answer, report)?;
                    return Ok(None);
                }
            }
        }
        let answer = self.cloud.answer(&Request {
            product: call.product.unwrap_or(Product::Ecs),
            action: call.action.clone(),
            parameters,
            account: self.arguments.cloud.account.clone(),
            now: self.arguments.now(),
            request_id: request_id(number),
        });
        if !answer.succeeded() {
            self.failed += 1;
        }
        self.write(number, call, Some(answer.status), &answer.body, report)?;
        Ok(answer.succeeded().then_some(answer.body))
    }

    fn write(
        &self,
        number: usize,
        call: &PlannedCall,
        status: Option<u16>,
        answer: &Value,
        report: &mut Report,
    ) -> io::Result<()> {
        let file = self.arguments.calls[call.file].display().to_string();
        let failed = status.is_none_or(|status| status >= 400);
        let text = |name| answer.get(name).and_then(Value::as_str);
        let made = Made {
            call: number + 1,
            file: &file,
            line: call.line,
            action: &call.action,
            status,
            code: text("Code").filter(|_| failed),
            answer,
        };
        let result = if failed {
            let code = made
                .code
                .map(|code| format!("{code}: "))
                .unwrap_or_default();
            let message = text("Message").unwrap_or_default();
            format!("{code}{}", Escaped(message))
        } else {
            without_id(answer)
        };
        let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
        let place = format!("{file}:{}", call.line);
        let line = format!(
            "{}  {}  {status}  {result}",
            Shown(&place),
            Shown(&call.action)
        );
        report.item(&made, line)
    }
}

/// Returns an answer without the id of its request, which says nothing here.
fn without_id(answer: &Value) -> String {
    let mut answer = answer.clone();
    if let Some(members) = answer.as_object_mut() {
        members.remove("RequestId");
        if members.is_empty() {
            return "done".to_owned();
        }
    }
    answer.to_string()
}

/// Returns the id of a request: the same calls have the same ids.
fn request_id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{:012X}", number + 1)
}

/// Says on standard error how the calls ended.
fn say(arguments: &ApplyArguments, planned: usize, made: usize, failed: usize) {
    if made < planned {
        let rest = planned - made;
        messages::note(&format!(
            "{rest} of {planned} calls were not made (--fail-fast)"
        ));
    }
    let (verb, kept) = match (arguments.dry_run, &arguments.state, &arguments.save) {
        (true, ..) => ("would fail", "; nothing was kept (--dry-run)"),
        (false, None, None) => ("failed", "; nothing was kept (no --state, no --save)"),
        (false, ..) => ("failed", ""),
    };
    messages::note(&format!("{failed} of {made} calls {verb}{kept}"));
}
