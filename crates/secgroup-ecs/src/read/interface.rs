//! Network interfaces (1.5, 6.1.3).

mod address;

use std::collections::{HashMap, HashSet};

use secgroup_model::{
    AddressRole, ConnectionTimers, InstanceId, InterfaceRole, InterfaceSpec, NetworkInterfaceId,
    SecurityGroupId,
};

use super::difference::Difference;
use super::findings::Findings;
use super::id;
use super::node::Node;
use super::object::Object;
use super::parts::Parts;
use super::site::Sites;

/// Where an object about an interface stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In the list `NetworkInterfaceSets`.
    Row,
    /// By itself: DescribeNetworkInterfaceAttribute.
    Answer,
    /// In an instance, without groups of its own (6.1.4).
    OfInstance,
}

/// What one place says about an interface.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) form: Form,
    pub(super) spec: InterfaceSpec,
    /// Whether `spec.groups` are its groups, or these are not known here.
    pub(super) knows_groups: bool,
    /// The number of the answer that says so.
    pub(super) answer: usize,
}

/// The interfaces of all documents, joined by id.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    pieces: Vec<Piece>,
    ids: HashMap<NetworkInterfaceId, usize>,
}

/// Reads what one object says about an interface.
pub(super) fn read(
    object: &Object<'_, '_>,
    form: Form,
    parts: &mut Parts,
    findings: &mut Findings,
) {
    let Some(spec) = read_spec(object, parts, findings) else {
        findings.lose_definition();
        return;
    };
    let piece = Piece {
        form,
        spec,
        knows_groups: true,
        answer: parts.answers,
    };
    parts.repeats += u64::from(parts.interfaces.add(piece, &parts.sites, findings));
}

/// Reads the fields of an interface that has an id.
pub(super) fn read_spec(
    object: &Object<'_, '_>,
    parts: &mut Parts,
    findings: &mut Findings,
) -> Option<InterfaceSpec> {
    let id = id::required(
        object,
        "NetworkInterfaceId",
        NetworkInterfaceId::new,
        findings,
    );
    let origin = parts.sites.add(&object.node);
    let instance = id::optional(object, "InstanceId", InstanceId::new, findings);
    let vpc = id::vpc(object, findings);
    let role = object.text("Type", findings);
    let role = match role.map(|text| text.to_ascii_lowercase()).as_deref() {
        Some("primary") => Some(InterfaceRole::Primary),
        Some("secondary") => Some(InterfaceRole::Secondary),
        // Member, trunk and later types are neither.
        _ => None,
    };
    let problems = findings.problems();
    let addresses = address::read(object, findings);
    let faulty_addresses = findings.problems() > problems;
    let groups = groups(object, findings);
    let timers = timers(object, findings);
    let id = id?;
    if faulty_addresses {
        parts.faulty_addresses.insert(id.clone());
    }
    Some(InterfaceSpec {
        id,
        instance,
        role,
        vpc,
        addresses,
        groups,
        timers,
        origin,
    })
}

impl Interfaces {
    /// Adds what one place says about an interface to what is known of it;
    /// tells whether that is said again.
    pub(super) fn add(&mut self, piece: Piece, sites: &Sites, findings: &mut Findings) -> bool {
        if let Some(at) = self.ids.get(&piece.spec.id) {
            return self.pieces[*at].join(piece, sites, findings);
        }
        self.ids.insert(piece.spec.id.clone(), self.pieces.len());
        self.pieces.push(piece);
        false
    }

    /// Returns the instances that have an interface.
    pub(super) fn instances(&self) -> HashSet<&InstanceId> {
        let pieces = self.pieces.iter();
        pieces
            .filter_map(|piece| piece.spec.instance.as_ref())
            .collect()
    }

    /// Returns the interfaces in input order; groups that are nowhere named
    /// are a problem.
    pub(super) fn drain(
        &mut self,
        sites: &Sites,
        findings: &mut Findings,
    ) -> impl Iterator<Item = InterfaceSpec> {
        self.pieces.drain(..).filter_map(|piece| {
            if piece.knows_groups {
                return Some(piece.spec);
            }
            let message = format_args!(
                "the security groups of network interface `{}` are not known, because \
                 DescribeInstances names those of primary ones only; add its \
                 DescribeNetworkInterfaces answer",
                piece.spec.id
            );
            findings.problem(sites.place(piece.spec.origin), message);
            None
        })
    }
}

impl Piece {
    /// Takes over what another place says about the same interface. A row of
    /// DescribeNetworkInterfaces says most; an answer about the interface alone
    /// adds its timers (1.5.4); an instance only stands in for a missing row.
    /// Tells whether the other place says again what is known.
    fn join(&mut self, mut other: Self, sites: &Sites, findings: &mut Findings) -> bool {
        if self.form == other.form {
            return self.agrees(&other, sites, findings);
        }
        let rank = |form| match form {
            Form::Row => 0,
            Form::Answer => 1,
            Form::OfInstance => 2,
        };
        if rank(other.form) < rank(self.form) {
            std::mem::swap(self, &mut other);
        }
        let known = &mut self.spec;
        let other = other.spec;
        known.instance = known.instance.take().or(other.instance);
        known.role = known.role.or(other.role);
        known.vpc = known.vpc.take().or(other.vpc);
        if known.addresses.is_empty() {
            known.addresses = other.addresses;
        }
        if known.groups.is_empty() {
            known.groups = other.groups;
        }
        if known.timers == ConnectionTimers::default() {
            known.timers = other.timers;
        }
        false
    }

    /// Tells whether another answer of the same form says the same about the
    /// interface, as pages of a list that overlap do; reports what differs.
    fn agrees(&self, other: &Self, sites: &Sites, findings: &mut Findings) -> bool {
        let (one, two) = (&self.spec, &other.spec);
        let places = || (sites.place(one.origin), sites.place(two.origin));
        let what = format!("network interface `{}`", one.id);
        if self.answer == other.answer {
            let (first, again) = places();
            findings.problem_again(again, first, format_args!("{what} is defined twice"));
            return false;
        }
        let differences = differences(one, two);
        for difference in &differences {
            let (first, again) = places();
            difference.report(&what, first, again, findings);
        }
        differences.is_empty()
    }
}

/// Returns what two places say differently about an interface.
fn differences(one: &InterfaceSpec, two: &InterfaceSpec) -> Vec<Difference> {
    let addresses = |spec: &InterfaceSpec| {
        let own = spec.addresses.iter().map(|own| match own.role {
            AddressRole::Primary => format!("{} (primary)", own.prefix),
            AddressRole::Additional | AddressRole::Delegated => own.prefix.to_string(),
        });
        own.collect::<Vec<_>>()
    };
    let compare = |field, words: &dyn Fn(&InterfaceSpec) -> Option<String>| {
        let words = |spec| words(spec).unwrap_or_else(|| "nothing".to_owned());
        Difference::of(field, Some(&words(one)), Some(&words(two)), String::clone)
    };
    let seconds = |spec: &InterfaceSpec| {
        let timers = spec.timers;
        let all = [timers.tcp_established(), timers.tcp_closed(), timers.udp()];
        let all = all.map(|own| own.map_or_else(|| "-".to_owned(), |own| own.to_string()));
        Some(all.join("/"))
    };
    let compared = [
        compare("InstanceId", &|spec| {
            Some(spec.instance.as_ref()?.to_string())
        }),
        compare("VpcId", &|spec| Some(spec.vpc.as_ref()?.to_string())),
        compare("Type", &|spec| Some(role_name(spec.role?).to_owned())),
        compare("ConnectionTrackingConfiguration", &seconds),
        Difference::of_sets("private addresses", addresses(one), addresses(two)),
        Difference::of_sets("SecurityGroupIds", &one.groups, &two.groups),
    ];
    compared.into_iter().flatten().collect()
}

const fn role_name(role: InterfaceRole) -> &'static str {
    match role {
        InterfaceRole::Primary => "Primary",
        InterfaceRole::Secondary => "Secondary",
    }
}

/// Reads `SecurityGroupIds`, and the bare `SecurityGroupId` of old answers.
fn groups(object: &Object<'_, '_>, findings: &mut Findings) -> Vec<SecurityGroupId> {
    let mut groups = Vec::new();
    let mut add = |node: Node<'_, '_>, findings: &mut Findings| match id::checked(
        node,
        "SecurityGroupId",
        SecurityGroupId::new,
        findings,
    ) {
        Some(id) => groups.push(id),
        None => findings.lose_definition(),
    };
    if let Some(list) = object.field("SecurityGroupIds") {
        list.for_each("SecurityGroupId", findings, &mut add);
    }
    if let Some(node) = object.field("SecurityGroupId") {
        add(node, findings);
    }
    groups
}

/// Reads the idle limits of sessions, in seconds (1.5.4).
fn timers(object: &Object<'_, '_>, findings: &mut Findings) -> ConnectionTimers {
    let node = object.field("ConnectionTrackingConfiguration");
    let Some(configuration) = node.and_then(|node| node.object(findings)) else {
        return ConnectionTimers::default();
    };
    let mut seconds = |name| {
        let node = configuration.field(name)?;
        node.integer(findings)
    };
    let timers = ConnectionTimers::new(
        seconds("TcpEstablishedTimeout"),
        seconds("TcpClosedAndTimeWaitTimeout"),
        seconds("UdpTimeout"),
    );
    timers.unwrap_or_else(|error| {
        findings.problem(configuration.node, error);
        ConnectionTimers::default()
    })
}
