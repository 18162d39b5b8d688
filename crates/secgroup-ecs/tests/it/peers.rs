//! The two sides of a permission (2.2, 2.5, 2.7, 2.8).

use serde_json::json;

use crate::grammar::Want::{Bad, Ok, Warn};
use crate::grammar::{PLAIN, check};
use crate::{egress, ingress};

#[test]
fn addresses_are_blocks_of_the_family_of_their_field_2_5() {
    let v4 = |block: &str| ingress(json!({"SourceCidrIp": block}));
    let v6 = |block: &str| ingress(json!({"SourceCidrIp": "", "Ipv6SourceCidrIp": block}));
    let code = "InvalidSourceCidrIp.Malformed";
    check(vec![
        (
            v4("203.0.113.9"),
            Ok("priority 1 accept tcp 80/80 from 203.0.113.9/32"),
        ),
        (
            v4("10.0.0.1/8"),
            Warn(PLAIN, "10.0.0.1/8 has host bits; used as 10.0.0.0/8"),
        ),
        (
            v6("2001:DB8::/32"),
            Ok("priority 1 accept tcp 80/80 from 2001:db8::/32"),
        ),
        (
            v6("2001:0db8:3c4d:0015:0000:0000:1a2f:1a2b/0"),
            Warn("priority 1 accept tcp 80/80 from ::/0", "has host bits"),
        ),
        (v4("10.0.0.0/33"), Bad(code)),
        (v4("10.0.0.0/-1"), Bad("prefix length -1")),
        (v4("10.0.0.0/255.0.0.0"), Bad("netmask")),
        (v4("10.0/16"), Bad(code)),
        (v4("010.0.0.0/8"), Bad(code)),
        (
            v4("10.0.0.0/8,192.168.0.0/16"),
            Bad("SourceCidrIp `10.0.0.0/8,192.168.0.0/16` is a list; write one block per field"),
        ),
        (
            v4("10.0.0.0/8,11.0.0.0/8"),
            Bad("InvalidParam.SourceCidrIp"),
        ),
        (
            v4("10.0.0.0/08"),
            Bad("leading zero in its prefix length; write /8"),
        ),
        (v4("::/0"), Bad("SourceCidrIp holds an IPv6 block")),
        (v6("0.0.0.0/0"), Bad("Ipv6SourceCidrIp holds IPv4")),
        (v6("2001:db8::/129"), Bad("InvalidParam.Ipv6SourceCidrIp")),
        (v6("fe80::1%eth0"), Bad("InvalidParam.Ipv6SourceCidrIp")),
        (
            egress(json!({"DestCidrIp": "10.0.0.0/33"})),
            Bad("InvalidDestCidrIp.Malformed"),
        ),
        (
            egress(json!({"DestCidrIp": "", "Ipv6DestCidrIp": "x"})),
            Bad("InvalidParam.Ipv6DestCidrIp"),
        ),
        (
            ingress(json!({"Ipv6SourceCidrIp": "::/0"})),
            Bad("InvalidParam.SourceIp"),
        ),
        (
            egress(json!({"Ipv6DestCidrIp": "::/0"})),
            Bad("InvalidParam.DestIp"),
        ),
    ]);
}

#[test]
fn the_stronger_peer_wins_and_the_losers_are_not_looked_at_2_7() {
    let from_group = "priority 1 accept tcp 80/80 from sg-b";
    check(vec![
        (
            ingress(json!({"SourceGroupId": "../", "SourcePrefixListId": "pl-gone"})),
            Ok(PLAIN),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourceGroupId": "sg-b",
                           "SourcePrefixListId": "pl-gone"})),
            Ok(from_group),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourcePrefixListId": "pl-a"})),
            Ok("priority 1 accept tcp 80/80 from pl-a"),
        ),
        (
            egress(json!({"DestCidrIp": null, "DestGroupId": "sg-b"})),
            Ok("priority 1 accept tcp 80/80 to sg-b"),
        ),
        (
            egress(json!({"DestCidrIp": null, "DestPrefixListId": "pl-a"})),
            Ok("priority 1 accept tcp 80/80 to pl-a"),
        ),
        (
            ingress(json!({"SourceCidrIp": ""})),
            Bad("one of SourceCidrIp, Ipv6SourceCidrIp, SourceGroupId, SourcePrefixListId"),
        ),
        (
            ingress(json!({"SourceCidrIp": null})),
            Bad("MissingParameter.Source"),
        ),
        (
            egress(json!({"DestCidrIp": {}})),
            Bad("MissingParameter.Dest"),
        ),
        // The near end of a rule is no peer.
        (
            egress(json!({"DestCidrIp": "", "SourceCidrIp": "10.0.0.0/8"})),
            Bad("MissingParameter.Dest"),
        ),
    ]);
}

#[test]
fn references_resolve_or_are_problems_2_8() {
    let group = |id: &str| ingress(json!({"SourceCidrIp": "", "SourceGroupId": id}));
    check(vec![
        (group("sg-gone"), Bad("`sg-gone`, which is not defined")),
        (group("sg a"), Bad("SourceGroupId: id `sg a`")),
        (
            group("sg-a"),
            Warn("priority 1 accept tcp 80/80 from sg-a", "its own group"),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourcePrefixListId": "pl-gone"})),
            Bad("`pl-gone`, which is not defined"),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourceGroupId": "sg-gone",
                           "SourceGroupOwnerId": 1234567890})),
            Bad("belongs to account `1234567890`"),
        ),
        (
            ingress(json!({"SourceCidrIp": "", "SourceGroupId": "sg-gone",
                           "SourceGroupOwnerAccount": "ops@example.com"})),
            Bad("belongs to account `ops@example.com`"),
        ),
        (
            egress(json!({"SourceGroupId": "sg-b"})),
            Bad("SourceGroupId has no place in an egress rule"),
        ),
        (
            ingress(json!({"DestPrefixListId": "pl-a"})),
            Bad("DestPrefixListId has no place in an ingress rule"),
        ),
    ]);
}

#[test]
fn the_near_end_is_an_address_block_2_2() {
    check(vec![
        (
            ingress(json!({"DestCidrIp": "192.168.1.0/24"})),
            Ok("priority 1 accept tcp 80/80 from 10.0.0.0/8 at 192.168.1.0/24"),
        ),
        (
            egress(json!({"SourceCidrIp": "192.168.1.7"})),
            Ok("priority 1 accept tcp 80/80 to 10.0.0.0/8 at 192.168.1.7/32"),
        ),
        // 6.1.1: "no restriction; do not read it as peer".
        (
            egress(json!({"SourceCidrIp": "0.0.0.0/0"})),
            Ok("priority 1 accept tcp 80/80 to 10.0.0.0/8"),
        ),
        (
            ingress(json!({"DestCidrIp": "10.0.0.0/8"})),
            Warn(
                "priority 1 accept tcp 80/80 from 10.0.0.0/8 at 10.0.0.0/8",
                "InvalidParamter.Conflict",
            ),
        ),
        (
            ingress(json!({"DestCidrIp": "x"})),
            Bad("InvalidDestCidrIp.Malformed"),
        ),
        (
            ingress(json!({"DestCidrIp": "10.1.0.0/16", "Ipv6DestCidrIp": "::/0"})),
            Bad("InvalidParam.DestIp"),
        ),
        (
            ingress(json!({"Ipv6DestCidrIp": "2001:db8::/32"})),
            Bad("InvalidParameter.Conflict"),
        ),
        (
            ingress(json!({"Ipv6DestCidrIp": "::/0"})),
            Bad("InvalidParameter.Conflict"),
        ),
    ]);
}
