//! What decided, in a sentence and in a name.

use std::net::IpAddr;

use secgroup_model::{
    DecidedBy, Decision, Direction, GroupKind, InterfaceIndex, NetworkIndex, Note,
    PartialTransport, PlatformException, Query, RuleIndex, Scope, Snapshot, Verdict,
};

use crate::Field;

/// Returns the tier as results name it.
#[must_use]
pub const fn tier(by: DecidedBy) -> &'static str {
    match by {
        DecidedBy::Platform(_) => "platform",
        DecidedBy::Session => "session",
        DecidedBy::IntraGroup(_) => "intra-group",
        DecidedBy::Rule(_) => "rule",
        // A flag takes the place of rules and default for orphan fragments.
        DecidedBy::OrphanFragment | DecidedBy::Default(_) => "default",
    }
}

/// Returns the full name of what decided (3.10.3).
#[must_use]
pub fn reason(snapshot: &Snapshot, direction: Direction, by: DecidedBy) -> String {
    match by {
        DecidedBy::Platform(exception) => format!("special:{exception}"),
        DecidedBy::Session => "session".to_owned(),
        DecidedBy::OrphanFragment => "default:orphan-fragment".to_owned(),
        DecidedBy::IntraGroup(group) => format!("intra-group:{}", snapshot.group(group).id()),
        DecidedBy::Rule(rule) => snapshot.rule(rule).name().to_owned(),
        DecidedBy::Default(kind) => format!("default:{kind}/{direction}"),
    }
}

/// Writes one side of an answer.
#[must_use]
pub fn side(snapshot: &Snapshot, direction: Direction, verdict: &Verdict) -> String {
    let own = snapshot.interface(verdict.interface);
    let interface = own.id();
    let decider = |by| match by {
        DecidedBy::Default(_) if own.groups().is_empty() => {
            "default: it is in no security group, so nothing passes (eval.no_group)".to_owned()
        }
        by => decider(snapshot, direction, by),
    };
    let by = decider(verdict.by);
    match (verdict.decision, verdict.otherwise) {
        (Decision::Depends, Some(otherwise)) => {
            let otherwise = decider(otherwise);
            format!("depends at {interface}: for some values {by}; for others {otherwise}")
        }
        (Decision::Depends, None) => {
            format!("depends at {interface}: {by} for some values; there are too many to try all")
        }
        (decision, _) => format!("{decision} at {interface}, {by}"),
    }
}

/// Describes what decided.
#[must_use]
pub fn decider(snapshot: &Snapshot, direction: Direction, by: DecidedBy) -> String {
    match by {
        DecidedBy::Platform(exception) => format!("platform: {}", platform(exception)),
        DecidedBy::Session => "session: an earlier packet opened it".to_owned(),
        DecidedBy::OrphanFragment => {
            "flag eval.orphan_fragments: a later fragment whose first was not seen".to_owned()
        }
        DecidedBy::IntraGroup(group) => {
            let id = snapshot.group(group).id();
            format!(
                "intra-group: both ends are in {id}, a basic group with inner access policy Accept"
            )
        }
        DecidedBy::Rule(index) => rule(snapshot, index),
        DecidedBy::Default(kind) => {
            let kind = match kind {
                GroupKind::Basic => "basic",
                GroupKind::Advanced => "advanced",
            };
            let verb = match (kind, direction) {
                ("basic", Direction::Egress) => "allows",
                _ => "denies",
            };
            format!("default: no rule matches, and a group of type {kind} {verb} {direction}")
        }
    }
}

/// Describes a rule with its group.
#[must_use]
pub fn rule(snapshot: &Snapshot, index: RuleIndex) -> String {
    let placed = snapshot.rule(index);
    let group = snapshot.group(placed.group()).id();
    let text = snapshot.rule_text(placed.group(), placed.rule());
    format!("rule {} of {group}: {text}", placed.name())
}

/// Describes traffic that the groups cannot influence (3.9).
const fn platform(exception: PlatformException) -> &'static str {
    match exception {
        PlatformException::Local => "the packet never leaves the interface",
        PlatformException::NeighborDiscovery => "IPv6 neighbour discovery is not filtered",
        PlatformException::Pmtud => "path MTU discovery messages always pass",
        PlatformException::Metaserver => "the metadata service is always reachable",
        PlatformException::Dhcp => "DHCP always passes",
        PlatformException::LoadBalancer => "a load balancer's traffic to its backends passes",
        PlatformException::Tcp25 => "TCP port 25 to the Internet is blocked",
    }
}

/// Explains a note.
#[must_use]
pub const fn note(note: Note) -> &'static str {
    match note {
        Note::ContestedIntraGroupEgress => {
            "sources disagree whether intra-group access overrides egress rules; the other \
             reading (eval.intra_group_egress) gives another verdict"
        }
        Note::ContestedAllMeans => {
            "sources disagree whether ALL covers this protocol; the other reading \
             (eval.all_means) gives another verdict"
        }
        Note::PlatformTcp25 => {
            "Alibaba Cloud blocks outbound TCP 25 to the Internet unless the account is exempted"
        }
        Note::TwoNetworks => {
            "the ends are in different networks, which security groups do not connect; each end \
             is judged in its own, and whether a route leads from one to the other is not judged"
        }
    }
}

/// Says why an end was not judged.
#[must_use]
pub fn outside(snapshot: &Snapshot, query: &Query, address: IpAddr) -> String {
    let owner = snapshot.interfaces().find(|(_, one)| one.owns(address));
    let (Some((_, owner)), Scope::Network(asked)) = (owner, query.scope) else {
        return format!("not judged: {address} is outside the snapshot");
    };
    let (id, own) = (owner.id(), network(snapshot, owner.network()));
    let asked = network(snapshot, asked);
    format!(
        "not judged: {address} is an address of {id} in {own}, not in {asked}; name both ends by interface \
         to ask about both networks"
    )
}

/// Names a network.
fn network(snapshot: &Snapshot, network: NetworkIndex) -> String {
    match snapshot.vpc(network) {
        Some(vpc) => vpc.to_string(),
        None => "the classic network".to_owned(),
    }
}

/// Says which fields would settle an answer that depends, by the names `name`
/// gives them.
#[must_use]
pub fn open_fields(query: &Query, name: fn(Field) -> &'static str) -> Option<String> {
    let mut options = Vec::new();
    match query.transport {
        PartialTransport::Ports {
            source,
            destination,
        } => {
            if destination.known().is_none() {
                options.push(name(Field::Port));
            }
            if source.known().is_none() {
                options.push(name(Field::SourcePort));
            }
        }
        PartialTransport::Icmp(None) => options.push(name(Field::IcmpType)),
        PartialTransport::Icmp(Some(_))
        | PartialTransport::Opaque
        | PartialTransport::LaterFragment => {}
    }
    (!options.is_empty()).then(|| options.join(" or "))
}

/// Names an interface.
#[must_use]
pub fn interface(snapshot: &Snapshot, index: InterfaceIndex) -> &str {
    snapshot.interface(index).id().as_str()
}
