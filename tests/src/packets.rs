//! Packets as a line of text each, and captures of them.
//!
//! `0.5 tcp 198.51.100.7:40000 -> 10.0.0.1:22 S` is a SYN half a second after
//! the start. Behind the ends come, in any order, TCP flags (of `FSRPA`), an
//! ICMP type and code (`8/0`), the identifier of an echo or of a fragmented
//! packet (`id=7`), `first` or `later` for fragments, and in parentheses the
//! packet that an ICMP error quotes.

use std::net::{IpAddr, SocketAddr};

use etherparse::{IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, TcpHeader, UdpHeader};

/// When captures begin: 2026-03-02T09:00:00Z, in seconds.
pub const START: i64 = 1_772_442_000;

/// Which part of an IP packet it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// All of it.
    Whole,
    /// The first fragment.
    First,
    /// A later one.
    Later,
}

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Nanoseconds after [`START`].
    pub time: i64,
    /// The IP protocol.
    pub protocol: u8,
    /// The sender.
    pub source: SocketAddr,
    /// The receiver.
    pub destination: SocketAddr,
    /// TCP flags.
    pub flags: u8,
    /// Type and code of an ICMP message.
    pub icmp: (u8, u8),
    /// The identifier of an echo, and of the fragments of a packet.
    pub id: u16,
    /// Which part of a packet it is.
    pub piece: Piece,
    /// What an ICMP error quotes.
    pub quoted: Option<Box<Self>>,
}

impl Packet {
    /// Reads a line.
    ///
    /// # Panics
    ///
    /// Panics when the line is no packet.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        let (line, quoted) = match line.split_once('(') {
            Some((line, quoted)) => (line, quoted.strip_suffix(')')),
            None => (line, None),
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        let [time, protocol, source, "->", destination, options @ ..] = words.as_slice() else {
            panic!("`{line}` is no packet");
        };
        let protocol: secgroup_model::Protocol = protocol.parse().expect("a protocol");
        let mut packet = Self {
            time: nanoseconds(time),
            protocol: protocol.0,
            source: end(source),
            destination: end(destination),
            flags: 0,
            icmp: (8, 0),
            id: 0,
            piece: Piece::Whole,
            quoted: quoted.map(|quoted| Box::new(Self::parse(&format!("0 {quoted}")))),
        };
        for option in options {
            match *option {
                "first" => packet.piece = Piece::First,
                "later" => packet.piece = Piece::Later,
                option => packet.option(option),
            }
        }
        packet
    }

    fn option(&mut self, option: &str) {
        if let Some(id) = option.strip_prefix("id=") {
            self.id = id.parse().expect("an identifier");
        } else if let Some((kind, code)) = option.split_once('/') {
            self.icmp = (kind.parse().expect("a type"), code.parse().expect("a code"));
        } else {
            for letter in option.chars() {
                let bit = "FSRPA".find(letter).expect("flags are of FSRPA");
                self.flags |= 1 << bit;
            }
        }
    }

    /// Tells whether the protocol has ports.
    #[must_use]
    pub const fn has_ports(&self) -> bool {
        matches!(self.protocol, 6 | 17)
    }

    /// Tells whether it is ICMP of its family.
    #[must_use]
    pub const fn is_icmp(&self) -> bool {
        match self.source {
            SocketAddr::V4(_) => self.protocol == 1,
            SocketAddr::V6(_) => self.protocol == 58,
        }
    }

    /// Returns the packet as it is on the wire, from the IP header on.
    ///
    /// # Panics
    ///
    /// Panics when its ends are of two families.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let payload = match self.piece {
            Piece::Later => vec![0xff; 16],
            Piece::Whole | Piece::First => self.payload(),
        };
        let mut bytes = match (self.source.ip(), self.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let length = u16::try_from(payload.len()).expect("small");
                let (source, destination) = (source.octets(), destination.octets());
                let protocol = IpNumber(self.protocol);
                let mut header = Ipv4Header::new(length, 64, protocol, source, destination)
                    .expect("a small packet");
                if self.piece != Piece::Whole {
                    header.identification = self.id;
                    header.dont_fragment = false;
                    header.more_fragments = self.piece == Piece::First;
                    let offset = if self.piece == Piece::Later { 2 } else { 0 };
                    header.fragment_offset = offset.try_into().expect("small");
                }
                header.to_bytes().to_vec()
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => Ipv6Header {
                traffic_class: 0,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: u16::try_from(payload.len()).expect("small"),
                next_header: IpNumber(self.protocol),
                hop_limit: 64,
                source: source.octets(),
                destination: destination.octets(),
            }
            .to_bytes()
            .to_vec(),
            _ => panic!("{self:?}: ends of two families"),
        };
        bytes.extend(payload);
        bytes
    }

    fn payload(&self) -> Vec<u8> {
        let (from, to) = (self.source.port(), self.destination.port());
        match self.protocol {
            6 => {
                let mut header = TcpHeader::new(from, to, 1, 1024);
                header.fin = self.flags & 1 != 0;
                header.syn = self.flags & 2 != 0;
                header.rst = self.flags & 4 != 0;
                header.psh = self.flags & 8 != 0;
                header.ack = self.flags & 16 != 0;
                header.to_bytes().to_vec()
            }
            17 => {
                let header = UdpHeader {
                    source_port: from,
                    destination_port: to,
                    length: 12,
                    checksum: 0,
                };
                [header.to_bytes().as_slice(), b"data"].concat()
            }
            _ if self.is_icmp() => {
                let [i0, i1] = self.id.to_be_bytes();
                let mut message = vec![self.icmp.0, self.icmp.1, 0, 0, i0, i1, 0, 1];
                if let Some(quoted) = &self.quoted {
                    message[4..8].fill(0);
                    let header = if self.source.is_ipv4() { 20 } else { 40 };
                    // "The internet header plus 64 bits" (RFC 792).
                    message.extend(quoted.bytes().iter().take(header + 8));
                }
                message
            }
            _ => b"payload".to_vec(),
        }
    }
}

/// Reads seconds with decimals.
fn nanoseconds(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().expect("seconds");
    let part: i64 = format!("{part:0<9}").parse().expect("decimals");
    whole * 1_000_000_000 + part
}

/// Reads `10.0.0.1:22`, `[2001:db8::1]:22`, or an address alone.
fn end(text: &str) -> SocketAddr {
    text.parse().unwrap_or_else(|_| {
        let address: IpAddr = text
            .parse()
            .unwrap_or_else(|_| panic!("`{text}` is no end"));
        SocketAddr::new(address, 0)
    })
}

/// Reads lines; those that are empty do not count.
#[must_use]
pub fn packets(lines: &str) -> Vec<Packet> {
    let lines = lines.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    lines.map(Packet::parse).collect()
}

/// Writes a capture with times in nanoseconds, of raw IP.
///
/// # Panics
///
/// Panics when a time is before 1970 or after 2106.
#[must_use]
pub fn capture(packets: &[Packet]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xa1b2_3c4d_u32.to_le_bytes());
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(65_535_u32.to_le_bytes());
    file.extend(101_u32.to_le_bytes());
    for packet in packets {
        let bytes = packet.bytes();
        let time = START * 1_000_000_000 + packet.time;
        let seconds = u32::try_from(time.div_euclid(1_000_000_000)).expect("until 2106");
        let rest = u32::try_from(time.rem_euclid(1_000_000_000)).expect("a remainder");
        let length = u32::try_from(bytes.len()).expect("small");
        for field in [seconds, rest, length, length] {
            file.extend(field.to_le_bytes());
        }
        file.extend(bytes);
    }
    file
}
