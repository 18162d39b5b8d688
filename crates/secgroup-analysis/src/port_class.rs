//! What ports are for, and how bad it is when the Internet reaches them.

use secgroup_model::{Family, Protocol};

use crate::Intervals;
use crate::flow_box::FlowBox;
use crate::lint::Severity;

/// A kind of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PortClass {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How bad it is to open it to the Internet.
    pub(crate) severity: Severity,
    /// Ranges of ports, by protocol.
    ports: &'static [(Protocol, u16, u16)],
}

const TCP: Protocol = Protocol::TCP;
const UDP: Protocol = Protocol::UDP;

/// Every port and protocol, or nearly so.
pub(crate) const EVERYTHING: PortClass = PortClass {
    name: "every port",
    severity: Severity::Error,
    ports: &[(TCP, 1, 65535)],
};

/// The classes, the worst first.
pub(crate) const CLASSES: [PortClass; 6] = [
    PortClass {
        name: "remote administration",
        severity: Severity::Error,
        ports: &[
            (TCP, 22, 23),
            (TCP, 3389, 3389),
            (UDP, 3389, 3389),
            (TCP, 5900, 5901),
            (TCP, 5985, 5986),
        ],
    },
    PortClass {
        name: "databases",
        severity: Severity::Error,
        ports: &[
            (TCP, 1433, 1434),
            (TCP, 1521, 1521),
            (TCP, 2181, 2181),
            (TCP, 2379, 2380),
            (TCP, 3306, 3306),
            (TCP, 5432, 5432),
            (TCP, 5984, 5984),
            (TCP, 6379, 6379),
            (TCP, 8086, 8086),
            (TCP, 9042, 9042),
            (TCP, 9200, 9200),
            (TCP, 9300, 9300),
            (TCP, 11211, 11211),
            (UDP, 11211, 11211),
            (TCP, 27017, 27019),
        ],
    },
    PortClass {
        name: "cluster control",
        severity: Severity::Error,
        ports: &[
            (TCP, 2375, 2376),
            (TCP, 6443, 6443),
            (TCP, 8500, 8500),
            (TCP, 10250, 10250),
        ],
    },
    PortClass {
        name: "files and directories",
        severity: Severity::Error,
        ports: &[
            (TCP, 21, 21),
            (TCP, 111, 111),
            (UDP, 111, 111),
            (TCP, 135, 139),
            (UDP, 137, 138),
            (UDP, 161, 161),
            (TCP, 389, 389),
            (TCP, 445, 445),
            (TCP, 873, 873),
            (TCP, 2049, 2049),
        ],
    },
    PortClass {
        name: "web",
        severity: Severity::Note,
        ports: &[
            (TCP, 80, 80),
            (TCP, 443, 443),
            (UDP, 443, 443),
            (TCP, 8080, 8080),
            (TCP, 8443, 8443),
        ],
    },
    OTHER,
];

/// Every port that is in no other class.
const OTHER: PortClass = PortClass {
    name: "other ports",
    severity: Severity::Warning,
    ports: &[(TCP, 1, 65535), (UDP, 1, 65535)],
};

impl PortClass {
    /// Returns the ports of a protocol that belong to the class.
    fn of(&self, protocol: Protocol) -> Intervals {
        let own = |class: &Self| -> Intervals {
            let own = class.ports.iter().filter(|(of, ..)| *of == protocol);
            own.map(|(_, first, last)| (u128::from(*first), u128::from(*last)))
                .collect()
        };
        let mut ports = own(self);
        if *self == OTHER {
            for class in &CLASSES[..CLASSES.len() - 1] {
                ports = ports.difference(&own(class));
            }
        }
        ports
    }

    /// Returns the flows of the class, without regard to addresses.
    pub(crate) fn services(&self, family: Family) -> Vec<FlowBox> {
        let of = |protocol: Protocol| FlowBox {
            protocols: Intervals::one(u128::from(protocol.0)),
            destination_ports: Some(self.of(protocol)),
            ..FlowBox::all(family)
        };
        let both = [TCP, UDP].map(of);
        both.into_iter()
            .filter(|flows| {
                flows
                    .destination_ports
                    .as_ref()
                    .is_some_and(|set| !set.is_empty())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_is_in_exactly_one_class() {
        for protocol in [TCP, UDP] {
            let mut seen = Intervals::default();
            for class in CLASSES {
                let own = class.of(protocol);
                assert!(seen.intersection(&own).is_empty(), "{}", class.name);
                seen = seen.union(&own);
            }
            assert_eq!(seen, Intervals::between(1, 65535));
        }
    }
}
