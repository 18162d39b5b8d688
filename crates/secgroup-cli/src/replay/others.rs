//! Configurations beside that of `--config`: later ones, and one to compare with.

use std::path::PathBuf;

use secgroup_model::Snapshot;
use secgroup_replay::{Change, Timestamp, Under};

use crate::args::ReplayArguments;
use crate::config::Config;
use crate::failure::Failure;

/// The other configurations of a replay.
#[derive(Debug, Default)]
pub(crate) struct Others {
    /// Those that come into force later, in the order of time.
    later: Vec<(Timestamp, Config)>,
    /// The one to compare with.
    pub(crate) against: Option<Config>,
}

impl Others {
    /// Reads them all, under the flags of the first one.
    pub(crate) fn load(arguments: &ReplayArguments) -> Result<Self, Failure> {
        let read = |paths: &[PathBuf]| Config::load_others(&arguments.config, paths);
        let mut named: Vec<&(Timestamp, PathBuf)> = arguments.config_at.iter().collect();
        named.sort_by_key(|(time, _)| *time);
        let conntrack = arguments.config.semantics()?.conntrack;
        let delay = i64::from(conntrack.apply_delay) * 1_000_000_000;
        let later = named
            .chunk_by(|(one, _), (next, _)| one == next)
            .map(|files| {
                let paths: Vec<PathBuf> = files.iter().map(|(_, path)| path.clone()).collect();
                let from = Timestamp(files[0].0.0.saturating_add(delay));
                Ok((from, read(&paths)?))
            });
        let later = Failure::all(later);
        let against = (!arguments.against.is_empty()).then(|| read(&arguments.against));
        let (later, against) = Failure::both(later, against.transpose())?;
        Ok(Self { later, against })
    }

    /// Returns the changes, each made ready by `under`.
    pub(crate) fn changes<'a>(
        &'a self,
        under: impl Fn(&'a Config) -> Under<'a>,
    ) -> Vec<Change<'a>> {
        let changes = self.later.iter().map(|(from, config)| Change {
            from: *from,
            under: under(config),
        });
        changes.collect()
    }

    /// Returns the later snapshots.
    pub(crate) fn later(&self) -> impl Iterator<Item = &Snapshot> {
        self.later.iter().map(|(_, config)| &config.snapshot)
    }

    /// Returns all of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Config> {
        let later = self.later.iter().map(|(_, config)| config);
        later.chain(&self.against)
    }

    /// Returns what was odd about them.
    pub(super) fn warnings(&self) -> impl Iterator<Item = &String> {
        self.all().flat_map(|config| &config.warnings)
    }
}
