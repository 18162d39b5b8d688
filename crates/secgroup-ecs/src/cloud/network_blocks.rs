//! Blocks of addresses of VPCs and vSwitches: which are allowed, which are
//! free, and how many addresses are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use secgroup_model::{Family, Prefix};

use super::Cloud;
use super::error::ApiError;
use super::objects::VSwitch;

/// The block of a VPC that names none.
pub(crate) const USUAL_BLOCK: &str = "172.16.0.0/12";

/// Blocks that no VPC can have, nor any part of them.
const NOT_FOR_VPCS: [&str; 5] = [
    "0.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/3",
];

/// Where IPv6 blocks of VPCs that name none are taken from: 2408:4000::/24.
const IPV6_BASE: u128 = 0x2408_4000 << 96;

/// The length of a VPC's IPv6 block.
const VPC_IPV6_LENGTH: u8 = 56;

/// How many addresses of a vSwitch the platform keeps: the first and the last
/// three.
const RESERVED: u64 = 4;

/// Reads an IPv4 block as the VPC API wants it: with its length, and with
/// nothing behind the fixed bits.
pub(crate) fn ipv4(text: &str) -> Option<Prefix> {
    let parsed = Prefix::parse(text).ok().filter(|_| text.contains('/'))?;
    let proper = !parsed.had_host_bits && parsed.prefix.family() == Family::V4;
    proper.then_some(parsed.prefix)
}

/// Reads the IPv6 block that a call wants for a VPC: a /56.
fn vpc_ipv6(text: &str) -> Option<Prefix> {
    let parsed = Prefix::parse(text).ok()?;
    let prefix = parsed.prefix;
    let proper = prefix.family() == Family::V6 && prefix.length() == VPC_IPV6_LENGTH;
    (proper && !parsed.had_host_bits).then_some(prefix)
}

/// Reads the `CidrBlock` of a VPC.
///
/// # Errors
///
/// `400 InvalidParameter` for what is no block, `400 IllegalParam.CidrBlockMask`
/// for one of less than 8 or more than 28 fixed bits, and `400
/// OperationDenied.CidrInExcludeCidrs` for addresses that no VPC can have.
pub(crate) fn vpc_block(text: &str) -> Result<Prefix, ApiError> {
    let block = ipv4(text).ok_or_else(|| {
        let message = "Specified CIDR block is not valid";
        ApiError::new(400, "InvalidParameter", message)
    })?;
    let length = block.length();
    if !(8..=28).contains(&length) {
        let message = format!("The param of CidrBlock Mask [{length}] is illegal.");
        return Err(ApiError::new(400, "IllegalParam.CidrBlockMask", message));
    }
    if NOT_FOR_VPCS
        .iter()
        .filter_map(|text| ipv4(text))
        .any(|one| one.overlaps(block))
    {
        let message = "The operation is not allowed because the input CIDR is within the illegal \
                       CIDRs.";
        let code = "OperationDenied.CidrInExcludeCidrs";
        return Err(ApiError::new(400, code, message));
    }
    Ok(block)
}

/// Reads `Ipv6CidrBlock` of a VPC, or takes a block where the call names none.
///
/// # Errors
///
/// `400 InvalidIpv6CidrBlock.Malformed` for what is no /56, and `400
/// OperationFailed.Ipv6CidrBlockOverLapped` for the block of another VPC.
pub(crate) fn vpc_ipv6_block(cloud: &Cloud, wanted: Option<&str>) -> Result<String, ApiError> {
    let Some(text) = wanted else {
        // The number of the VPC that is made next: blocks are told apart as ids are.
        return Ok(free_vpc_ipv6(cloud, cloud.names.given.wrapping_add(1)));
    };
    let Some(block) = vpc_ipv6(text) else {
        let message = "Specified Ipv6CidrBlock is not valid.";
        let code = "InvalidIpv6CidrBlock.Malformed";
        return Err(ApiError::new(400, code, message));
    };
    if vpc_ipv6_blocks(cloud).any(|taken| taken == block) {
        return Err(ipv6_overlaps());
    }
    Ok(block.network().to_string())
}

/// An IPv6 block is taken.
pub(crate) fn ipv6_overlaps() -> ApiError {
    let message = "The input IPv6 CIDR block overlaps with the existing ones.";
    ApiError::new(400, "OperationFailed.Ipv6CidrBlockOverLapped", message)
}

/// Tells whether all addresses of `inner` are in `outer`.
pub(crate) fn holds(outer: Prefix, inner: Prefix) -> bool {
    outer.length() <= inner.length() && outer.overlaps(inner)
}

/// Returns the first block of `length` in `outer` that overlaps with none of
/// `taken`.
pub(crate) fn first_free(outer: Prefix, length: u8, mut taken: Vec<Prefix>) -> Option<Prefix> {
    let size = 1_u64 << 32_u8.checked_sub(length)?;
    let (first, last) = ipv4_bounds(outer)?;
    taken.sort_unstable();
    let mut start = first;
    for (begin, end) in taken.into_iter().filter_map(ipv4_bounds) {
        if end < start {
            continue;
        }
        if start + size <= begin {
            break;
        }
        start = (end + 1).next_multiple_of(size);
    }
    let free = start + size - 1 <= last && outer.length() <= length;
    let start = u32::try_from(start).ok().filter(|_| free)?;
    ipv4(&format!("{}/{length}", Ipv4Addr::from_bits(start)))
}

/// Returns an IPv6 block for a VPC, the one of `number` or the next free one.
fn free_vpc_ipv6(cloud: &Cloud, number: u64) -> String {
    let mut taken: Vec<_> = vpc_ipv6_blocks(cloud).collect();
    taken.sort_unstable();
    let base = u128::from(number & u64::from(u32::MAX));
    let candidates = (0..=taken.len() as u128).map(|step| {
        let number = (base + step) & u128::from(u32::MAX);
        let address = IPV6_BASE | (number << (128 - u32::from(VPC_IPV6_LENGTH)));
        format!("{}/{VPC_IPV6_LENGTH}", Ipv6Addr::from_bits(address))
    });
    let free = |text: &String| vpc_ipv6(text).is_some_and(|one| taken.binary_search(&one).is_err());
    let mut candidates = candidates.filter(free);
    candidates
        .next()
        .expect("of one block more than there are VPCs, one is free")
}

fn vpc_ipv6_blocks(cloud: &Cloud) -> impl Iterator<Item = Prefix> {
    cloud.vpcs.values().filter_map(|vpc| vpc.ipv6_block())
}

/// Returns the /64 of a vSwitch: the VPC's block with eight bits more. A state
/// file can give a VPC a block that has no room for them.
pub(crate) fn vswitch_ipv6(vpc: Prefix, subnet: u8) -> Option<String> {
    let IpAddr::V6(first) = vpc.bounds().0 else {
        return None;
    };
    if VPC_IPV6_LENGTH < vpc.length() {
        return None;
    }
    let address = Ipv6Addr::from_bits(first.to_bits() | (u128::from(subnet) << 64));
    Some(format!("{address}/64"))
}

/// Counts the IPv4 addresses of a vSwitch that no interface has.
pub(crate) fn available(cloud: &Cloud, vswitch: &VSwitch) -> u64 {
    let whole = vswitch.block().map_or(0, size);
    let members = cloud.interfaces.values();
    let members = members.filter(|one| one.v_switch_id == vswitch.v_switch_id);
    let used = members.map(|one| {
        let prefixes = one.ipv4_prefixes.iter();
        let prefixes = prefixes
            .filter_map(|text| ipv4(text))
            .map(size)
            .sum::<u64>();
        1 + one.secondary_ips.len() as u64 + prefixes
    });
    whole.saturating_sub(RESERVED + used.sum::<u64>())
}

/// Counts the addresses of an IPv4 block.
fn size(block: Prefix) -> u64 {
    ipv4_bounds(block).map_or(0, |(first, last)| last - first + 1)
}

fn ipv4_bounds(block: Prefix) -> Option<(u64, u64)> {
    match block.bounds() {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            Some((u64::from(first.to_bits()), u64::from(last.to_bits())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(outer: &str, length: u8, taken: &[&str]) -> Option<String> {
        let taken = taken.iter().map(|text| ipv4(text).unwrap()).collect();
        let found = first_free(ipv4(outer).unwrap(), length, taken);
        found.map(|block| block.network().to_string())
    }

    #[test]
    fn the_first_gap_that_is_large_enough_is_free() {
        let found = |taken: &[&str]| free("10.0.0.0/22", 24, taken);
        assert_eq!(found(&[]).as_deref(), Some("10.0.0.0/24"));
        assert_eq!(found(&["10.0.0.0/24"]).as_deref(), Some("10.0.1.0/24"));
        assert_eq!(found(&["10.0.1.0/24"]).as_deref(), Some("10.0.0.0/24"));
        let small = ["10.0.2.0/24", "10.0.0.16/28", "10.0.1.240/28"];
        assert_eq!(found(&small).as_deref(), Some("10.0.3.0/24"));
        assert_eq!(found(&["10.0.0.0/22"]), None);
        assert_eq!(free("10.0.0.0/24", 23, &[]), None);
        assert_eq!(free("10.0.0.0/24", 33, &[]), None);
        let end = free("255.255.255.0/24", 25, &["255.255.255.0/25"]);
        assert_eq!(end.as_deref(), Some("255.255.255.128/25"));
        let full = ["255.255.255.0/25", "255.255.255.128/25"];
        assert_eq!(free("255.255.255.0/24", 25, &full), None);
    }

    #[test]
    fn blocks_are_written_with_a_length_and_without_host_bits() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "192.168.1.1/32"] {
            assert!(ipv4(good).is_some(), "{good}");
        }
        for bad in [
            "10.0.0.0",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "::/0",
            "10.0.0.0/255.0.0.0",
            "x",
        ] {
            assert!(ipv4(bad).is_none(), "{bad}");
        }
        for bad in ["2408::/64", "2408::1/56", "2408::", "10.0.0.0/8"] {
            assert!(vpc_ipv6(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_block_holds_itself_and_its_parts() {
        let holds = |outer: &str, inner| holds(ipv4(outer).unwrap(), ipv4(inner).unwrap());
        assert!(holds("10.0.0.0/8", "10.0.0.0/8"));
        assert!(holds("10.0.0.0/8", "10.255.255.255/32"));
        assert!(!holds("10.0.0.0/8", "11.0.0.0/32"));
        assert!(!holds("10.0.0.0/9", "10.0.0.0/8"));
    }

    #[test]
    fn subnets_of_ipv6_fill_the_last_eight_bits_before_the_64th() {
        let vpc = vpc_ipv6("2408:4000:0:500::/56").unwrap();
        let text = |subnet| vswitch_ipv6(vpc, subnet).unwrap();
        assert_eq!(text(0), "2408:4000:0:500::/64");
        assert_eq!(text(255), "2408:4000:0:5ff::/64");
    }
}
