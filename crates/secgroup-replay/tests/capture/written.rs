//! Captures that a test writes, byte by byte, so that it can write wrong ones.

/// A packet of 54 bytes: Ethernet, IPv4, TCP from 10.0.0.1:40000 to 10.0.0.2:80.
pub(crate) fn tcp_packet() -> Vec<u8> {
    let mut packet = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    packet.extend([
        0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ]);
    packet.extend([
        0x9C, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0,
    ]);
    packet
}

/// Writes numbers in one byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    pub(crate) fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    pub(crate) fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    /// Writes a pcap file header.
    pub(crate) fn pcap_header(
        self,
        magic: u32,
        version: (u16, u16),
        snaplen: u32,
        link: u32,
    ) -> Vec<u8> {
        let mut header = self.u32(magic).to_vec();
        header.extend(self.u16(version.0));
        header.extend(self.u16(version.1));
        for number in [0, 0, snaplen, link] {
            header.extend(self.u32(number));
        }
        header
    }

    /// Writes a pcap record.
    pub(crate) fn record(self, seconds: u32, subsecond: u32, bytes: &[u8]) -> Vec<u8> {
        let len = u32::try_from(bytes.len()).unwrap();
        let mut record: Vec<u8> = [seconds, subsecond, len, len]
            .iter()
            .flat_map(|number| self.u32(*number))
            .collect();
        record.extend(bytes);
        record
    }

    /// Writes a block with correct lengths around `body`, which is padded.
    pub(crate) fn block(self, block_type: u32, body: &[u8]) -> Vec<u8> {
        let padded = body.len().next_multiple_of(4);
        let len = self.u32(u32::try_from(padded + 12).unwrap());
        let mut block = self.u32(block_type).to_vec();
        block.extend(len);
        block.extend(body);
        block.resize(8 + padded, 0);
        block.extend(len);
        block
    }

    pub(crate) fn section(self) -> Vec<u8> {
        let mut body = self.u32(0x1A2B_3C4D).to_vec();
        body.extend(self.u16(1));
        body.extend(self.u16(0));
        body.extend([0xFF; 8]);
        self.block(0x0A0D_0D0A, &body)
    }

    /// Writes an interface description with options of (code, value).
    pub(crate) fn interface(self, link: u16, snaplen: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = self.u16(link).to_vec();
        body.extend(self.u16(0));
        body.extend(self.u32(snaplen));
        for (code, value) in options {
            body.extend(self.u16(*code));
            body.extend(self.u16(u16::try_from(value.len()).unwrap()));
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        self.block(1, &body)
    }

    /// Writes an enhanced packet block.
    pub(crate) fn packet(self, interface: u32, ticks: u64, bytes: &[u8]) -> Vec<u8> {
        let len = u32::try_from(bytes.len()).unwrap();
        let (high, low) = ((ticks >> 32) as u32, (ticks & 0xFFFF_FFFF) as u32);
        let mut body: Vec<u8> = [interface, high, low, len, len]
            .iter()
            .flat_map(|number| self.u32(*number))
            .collect();
        body.extend(bytes);
        self.block(6, &body)
    }
}

/// Writes a little-endian microsecond pcap of Ethernet packets, one a second.
pub(crate) fn pcap(packets: &[Vec<u8>]) -> Vec<u8> {
    let order = Order::Little;
    let mut file = order.pcap_header(0xA1B2_C3D4, (2, 4), 262_144, 1);
    for (seconds, packet) in (1000..).zip(packets) {
        file.extend(order.record(seconds, 0, packet));
    }
    file
}

/// A small generator of arbitrary numbers, the same for the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    pub(crate) fn port(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }
}
