//! The summary for people.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use indicatif::{HumanBytes, HumanCount};
use secgroup_model::{PlacedRule, Shown, Snapshot};
use secgroup_replay::{Conversation, Count, Ending, InputReport, Ranking, Skip};
use secgroup_report::protocol_name;

use super::attribution::RuleTraffic;
use super::{Done, Found};

/// How many lines each list has at most.
const MOST: usize = 10;

/// Writes the summary: totals, top rules, top dropped flows, unused rules.
pub(super) fn summary(found: &Found<'_>) -> String {
    let done = found.done;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = inputs(&mut text, done);
    let _ = verdicts(&mut text, done);
    let _ = sessions(&mut text, done);
    let _ = mismatches(&mut text, done);
    let _ = against(&mut text, found);
    let _ = rules(&mut text, found);
    let _ = defaults(&mut text, found);
    let _ = conversations(
        &mut text,
        "Dropped most, by packets",
        found,
        &done.report.dropped,
    );
    let _ = conversations(
        &mut text,
        "Accepted most, by packets",
        found,
        &done.report.accepted,
    );
    let _ = unused(&mut text, found);
    if done.report.interrupted {
        let _ = writeln!(
            text,
            "\ninterrupted after {} records",
            done.report.records()
        );
    }
    text
}

/// Returns a table without lines, indented by two.
fn table(header: &[&str], numbers: usize) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header.to_vec());
    for column in 0..numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Writes a table without the blanks at the ends of lines.
fn write(text: &mut String, table: &Table) -> std::fmt::Result {
    for line in table.to_string().lines() {
        writeln!(text, " {}", line.trim_end())?;
    }
    Ok(())
}

/// Counts records in words.
fn records(count: u64) -> String {
    counted(count, "record")
}

/// Counts things in words.
fn counted(count: u64, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", HumanCount(count))
}

/// Says where the first of some skipped records is, if that is known.
pub(super) fn first(input: &InputReport, skip: Skip, count: u64) -> String {
    match (input.skips.first(skip), count) {
        (None, _) => String::new(),
        (Some(number), 1) => format!(" ({} {number})", input.unit()),
        (Some(number), _) => format!(" (the first: {} {number})", input.unit()),
    }
}

fn inputs(text: &mut String, done: &Done) -> std::fmt::Result {
    let report = &done.report;
    writeln!(
        text,
        "{}: {} evaluated, {} skipped",
        records(report.records()),
        HumanCount(report.tally.evaluated()),
        HumanCount(report.skipped()),
    )?;
    for input in &report.inputs {
        write!(text, "  {}", Shown(&input.name))?;
        match (
            input.format,
            input.compression.map(|packing| packing.name()),
        ) {
            (Some(format), None | Some("none")) => write!(text, "  {format}")?,
            (Some(format), Some(packing)) => write!(text, "  {format} in {packing}")?,
            (None, _) => {}
        }
        write!(text, "  {}", records(input.records))?;
        let skipped: Vec<String> = input
            .skips
            .iter()
            .map(|(skip, count)| format!("{count} {}{}", skip.name(), first(input, skip, count)))
            .collect();
        if !skipped.is_empty() {
            write!(text, ", skipped: {}", skipped.join(", "))?;
        }
        match &input.ending {
            Ending::Complete => writeln!(text)?,
            Ending::Damaged(_) => writeln!(text, "  (damaged: the rest is missing)")?,
            Ending::Refused(_) => writeln!(text, "  (refused)")?,
            Ending::PassedOver(_) => writeln!(text, "  (no input: passed over)")?,
        }
    }
    for name in &done.unread {
        writeln!(text, "  {name}  (not read)")?;
    }
    Ok(())
}

fn verdicts(text: &mut String, done: &Done) -> std::fmt::Result {
    let tally = &done.report.tally;
    let total = tally.flows().max(1);
    let mut table = table(&["flows", "share", "packets", "bytes", "verdict"], 4);
    for (count, name) in tally.verdicts().into_iter().zip([
        "accept",
        "drop",
        "outside (neither end in the snapshot)",
    ]) {
        let share = count.flows as f64 * 100.0 / total as f64;
        table.add_row([
            HumanCount(count.flows).to_string(),
            format!("{share:.1} %"),
            HumanCount(count.packets).to_string(),
            HumanBytes(count.bytes).to_string(),
            name.to_owned(),
        ]);
    }
    writeln!(text)?;
    write(text, &table)?;
    let [_, _, outside] = tally.verdicts();
    if outside.flows > 0 && outside.flows == tally.flows() {
        writeln!(
            text,
            "  No address of the input belongs to an interface of the configuration."
        )?;
    }
    let contested = tally.contested().flows;
    if contested > 0 {
        let flows = if contested == 1 {
            "flow has"
        } else {
            "flows have"
        };
        writeln!(
            text,
            "  {} {flows} another verdict under the other reading of eval.intra_group_egress",
            HumanCount(contested)
        )?;
    }
    Ok(())
}

/// Writes what the cloud recorded otherwise, by cause.
fn mismatches(text: &mut String, done: &Done) -> std::fmt::Result {
    let (comparison, recorded) = (&done.report.comparison, done.report.tally.recorded());
    if recorded == 0 {
        return Ok(());
    }
    let all: Vec<_> = comparison.iter().collect();
    let flows: u64 = all.iter().map(|(_, count)| count.flows).sum();
    if all.is_empty() {
        let records = records(recorded);
        return writeln!(text, "\nThe log agrees: {records} with a recorded action.");
    }
    writeln!(
        text,
        "\nRecorded otherwise, {} of {}; {}:",
        HumanCount(flows),
        records(recorded),
        match comparison.contradictions() {
            0 => "no contradiction".to_owned(),
            1 => "1 is a contradiction".to_owned(),
            count => format!("{} are contradictions", HumanCount(count)),
        }
    )?;
    let mut table = table(&["flows", "packets", "bytes", "cause", "what it means"], 3);
    for (cause, count) in all {
        table.add_row([
            HumanCount(count.flows).to_string(),
            HumanCount(count.packets).to_string(),
            HumanBytes(count.bytes).to_string(),
            cause.name().to_owned(),
            cause.explanation().to_owned(),
        ]);
    }
    write(text, &table)?;
    if comparison.forgotten() > 0 {
        writeln!(
            text,
            "  {} accepted flows were forgotten before the end; replies of theirs are told as other causes",
            HumanCount(comparison.forgotten())
        )?;
    }
    Ok(())
}

fn sessions(text: &mut String, done: &Done) -> std::fmt::Result {
    let Some(sessions) = done.report.sessions else {
        return Ok(());
    };
    for (count, one, many) in [
        (
            sessions.inferred,
            "session was first seen by an answer, and judged by who asked",
            "sessions were first seen by an answer, and judged by who asked",
        ),
        (
            sessions.ended_by_change,
            "end of a session was ended by a change of the configuration",
            "ends of sessions were ended by a change of the configuration",
        ),
        (
            sessions.evicted,
            "session was given up early, because the table was full; see --max-sessions",
            "sessions were given up early, because the table was full; see --max-sessions",
        ),
    ] {
        if count > 0 {
            let what = if count == 1 { one } else { many };
            writeln!(text, "  {} {what}", HumanCount(count))?;
        }
    }
    Ok(())
}

/// Tells what the second configuration judges differently.
fn against(text: &mut String, found: &Found<'_>) -> std::fmt::Result {
    let Some(differences) = &found.done.report.differences else {
        return Ok(());
    };
    let total = differences.total();
    if !found.done.report.changes() {
        return writeln!(text, "\nUnder --against nothing is judged differently.");
    }
    writeln!(
        text,
        "\nJudged differently under --against: {}, {}",
        counted(total.flows, "flow"),
        counted(total.packets, "packet")
    )?;
    let header = ["flows", "packets", "bytes", "now", "then", "for example"];
    let mut table = table(&header, 3);
    let pairs = differences.pairs();
    for pair in pairs.iter().take(MOST) {
        table.add_row([
            HumanCount(pair.count.flows).to_string(),
            HumanCount(pair.count.packets).to_string(),
            HumanBytes(pair.count.bytes).to_string(),
            found.name(&pair.from).in_words(pair.elsewhere),
            found.name(&pair.to).in_words(pair.elsewhere),
            flow(&pair.example),
        ]);
    }
    write(text, &table)?;
    if pairs.len() > MOST {
        writeln!(text, "  and {} more pairs of deciders", pairs.len() - MOST)?;
    }
    Ok(())
}

fn rules(text: &mut String, found: &Found<'_>) -> std::fmt::Result {
    let mut used: Vec<RuleTraffic<'_>> = found.rules();
    used.retain(|rule| is_used(&rule.count));
    if used.is_empty() {
        return writeln!(text, "\nNo rule decided anything.");
    }
    // Stable, so that equal ones stay in the order of the configuration.
    used.sort_by_key(|rule| std::cmp::Reverse(rule.count.packets));
    writeln!(
        text,
        "\nRules that decided most, by packets, {} of {}:",
        used.len().min(MOST),
        used.len()
    )?;
    let mut table = table(
        &["flows", "packets", "bytes", "group", "rule", "what it says"],
        3,
    );
    for traffic in used.iter().take(MOST) {
        let (placed, count) = (traffic.placed, &traffic.count);
        table.add_row([
            HumanCount(count.flows).to_string(),
            HumanCount(count.packets).to_string(),
            HumanBytes(count.bytes).to_string(),
            traffic.group.to_string(),
            placed.name().to_owned(),
            words(&found.config.snapshot, placed),
        ]);
    }
    write(text, &table)
}

/// Returns what a rule says, with its direction.
fn words(snapshot: &Snapshot, placed: PlacedRule<'_>) -> String {
    let rule = placed.rule();
    let says = snapshot.rule_text(placed.group(), rule);
    format!("{}: {says}", rule.direction)
}

/// Tells whether something decided at all: the packet that opened a session
/// may be one that was never seen.
const fn is_used(count: &Count) -> bool {
    count.flows > 0 || count.packets > 0
}

fn defaults(text: &mut String, found: &Found<'_>) -> std::fmt::Result {
    let tally = &found.done.report.tally;
    let mut all = found.defaults();
    let groups = found.intra_group();
    let (session, platform) = (tally.session(), tally.platform());
    if all.is_empty() && groups.is_empty() && !is_used(session) && !is_used(platform) {
        return Ok(());
    }
    all.sort_by_key(|found| std::cmp::Reverse(found.count.packets));
    writeln!(text, "\nDecided without a rule:")?;
    let mut table = table(&["flows", "packets", "bytes", "by"], 3);
    let mut add = |count: &Count, by: String| {
        table.add_row([
            HumanCount(count.flows).to_string(),
            HumanCount(count.packets).to_string(),
            HumanBytes(count.bytes).to_string(),
            by,
        ]);
    };
    if is_used(session) {
        add(session, "an open session: accept".to_owned());
    }
    for found in all.iter().take(MOST) {
        add(
            &found.count,
            format!(
                "default of {}: {} {}",
                found.interface, found.action, found.direction
            ),
        );
    }
    for (group, count) in groups {
        add(&count, format!("intra-group access of {group}: accept"));
    }
    if is_used(platform) {
        add(platform, "the platform".to_owned());
    }
    write(text, &table)?;
    if all.len() > MOST {
        let more = all.len() - MOST;
        writeln!(
            text,
            "  and {more} more {}",
            if more == 1 { "default" } else { "defaults" }
        )?;
    }
    Ok(())
}

fn conversations(
    text: &mut String,
    what: &str,
    found: &Found<'_>,
    ranking: &Ranking,
) -> std::fmt::Result {
    let top = ranking.top(MOST);
    if top.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n{what}:")?;
    let mut table = table(&["flows", "packets", "bytes", "flow", "by"], 3);
    for (conversation, count) in &top {
        let by = found.decided(ranking, conversation);
        table.add_row([
            HumanCount(count.flows).to_string(),
            HumanCount(count.packets).to_string(),
            HumanBytes(count.bytes).to_string(),
            flow(conversation),
            by.unwrap_or_default(),
        ]);
    }
    write(text, &table)?;
    if ranking.len() > top.len() {
        let more = (ranking.len() - top.len()) as u64;
        writeln!(text, "  and {} more conversations", HumanCount(more))?;
    }
    let beyond = ranking.beyond();
    if beyond.flows > 0 {
        writeln!(
            text,
            "  {} more flows with {} packets in conversations that were not told apart",
            HumanCount(beyond.flows),
            HumanCount(beyond.packets)
        )?;
    }
    Ok(())
}

/// Writes a conversation.
fn flow(conversation: &Conversation) -> String {
    let port = conversation
        .port
        .map(|port| format!(" port {port}"))
        .unwrap_or_default();
    format!(
        "{} {} -> {}{port}",
        protocol_name(conversation.protocol),
        conversation.source,
        conversation.destination
    )
}

fn unused(text: &mut String, found: &Found<'_>) -> std::fmt::Result {
    let rules = found.rules();
    let total = rules.len();
    let unused = rules.into_iter().filter(|rule| !is_used(&rule.count));
    let all: Vec<RuleTraffic<'_>> = unused.collect();
    if all.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\nRules that decided nothing, {} of {total}:",
        all.len(),
    )?;
    let mut table = table(&["group", "rule", "what it says"], 0);
    for traffic in all.iter().take(MOST) {
        let placed = traffic.placed;
        table.add_row([
            traffic.group.to_string(),
            placed.name().to_owned(),
            words(&found.config.snapshot, placed),
        ]);
    }
    write(text, &table)?;
    if all.len() > MOST {
        writeln!(text, "  and {} more", all.len() - MOST)?;
    }
    Ok(())
}
