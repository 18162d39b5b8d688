//! What both forms say of a rule.

use secgroup_model::{
    Action, AddressRole, Direction, Family, InnerAccess, NetworkInterface, NicType, Prefix, Rule,
    Service,
};

/// The protocol as ECS spells it.
pub(super) fn protocol(service: &Service) -> String {
    match service {
        Service::All => "ALL".to_owned(),
        Service::Tcp(..) => "TCP".to_owned(),
        Service::Udp(..) => "UDP".to_owned(),
        Service::Icmp => "ICMP".to_owned(),
        Service::Icmpv6 => "ICMPv6".to_owned(),
        Service::Gre => "GRE".to_owned(),
        Service::Other(other) => other.get().0.to_string(),
    }
}

pub(super) const fn action(action: Action) -> &'static str {
    match action {
        Action::Accept => "Accept",
        Action::Drop => "Drop",
    }
}

pub(super) const fn inner(access: InnerAccess) -> &'static str {
    match access {
        InnerAccess::Accept => "Accept",
        InnerAccess::Drop => "Drop",
    }
}

pub(super) const fn nic(nic: NicType) -> &'static str {
    match nic {
        NicType::Internet => "internet",
        NicType::Intranet => "intranet",
    }
}

pub(super) const fn family(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}

/// The beginnings of the fields for the far and the near end.
pub(super) const fn ends(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Ingress => ("Source", "Dest"),
        Direction::Egress => ("Dest", "Source"),
    }
}

/// The name of the field for a block of an end.
pub(super) fn block(end: &str, prefix: Prefix) -> String {
    match prefix.family() {
        Family::V4 => format!("{end}CidrIp"),
        Family::V6 => format!("Ipv6{end}CidrIp"),
    }
}

/// When a rule was created, as ECS writes it.
pub(super) fn created(rule: &Rule) -> Option<String> {
    let time = jiff::Timestamp::from_second(rule.created?).ok()?;
    Some(time.to_string())
}

/// The single addresses of an interface, the primary one first.
pub(super) fn addresses(interface: &NetworkInterface) -> Vec<(Prefix, bool)> {
    let own = interface.addresses().iter();
    let mut own: Vec<(Prefix, bool)> = own
        .filter(|address| address.role != AddressRole::Delegated)
        .map(|address| (address.prefix, address.role == AddressRole::Primary))
        .collect();
    own.sort_by_key(|(_, primary)| !primary);
    own
}

/// The prefixes that are delegated to an interface.
pub(super) fn delegated(interface: &NetworkInterface) -> impl Iterator<Item = Prefix> {
    let own = interface.addresses().iter();
    own.filter(|address| address.role == AddressRole::Delegated)
        .map(|address| address.prefix)
}
