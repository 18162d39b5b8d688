//! Packets of cases.

use std::net::IpAddr;

use secgroup_model::{Endpoints, Flow, IcmpMessage, NicType, Protocol, Transport};

/// A packet, with the command line that asks about it.
#[derive(Clone, Debug)]
pub struct Packet {
    /// The flow.
    pub flow: Flow,
}

impl Packet {
    /// Reads `tcp 198.51.100.7:40000 -> 10.0.0.1:22`, `icmp A -> B 8/0`,
    /// `132 A -> B`, with `nic=internet`, `via=slb` or `fragment` behind.
    ///
    /// # Panics
    ///
    /// Panics when the text is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [protocol, source, "->", destination, options @ ..] = words.as_slice() else {
            panic!("`{text}` is no packet");
        };
        let protocol: Protocol = protocol
            .parse()
            .unwrap_or_else(|error| panic!("`{text}`: {error}"));
        let (source, from) = end(source, protocol.has_ports(), text);
        let (destination, to) = end(destination, protocol.has_ports(), text);
        let endpoints = Endpoints::new(source, destination).expect("ends of one family");
        let transport = if protocol.has_ports() {
            Transport::Ports {
                source: from,
                destination: to,
            }
        } else {
            Transport::Opaque
        };
        let mut flow = Flow::new(endpoints, protocol, transport);
        for option in options {
            match *option {
                "fragment" => flow.transport = Transport::LaterFragment,
                "via=slb" => flow.via_load_balancer = true,
                "nic=internet" => flow.nic = Some(NicType::Internet),
                "nic=intranet" => flow.nic = Some(NicType::Intranet),
                icmp => {
                    let (kind, code) = icmp.split_once('/').unwrap_or_else(|| panic!("`{text}`"));
                    let number = |part: &str| part.parse().unwrap_or_else(|_| panic!("`{text}`"));
                    let message = IcmpMessage {
                        kind: number(kind),
                        code: number(code),
                    };
                    flow.transport = Transport::Icmp(message);
                }
            }
        }
        Self { flow }
    }

    /// Returns the arguments of `secgroup check` that ask about the packet;
    /// none for what no question can state.
    #[must_use]
    pub fn arguments(&self) -> Option<Vec<String>> {
        let Flow {
            endpoints,
            protocol,
            transport,
            nic,
            via_load_balancer,
            ..
        } = self.flow;
        let mut arguments = vec![
            format!("--from={}", endpoints.source()),
            format!("--to={}", endpoints.destination()),
            format!("--protocol={}", protocol.0),
        ];
        match transport {
            Transport::Ports {
                source,
                destination,
            } => {
                arguments.push(format!("--source-port={source}"));
                arguments.push(format!("--port={destination}"));
            }
            Transport::Icmp(IcmpMessage { kind, code }) => {
                arguments.push(format!("--icmp-type={kind}"));
                arguments.push(format!("--icmp-code={code}"));
            }
            Transport::Opaque => {}
            Transport::LaterFragment => return None,
        }
        if let Some(nic) = nic {
            arguments.push(format!("--nic={nic}"));
        }
        if via_load_balancer {
            arguments.push("--via=slb".to_owned());
        }
        Some(arguments)
    }
}

/// Reads `10.0.0.1:22`, `[2001:db8::1]:22`, or an address alone.
fn end(text: &str, with_port: bool, whole: &str) -> (IpAddr, u16) {
    let (address, port) = if with_port {
        text.rsplit_once(':')
            .unwrap_or_else(|| panic!("`{whole}`: a port is missing"))
    } else {
        (text, "0")
    };
    let address = address.trim_matches(['[', ']']);
    let parsed = (address.parse(), port.parse());
    let (Ok(address), Ok(port)) = parsed else {
        panic!("`{whole}`: `{text}` is no end")
    };
    (address, port)
}
