//! Ends and services of questions about all flows, as they are typed.

use secgroup_analysis::{End, FlowBox, Intervals, Search, Window, number};
use secgroup_model::{
    Family, GroupIndex, InstanceId, InterfaceIndex, NetworkIndex, NetworkInterfaceId, Prefix,
    PrefixListId, Protocol, SecurityGroupId, Shown, Snapshot, VpcId,
};

use crate::args::Asked;
use crate::failure::Failure;

/// Makes a question exact for a snapshot.
pub(crate) fn question(snapshot: &Snapshot, asked: &Asked) -> Result<Search, Failure> {
    let network = match &asked.vpc {
        None => None,
        Some(text) => {
            let missing = |what| Failure::usage(format!("--vpc: {what}"));
            Some(network(snapshot, text).map_err(missing)?)
        }
    };
    let told = |name: &'static str| move |what: String| Failure::usage(format!("{name}: {what}"));
    let ports =
        |name, text: &Option<String>| text.as_deref().map(ports).transpose().map_err(told(name));
    let protocol = asked.protocol.as_deref().map(protocol).transpose();
    Ok(Search {
        from: end(snapshot, &asked.from).map_err(told("--from"))?,
        to: end(snapshot, &asked.to).map_err(told("--to"))?,
        services: services(
            protocol.map_err(told("--protocol"))?,
            ports("--port", &asked.port)?.as_ref(),
            ports("--source-port", &asked.source_port)?.as_ref(),
        )
        .map_err(Failure::usage)?,
        direction: asked.direction.map(Into::into),
        network,
    })
}

/// Finds a VPC.
pub(crate) fn network(snapshot: &Snapshot, text: &str) -> Result<NetworkIndex, String> {
    let vpc = VpcId::new(text).ok();
    let found = vpc.and_then(|vpc| snapshot.find_vpc(&vpc));
    found.ok_or_else(|| format!("`{}` is not in the snapshot", Shown(text)))
}

/// Returns the flows of a protocol and ports.
pub(crate) fn services(
    protocol: Option<Protocol>,
    destination: Option<&Intervals>,
    source: Option<&Intervals>,
) -> Result<Window, String> {
    let ports = destination.is_some() || source.is_some();
    let protocols = match protocol {
        Some(one) if ports && !one.has_ports() => {
            return Err(format!("{one} has no ports; ports go with tcp and udp"));
        }
        Some(one) => Intervals::one(u128::from(one.0)),
        None if ports => [Protocol::TCP, Protocol::UDP]
            .map(|one| (u128::from(one.0), u128::from(one.0)))
            .into_iter()
            .collect(),
        None => Intervals::between(0, 255),
    };
    let boxes = [Family::V4, Family::V6].map(|family| FlowBox {
        protocols: protocols.clone(),
        destination_ports: destination.cloned(),
        source_ports: source.cloned(),
        ..FlowBox::all(family)
    });
    Ok(Window::of(&boxes))
}

/// Reads a protocol; `all` and `any` are every one.
pub(crate) fn protocol(text: &str) -> Result<Protocol, String> {
    text.parse()
        .map_err(|error: secgroup_model::UnknownProtocol| error.to_string())
}

/// Reads ports: `443`, `8000-8999`, `22,80-90`; 0 to 65535.
pub(crate) fn ports(text: &str) -> Result<Intervals, String> {
    let wrong = || {
        format!(
            "`{}` is no port or range of ports, such as 443, 8000-8999 or 22,80",
            Shown(text)
        )
    };
    let mut all = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once(['-', '/']).unwrap_or((part, part));
        let number = |text: &str| text.parse::<u16>().map_err(|_| wrong());
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(wrong());
        }
        all.push((u128::from(first), u128::from(last)));
    }
    Ok(all.into_iter().collect())
}

/// Reads an end.
pub(crate) fn end(snapshot: &Snapshot, text: &str) -> Result<End, String> {
    match text {
        "any" => return Ok(End::Any),
        "internet" => return Ok(End::Internet),
        _ => {}
    }
    if let Ok(parsed) = Prefix::parse(text) {
        return Ok(addresses([parsed.prefix].into_iter()));
    }
    if let Some(interface) = interface(snapshot, text) {
        return Ok(End::Interfaces(vec![interface]));
    }
    let group = SecurityGroupId::new(text).ok();
    if let Some(group) = group.and_then(|id| snapshot.find_group(&id)) {
        return Ok(End::Interfaces(members(snapshot, group)));
    }
    let list = PrefixListId::new(text).ok();
    if let Some(at) = list.and_then(|id| snapshot.find_prefix_list(&id)) {
        return Ok(addresses(
            snapshot.prefix_lists()[at].entries.iter().copied(),
        ));
    }
    let looks = text.contains(['.', ':', '/']);
    Err(match Prefix::parse(text) {
        Err(error) if looks => error.to_string(),
        _ => format!(
            "`{}` is no address, and no interface, instance, group or prefix list of the \
             snapshot; `internet` and `any` are ends, too",
            Shown(text)
        ),
    })
}

/// Finds an interface, or the primary one of an instance.
pub(crate) fn interface(snapshot: &Snapshot, text: &str) -> Option<InterfaceIndex> {
    let id = NetworkInterfaceId::new(text).ok();
    let instance = || InstanceId::new(text).ok();
    id.and_then(|id| snapshot.find_interface(&id))
        .or_else(|| snapshot.find_instance(&instance()?))
}

/// Returns the interfaces in a group.
fn members(snapshot: &Snapshot, group: GroupIndex) -> Vec<InterfaceIndex> {
    let all = snapshot.interfaces();
    all.filter(|(_, one)| one.groups().contains(&group))
        .map(|(index, _)| index)
        .collect()
}

fn addresses(prefixes: impl Iterator<Item = Prefix>) -> End {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for prefix in prefixes {
        let (first, last) = prefix.bounds();
        let bounds = (number(first), number(last));
        match prefix.family() {
            Family::V4 => v4.push(bounds),
            Family::V6 => v6.push(bounds),
        }
    }
    End::Addresses(v4.into_iter().collect(), v6.into_iter().collect())
}
