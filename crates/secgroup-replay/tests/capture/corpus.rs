//! Real captures against the 5-tuples of an independent decoder.
//!
//! All 126 captures are in the shared folder; a dozen small ones are committed
//! in `data/captures` with the same two tables and are always read.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use secgroup_replay::capture::OddityKind;
use secgroup_replay::decode::{Decoded, Fragment, SkipReason, Undecodable};

use crate::outcome::{Outcome, Seen, data, shared};

/// One class of answers that differ from the other decoder's, each with its
/// reason in the module documentation of `decode`.
type Differences = BTreeMap<&'static str, u64>;

/// What the other decoder says of one frame.
#[derive(Debug)]
struct Tuple {
    status: String,
    text: [String; 6],
}

#[test]
fn shared_captures_give_the_tuples_of_an_independent_decoder() {
    let Some(folder) = shared("captures") else {
        return;
    };
    let (files, differences) = compare(&folder);
    assert_eq!(files, 126);
    let expected: Differences = [
        ("authentication header is a protocol", 80),
        ("mobility header is a protocol", 19),
        ("extension headers above the limit", 1),
        ("MPLS is opened", 1803),
        ("PPPoE is opened", 111),
        ("link type is supported", 33),
        ("empty records at the end are no packets", 14),
    ]
    .into();
    assert_eq!(differences, expected);
}

#[test]
fn committed_captures_give_the_tuples_of_an_independent_decoder() {
    let (files, differences) = compare(&data("captures"));
    assert_eq!(files, 23);
    let expected: Differences = [
        ("authentication header is a protocol", 2),
        ("mobility header is a protocol", 1),
        ("extension headers above the limit", 1),
        ("MPLS is opened", 2),
        ("PPPoE is opened", 25),
        ("link type is supported", 1),
        ("empty records at the end are no packets", 14),
    ]
    .into();
    assert_eq!(differences, expected);
}

/// Reads every capture of `folder`'s index and counts the differences.
fn compare(folder: &Path) -> (usize, Differences) {
    let tuples = read_tuples(&folder.join("tuples.tsv"));
    let index = std::fs::read_to_string(folder.join("index.tsv")).unwrap();
    let mut differences = Differences::new();
    let mut files = 0;
    for line in index.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [file, _, _, _, _, packets, ip, tags, ..] = columns[..] else {
            panic!("{line}")
        };
        files += 1;
        let outcome = Outcome::of_path(&folder.join(file));
        if let Some(error) = &outcome.error {
            assert!(error.contains("link type"), "{file}: {error}");
            assert_eq!(ip, "0", "{file}: {error}");
            continue;
        }
        assert_eq!(outcome.damage, None, "{file}");
        let empty: u64 = outcome
            .oddities
            .iter()
            .filter(|oddity| oddity.kind == OddityKind::EmptyRecords)
            .map(|oddity| oddity.count)
            .sum();
        assert_eq!(
            outcome.delivered + empty,
            packets.parse::<u64>().unwrap(),
            "{file}"
        );
        if empty > 0 {
            *differences
                .entry("empty records at the end are no packets")
                .or_default() += empty;
        }
        check_tags(file, tags, &outcome);
        for (frame, seen) in (1..).zip(&outcome.seen) {
            let tuple = &tuples[&(file.to_owned(), frame)];
            if let Some(class) = difference(seen, tuple, tags) {
                assert!(
                    class != "unexplained",
                    "{file} frame {frame}: {seen:?} but {tuple:?}"
                );
                *differences.entry(class).or_default() += 1;
            }
        }
    }
    (files, differences)
}

/// The index says which captures go back in time or capture more than there was.
fn check_tags(file: &str, tags: &str, outcome: &Outcome) {
    for (tag, name) in [
        ("time-back", "time-backwards"),
        ("cap>len", "captured-above-original"),
    ] {
        let tagged = tags.split(',').any(|known| known == tag);
        let odd = outcome
            .oddities
            .iter()
            .any(|oddity| oddity.kind.name() == name);
        assert_eq!(odd, tagged, "{file}: {tag}");
    }
}

fn read_tuples(path: &Path) -> HashMap<(String, u64), Tuple> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [file, frame, status, text @ ..] = &columns[..] else {
            panic!("{line}")
        };
        let text: [&str; 6] = text.try_into().unwrap();
        let tuple = Tuple {
            status: (*status).to_owned(),
            text: text.map(ToOwned::to_owned),
        };
        (((*file).to_owned(), frame.parse().unwrap()), tuple)
    });
    rows.collect()
}

/// Names the class of difference between our answer and the other's.
fn difference(seen: &Seen, tuple: &Tuple, tags: &str) -> Option<&'static str> {
    let tagged = |tag| tags.split(',').any(|known| known == tag);
    match (&seen.decoded, tuple.status.as_str()) {
        (Ok(decoded), "ok") if text_of(decoded) == tuple.text => None,
        (Err(undecodable), status) if status == status_of(undecodable.reason) => None,
        (Ok(decoded @ Decoded { protocol: 51, .. }), "ok" | "short")
            if same_addresses(decoded, tuple) =>
        {
            Some("authentication header is a protocol")
        }
        (Ok(decoded @ Decoded { protocol: 135, .. }), "ok") if same_addresses(decoded, tuple) => {
            Some("mobility header is a protocol")
        }
        (
            Err(Undecodable {
                reason: SkipReason::ExtensionDepth,
                ..
            }),
            "ok",
        ) => Some("extension headers above the limit"),
        (_, "non-ip") if tagged("mpls") => Some("MPLS is opened"),
        (_, "non-ip") if tagged("pppoe") => Some("PPPoE is opened"),
        (_, "linktype") if seen.link_type.is_supported() => Some("link type is supported"),
        _ => Some("unexplained"),
    }
}

fn same_addresses(decoded: &Decoded, tuple: &Tuple) -> bool {
    text_of(decoded)[..2] == tuple.text[..2]
}

/// What lies behind MPLS labels and PPPoE headers, by a third decoder.
#[test]
fn packets_in_mpls_and_pppoe_are_those_that_tshark_sees() {
    let text = std::fs::read_to_string(data("captures/opened.tsv")).unwrap();
    let mut opened: BTreeMap<&str, BTreeMap<usize, Vec<&str>>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        opened
            .entry(columns[0])
            .or_default()
            .insert(columns[1].parse().unwrap(), columns[2..].to_vec());
    }
    assert_eq!(opened.len(), 2);
    for (file, frames) in opened {
        let outcome = Outcome::of_path(&data("captures").join(file));
        for (frame, seen) in (1..).zip(&outcome.seen) {
            let ours = seen.decoded.ok().map(|decoded| {
                let [source, destination, protocol, from, to, _] = text_of(&decoded);
                // The field of the IPv6 header is not the upper protocol, so the table leaves it out.
                [
                    source,
                    destination,
                    if decoded.source.is_ipv4() {
                        protocol
                    } else {
                        String::new()
                    },
                    from,
                    to,
                ]
            });
            let theirs = frames.get(&frame);
            assert_eq!(ours.is_some(), theirs.is_some(), "{file} frame {frame}");
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                assert_eq!(
                    &ours.each_ref().map(String::as_str)[..],
                    &theirs[..],
                    "{file} frame {frame}"
                );
            }
        }
    }
}

/// Returns the other decoder's word for a reason.
fn status_of(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::UnsupportedLinkType => "linktype",
        SkipReason::Arp | SkipReason::NonIp | SkipReason::MplsNotIp | SkipReason::PppNotIp => {
            "non-ip"
        }
        SkipReason::LinkHeader
        | SkipReason::IpHeader
        | SkipReason::Extension
        | SkipReason::HeadersNotCaptured => "short",
        SkipReason::IpVersion
        | SkipReason::Ipv4HeaderLength
        | SkipReason::Ipv4Options
        | SkipReason::Ipv4TotalLength => "malformed",
        SkipReason::VlanDepth
        | SkipReason::LabelDepth
        | SkipReason::ExtensionDepth
        | SkipReason::PortsNotCaptured
        | SkipReason::PortsBeyondLength => "none of the others",
    }
}

/// Writes a packet as the table does: source, destination, protocol, ports, fragment.
fn text_of(decoded: &Decoded) -> [String; 6] {
    let port = |which: fn((u16, u16)) -> u16| {
        decoded
            .ports
            .map(which)
            .map_or_else(String::new, |port| port.to_string())
    };
    let fragment = match decoded.fragment {
        Fragment::Whole => "",
        Fragment::First { .. } => "first",
        Fragment::Later { .. } => "later",
    };
    [
        decoded.source.to_string(),
        decoded.destination.to_string(),
        decoded.protocol.to_string(),
        port(|ports| ports.0),
        port(|ports| ports.1),
        fragment.to_owned(),
    ]
}
