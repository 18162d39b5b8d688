//! The question that a command line asks.

use std::net::IpAddr;

use secgroup_model::{NicType, Prefix, Query, SecurityGroupId, Snapshot};
use secgroup_report::{Field, Question};

use crate::args::{CheckArguments, Nic};
use crate::failure::Failure;

/// Reads the flow.
pub(super) fn query(snapshot: &Snapshot, arguments: &CheckArguments) -> Result<Query, Failure> {
    let required = |value: &Option<String>| value.clone().unwrap_or_default();
    let question = Question {
        from: required(&arguments.from),
        to: required(&arguments.to),
        protocol: required(&arguments.protocol),
        port: arguments.port,
        source_port: arguments.source_port,
        vpc: arguments.vpc.clone(),
        icmp_type: arguments.icmp_type,
        icmp_code: arguments.icmp_code,
        nic: arguments.nic.map(|nic| match nic {
            Nic::Internet => NicType::Internet,
            Nic::Intranet => NicType::Intranet,
        }),
        via_load_balancer: arguments.via.is_some(),
    };
    question
        .query(snapshot, option)
        .map_err(|error| Failure::usage(format!("{error}{}", elsewhere(snapshot, arguments))))
}

/// Says where questions belong whose ends stand for many addresses.
fn elsewhere(snapshot: &Snapshot, arguments: &CheckArguments) -> &'static str {
    let is_many = |end: &str| {
        let group = SecurityGroupId::new(end).ok();
        let group = group.and_then(|id| snapshot.find_group(&id));
        let one = end.parse::<IpAddr>().is_ok();
        end == "internet" || group.is_some() || !one && Prefix::parse(end).is_ok()
    };
    let ends = [&arguments.from, &arguments.to];
    match ends.into_iter().flatten().any(|end| is_many(end)) {
        true => "; secgroup search asks about blocks, groups and the Internet",
        false => "",
    }
}

/// Returns the option that sets a field.
pub(super) const fn option(field: Field) -> &'static str {
    match field {
        Field::From => "--from",
        Field::To => "--to",
        Field::Protocol => "--protocol",
        Field::Port => "--port",
        Field::SourcePort => "--source-port",
        Field::Vpc => "--vpc",
        Field::IcmpType => "--icmp-type",
    }
}
