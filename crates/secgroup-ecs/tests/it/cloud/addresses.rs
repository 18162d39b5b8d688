//! Addresses: drawn and asked for, assigned and taken away (1.5, 5.6.5).

use serde_json::json;

use super::stage::{REGION, Stage, texts};

const CREATE: &str = "CreateNetworkInterface";
const ASSIGN: &str = "AssignPrivateIpAddresses";
const UNASSIGN: &str = "UnassignPrivateIpAddresses";
const ASSIGN_IPV6: &str = "AssignIpv6Addresses";
const UNASSIGN_IPV6: &str = "UnassignIpv6Addresses";

/// A stage with a small vSwitch, which has an IPv6 block.
fn small() -> (Stage, String) {
    let mut stage = Stage::new();
    stage.vpc = stage.new_vpc("EnableIpv6=true");
    let vpc = stage.vpc.clone();
    stage.vswitch = stage.new_vswitch(&vpc, "10.0.0.0/28", "Ipv6CidrBlock=1");
    stage.group = stage.new_group("");
    let block = "2408:4000";
    (stage, block.to_owned())
}

/// Returns the private addresses of an interface, the primary one first.
fn addresses(stage: &mut Stage, id: &str) -> Vec<String> {
    let row = stage.interface(id);
    let sets = row["PrivateIpSets"]["PrivateIpSet"]
        .as_array()
        .unwrap()
        .iter();
    sets.map(|set| set["PrivateIpAddress"].as_str().unwrap().to_owned())
        .collect()
}

fn of(id: &str, parameters: &str) -> String {
    format!("{REGION} NetworkInterfaceId={id} {parameters}")
}

#[test]
fn the_lowest_free_address_is_drawn_and_reserved_ones_never_5_6_5() {
    let (mut stage, _) = small();
    // .0 and .13 to .15 are the platform's.
    let first = stage.new_interface("");
    let third = stage.new_interface("PrimaryIpAddress=10.0.0.3");
    let next = stage.new_interface("SecondaryPrivateIpAddressCount=2");
    assert_eq!(addresses(&mut stage, &first), ["10.0.0.1"]);
    assert_eq!(addresses(&mut stage, &third), ["10.0.0.3"]);
    assert_eq!(
        addresses(&mut stage, &next),
        ["10.0.0.2", "10.0.0.4", "10.0.0.5"]
    );
    let rest = stage.new_interface("SecondaryPrivateIpAddressCount=6");
    assert_eq!(addresses(&mut stage, &rest).last().unwrap(), "10.0.0.12");
    let call = stage.create("");
    assert_eq!(
        stage.code(CREATE, &call),
        "403 InvalidVSwitchId.IpNotEnough"
    );
    // What goes away is free again.
    stage.ok("DeleteNetworkInterface", &of(&third, ""));
    let again = stage.new_interface("");
    assert_eq!(addresses(&mut stage, &again), ["10.0.0.3"]);
}

#[test]
fn addresses_that_are_asked_for_are_inside_free_and_named_once_5_6_5() {
    let (mut stage, _) = small();
    stage.new_interface("PrimaryIpAddress=10.0.0.2");
    for (asked, code) in [
        (
            "PrimaryIpAddress=10.0.0.2",
            "400 InvalidPrivateIpAddress.Duplicated",
        ),
        (
            "PrivateIpAddress.1=10.0.0.2",
            "400 InvalidPrivateIpAddress.Duplicated",
        ),
        (
            "PrimaryIpAddress=10.0.0.16",
            "403 InvalidVSwitchId.IpInvalid",
        ),
        (
            "PrimaryIpAddress=10.0.0.0",
            "403 InvalidVSwitchId.IpInvalid",
        ),
        (
            "PrimaryIpAddress=10.0.0.13",
            "403 InvalidVSwitchId.IpInvalid",
        ),
        (
            "PrimaryIpAddress=10.0.0.15",
            "403 InvalidVSwitchId.IpInvalid",
        ),
        ("PrimaryIpAddress=10.0.0", "403 InvalidIp.Address"),
        ("PrimaryIpAddress=::1", "403 InvalidIp.Address"),
        (
            "PrivateIpAddress.1=10.0.0.4 PrivateIpAddress.2=10.0.0.4",
            "403 InvalidIp.IpRepeated",
        ),
        (
            "PrimaryIpAddress=10.0.0.4 PrivateIpAddress.1=10.0.0.4",
            "403 InvalidIp.IpRepeated",
        ),
        (
            "PrivateIpAddress.1=10.0.0.4 SecondaryPrivateIpAddressCount=1",
            "400 InvalidParameter.Conflict",
        ),
        ("SecondaryPrivateIpAddressCount=50", "400 InvalidParameter"),
        ("SecondaryPrivateIpAddressCount=0", "400 InvalidParameter"),
        ("SecondaryPrivateIpAddressCount=x", "400 InvalidParameter"),
    ] {
        let call = stage.create(asked);
        assert_eq!(stage.code(CREATE, &call), code, "{asked}");
    }
    // A primary address is drawn beside those that are asked for.
    let id = stage.new_interface("PrivateIpAddress.1=10.0.0.1 PrivateIpAddress.2=10.0.0.3");
    assert_eq!(
        addresses(&mut stage, &id),
        ["10.0.0.4", "10.0.0.1", "10.0.0.3"]
    );
}

#[test]
fn an_address_is_unique_in_its_vpc_only_1_5() {
    let mut stage = Stage::new();
    let vpc = stage.new_vpc("");
    let group = stage.new_group_in(&vpc, "");
    let vswitch = stage.new_vswitch(&vpc, "10.0.0.0/16", "");
    let one = stage.new_interface("");
    let other = stage.new_interface(&format!("SecurityGroupId={group} VSwitchId={vswitch}"));
    assert_eq!(addresses(&mut stage, &one), addresses(&mut stage, &other));
}

#[test]
fn secondary_addresses_are_assigned_and_taken_away_1_5() {
    let (mut stage, _) = small();
    let id = stage.new_interface("");
    let body = stage.ok(ASSIGN, &of(&id, "SecondaryPrivateIpAddressCount=2"));
    let assigned = &body["AssignedPrivateIpAddressesSet"];
    assert_eq!(assigned["NetworkInterfaceId"], id.as_str());
    assert_eq!(
        texts(&assigned["PrivateIpSet"]["PrivateIpAddress"]),
        ["10.0.0.2", "10.0.0.3"]
    );
    assert_eq!(assigned["Ipv4PrefixSet"]["Ipv4Prefixes"], json!([]));
    stage.ok(ASSIGN, &of(&id, "PrivateIpAddress.1=10.0.0.9"));
    assert_eq!(
        addresses(&mut stage, &id),
        ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.9"]
    );
    for (asked, code) in [
        ("", "400 MissingParameter"),
        ("PrivateIpAddress.1=10.0.0.9", "403 InvalidIp.IpAssigned"),
        (
            "PrivateIpAddress.1=10.0.1.9",
            "403 InvalidVSwitchId.IpInvalid",
        ),
        ("PrivateIpAddress.1=nine", "403 InvalidIp.Address"),
        (
            "SecondaryPrivateIpAddressCount=9",
            "403 InvalidVSwitchId.IpNotEnough",
        ),
        (
            "SecondaryPrivateIpAddressCount=47",
            "403 InvalidOperation.Ipv4CountExceeded",
        ),
    ] {
        assert_eq!(stage.code(ASSIGN, &of(&id, asked)), code, "{asked}");
    }
    for (asked, code) in [
        ("", "400 MissingParameter"),
        ("PrivateIpAddress.1=10.0.0.1", "403 InvalidIp.IpUnassigned"),
        ("PrivateIpAddress.1=10.0.0.8", "403 InvalidIp.IpUnassigned"),
        (
            "PrivateIpAddress.1=10.0.0.2 PrivateIpAddress.2=10.0.0.2",
            "403 InvalidIp.IpRepeated",
        ),
        ("PrivateIpAddress.1=two", "403 InvalidIp.Address"),
    ] {
        assert_eq!(stage.code(UNASSIGN, &of(&id, asked)), code, "{asked}");
    }
    stage.ok(
        UNASSIGN,
        &of(
            &id,
            "PrivateIpAddress.1=10.0.0.2 PrivateIpAddress.2=10.0.0.9",
        ),
    );
    assert_eq!(addresses(&mut stage, &id), ["10.0.0.1", "10.0.0.3"]);
    let none = of("eni-none", "PrivateIpAddress.1=10.0.0.2");
    assert_eq!(stage.code(UNASSIGN, &none), "404 InvalidEniId.NotFound");
    stage.set(&id, "Status=Attaching");
    for (action, asked) in [
        (ASSIGN, "SecondaryPrivateIpAddressCount=1"),
        (UNASSIGN, "PrivateIpAddress.1=10.0.0.3"),
    ] {
        let code = stage.code(action, &of(&id, asked));
        assert_eq!(code, "400 InvalidOperation.InvalidEniState");
    }
}

#[test]
fn ipv6_addresses_come_from_the_block_of_the_vswitch_1_5() {
    let (mut stage, block) = small();
    let id = stage.new_interface("Ipv6AddressCount=1");
    let row = stage.interface(&id);
    let first = row["Ipv6Sets"]["Ipv6Set"][0]["Ipv6Address"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        first.starts_with(&block) && first.ends_with("::1"),
        "{first}"
    );
    let third = first.replace("::1", "::3");
    let body = stage.ok(ASSIGN_IPV6, &of(&id, &format!("Ipv6Address.1={third}")));
    assert_eq!(
        texts(&body["Ipv6Sets"]["Ipv6Address"]),
        std::slice::from_ref(&third)
    );
    assert_eq!(body["NetworkInterfaceId"], id.as_str());
    let body = stage.ok(
        ASSIGN_IPV6,
        &of(&id, "Ipv6AddressCount=2 Ipv6PrefixCount=1"),
    );
    let (second, fourth) = (first.replace("::1", "::2"), first.replace("::1", "::4"));
    assert_eq!(texts(&body["Ipv6Sets"]["Ipv6Address"]), [second, fourth]);
    let prefix = texts(&body["Ipv6PrefixSets"]["Ipv6Prefix"]);
    assert!(prefix[0].ends_with(":1::/80"), "{prefix:?}");
    let taken = format!("Ipv6Address.1={third}");
    let reserved = format!("Ipv6Address.1={}", first.replace("::1", "::"));
    for (asked, code) in [
        ("", "400 MissingParameter"),
        (taken.as_str(), "403 InvalidIp.IpAssigned"),
        (&reserved, "403 InvalidVSwitchId.IpInvalid"),
        ("Ipv6Address.1=fd00::1", "403 InvalidVSwitchId.IpInvalid"),
        ("Ipv6Address.1=10.0.0.1", "403 InvalidIp.Address"),
        (
            "Ipv6AddressCount=7",
            "403 InvalidOperation.Ipv6CountExceeded",
        ),
        ("Ipv6AddressCount=11", "400 InvalidParameter"),
    ] {
        assert_eq!(stage.code(ASSIGN_IPV6, &of(&id, asked)), code, "{asked}");
    }
    // Any spelling of the address.
    let long = third.replace("::3", ":0:0:0:0003");
    stage.ok(
        UNASSIGN_IPV6,
        &of(
            &id,
            &format!("Ipv6Address.1={long} Ipv6Prefix.1={}", prefix[0]),
        ),
    );
    let row = stage.interface(&id);
    assert_eq!(row["Ipv6Sets"]["Ipv6Set"].as_array().unwrap().len(), 3);
    assert_eq!(row["Ipv6PrefixSets"]["Ipv6PrefixSet"], json!([]));
    let code = stage.code(UNASSIGN_IPV6, &of(&id, &taken));
    assert_eq!(code, "403 InvalidIp.IpUnassigned");
    assert_eq!(
        stage.code(UNASSIGN_IPV6, &of(&id, "")),
        "400 MissingParameter"
    );
}

#[test]
fn without_an_ipv6_block_there_are_no_ipv6_addresses_1_5() {
    let mut stage = Stage::new();
    let call = stage.create("Ipv6AddressCount=1");
    assert_eq!(
        stage.code(CREATE, &call),
        "403 InvalidVSwitch.Ipv6NotTurnOn"
    );
    let id = stage.new_interface("");
    for asked in [
        "Ipv6AddressCount=1",
        "Ipv6PrefixCount=1",
        "Ipv6Address.1=fd00::1",
    ] {
        let code = stage.code(ASSIGN_IPV6, &of(&id, asked));
        assert_eq!(code, "403 InvalidVSwitch.Ipv6NotTurnOn");
    }
}

#[test]
fn delegated_prefixes_hold_no_single_address_1_5() {
    let mut stage = Stage::new();
    let id = stage.new_interface("Ipv4PrefixCount=1 Ipv4Prefix.1=");
    let row = stage.interface(&id);
    // The first sixteen addresses have the reserved one among them.
    assert_eq!(
        row["Ipv4PrefixSets"]["Ipv4PrefixSet"][0]["Ipv4Prefix"],
        "10.0.0.16/28"
    );
    let body = stage.ok(
        ASSIGN,
        &of(
            &id,
            "Ipv4Prefix.1=10.0.1.0/28 SecondaryPrivateIpAddressCount=15",
        ),
    );
    let assigned = &body["AssignedPrivateIpAddressesSet"];
    assert_eq!(
        texts(&assigned["Ipv4PrefixSet"]["Ipv4Prefixes"]),
        ["10.0.1.0/28"]
    );
    let single = texts(&assigned["PrivateIpSet"]["PrivateIpAddress"]);
    assert_eq!(
        (single[13].as_str(), single[14].as_str()),
        ("10.0.0.15", "10.0.0.32")
    );
    for (asked, code) in [
        ("Ipv4Prefix.1=10.0.1.0/28", "403 InvalidIp.IpAssigned"),
        ("Ipv4Prefix.1=10.0.0.32/28", "403 InvalidIp.IpAssigned"),
        ("PrivateIpAddress.1=10.0.1.7", "403 InvalidIp.IpAssigned"),
        ("Ipv4Prefix.1=10.0.1.16/29", "403 InvalidIp.Address"),
        ("Ipv4Prefix.1=10.0.1.17/28", "403 InvalidIp.Address"),
        ("Ipv4Prefix.1=10.1.0.0/28", "403 InvalidVSwitchId.IpInvalid"),
        ("Ipv4Prefix.1=10.0.0.0/28", "403 InvalidVSwitchId.IpInvalid"),
        (
            "Ipv4PrefixCount=9",
            "403 InvalidOperation.Ipv4CountExceeded",
        ),
    ] {
        assert_eq!(stage.code(ASSIGN, &of(&id, asked)), code, "{asked}");
    }
    stage.ok(UNASSIGN, &of(&id, "Ipv4Prefix.1=10.0.1.0/28"));
    stage.ok(ASSIGN, &of(&id, "PrivateIpAddress.1=10.0.1.7"));
}
