//! `secgroup gen filters`: the rules of an interface as a filter set.

use secgroup_gen::Filter;
use secgroup_matcher::{ListedFilter, filter_list};
use secgroup_model::{Family, Shown};

use super::{write, write_filters};
use crate::args::FiltersArguments;
use crate::config::Config;
use crate::ends;
use crate::failure::{Exit, Failure};
use crate::output::refuse_overwriting;

/// Writes the set and says how the program ends.
pub(super) fn run(arguments: &FiltersArguments) -> Result<Exit, Failure> {
    let output = arguments.output.as_deref();
    let files = arguments.config.paths();
    let read: Vec<_> = files.iter().map(std::path::PathBuf::as_path).collect();
    let written: Vec<_> = output.map(|path| ("--output", path)).into_iter().collect();
    refuse_overwriting(&read, &written, output.is_none())?;
    let config = Config::load(&arguments.config)?;
    let filters = filters(&config, arguments)?;
    write(output, |output| write_filters(filters, output))
}

/// Lists the filters that are asked for.
fn filters(config: &Config, arguments: &FiltersArguments) -> Result<Vec<Filter>, Failure> {
    let (snapshot, name) = (&config.snapshot, &arguments.interface);
    let Some(interface) = ends::interface(snapshot, name) else {
        return Err(Failure::usage(format!(
            "--interface: `{}` is no interface or instance of the snapshot",
            Shown(name)
        )));
    };
    let network = snapshot.interface(interface).network();
    if snapshot.vpc(network).is_none() {
        return Err(Failure::bad_input(vec![format!(
            "`{}` is in the classic network, where each of its two NICs has rules of its own; \
             name an interface of a VPC",
            Shown(name)
        )]));
    }
    let family = if arguments.ipv6 {
        Family::V6
    } else {
        Family::V4
    };
    let direction = arguments.direction.into();
    let semantics = &config.semantics;
    let list = filter_list(snapshot, semantics, interface, direction, None, family);
    if list.is_empty() {
        return Err(Failure::bad_input(vec![format!(
            "`{}` has no {family} rule in this direction, so there is no set",
            Shown(name)
        )]));
    }
    Ok(list.into_iter().map(in_a_set).collect())
}

/// Returns a filter as sets have it.
pub(crate) fn in_a_set(listed: ListedFilter) -> Filter {
    Filter {
        source: listed.source,
        destination: listed.destination,
        source_ports: listed.source_ports,
        destination_ports: listed.destination_ports,
        protocol: listed.protocol,
        protocol_mask: u8::MAX,
    }
}
