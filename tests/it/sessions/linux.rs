//! Sessions against the connection tracking of Linux, which knows nothing of
//! ours, where both define what happens.
//!
//! `tests/conntrack/forward.py` puts packets through nftables in a network
//! namespace of its own; it needs root, `unshare`, `nft` and `python3`. Where
//! they are missing, or the kernel has no connection tracking, the test says so
//! and passes. Only what happens within milliseconds is compared, for the two
//! have different idle times. Known differences are a test of their own.

use std::io::Write;
use std::process::{Command, Stdio};

use secgroup_tests::packets::{Packet, packets};
use secgroup_tests::program::{report, workspace};
use secgroup_tests::replayed::Setup;
use secgroup_tests::rng::Rng;
use serde_json::json;

use super::two;

/// How many connections of each kind are made up.
const CONNECTIONS: u64 = 60;

/// The server is 10.0.0.1; its group lets out what no session does only to 443,
/// to 123, and pings.
const RULES: [&str; 5] = [
    "ingress accept tcp 22/22 0.0.0.0/0",
    "ingress accept udp 53/53 0.0.0.0/0",
    "egress accept tcp 443/443 0.0.0.0/0",
    "egress accept udp 123/123 0.0.0.0/0",
    "egress accept icmp -1/-1 0.0.0.0/0",
];

/// The same for nftables. Protocol 253 is that of the script itself.
const NFT: &str = r#"
table inet filter {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ip protocol 253 accept
    ct state established,related accept
    iifname "outside" ct state new tcp dport 22 accept
    iifname "outside" ct state new udp dport 53 accept
    iifname "inside" ct state new tcp dport 443 accept
    iifname "inside" ct state new udp dport 123 accept
    iifname "inside" ct state new ip protocol icmp accept
  }
}
"#;

/// Returns the address of the other end of a connection, which no other has.
fn other_end(number: usize) -> String {
    format!("198.18.{}.{}", number / 200, number % 200 + 1)
}

/// Makes a connection of lines that say `in` or `out`, a protocol with ports,
/// and the rest: `in tcp 40000 22 S`.
fn connection(number: usize, lines: &[String]) -> Vec<Packet> {
    let other = other_end(number);
    let lines = lines.iter().enumerate().map(|(at, line)| {
        let words: Vec<&str> = line.split(' ').collect();
        let [way, protocol, from, to, rest @ ..] = words.as_slice() else {
            unreachable!("`{line}` is no packet");
        };
        let end = |address: &str, port: &str| match port {
            "-" => address.to_owned(),
            port => format!("{address}:{port}"),
        };
        let (from, to) = match *way {
            "in" => (end(&other, from), end("10.0.0.1", to)),
            _ => (end("10.0.0.1", from), end(&other, to)),
        };
        let rest = rest.join(" ").replace("OTHER", &other);
        // All connections side by side, a packet each in turn.
        let time = at * 10_000 + number;
        format!(
            "{}.{:06} {protocol} {from} -> {to} {rest}",
            time / 1_000_000,
            time % 1_000_000
        )
    });
    packets(&lines.collect::<Vec<_>>().join("\n"))
}

/// A TCP conversation as hosts have it: who opens it says SYN, or is in the
/// middle of one already; it may go on, and end with a reset or with FIN.
fn tcp(rng: &mut Rng) -> Vec<String> {
    let own = rng.pick(&["in", "out"]);
    let back = if own == "in" { "out" } else { "in" };
    let service = rng.pick(&["22", "23", "443"]);
    let line = |way: &str, flags: &str| {
        let (from, to) = if way == own {
            ("40000", service)
        } else {
            (service, "40000")
        };
        format!("{way} tcp {from} {to} {flags}")
    };
    let mut lines = Vec::new();
    if rng.chance(70) {
        lines.push(line(own, "S"));
        if rng.chance(20) {
            lines.push(line(own, "S"));
        }
        // Nothing is refused by both, so the answer comes even after a drop.
        let passes = matches!((own, service), ("in", "22") | ("out", "443"));
        if !passes {
            return lines;
        }
        lines.push(line(back, "SA"));
        lines.push(line(own, "A"));
    } else {
        lines.push(line(own, "PA"));
        lines.push(line(back, "A"));
    }
    for _ in 0..rng.below(3) {
        lines.push(line(rng.pick(&[own, back]), rng.pick(&["A", "PA"])));
    }
    match rng.below(4) {
        0 => {
            lines.push(line(rng.pick(&[own, back]), "RA"));
            lines.push(line(rng.pick(&[own, back]), "A"));
        }
        1 => {
            let first = rng.pick(&[own, back]);
            lines.push(line(first, "FA"));
            let second = if first == own { back } else { own };
            lines.push(line(second, "FA"));
            lines.push(line(first, "A"));
        }
        _ => {}
    }
    lines
}

/// UDP in both directions, in any order.
fn udp(rng: &mut Rng) -> Vec<String> {
    let service = rng.pick(&["53", "54", "123"]);
    let own = rng.pick(&["in", "out"]);
    let packets = (0..=rng.below(5)).map(|_| {
        let way = rng.pick(&["in", "out"]);
        let (from, to) = if way == own {
            ("40000", service)
        } else {
            (service, "40000")
        };
        format!("{way} udp {from} {to}")
    });
    packets.collect()
}

/// Pings with their answers, and requests that nobody may send.
fn echo(rng: &mut Rng) -> Vec<String> {
    if rng.chance(30) {
        return vec!["in icmp - - 8/0 id=7".to_owned(); 2];
    }
    let mut lines = vec!["out icmp - - 8/0 id=7".to_owned()];
    for _ in 0..rng.below(4) {
        lines.push(
            rng.pick(&["out icmp - - 8/0 id=7", "in icmp - - 0/0 id=7"])
                .to_owned(),
        );
    }
    lines
}

/// Errors about a flow that passed, or about one that never was.
fn errors(rng: &mut Rng) -> Vec<String> {
    let message = rng.pick(&["3/1", "3/3", "11/0"]);
    let about = |port: u16| format!("in icmp - - {message} (udp 10.0.0.1:40000 -> OTHER:{port})");
    let mut lines = vec!["out udp 40000 123".to_owned(), about(123)];
    if rng.chance(50) {
        lines.push(about(124));
        lines.push("in udp 123 40000".to_owned());
        lines.push(about(123));
    }
    lines
}

/// Returns what we do with every packet of every connection. Rows add packets
/// up, so what one packet more makes pass is looked at, one after the other.
fn ours(connections: &[Vec<Packet>]) -> Vec<String> {
    let setup = Setup::new(two(&RULES, "")).with("conntrack.midstream", "evaluate");
    let most = connections.iter().map(Vec::len).max().unwrap_or(0);
    let mut verdicts = vec![String::new(); connections.len()];
    let mut before = vec![0; connections.len()];
    for count in 1..=most {
        let firsts = connections.iter().flat_map(|all| all.iter().take(count));
        let mut packets: Vec<Packet> = firsts.cloned().collect();
        packets.sort_by_key(|packet| packet.time);
        let replayed = setup.replay(&packets, 2);
        let accepted = |number: usize| -> u64 {
            let other = other_end(number);
            let rows = replayed
                .rows
                .lines()
                .map(|row| row.split(' ').collect::<Vec<_>>());
            let own = rows.filter(|row| {
                let mut ends = row.iter().map(|word| word.split(':').next());
                row[1] == "accept" && ends.any(|end| end == Some(other.as_str()))
            });
            own.map(|row| row[3].parse::<u64>().unwrap()).sum()
        };
        for (number, packets) in connections.iter().enumerate() {
            if count <= packets.len() {
                let now = accepted(number);
                verdicts[number].push(if now > before[number] { '1' } else { '0' });
                before[number] = now;
            }
        }
    }
    verdicts
}

/// Returns what Linux does with them; nothing where it cannot be asked.
fn of_linux(connections: &[Vec<Packet>]) -> Option<Vec<String>> {
    let script = workspace().join("tests/conntrack/forward.py");
    let mut child = Command::new("unshare")
        .args(["--net", "python3"])
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(child) = &mut child else {
        report("Linux is not asked about sessions: there is no `unshare`");
        return None;
    };
    let mut lines = vec![json!(NFT).to_string()];
    for packets in connections {
        let packets = packets.iter().map(|packet| {
            let bytes: Vec<String> = packet.bytes().iter().map(|b| format!("{b:02x}")).collect();
            json!({"out": packet.source.ip().to_string() == "10.0.0.1", "bytes": bytes.concat()})
        });
        lines.push(json!(packets.collect::<Vec<_>>()).to_string());
    }
    let mut input = child.stdin.take().unwrap();
    // A script that ends early says why on its standard error.
    let writing = std::thread::spawn(move || drop(input.write_all(lines.join("\n").as_bytes())));
    let mut text = String::new();
    let read = std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut text);
    read.unwrap();
    let mut why = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut why).unwrap();
    writing.join().unwrap();
    if !child.wait().unwrap().success() {
        let last = why.lines().last().unwrap_or("no reason told");
        report(&format!("Linux is not asked about sessions: {last}"));
        return None;
    }
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn linux_passes_and_drops_the_same_packets_where_both_say_what_happens_3_8() {
    let mut rng = Rng::new(20_261_129);
    let kinds: [fn(&mut Rng) -> Vec<String>; 4] = [tcp, udp, echo, errors];
    let lines: Vec<Vec<String>> = (0..CONNECTIONS)
        .flat_map(|_| kinds.map(|kind| kind(&mut rng)))
        .collect();
    let connections: Vec<Vec<Packet>> = (lines.iter().enumerate())
        .map(|(number, lines)| connection(number, lines))
        .collect();
    let Some(linux) = of_linux(&connections) else {
        return;
    };
    let ours = ours(&connections);
    let mut reached = [0; 2];
    for ((lines, ours), linux) in lines.iter().zip(&ours).zip(&linux) {
        assert_eq!(ours, linux, "{lines:#?}");
        for (at, verdict) in ['0', '1'].into_iter().enumerate() {
            reached[at] += ours.matches(verdict).count();
        }
    }
    assert_eq!(ours.len(), linux.len());
    assert!(reached.iter().all(|count| *count > 100), "{reached:?}");
}

/// Connections about which Linux and we differ, each with what we do and what
/// Linux does. ECS's documents know no check of flags; what they leave open is
/// decided in 3.8.2 to 3.8.4 and 9.50.
const DIFFERENCES: [(&str, &[&str], &str, &str); 7] = [
    (
        "an answer to nothing is judged by the rules, and invalid to Linux",
        &["out tcp 40000 443 SA"],
        "1",
        "0",
    ),
    (
        "so is a reset, and an answer to a ping that nobody sent",
        &["in tcp 40000 22 RA", "out icmp - - 0/0 id=9"],
        "11",
        "00",
    ),
    (
        "a closed session is open for its seconds, also to a SYN from the other end",
        &[
            "in tcp 40000 22 S",
            "out tcp 22 40000 SA",
            "in tcp 40000 22 A",
            "in tcp 40000 22 FA",
            "out tcp 22 40000 FA",
            "in tcp 40000 22 A",
            "out tcp 22 40000 S",
        ],
        "1111111",
        "1111110",
    ),
    (
        "so is one that was reset before any answer, which Linux forgets",
        &[
            "in tcp 40000 22 S",
            "in tcp 40000 22 RA",
            "out tcp 22 40000 A",
        ],
        "111",
        "110",
    ),
    (
        "an echo session lets requests of both ends pass",
        &["out icmp - - 8/0 id=7", "in icmp - - 8/0 id=7"],
        "11",
        "10",
    ),
    (
        "an error about no session is judged by the rules, and invalid to Linux",
        &["out icmp - - 3/1 (udp OTHER:53 -> 10.0.0.1:9)"],
        "1",
        "0",
    ),
    (
        "path MTU discovery passes always (3.9.2)",
        &["in icmp - - 3/4 (udp 10.0.0.1:9 -> OTHER:9)"],
        "1",
        "0",
    ),
];

#[test]
fn what_linux_does_otherwise_is_known_3_8() {
    let connections: Vec<Vec<Packet>> = (DIFFERENCES.iter().enumerate())
        .map(|(number, (_, lines, _, _))| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            connection(number, &lines)
        })
        .collect();
    let own = ours(&connections);
    for ((what, _, wanted, _), own) in DIFFERENCES.iter().zip(&own) {
        assert_eq!(own, wanted, "{what}");
    }
    let Some(linux) = of_linux(&connections) else {
        return;
    };
    for ((what, _, _, wanted), linux) in DIFFERENCES.iter().zip(&linux) {
        assert_eq!(linux, wanted, "{what}");
    }
}
