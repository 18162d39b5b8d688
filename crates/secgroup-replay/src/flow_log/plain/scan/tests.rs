//! What is read several bytes at a time against the standard library.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::tests::Random;
use super::*;

/// Puts enough behind a text that all of it can be looked at.
fn padded(text: &str) -> Vec<u8> {
    format!("{text},{}", "0123456789abcdef".repeat(4)).into_bytes()
}

#[test]
fn numbers_are_those_of_the_standard_library() {
    let mut random = Random(1);
    let mut read = 0;
    for round in 0..20_000 {
        let length = round % 20;
        let text: String = (0..length)
            .map(|_| char::from(b'0' + random.byte(10)))
            .collect();
        for behind in [",", "\n", "x", ".", "/", ":", "\u{e9}"] {
            let found = number(&padded(&format!("{text}{behind}")));
            let wanted = match length {
                1..=16 => text.parse().ok().map(|number: u64| (number, length)),
                _ => None,
            };
            assert_eq!(found, wanted, "{text}{behind}");
            read += usize::from(found.is_some());
        }
    }
    assert!(read > 50_000);
    assert_eq!(number(b"1,2"), None);
}

/// Changes some of the letters of a text.
fn changed(text: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..random.below(3) {
        let at = random.below(letters.len() + 1);
        let letter = random.of(&['.', ':', '0', '1', '9', 'f', 'G', '%', '-', ' ', 'é', '\0']);
        match random.below(3) {
            0 => letters.insert(at, *letter),
            1 if at < letters.len() => letters[at] = *letter,
            _ if at < letters.len() => drop(letters.remove(at)),
            _ => {}
        }
    }
    letters.into_iter().collect()
}

#[test]
fn ipv4_addresses_are_those_of_the_standard_library() {
    let mut random = Random(2);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..100_000 {
        let octet = |random: &mut Random| {
            let limit = *random.of(&[2, 10, 100, 256, 300]);
            random.below(limit)
        };
        let octets: Vec<String> = (0..4).map(|_| octet(&mut random).to_string()).collect();
        let text = changed(&octets.join("."), &mut random);
        let found = ipv4(padded(&text).first_chunk().unwrap());
        match text.parse::<Ipv4Addr>() {
            Ok(wanted) => {
                assert_eq!(found, Some((wanted, text.len())), "{text}");
                read += 1;
            }
            // What ends too soon is found by whoever looks at what follows.
            Err(_) => {
                let part = found.and_then(|(_, length)| text.get(..length));
                assert!(part.is_none_or(|part| part.len() < text.len()), "{text}");
                refused += 1;
            }
        }
    }
    assert!(read > 10_000 && refused > 10_000, "{read} {refused}");
}

#[test]
fn ipv6_addresses_are_those_of_the_standard_library() {
    let mut random = Random(3);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..100_000 {
        let group = |random: &mut Random| match random.below(6) {
            0 => String::new(),
            1 => format!("{:04X}", random.below(1 << 16)),
            2 => format!("{:x}", random.below(1 << 17)),
            _ => format!("{:x}", random.below(1 << 10)),
        };
        let count = random.of(&[2, 3, 5, 7, 8, 8, 9]);
        let groups: Vec<String> = (0..*count).map(|_| group(&mut random)).collect();
        let text = changed(&groups.join(":"), &mut random);
        let found = ipv6(&padded(&text));
        match text.parse::<Ipv6Addr>() {
            // The last four bytes as an IPv4 address are not plain.
            Ok(_) if text.contains('.') => {}
            Ok(wanted) => {
                assert_eq!(found, Some((wanted, text.len())), "{text}");
                read += 1;
            }
            Err(_) => {
                let part = found.and_then(|(_, length)| text.get(..length));
                assert!(part.is_none_or(|part| part.len() < text.len()), "{text}");
                refused += 1;
            }
        }
    }
    assert!(read > 5_000 && refused > 5_000, "{read} {refused}");
}

#[test]
fn zeros_that_two_colons_stand_for_are_found_everywhere() {
    for text in [
        "::",
        "::1",
        "1::",
        "1::2",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
    ] {
        let found = ipv6(&padded(text));
        assert_eq!(found, Some((text.parse().unwrap(), text.len())), "{text}");
    }
    for text in [
        ":::",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1::2::3",
        "1:",
        ":1",
    ] {
        let found = ipv6(&padded(text));
        assert!(
            found.is_none_or(|(_, length)| length < text.len()),
            "{text}"
        );
    }
}

#[test]
fn printable_text_ends_where_it_should() {
    let mut random = Random(4);
    for _ in 0..20_000 {
        let length = random.below(30);
        let text: Vec<u8> = (0..length)
            .map(|_| match random.below(12) {
                0 => random.byte(256),
                _ => b' ' + random.byte(94),
            })
            .collect();
        let mut bytes = text.clone();
        bytes.extend_from_slice(b",behind the end of it");
        let plain = |byte: &u8| matches!(byte, b' '..=0x7f) && !b"\"\\,".contains(byte);
        let first = bytes.iter().position(|byte| !plain(byte)).unwrap();
        let wanted = (bytes[first] == b',').then_some(first);
        assert_eq!(printable(&bytes, b','), wanted, "{text:?}");
    }
}
