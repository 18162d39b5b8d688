//! `secgroup serve`: the ECS API for a simulated account.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secgroup_ecs::Cloud;
use secgroup_server::{
    BindError, Durability, Key, Options, RunError, Server, StateFile, stop_signal,
};

use crate::args::{ServeArguments, account};
use crate::cloud::{self, state_failure};
use crate::failure::{Exit, Failure};
use crate::messages;
use crate::output;
use crate::signals::Signals;

/// Serves until a signal comes.
pub(crate) fn run(arguments: &ServeArguments) -> Result<Exit, Failure> {
    let keys = keys(arguments)?;
    let state = state_file(arguments)?;
    let cloud = cloud(arguments, state.as_ref())?;
    let (ca_file, why_not) = ca_file(arguments);
    let bound = Server::bind(Options {
        listen: arguments.listen.clone(),
        keys,
        ca_file: ca_file.clone(),
        state,
        threads: arguments.common.threads,
        log: (!arguments.common.quiet).then(|| Box::new(io::stderr()) as Box<dyn Write + Send>),
        ..Options::new(arguments.listen[0], cloud, arguments.cloud.account.clone())
    });
    let bound = bound.map_err(|error| match error {
        BindError::NoAddress | BindError::Address { .. } | BindError::Authority(_) => {
            Failure::system(error)
        }
    })?;
    if arguments.common.quiet {
        // Otherwise the log on standard error tells.
        messages::warnings(&bound.warnings());
    } else {
        match (&ca_file, why_not) {
            (Some(path), _) => messages::note(&format!(
                "clients that use TLS trust the certificate in {}",
                path.display()
            )),
            (None, why_not) => messages::note(&format!(
                "clients that use TLS cannot trust this server ({}); name a --ca-file",
                why_not.unwrap_or_default()
            )),
        }
    }
    let signals = Signals::listen()?;
    for address in bound.addresses() {
        output::print(format!("listening on http://{address}\n").as_bytes())?;
    }
    let (stop, stopped) = stop_signal();
    let watched = signals.clone();
    let watcher = std::thread::Builder::new().name("signals".to_owned());
    let watcher = watcher.spawn(move || {
        watched.wait();
        stop.stop();
    });
    watcher.map_err(|error| Failure::system(format!("cannot start a thread: {error}")))?;
    match bound.run_blocking(stopped) {
        Ok(()) => Ok(signals.exit().unwrap_or(Exit::Done)),
        Err(RunError::State(error)) => Err(state_failure(&error)),
        Err(RunError::System(error)) => Err(Failure::system(format!("cannot serve: {error}"))),
    }
}

/// Reads `ID:SECRET[:ACCOUNT]`.
fn keys(arguments: &ServeArguments) -> Result<Vec<Key>, Failure> {
    let read = |text: &String| {
        let mut parts = text.splitn(3, ':');
        let (id, secret) = (parts.next()?, parts.next()?);
        let account = match parts.next() {
            None => arguments.cloud.account.clone(),
            Some(owner) => account(owner).ok()?,
        };
        let whole = !id.is_empty() && !secret.is_empty();
        whole.then(|| Key {
            id: id.to_owned(),
            secret: secret.to_owned(),
            account,
        })
    };
    let given = arguments.access_key.iter().filter(|text| !text.is_empty());
    let keys: Option<Vec<Key>> = given.map(read).collect();
    // The text is not shown: it may be a secret.
    keys.ok_or_else(|| {
        let expected = "--access-key: expected ID:SECRET or ID:SECRET:ACCOUNT, with the AliUid of an \
                        account (a number)";
        Failure::usage(expected.to_owned())
    })
}

/// Claims the state file.
fn state_file(arguments: &ServeArguments) -> Result<Option<StateFile>, Failure> {
    let Some(path) = &arguments.state else {
        return Ok(None);
    };
    let durability = match arguments.state_interval {
        None => Durability::Durable,
        Some(seconds) => Durability::Interval(Duration::from_secs(seconds)),
    };
    let opened = StateFile::open(path, durability);
    opened.map(Some).map_err(|error| state_failure(&error))
}

/// What is served: the state where there is one, else the configuration.
fn cloud(arguments: &ServeArguments, state: Option<&StateFile>) -> Result<Cloud, Failure> {
    let now = jiff::Timestamp::now().as_second();
    let load = || cloud::load(&arguments.config, &arguments.cloud, now, arguments.common);
    let Some(state) = state else {
        return load();
    };
    match state.read().map_err(|error| state_failure(&error))? {
        None => load(),
        Some(bytes) => {
            if !arguments.config.is_empty() && !arguments.common.quiet {
                let path = state.path().display();
                messages::note(&format!(
                    "{path} exists and is served; --config is not read"
                ));
            }
            cloud::restore(state.path(), &bytes, &arguments.cloud)
        }
    }
}

/// Returns where the certificate is kept, or why nowhere: the file that was
/// named, else one in the user's state folder.
fn ca_file(arguments: &ServeArguments) -> (Option<PathBuf>, Option<String>) {
    if let Some(path) = &arguments.ca_file {
        return (Some(path.clone()), None);
    }
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
    let state = variable("XDG_STATE_HOME").map(PathBuf::from);
    let home = || variable("HOME").map(|home| Path::new(&home).join(".local/state"));
    let Some(folder) = state.or_else(home).map(|folder| folder.join("secgroup")) else {
        return (
            None,
            Some("there is no home folder to keep it in".to_owned()),
        );
    };
    match fs::create_dir_all(&folder) {
        Ok(()) => (Some(folder.join("ca.pem")), None),
        Err(error) => (None, Some(format!("{}: {error}", folder.display()))),
    }
}
