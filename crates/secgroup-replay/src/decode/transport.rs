//! Ports, ICMP messages and TCP flags.
//!
//! Only TCP and UDP have ports that a security group can match; those of SCTP,
//! DCCP and UDP-Lite do not count.

use super::{Fragment, SkipReason, Undecodable};

/// The protocol number of TCP.
pub(super) const TCP: u8 = 6;

/// The protocol number of UDP.
pub(super) const UDP: u8 = 17;

/// The protocol number of ICMP.
pub(super) const ICMP: u8 = 1;

/// Where the flags lie in a TCP header.
pub(super) const TCP_FLAGS_AT: usize = 13;

/// What follows the IP headers.
#[derive(Clone, Copy)]
pub(super) struct Payload<'a> {
    pub(super) bytes: &'a [u8],
    /// The packet itself ends with them: nothing was cut off.
    pub(super) ends: bool,
}

/// What is behind the IP headers, as far as a security group sees it.
#[derive(Default)]
pub(super) struct Transport {
    pub(super) ports: Option<(u16, u16)>,
    pub(super) icmp: Option<(u8, u8)>,
    pub(super) icmp_id: Option<u16>,
    pub(super) tcp_flags: Option<u8>,
}

/// Decodes the payload of a packet of `protocol`, which `is_icmp` if that is
/// the ICMP of its family.
#[inline]
pub(super) fn decode(
    protocol: u8,
    is_icmp: bool,
    fragment: Fragment,
    payload: Payload<'_>,
) -> Result<Transport, Undecodable> {
    // Clause 3.5.11: a later fragment has neither ports nor a message.
    if matches!(fragment, Fragment::Later { .. }) {
        return Ok(Transport::default());
    }
    if protocol == TCP || protocol == UDP {
        let Some(&[s0, s1, d0, d1]) = payload.bytes.first_chunk() else {
            return Err(no_ports(payload));
        };
        let ports = Some((u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1])));
        // PERF: read before asking which of the two it is, so that this is a
        // selection and not a branch that mixed traffic mispredicts.
        let flags = payload.bytes.get(TCP_FLAGS_AT).copied();
        let tcp_flags = flags.filter(|_| protocol == TCP);
        return Ok(Transport {
            ports,
            icmp: None,
            icmp_id: None,
            tcp_flags,
        });
    }
    if !is_icmp {
        return Ok(Transport::default());
    }
    let message = payload.bytes.first_chunk();
    let echo = payload.bytes.first_chunk().filter(|_| {
        let echoes = if protocol == ICMP { [8, 0] } else { [128, 129] };
        payload
            .bytes
            .first()
            .is_some_and(|kind| echoes.contains(kind))
    });
    Ok(Transport {
        icmp: message.map(|&[kind, code]| (kind, code)),
        icmp_id: echo.map(|&[_, _, _, _, i0, i1]| u16::from_be_bytes([i0, i1])),
        ..Transport::default()
    })
}

#[cold]
fn no_ports(payload: Payload<'_>) -> Undecodable {
    if payload.ends {
        SkipReason::PortsBeyondLength.into()
    } else {
        SkipReason::PortsNotCaptured.into()
    }
}
