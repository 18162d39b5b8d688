//! A question about one flow, as people ask it, made exact for a snapshot.

use std::net::{IpAddr, SocketAddr};

use secgroup_model::{
    EPHEMERAL_PORTS, Endpoints, Family, Flow, IcmpMessage, InstanceId, InterfaceIndex,
    NetworkInterfaceId, NicType, PartialTransport, PortSpan, Prefix, Protocol, Query, Scope,
    SecurityGroupId, Shown, Snapshot, Transport, VpcId,
};

/// A question about one flow. What is left out stays open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The source: an address, an interface id or an instance id.
    pub from: String,
    /// The destination, likewise.
    pub to: String,
    /// The protocol, by name or number.
    pub protocol: String,
    /// The destination port.
    pub port: Option<u16>,
    /// The source port; any ephemeral one where it is left out.
    pub source_port: Option<u16>,
    /// The VPC the addresses belong to, where several have them.
    pub vpc: Option<String>,
    /// The type of an ICMP message.
    pub icmp_type: Option<u8>,
    /// Its code.
    pub icmp_code: u8,
    /// The NIC the flow uses, in the classic network.
    pub nic: Option<NicType>,
    /// Whether a load balancer brings the flow to its destination.
    pub via_load_balancer: bool,
}

/// A field of a question, to be named as the user knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// [`Question::from`].
    From,
    /// [`Question::to`].
    To,
    /// [`Question::protocol`].
    Protocol,
    /// [`Question::port`].
    Port,
    /// [`Question::source_port`].
    SourcePort,
    /// [`Question::vpc`].
    Vpc,
    /// [`Question::icmp_type`].
    IcmpType,
}

/// A question that makes no sense, or not for this snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidQuestion(String);

impl Question {
    /// Makes the question exact; `name` is what the user calls a field.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidQuestion`] when an end is unknown, when ports or ICMP
    /// types do not go with the protocol, or when the ends have no family or
    /// network in common.
    pub fn query(
        &self,
        snapshot: &Snapshot,
        name: fn(Field) -> &'static str,
    ) -> Result<Query, InvalidQuestion> {
        let asked = Asked {
            question: self,
            snapshot,
            name,
        };
        let from = asked.end(Field::From, &self.from)?;
        let to = asked.end(Field::To, &self.to)?;
        let protocol: Protocol = self
            .protocol
            .parse()
            .map_err(|error| InvalidQuestion(format!("{}: {error}", name(Field::Protocol))))?;
        let endpoints = asked.endpoints(&from, &to, protocol)?;
        let transport = asked.transport(protocol, endpoints.family())?;
        let mut query = Query::new(endpoints, protocol, transport);
        query.scope = asked.scope(&from, &to)?;
        query.nic = self.nic;
        query.via_load_balancer = self.via_load_balancer;
        Ok(query)
    }
}

/// Returns the flow, if a question leaves nothing open.
#[must_use]
pub fn complete(query: &Query) -> Option<Flow> {
    let transport = match query.transport {
        PartialTransport::Ports {
            source,
            destination,
        } => Transport::Ports {
            source: source.known()?,
            destination: destination.known()?,
        },
        PartialTransport::Icmp(message) => Transport::Icmp(message?),
        PartialTransport::Opaque => Transport::Opaque,
        PartialTransport::LaterFragment => Transport::LaterFragment,
    };
    let Query {
        endpoints,
        protocol,
        scope,
        nic,
        via_load_balancer,
        ..
    } = *query;
    Some(Flow {
        endpoints,
        protocol,
        transport,
        scope,
        nic,
        via_load_balancer,
    })
}

/// One end of a flow, as it was given.
enum End {
    Address(IpAddr),
    /// All addresses of an interface.
    Interface(InterfaceIndex),
}

/// A question with what it is asked of.
struct Asked<'a> {
    question: &'a Question,
    snapshot: &'a Snapshot,
    name: fn(Field) -> &'static str,
}

impl Asked<'_> {
    /// Reads an end: "an address, an interface id or an instance id".
    fn end(&self, field: Field, text: &str) -> Result<End, InvalidQuestion> {
        let snapshot = self.snapshot;
        let option = (self.name)(field);
        if let Ok(address) = text.parse() {
            return Ok(End::Address(address));
        }
        let interface = NetworkInterfaceId::new(text)
            .ok()
            .and_then(|id| snapshot.find_interface(&id));
        let instance = || {
            InstanceId::new(text)
                .ok()
                .and_then(|id| snapshot.find_instance(&id))
        };
        let found = interface.or_else(instance).map(End::Interface);
        found.ok_or_else(|| {
            let what = self.meant(field, text);
            InvalidQuestion(format!("{option}: `{}` {what}", Shown(text)))
        })
    }

    /// Says what an end that is none may have been meant to be.
    fn meant(&self, field: Field, text: &str) -> String {
        let snapshot = self.snapshot;
        let group = SecurityGroupId::new(text).ok();
        if let Some(group) = group.and_then(|id| snapshot.find_group(&id)) {
            let members = snapshot.interfaces();
            let member = members
                .map(|(_, one)| one)
                .find(|one| one.groups().contains(&group));
            let such_as = member.map(|one| format!(", such as {}", one.id()));
            let such_as = such_as.unwrap_or_default();
            return format!("is a security group; name an interface that is in it{such_as}");
        }
        if Prefix::parse(text).is_ok() {
            return "is a block; a flow has one address at each end".to_owned();
        }
        if let Ok(end) = text.parse::<SocketAddr>() {
            let port = match field {
                Field::From => Field::SourcePort,
                _ => Field::Port,
            };
            let port = (self.name)(port);
            return format!("has a port; name {} alone, and give {port}", end.ip());
        }
        "is not an address, and no interface or instance of the snapshot has that id".to_owned()
    }

    /// Pairs the ends; an interface takes part with its first address of the
    /// family that both have: that of the protocol first, then IPv4, then IPv6.
    fn endpoints(
        &self,
        from: &End,
        to: &End,
        protocol: Protocol,
    ) -> Result<Endpoints, InvalidQuestion> {
        let snapshot = self.snapshot;
        let address = |end: &End, family: Family| match end {
            End::Address(address) => {
                Some(*address).filter(|address| Family::of(*address) == family)
            }
            End::Interface(index) => {
                let interface = snapshot.interface(*index);
                let primary = interface.primary_address();
                let own = interface
                    .addresses()
                    .iter()
                    .map(|own| own.prefix.bounds().0);
                primary
                    .into_iter()
                    .chain(own)
                    .find(|address| Family::of(*address) == family)
            }
        };
        let families = if protocol == Protocol::ICMPV6 {
            [Family::V6, Family::V4]
        } else {
            [Family::V4, Family::V6]
        };
        for family in families {
            if let (Some(source), Some(destination)) = (address(from, family), address(to, family))
            {
                return Endpoints::new(source, destination)
                    .map_err(|error| InvalidQuestion(error.to_string()));
            }
        }
        Err(InvalidQuestion(format!(
            "{} and {} have no address family in common",
            (self.name)(Field::From),
            (self.name)(Field::To)
        )))
    }

    /// Reads what lies behind the IP header.
    fn transport(
        &self,
        protocol: Protocol,
        family: Family,
    ) -> Result<PartialTransport, InvalidQuestion> {
        let Question {
            port,
            source_port,
            icmp_type,
            ..
        } = *self.question;
        let icmp_name = (self.name)(Field::IcmpType);
        let ports = port.is_some() || source_port.is_some();
        if protocol.has_ports() {
            if icmp_type.is_some() {
                return Err(InvalidQuestion(format!(
                    "{icmp_name}: {protocol} has no ICMP type"
                )));
            }
            return Ok(PartialTransport::Ports {
                source: source_port.map_or(EPHEMERAL_PORTS, PortSpan::one),
                destination: port.map_or(PortSpan::ANY, PortSpan::one),
            });
        }
        if ports {
            let message = format!(
                "{} and {}: {protocol} has no ports",
                (self.name)(Field::Port),
                (self.name)(Field::SourcePort)
            );
            return Err(InvalidQuestion(message));
        }
        let icmp = match family {
            Family::V4 => protocol == Protocol::ICMP,
            Family::V6 => protocol == Protocol::ICMPV6,
        };
        match icmp_type {
            Some(_) if !icmp => Err(InvalidQuestion(format!(
                "{icmp_name}: {protocol} over {family} has no ICMP type"
            ))),
            Some(kind) => Ok(PartialTransport::Icmp(Some(IcmpMessage {
                kind,
                code: self.question.icmp_code,
            }))),
            None if icmp => Ok(PartialTransport::Icmp(None)),
            None => Ok(PartialTransport::Opaque),
        }
    }

    /// Finds the network: the one given, else that of the interfaces named.
    fn scope(&self, from: &End, to: &End) -> Result<Scope, InvalidQuestion> {
        let snapshot = self.snapshot;
        let vpc_name = (self.name)(Field::Vpc);
        let network = |end: &End| match end {
            End::Address(_) => None,
            End::Interface(index) => Some(snapshot.interface(*index).network()),
        };
        let Some(text) = &self.question.vpc else {
            return Ok(match (network(from), network(to)) {
                (Some(source), Some(destination)) if source != destination => Scope::Ends {
                    source,
                    destination,
                },
                (Some(one), _) | (None, Some(one)) => Scope::Network(one),
                (None, None) => Scope::Unspecified,
            });
        };
        let vpc = VpcId::new(text)
            .ok()
            .and_then(|vpc| snapshot.find_vpc(&vpc));
        let Some(vpc) = vpc else {
            let known = snapshot
                .networks()
                .filter_map(|(_, vpc)| vpc.map(ToString::to_string));
            let known: Vec<String> = known.collect();
            return Err(InvalidQuestion(format!(
                "{vpc_name}: `{}` is not in the snapshot; it has {}",
                Shown(text),
                if known.is_empty() {
                    "no VPC".to_owned()
                } else {
                    known.join(", ")
                }
            )));
        };
        for (field, end) in [(Field::From, from), (Field::To, to)] {
            if network(end).is_some_and(|own| own != vpc) {
                return Err(InvalidQuestion(format!(
                    "{} names an interface outside {vpc_name} {text}",
                    (self.name)(field)
                )));
            }
        }
        Ok(Scope::Network(vpc))
    }
}
