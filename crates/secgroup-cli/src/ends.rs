//! Ends and services of questions about all flows, as they are typed.

use std::collections::BTreeMap;

use secgroup_analysis::{End, FlowBox, Intervals, Search, Window, number};
use secgroup_model::{
    Family, GroupIndex, InstanceId, InterfaceIndex, NetworkIndex, NetworkInterfaceId, Prefix,
    PrefixListId, Protocol, SecurityGroupId, Shown, Snapshot, VpcId,
};

use crate::args::Asked;
use crate::failure::Failure;

/// What stands between what is meant and what is not.
pub(crate) const EXCEPT: &str = " except ";

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
    let names = Names::of(snapshot);
    let services = Services {
        family: asked.family.map(Into::into),
        protocol: asked.protocol.as_deref(),
        ports: asked.port.as_deref(),
        source_ports: asked.source_port.as_deref(),
        icmp_type: asked.icmp_type.as_deref(),
        icmp_code: asked.icmp_code.as_deref(),
    };
    let window = services.window();
    Ok(Search {
        from: names.end(&asked.from).map_err(told("--from"))?,
        to: names.end(&asked.to).map_err(told("--to"))?,
        services: window
            .map_err(|(field, what)| Failure::usage(format!("--{}: {what}", field.option())))?,
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

/// What is sent, as it is typed; what is absent is any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Services<'t> {
    pub(crate) family: Option<Family>,
    pub(crate) protocol: Option<&'t str>,
    pub(crate) ports: Option<&'t str>,
    pub(crate) source_ports: Option<&'t str>,
    pub(crate) icmp_type: Option<&'t str>,
    pub(crate) icmp_code: Option<&'t str>,
}

/// A field of [`Services`] that is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field {
    Protocol,
    Ports,
    SourcePorts,
    IcmpType,
    IcmpCode,
}

impl Field {
    /// Returns the option of the command line.
    const fn option(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Ports => "port",
            Self::SourcePorts => "source-port",
            Self::IcmpType => "icmp-type",
            Self::IcmpCode => "icmp-code",
        }
    }

    /// Returns the key of a file of assertions.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Ports => "ports",
            Self::SourcePorts => "source_ports",
            Self::IcmpType => "icmp_type",
            Self::IcmpCode => "icmp_code",
        }
    }
}

impl Services<'_> {
    /// Returns the flows, or says what is wrong with which field.
    pub(crate) fn window(&self) -> Result<Window, (Field, String)> {
        let read = |field, text: Option<&str>, one: fn(&str) -> Result<Intervals, String>, last| {
            let read = text.map(|text| excepting(text, one, last)).transpose();
            read.map_err(|what| (field, what))
        };
        let protocols = read(Field::Protocol, self.protocol, protocol, 255)?;
        let ports = read(Field::Ports, self.ports, ports, 65535)?;
        let source_ports = read(Field::SourcePorts, self.source_ports, self::ports, 65535)?;
        let kind = read(Field::IcmpType, self.icmp_type, icmp, 255)?;
        let code = read(Field::IcmpCode, self.icmp_code, icmp, 255)?;
        let numbers = |all: &[Protocol]| -> Intervals {
            all.iter().map(|one| (one.0.into(), one.0.into())).collect()
        };
        let asks = |some: &Option<Intervals>| some.is_some();
        let (about_ports, about_icmp) = (
            asks(&ports) || asks(&source_ports),
            asks(&kind) || asks(&code),
        );
        if about_ports && about_icmp {
            let what = "messages of ICMP have no ports; ask about one or the other";
            return Err((Field::IcmpType, what.to_owned()));
        }
        if about_icmp {
            return self.icmp_window(protocols.as_ref(), kind.as_ref(), code.as_ref());
        }
        let with_ports = numbers(&[Protocol::TCP, Protocol::UDP]);
        let protocols = match protocols {
            Some(some) if about_ports && !with_ports.covers(&some) => {
                let what = "ports go with tcp and udp only; leave out the ports or the protocol";
                return Err((Field::Protocol, what.to_owned()));
            }
            Some(some) => some,
            None if about_ports => with_ports,
            None => Intervals::between(0, 255),
        };
        let boxes = self.families().map(|family| FlowBox {
            protocols: protocols.clone(),
            destination_ports: ports.clone(),
            source_ports: source_ports.clone(),
            ..FlowBox::all(family)
        });
        Ok(Window::of(&boxes.collect::<Vec<_>>()))
    }

    fn families(&self) -> impl Iterator<Item = Family> {
        let only = self.family;
        let both = [Family::V4, Family::V6].into_iter();
        both.filter(move |family| only.is_none_or(|only| only == *family))
    }

    /// Returns messages of ICMP; those of IPv4 and of IPv6 have other numbers,
    /// so one of them must be named.
    fn icmp_window(
        &self,
        protocols: Option<&Intervals>,
        kind: Option<&Intervals>,
        code: Option<&Intervals>,
    ) -> Result<Window, (Field, String)> {
        let one = |protocol: Protocol| Intervals::one(u128::from(protocol.0));
        let family = match protocols {
            Some(some) if *some == one(Protocol::ICMP) => Family::V4,
            Some(some) if *some == one(Protocol::ICMPV6) => Family::V6,
            _ => {
                let what = "types and codes go with protocol icmp or icmpv6; name one of them";
                return Err((Field::Protocol, what.to_owned()));
            }
        };
        let boxes = self.families().filter(|one| *one == family);
        let boxes = boxes.map(|family| FlowBox {
            protocols: protocols.cloned().unwrap_or_default(),
            source_ports: kind.cloned(),
            destination_ports: code.cloned(),
            ..FlowBox::all(family)
        });
        Ok(Window::of(&boxes.collect::<Vec<_>>()))
    }
}

/// Reads numbers: `22,80-90`, `any except 80,443`.
fn excepting(
    text: &str,
    one: fn(&str) -> Result<Intervals, String>,
    greatest: u128,
) -> Result<Intervals, String> {
    let all = |text: &str| -> Result<Intervals, String> {
        let mut all = Vec::new();
        for part in text.split(',').map(str::trim) {
            match part {
                "any" | "all" => all.push((0, greatest)),
                _ => all.extend(one(part)?.as_slice()),
            }
        }
        Ok(all.into_iter().collect())
    };
    let found = match text.split_once(EXCEPT) {
        Some((of, without)) => all(of)?.difference(&all(without)?),
        None => all(text)?,
    };
    if found.is_empty() {
        return Err(format!("nothing is left of `{}`", Shown(text)));
    }
    Ok(found)
}

/// Reads a protocol.
fn protocol(text: &str) -> Result<Intervals, String> {
    let parsed: Result<Protocol, secgroup_model::UnknownProtocol> = text.parse();
    let number = |one: Protocol| Intervals::one(u128::from(one.0));
    parsed.map(number).map_err(|error| error.to_string())
}

/// Reads ports: `443`, `8000-8999`; 0 to 65535.
fn ports(text: &str) -> Result<Intervals, String> {
    span(text, 65535).ok_or_else(|| {
        format!(
            "`{}` is no port or range of ports, such as 443, 8000-8999, 22,80 or any except 443",
            Shown(text)
        )
    })
}

/// Reads types or codes of ICMP.
fn icmp(text: &str) -> Result<Intervals, String> {
    span(text, 255).ok_or_else(|| {
        format!(
            "`{}` is no number or range of numbers from 0 to 255, such as 8 or 0-3",
            Shown(text)
        )
    })
}

fn span(text: &str, greatest: u128) -> Option<Intervals> {
    let (first, last) = text.split_once(['-', '/']).unwrap_or((text, text));
    let number = |text: &str| text.parse::<u16>().ok().map(u128::from);
    let (first, last) = (number(first)?, number(last)?);
    (first <= last && last <= greatest).then(|| Intervals::between(first, last))
}

/// What ends may be called: by the ids of a snapshot, and by the names that a
/// file gives to sets of them.
#[derive(Debug)]
pub(crate) struct Names<'s> {
    snapshot: &'s Snapshot,
    sets: BTreeMap<String, End>,
}

impl<'s> Names<'s> {
    /// Returns the names of a snapshot.
    pub(crate) const fn of(snapshot: &'s Snapshot) -> Self {
        Self {
            snapshot,
            sets: BTreeMap::new(),
        }
    }

    /// Gives a name to a set, unless it has a meaning already.
    pub(crate) fn name(&mut self, name: &str, end: End) -> Result<(), String> {
        if self.end(name).is_ok() || name.contains(',') || name.contains(EXCEPT) {
            return Err(format!(
                "`{}` means something already, or holds a comma or `except`",
                Shown(name)
            ));
        }
        self.sets.insert(name.to_owned(), end);
        Ok(())
    }

    /// Reads an end: one, several with commas, and those that are not meant
    /// behind `except`.
    pub(crate) fn end(&self, text: &str) -> Result<End, String> {
        // An id may hold anything.
        if let Some(one) = self.known(text) {
            return Ok(one);
        }
        let all = |text: &str| -> Result<Vec<End>, String> {
            let parts = text.split(',').map(str::trim);
            parts.map(|part| self.one(part)).collect()
        };
        let (of, without) = match text.split_once(EXCEPT) {
            Some((of, without)) => (all(of)?, all(without)?),
            None => (all(text)?, Vec::new()),
        };
        match <[End; 1]>::try_from(of) {
            Ok([one]) if without.is_empty() => Ok(one),
            Ok(one) => Ok(End::Set {
                of: one.into(),
                without,
            }),
            Err(of) => Ok(End::Set { of, without }),
        }
    }

    /// Returns what a name means.
    fn known(&self, text: &str) -> Option<End> {
        match text {
            "any" => return Some(End::Any),
            "internet" => return Some(End::Internet),
            _ => {}
        }
        if let Some(set) = self.sets.get(text) {
            return Some(set.clone());
        }
        if let Ok(parsed) = Prefix::parse(text) {
            return Some(addresses([parsed.prefix].into_iter()));
        }
        let snapshot = self.snapshot;
        if let Some(interface) = interface(snapshot, text) {
            return Some(End::Interfaces(vec![interface]));
        }
        let group = SecurityGroupId::new(text).ok();
        if let Some(group) = group.and_then(|id| snapshot.find_group(&id)) {
            return Some(End::Interfaces(members(snapshot, group)));
        }
        let list = PrefixListId::new(text).ok();
        let at = list.and_then(|id| snapshot.find_prefix_list(&id))?;
        let entries = snapshot.prefix_lists()[at].entries.iter();
        Some(addresses(entries.copied()))
    }

    fn one(&self, text: &str) -> Result<End, String> {
        if let Some(known) = self.known(text) {
            return Ok(known);
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
