//! What a session is known by, whichever way its packets go (3.8.3).
//!
//! "TCP/UDP (proto, two endpoints with ports, unordered); ICMP echo (addresses
//! and identifier); other protocols (proto, addresses)". The lesser endpoint
//! comes first, so both directions give one [`Key`]; which of the two sent a
//! packet is its [`End`].

use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr};

use secgroup_model::{Endpoints, Flow, IcmpMessage, Protocol, Transport};

use crate::Record;
use crate::decode::plain::{Brief, Ends, halves};
use crate::decode::{ICMP_ERRORS, ICMPV6_ERRORS};
use crate::timeline::VpcNumber;

/// One of the two ends of a session: where in its arrays it stands.
pub(crate) type End = usize;

/// What a session is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    // INVARIANT: (address, port) of the first end <= that of the second.
    addresses: [u128; 2],
    ports: [u16; 2],
    vpc: VpcNumber,
    protocol: Protocol,
    v6: bool,
    echo: Echo,
}

/// Whether a session is one of ICMP echoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    /// It is not: "other protocols (proto, addresses)".
    No,
    /// It is, and nothing tells of which identifier.
    Unnumbered,
    /// It is, and the ports stand for the identifier.
    Numbered,
}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // PERF: three folds instead of one for each field; see `sessions` in the
        // benchmarks of replay. The VPC is left out, because few flows differ
        // in nothing else.
        let [first, second] = self.addresses;
        let ports = u64::from(self.ports[0]) << 16 | u64::from(self.ports[1]);
        state.write_u128(first);
        state.write_u128(second);
        let kind = (self.echo as u64) << 1 | u64::from(self.v6);
        state.write_u64(ports << 16 | u64::from(self.protocol.0) << 3 | kind);
    }
}

/// What the records of a flow without session are known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoneKey {
    /// Its ends.
    pub(crate) key: Key,
    /// Which end sends them; none where it does not matter.
    from: Option<bool>,
    what: What,
    /// The session that an error quotes, as [`Key::spread`] has it.
    quotes: u64,
}

/// What the packets of a flow without session are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// All that is known of them are ends and ports.
    Usual,
    /// Messages of a type and code.
    Icmp(u8, u8),
    /// Later fragments whose first was not seen (3.5.11).
    Orphans,
    /// Of a protocol that has ports, which nothing tells.
    WithoutPorts,
}

impl Hash for LoneKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // PERF: one fold more than the key.
        let message = match self.what {
            What::Usual => 0,
            What::Icmp(kind, code) => u64::from(kind) << 8 | u64::from(code),
            What::Orphans => 1 << 16,
            What::WithoutPorts => 2 << 16,
        };
        let from = self.from.map_or(2, u64::from);
        self.key.hash(state);
        state.write_u64(self.quotes.rotate_left(32) ^ (message << 2 | from));
    }
}

/// How sessions see a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It belongs to a session, or opens one.
    Tracked,
    /// It is an ICMP error, which belongs to the session it quotes, if any.
    Error,
    /// It is part of no session.
    Alone,
}

/// Returns how sessions see a record.
#[inline]
pub(crate) fn class(flow: &Flow, other_protocols: bool) -> Class {
    match flow.transport {
        Transport::Ports { .. } => Class::Tracked,
        Transport::LaterFragment => Class::Alone,
        Transport::Icmp(message) => {
            let errors = match flow.endpoints {
                Endpoints::V4 { .. } => ICMP_ERRORS.as_slice(),
                Endpoints::V6 { .. } => &ICMPV6_ERRORS,
            };
            if errors.contains(&message.kind) {
                Class::Error
            } else {
                Class::Tracked
            }
        }
        Transport::Opaque => match flow.protocol {
            Protocol::TCP | Protocol::UDP => Class::Alone,
            Protocol::ICMP | Protocol::ICMPV6 => Class::Tracked,
            _ if other_protocols => Class::Tracked,
            _ => Class::Alone,
        },
    }
}

impl Key {
    /// Returns the key of the session that a flow is part of, and which end
    /// sends it.
    #[inline]
    pub(crate) fn new(flow: &Flow, icmp_id: Option<u16>, vpc: VpcNumber) -> (Self, End) {
        let (addresses, v6) = match flow.endpoints {
            Endpoints::V4 {
                source,
                destination,
            } => (
                [source.to_bits().into(), destination.to_bits().into()],
                false,
            ),
            Endpoints::V6 {
                source,
                destination,
            } => ([source.to_bits(), destination.to_bits()], true),
        };
        let ports = match flow.transport {
            Transport::Ports {
                source,
                destination,
            } => [source, destination],
            // The identifier is that of the echo, not of an end.
            Transport::Icmp(_) => {
                let id = icmp_id.unwrap_or(0);
                [id, id]
            }
            Transport::Opaque | Transport::LaterFragment => [0, 0],
        };
        let echo = match flow.transport {
            Transport::Icmp(message) if is_echo(message, v6) => match icmp_id {
                Some(_) => Echo::Numbered,
                None => Echo::Unnumbered,
            },
            _ => Echo::No,
        };
        let key = Self {
            addresses,
            ports,
            protocol: flow.protocol,
            v6,
            echo,
            vpc,
        };
        if (addresses[0], ports[0]) <= (addresses[1], ports[1]) {
            (key, 0)
        } else {
            (key.turned(), 1)
        }
    }

    /// Returns the key under which records of a flow without session are
    /// counted together: those that `from` sends, or those of both ends. Errors
    /// about different sessions are different flows.
    pub(crate) fn without_session(
        self,
        flow: &Flow,
        from: Option<End>,
        quoted: Option<&Self>,
    ) -> LoneKey {
        LoneKey {
            key: self,
            from: from.map(|end| end == 1),
            what: match flow.transport {
                Transport::Icmp(message) => What::Icmp(message.kind, message.code),
                Transport::LaterFragment => What::Orphans,
                Transport::Opaque if flow.protocol.has_ports() => What::WithoutPorts,
                Transport::Ports { .. } | Transport::Opaque => What::Usual,
            },
            quotes: quoted.map_or(0, |key| key.spread() ^ key.echo as u64),
        }
    }

    /// Returns the key under which packets that `from` sends are counted
    /// together, where they have no session and are not ICMP.
    #[inline]
    pub(crate) const fn sent_by(self, from: End) -> LoneKey {
        LoneKey {
            key: self,
            from: Some(from == 1),
            what: What::Usual,
            quotes: 0,
        }
    }

    /// Returns the protocol.
    pub(crate) const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Returns the VPC that the input names.
    pub(crate) const fn vpc(&self) -> VpcNumber {
        self.vpc
    }

    /// Returns a flow of the session that the first end would send, without
    /// what a key does not say.
    pub(crate) fn flow(&self) -> Flow {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an IPv4 address has 32 bits"
        )]
        let four = |bits: u128| Ipv4Addr::from_bits(bits as u32);
        let [source, destination] = self.addresses;
        let endpoints = if self.v6 {
            Endpoints::V6 {
                source: Ipv6Addr::from_bits(source),
                destination: Ipv6Addr::from_bits(destination),
            }
        } else {
            Endpoints::V4 {
                source: four(source),
                destination: four(destination),
            }
        };
        let [source, destination] = self.ports;
        let transport = if self.protocol.has_ports() {
            Transport::Ports {
                source,
                destination,
            }
        } else {
            Transport::Opaque
        };
        Flow::new(endpoints, self.protocol, transport)
    }

    /// Returns a number that is spread evenly over all keys, and always the
    /// same for one.
    #[inline]
    pub(crate) fn spread(&self) -> u64 {
        spread(self.addresses, self.ports, self.protocol.0)
    }

    /// Returns the share of all keys that it is in.
    #[inline]
    pub(crate) fn share(&self) -> Share {
        Share::of(self.spread())
    }

    /// Returns the key of the session of a packet that is not ICMP, whose lesser
    /// end comes first.
    #[inline]
    pub(crate) fn of_brief<E: Ends>(brief: &Brief<E>) -> Self {
        Self {
            addresses: brief.ends.addresses(),
            ports: brief.ports(),
            vpc: VpcNumber::NONE,
            protocol: Protocol(brief.protocol()),
            v6: E::IS_V6,
            echo: Echo::No,
        }
    }

    /// Returns the packets of a family that have this key, if they are not ICMP
    /// and no VPC is named.
    #[inline]
    pub(crate) fn brief<E: Ends>(&self) -> Option<Brief<E>> {
        let [source, destination] = self.ports.map(u64::from);
        let service = u64::from(self.protocol.0) << 32 | source << 16 | destination;
        let is_icmp = matches!(self.protocol, Protocol::ICMP | Protocol::ICMPV6);
        let is_of_packets = self.vpc == VpcNumber::NONE && !is_icmp;
        (is_of_packets && self.v6 == E::IS_V6).then(|| Brief {
            ends: E::of_addresses(self.addresses),
            service,
        })
    }

    const fn turned(self) -> Self {
        Self {
            addresses: [self.addresses[1], self.addresses[0]],
            ports: [self.ports[1], self.ports[0]],
            ..self
        }
    }
}

/// Tells whether a message is an echo request or reply.
fn is_echo(message: IcmpMessage, v6: bool) -> bool {
    let echoes = if v6 { [128, 129] } else { [8, 0] };
    echoes.contains(&message.kind)
}

/// The part of all keys that a key is in: the upper bits of its
/// [spread](Key::spread).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share(u16);

impl Share {
    #[inline]
    pub(super) fn of(spread: u64) -> Self {
        let [high, low, ..] = spread.to_be_bytes();
        Self(u16::from_be_bytes([high, low]))
    }

    /// Returns its place, where all keys are cut into `count` parts, a power of
    /// two.
    #[inline]
    pub(crate) fn among(self, count: usize) -> usize {
        usize::from(self.0) & (count - 1)
    }
}

/// Returns what [`Key::spread`] is of a key with these parts.
#[inline]
pub(crate) fn spread(addresses: [u128; 2], ports: [u16; 2], protocol: u8) -> u64 {
    // PERF: two multiplications. It only chooses a part of the table; what
    // finds a session there is hashed with a seed.
    const ODD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
    let fold = |wide: u128| {
        let [low, high] = halves(wide);
        low ^ high.rotate_left(32)
    };
    let [first, second] = addresses.map(fold);
    let ports = u64::from(ports[0]) << 16 | u64::from(ports[1]);
    let rest = ports << 8 | u64::from(protocol);
    let one = (first ^ rest).wrapping_mul(ODD[0]);
    let other = (second ^ one.rotate_left(29)).wrapping_mul(ODD[1]);
    other ^ other >> 32
}

/// A record with the key by which its session is found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed {
    /// Of its session; for an error, of the one that it quotes.
    pub(crate) key: Key,
    /// Which end of the session sent it; for an error, of its own key.
    pub(crate) from: End,
    /// How sessions see it.
    pub(crate) class: Class,
    /// Whether it is an error and the key that of another session.
    pub(crate) quotes: bool,
}

impl Keyed {
    /// Returns the key under which the record is counted where it has no
    /// session, its sender does not reach the receiver and it quotes none.
    #[inline]
    pub(crate) fn lone_key(&self, record: &Record) -> LoneKey {
        self.key
            .without_session(&record.flow, Some(self.from), None)
    }

    /// Returns the key of a record that quotes no other.
    #[inline]
    pub(crate) fn of(record: &Record, other_protocols: bool) -> Self {
        let (key, from) = Key::new(&record.flow, record.icmp_id, record.vpc);
        Self {
            key,
            from,
            class: class(&record.flow, other_protocols),
            quotes: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn flow(text: [&str; 2], protocol: Protocol, transport: Transport) -> Flow {
        let [source, destination] = text.map(|text| text.parse().unwrap());
        Flow::new(
            Endpoints::new(source, destination).unwrap(),
            protocol,
            transport,
        )
    }

    fn ports(source: u16, destination: u16) -> Transport {
        Transport::Ports {
            source,
            destination,
        }
    }

    #[test]
    fn both_directions_have_one_key_and_another_port_has_another_3_8_3() {
        let (ab, ba) = (["10.0.0.1", "10.0.0.2"], ["10.0.0.2", "10.0.0.1"]);
        let key = |ends, protocol, transport| {
            Key::new(&flow(ends, protocol, transport), None, VpcNumber::NONE)
        };
        let (there, from) = key(ab, Protocol::TCP, ports(7, 5));
        assert_eq!(key(ba, Protocol::TCP, ports(5, 7)), (there, 1 - from));
        assert_ne!(key(ba, Protocol::TCP, ports(7, 5)).0, there);
        assert_ne!(key(ab, Protocol::UDP, ports(7, 5)).0, there);
        // An address talks to itself.
        let own = ["10.0.0.1"; 2];
        let (one, from) = key(own, Protocol::TCP, ports(7, 5));
        assert_eq!(key(own, Protocol::TCP, ports(5, 7)), (one, 1 - from));
        // A mapped address is IPv6 (3.5.4), however it is written as a number.
        let six = key(["::a00:1", "::a00:2"], Protocol::TCP, ports(7, 5)).0;
        assert_ne!(six, there);
    }

    #[test]
    fn echoes_are_told_apart_by_identifier_and_other_protocols_by_addresses_3_8_3() {
        let (ab, ba) = (["10.0.0.1", "10.0.0.2"], ["10.0.0.2", "10.0.0.1"]);
        let echo = |ends, kind, id| {
            let message = Transport::Icmp(IcmpMessage { kind, code: 0 });
            Key::new(&flow(ends, Protocol::ICMP, message), id, VpcNumber::NONE).0
        };
        assert_eq!(echo(ab, 8, Some(1)), echo(ba, 0, Some(1)));
        assert_ne!(echo(ab, 8, Some(1)), echo(ba, 0, Some(2)));
        // What is no echo has no identifier, and an echo has one also where it is
        // 0, or was not captured.
        assert_eq!(echo(ab, 13, None), echo(ba, 14, None));
        for id in [Some(0), Some(1), None] {
            assert_ne!(echo(ab, 8, id), echo(ab, 13, None), "{id:?}");
        }
        assert_ne!(echo(ab, 8, None), echo(ab, 8, Some(0)));
        let gre = |ends| {
            Key::new(
                &flow(ends, Protocol::GRE, Transport::Opaque),
                None,
                VpcNumber::NONE,
            )
            .0
        };
        assert_eq!(gre(ab), gre(ba));
    }

    #[test]
    fn parts_of_the_table_are_filled_evenly() {
        let mut parts = [0_u32; 64];
        let mut seen = HashSet::new();
        for host in 0..64_u32 {
            for port in 0..256_u16 {
                let ends = [format!("10.0.0.{host}"), "10.0.1.1".to_owned()];
                let ends = [ends[0].as_str(), ends[1].as_str()];
                let one = flow(ends, Protocol::TCP, ports(40_000 + port, 443));
                let spread = Key::new(&one, None, VpcNumber::NONE).0.spread();
                parts[(spread >> 58) as usize] += 1;
                seen.insert(spread);
            }
        }
        assert_eq!(seen.len(), 64 * 256);
        assert!(
            parts.iter().all(|count| (128..=384).contains(count)),
            "{parts:?}"
        );
    }
}
