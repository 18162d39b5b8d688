//! `secgroup what-if`: what joining or leaving a group would change.

use std::path::{Path, PathBuf};

use secgroup_analysis::with_membership;
use secgroup_ecs::{Cloud, Parameters, Product, Request};
use secgroup_model::{GroupIndex, InterfaceIndex, SecurityGroupId, Shown, Snapshot};
use serde::Serialize;
use serde_json::Value;

use crate::args::{MembershipArguments, ReportFormat, WhatIf, WhatIfArguments};
use crate::cloud;
use crate::config::{self, Config};
use crate::diff::{Compared, DiffJson, compare, confirm, exit};
use crate::ends;
use crate::failure::{Exit, Failure};
use crate::output::{Output, refuse_overwriting};

/// What the API would answer.
#[derive(Debug, Serialize)]
struct Answered {
    action: &'static str,
    status: u16,
    code: Option<String>,
    message: Option<String>,
}

/// Tries a change of membership.
pub(crate) fn run(arguments: &WhatIfArguments) -> Result<Exit, Failure> {
    let (own, action) = match &arguments.change {
        WhatIf::Join(own) => (own, "JoinSecurityGroup"),
        WhatIf::Leave(own) => (own, "LeaveSecurityGroup"),
    };
    let files = config::paths(&own.config);
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let written = own.report.output.as_deref().map(|path| ("--output", path));
    refuse_overwriting(&files, &written.into_iter().collect::<Vec<_>>(), false)?;
    let output = Output::open(own.report.output.as_deref())?;
    let mut cloud = cloud::load(&own.config, &own.cloud, 0, own.common)?;
    let semantics = own.cloud.flags()?.1;
    let before = Snapshot::clone(&cloud.snapshot());
    let (interface, group) = named(&before, own)?;
    let answered = call(&mut cloud, &before, own, action, interface, group);
    let groups = groups(&before, interface, group, action == "JoinSecurityGroup");
    let after = match with_membership(&before, &semantics, interface, &groups) {
        Ok(after) => after,
        Err(problems) => {
            let problems = problems.iter().map(ToString::to_string).collect();
            return impossible(own, &answered, problems, output);
        }
    };
    let (old, new) = (Config::of(before, semantics), Config::of(after, semantics));
    let changes = compare(&old, &new, own.common).map_err(Failure::system)?;
    confirm(&old, &new, &changes, own.confirmation)?;
    let compared = Compared {
        old: &old,
        new: &new,
        traffic: None,
    };
    match own.report.format {
        ReportFormat::Text => {
            let text = format!("{}{}", words(&answered), compared.text(&changes));
            output.finish_with(text.as_bytes())?;
        }
        ReportFormat::Json => output.finish_json(&WhatIfJson {
            call: answered,
            changes: compared.json(&changes),
        })?,
    }
    Ok(exit(&changes))
}

/// Tells that nothing could be as it was asked for.
fn impossible(
    own: &MembershipArguments,
    answered: &Answered,
    problems: Vec<String>,
    output: Output,
) -> Result<Exit, Failure> {
    match own.report.format {
        ReportFormat::Text => {
            let lines = problems.iter().map(|one| format!("  {one}\n"));
            let text = format!("{}{}", words(answered), lines.collect::<String>());
            output.finish_with(text.as_bytes())?;
        }
        ReportFormat::Json => output.finish_json(&ImpossibleJson {
            call: answered,
            impossible: problems,
        })?,
    }
    Ok(Exit::No)
}

#[derive(Debug, Serialize)]
struct ImpossibleJson<'a> {
    call: &'a Answered,
    impossible: Vec<String>,
}

#[derive(Debug, Serialize)]
struct WhatIfJson {
    call: Answered,
    #[serde(flatten)]
    changes: DiffJson,
}

fn named(
    snapshot: &Snapshot,
    own: &MembershipArguments,
) -> Result<(InterfaceIndex, GroupIndex), Failure> {
    let interface = ends::interface(snapshot, &own.interface);
    let interface = interface.ok_or_else(|| {
        Failure::usage(format!(
            "`{}` is no interface or instance of the snapshot",
            Shown(&own.interface)
        ))
    })?;
    let id = SecurityGroupId::new(&own.group).ok();
    let group = id.and_then(|id| snapshot.find_group(&id));
    let group = group.ok_or_else(|| {
        Failure::usage(format!(
            "`{}` is no group of the snapshot",
            Shown(&own.group)
        ))
    })?;
    Ok((interface, group))
}

/// Returns the groups of an interface behind the change.
fn groups(
    snapshot: &Snapshot,
    interface: InterfaceIndex,
    group: GroupIndex,
    joins: bool,
) -> Vec<GroupIndex> {
    let own = snapshot.interface(interface).groups().iter().copied();
    let mut groups: Vec<GroupIndex> = own.filter(|one| *one != group).collect();
    if joins {
        groups.push(group);
    }
    groups.sort_unstable();
    groups
}

/// Makes the call on the simulated account, to know what it is answered.
fn call(
    cloud: &mut Cloud,
    snapshot: &Snapshot,
    own: &MembershipArguments,
    action: &'static str,
    interface: InterfaceIndex,
    group: GroupIndex,
) -> Answered {
    let mut parameters = Parameters::new();
    parameters.insert("RegionId", own.cloud.region.clone());
    parameters.insert("SecurityGroupId", snapshot.group(group).id().to_string());
    let own_interface = snapshot.interface(interface);
    // A primary interface joins by the name of its instance (1.4).
    match own_interface.instance() {
        Some(instance) if snapshot.find_instance(instance) == Some(interface) => {
            parameters.insert("InstanceId", instance.to_string());
        }
        _ => {
            parameters.insert("NetworkInterfaceId", own_interface.id().to_string());
        }
    }
    let answer = cloud.answer(&Request {
        product: Product::Ecs,
        action: action.to_owned(),
        parameters,
        account: own.cloud.account.clone(),
        now: 0,
        request_id: "00000000-0000-0000-0000-000000000000".to_owned(),
    });
    let field = |name: &str| {
        let value: Option<&Value> = answer.body.get(name);
        value.and_then(Value::as_str).map(str::to_owned)
    };
    Answered {
        action,
        status: answer.status,
        code: field("Code"),
        message: field("Message"),
    }
}

fn words(answered: &Answered) -> String {
    let Answered {
        action,
        status,
        code,
        message,
    } = answered;
    match (code, message) {
        (Some(code), Some(message)) => {
            format!("{action} would be refused: {status} {code}: {message}\nwere it not:\n")
        }
        _ => format!("{action} would be accepted\n"),
    }
}
