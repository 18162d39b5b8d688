//! The tables of one set of groups in one direction.

use std::collections::HashMap;
use std::sync::Arc;

use secgroup_model::{Action, AllMeans, Family, Protocol, Semantics, Service, Snapshot, Transport};

use crate::Engine;
use crate::address::Address;
use crate::classifier::{
    Classifier, Distinct, FilterParts, Header, Member, NO_MATCH, RuleSet, Service as Fields, Side,
    Size,
};
use crate::lower::{Entry, RulePlace, Selection, lower};
use crate::peers::Peers;
use crate::table::Table;

/// What a table is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<A> {
    /// The far address.
    pub(crate) peer: A,
    /// The near address.
    pub(crate) local: A,
    /// The source port, 0 where there is none.
    pub(crate) source_port: u16,
    /// The destination port, 0 where there is none.
    pub(crate) destination_port: u16,
}

/// The deciding rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The rule.
    pub(crate) rule: RulePlace,
    /// What it says.
    pub(crate) action: Action,
}

/// The rules of a set of groups, in the shape of an engine.
#[derive(Debug)]
pub(crate) enum Policy<A: Address> {
    /// One table for all five fields.
    Classified(Box<Classified<A>>),
    /// A table for each protocol.
    Tabled(Box<Tabled<A>>),
}

/// The fast shape.
#[derive(Debug)]
pub(crate) struct Classified<A: Address> {
    /// Finds the deciding filter; none where a fleet does that for many policies.
    classifier: Option<Classifier<A>>,
    /// What each filter decides, by its number.
    hits: Vec<Hit>,
    /// The table of later fragments of TCP and UDP.
    fragments: Table<A>,
}

/// One table for each protocol that some rule names, one for all others.
#[derive(Debug)]
pub(crate) struct Tabled<A> {
    tables: Vec<Table<A>>,
    /// The table of each protocol number.
    of_protocol: [u16; 256],
    /// The table of later fragments of TCP and UDP: rules that need no ports
    /// (3.5.11).
    of_fragments: u16,
}

impl<A: Address> Policy<A> {
    /// Returns about how many bytes lookups can touch, without what a fleet has
    /// for it.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Classified(own) => {
                let classifier = own.classifier.as_ref();
                let classifier = classifier.map_or(0, |one| one.parts().bytes);
                classifier + size_of_val(&*own.hits) + own.fragments.bytes()
            }
            Self::Tabled(own) => {
                let tables = own.tables.iter().map(Table::bytes);
                tables.sum::<usize>() + size_of_val(&**own)
            }
        }
    }

    /// Compiles the selected rules.
    pub(crate) fn compile(
        snapshot: &Snapshot,
        semantics: &Semantics,
        selection: &Selection,
        engine: Engine,
        peers: &mut Peers<A>,
    ) -> Self {
        let lowered = lower(snapshot, semantics, selection, peers).entries;
        match engine {
            Engine::Compiled | Engine::Represented(_) => {
                let rules = Classified::filters(&lowered, semantics, peers);
                // A flat root pays where there is much to tell apart.
                let size = if rules.rules.len() < FEW_RULES {
                    Size::Small
                } else {
                    Size::Fast
                };
                let classifier = Some(Classifier::of(&rules, size, engine.representation()));
                let classified = Classified::compile(&lowered, semantics, peers, classifier);
                Self::Classified(Box::new(classified))
            }
            Engine::Trie | Engine::Scan => {
                let tabled = Tabled::compile(&lowered, semantics, peers, engine);
                Self::Tabled(Box::new(tabled))
            }
        }
    }

    /// Compiles the selected rules as one of many policies, for a fleet.
    pub(crate) fn compile_member(
        snapshot: &Snapshot,
        semantics: &Semantics,
        selection: &Selection,
        peers: &mut Peers<A>,
    ) -> (Self, Member<A>) {
        let lowered = lower(snapshot, semantics, selection, peers).entries;
        let member = Member::of(&Classified::filters(&lowered, semantics, peers), None);
        let classified = Classified::compile(&lowered, semantics, peers, None);
        (Self::Classified(Box::new(classified)), member)
    }

    /// Finds the deciding rule; `in_fleet` answers where a fleet does that.
    #[inline]
    pub(crate) fn lookup(
        &self,
        protocol: Protocol,
        transport: Transport,
        peer: A,
        local: A,
        in_fleet: impl FnOnce(Header<A>) -> u32,
    ) -> Option<Hit> {
        match self {
            Self::Classified(own) => own.lookup(protocol, transport, peer, local, in_fleet),
            Self::Tabled(tabled) => tabled.lookup(protocol, transport, peer, local),
        }
    }
}

impl<A: Address> Classified<A> {
    /// Finds the numbers of the filters that decide about headers, of which
    /// there are at least some.
    #[inline]
    pub(crate) fn classify(&self, headers: &[Header<A>], numbers: &mut [u32]) {
        match &self.classifier {
            Some(classifier) if headers.len() < FEW_HEADERS => {
                for (header, number) in headers.iter().zip(numbers) {
                    *number = classifier.classify_one(header);
                }
            }
            Some(classifier) => classifier.classify(headers, numbers),
            None => numbers.fill(NO_MATCH),
        }
    }

    /// Returns what a filter decides.
    #[inline]
    pub(crate) fn hit(&self, number: u32) -> Option<Hit> {
        self.hits.get(number as usize).copied()
    }

    fn compile(
        lowered: &[(&Service, Entry<A>)],
        semantics: &Semantics,
        peers: &Peers<A>,
        classifier: Option<Classifier<A>>,
    ) -> Self {
        let hits = lowered.iter().flat_map(|(service, entry)| {
            let hit = Hit {
                rule: entry.rule,
                action: entry.action,
            };
            let filters = protocols::<A>(service.protocol(), semantics);
            std::iter::repeat_n(hit, filters.len())
        });
        let portless = lowered
            .iter()
            .filter(|(service, _)| service.protocol().is_none());
        let portless = portless.map(|(_, entry)| entry.clone()).collect();
        Self {
            classifier,
            hits: hits.collect(),
            fragments: Table::build(portless, peers, Engine::Scan),
        }
    }

    /// Returns the filters that entries amount to, in order.
    fn filters(
        lowered: &[(&Service, Entry<A>)],
        semantics: &Semantics,
        peers: &Peers<A>,
    ) -> RuleSet<A> {
        let (mut sources, mut locals) = (Distinct::default(), Distinct::default());
        let mut services = Distinct::default();
        let mut rules = Vec::new();
        let anywhere = Arc::from([(A::MIN, A::MAX)]);
        for (service, entry) in lowered {
            for protocol in protocols::<A>(service.protocol(), semantics) {
                let local = entry.local.unwrap_or((A::MIN, A::MAX));
                rules.push(FilterParts {
                    source: sources.number(entry.peers),
                    destination: locals.number(local),
                    service: services.number(Fields {
                        source_ports: (entry.sources.first, entry.sources.last),
                        destination_ports: (entry.destinations.first, entry.destinations.last),
                        protocol,
                    }),
                });
            }
        }
        let locals = locals.list.into_iter().map(|range| {
            if range == (A::MIN, A::MAX) {
                Arc::clone(&anywhere)
            } else {
                Arc::from([range])
            }
        });
        RuleSet {
            source: Side {
                sets: sources
                    .list
                    .iter()
                    .map(|set| Arc::clone(peers.bounds(*set)))
                    .collect(),
            },
            destination: Side {
                sets: locals.collect(),
            },
            services: services.list,
            rules,
        }
    }

    #[inline]
    fn lookup(
        &self,
        protocol: Protocol,
        transport: Transport,
        peer: A,
        local: A,
        in_fleet: impl FnOnce(Header<A>) -> u32,
    ) -> Option<Hit> {
        let (source_port, destination_port) = match transport {
            Transport::Ports {
                source,
                destination,
            } => (source, destination),
            Transport::LaterFragment if protocol.has_ports() => {
                return self.fragments.lookup(&Key {
                    peer,
                    local,
                    source_port: 0,
                    destination_port: 0,
                });
            }
            Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => (0, 0),
        };
        let header = Header {
            source: peer,
            destination: local,
            source_port,
            destination_port,
            protocol: protocol.0,
            fill: [0; 3],
        };
        let number = match &self.classifier {
            Some(classifier) => classifier.classify_one(&header),
            None => in_fleet(header),
        };
        self.hit(number)
    }
}

/// Fewer rules than these are found by few steps of a tree.
const FEW_RULES: usize = 64;

/// Fewer headers of a policy than these are looked up one by one.
const FEW_HEADERS: usize = 12;

/// Returns the protocols a rule matches, each with the bits that count.
pub(crate) fn protocols<A: Address>(
    named: Option<Protocol>,
    semantics: &Semantics,
) -> Vec<(u8, u8)> {
    match (named, semantics.all_means) {
        (Some(protocol), _) if !exists::<A>(protocol) => Vec::new(),
        (Some(protocol), _) => vec![(protocol.0, u8::MAX)],
        (None, AllMeans::Any) => vec![(0, 0)],
        (None, AllMeans::Four) => FOUR.iter().map(|protocol| (protocol.0, u8::MAX)).collect(),
    }
}

/// The protocols that ALL means under `eval.all_means=four` (3.5.5).
const FOUR: [Protocol; 5] = [
    Protocol::ICMP,
    Protocol::TCP,
    Protocol::UDP,
    Protocol::GRE,
    Protocol::ICMPV6,
];

impl<A: Address> Tabled<A> {
    fn compile(
        lowered: &[(&Service, Entry<A>)],
        semantics: &Semantics,
        peers: &Peers<A>,
        engine: Engine,
    ) -> Self {
        let named: Vec<Protocol> = lowered
            .iter()
            .filter_map(|(service, _)| service.protocol())
            .collect();
        let mut tables: Vec<Table<A>> = Vec::new();
        // Protocols that no rule names have equal tables: ALL rules, or none.
        let mut known: HashMap<(Option<Protocol>, bool), u16> = HashMap::new();
        let mut table = |protocol: Option<Protocol>, all: bool| {
            *known.entry((protocol, all)).or_insert_with(|| {
                let fits = |service: &Service| match service.protocol() {
                    None => all,
                    Some(own) => Some(own) == protocol,
                };
                let own = lowered.iter().filter(|(service, _)| fits(service));
                let entries: Vec<Entry<A>> = own.map(|(_, entry)| entry.clone()).collect();
                tables.push(Table::build(entries, peers, engine));
                u16::try_from(tables.len() - 1)
                    .expect("there are at most 256 protocols and two more")
            })
        };
        let of_fragments = table(None, true);
        let of_protocol = std::array::from_fn(|number| {
            let protocol = Protocol(u8::try_from(number).expect("an array of 256"));
            let own = named.contains(&protocol) && exists::<A>(protocol);
            table(own.then_some(protocol), covered_by_all(protocol, semantics))
        });
        Self {
            tables,
            of_protocol,
            of_fragments,
        }
    }

    /// Finds the deciding rule.
    #[inline]
    fn lookup(&self, protocol: Protocol, transport: Transport, peer: A, local: A) -> Option<Hit> {
        let (table, source_port, destination_port) = match transport {
            Transport::Ports {
                source,
                destination,
            } => (
                self.of_protocol[usize::from(protocol.0)],
                source,
                destination,
            ),
            Transport::LaterFragment if protocol.has_ports() => (self.of_fragments, 0, 0),
            Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => {
                (self.of_protocol[usize::from(protocol.0)], 0, 0)
            }
        };
        let key = Key {
            peer,
            local,
            source_port,
            destination_port,
        };
        self.tables[usize::from(table)].lookup(&key)
    }
}

/// ICMP is protocol 1 of IPv4, ICMPv6 protocol 58 of IPv6: rules for one never
/// match packets of the other family (3.5.3).
fn exists<A: Address>(protocol: Protocol) -> bool {
    match protocol {
        Protocol::ICMP => A::FAMILY == Family::V4,
        Protocol::ICMPV6 => A::FAMILY == Family::V6,
        _ => true,
    }
}

/// Tells whether rules for ALL match a protocol (3.5.5).
fn covered_by_all(protocol: Protocol, semantics: &Semantics) -> bool {
    match semantics.all_means {
        AllMeans::Any => true,
        AllMeans::Four => FOUR.contains(&protocol),
    }
}
