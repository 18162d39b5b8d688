//! The summary for people.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use indicatif::{HumanBytes, HumanCount};
use secgroup_model::{RuleIndex, Shown};
use secgroup_replay::{Count, Ending};
use secgroup_report::protocol_name;

use super::Done;
use crate::config::Config;

/// How many lines each list has at most.
const MOST: usize = 10;

/// Writes the summary: totals, top rules, top dropped flows, unused rules.
pub(super) fn summary(config: &Config, done: &Done) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = inputs(&mut text, done);
    let _ = verdicts(&mut text, done);
    let _ = mismatches(&mut text, done);
    let _ = rules(&mut text, config, done);
    let _ = defaults(&mut text, config, done);
    let _ = dropped(&mut text, done);
    let _ = unused(&mut text, config, done);
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
    format!(
        "{} {}",
        HumanCount(count),
        if count == 1 { "record" } else { "records" }
    )
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
            .map(|(skip, count)| format!("{count} {}", skip.name()))
            .collect();
        if !skipped.is_empty() {
            write!(text, ", skipped: {}", skipped.join(", "))?;
        }
        match &input.ending {
            Ending::Complete => writeln!(text)?,
            Ending::Damaged(_) => writeln!(text, "  (damaged: the rest is missing)")?,
            Ending::Refused(_) => writeln!(text, "  (refused)")?,
        }
    }
    Ok(())
}

fn verdicts(text: &mut String, done: &Done) -> std::fmt::Result {
    let tally = &done.report.tally;
    let total = tally.evaluated().max(1);
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
    if outside.flows > 0 && outside.flows == tally.evaluated() {
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
        "\nRecorded otherwise, {} of {}:",
        HumanCount(flows),
        records(recorded)
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

fn rules(text: &mut String, config: &Config, done: &Done) -> std::fmt::Result {
    let snapshot = &config.snapshot;
    let used = snapshot
        .rules()
        .map(|(index, _)| (index, done.report.tally.rule(index)));
    let mut used: Vec<(RuleIndex, &Count)> = used.filter(|(_, count)| count.flows > 0).collect();
    if used.is_empty() {
        return writeln!(text, "\nNo rule decided anything.");
    }
    used.sort_by_key(|(index, count)| (std::cmp::Reverse(count.packets), *index));
    writeln!(
        text,
        "\nRules that decided most, {} of {}:",
        used.len().min(MOST),
        used.len()
    )?;
    let mut table = table(
        &["flows", "packets", "bytes", "group", "rule", "what it says"],
        3,
    );
    for (index, count) in used.into_iter().take(MOST) {
        let placed = snapshot.rule(index);
        table.add_row([
            HumanCount(count.flows).to_string(),
            HumanCount(count.packets).to_string(),
            HumanBytes(count.bytes).to_string(),
            snapshot.group(placed.group()).id().to_string(),
            placed.name().to_owned(),
            format!("{}: {}", placed.rule().direction, placed.rule()),
        ]);
    }
    write(text, &table)
}

fn defaults(text: &mut String, config: &Config, done: &Done) -> std::fmt::Result {
    let snapshot = &config.snapshot;
    let mut all: Vec<_> = done.report.tally.defaults(snapshot).collect();
    let groups = snapshot
        .groups()
        .map(|(index, _)| done.report.tally.intra_group(index).flows);
    let inner: u64 = groups.sum();
    let platform = done.report.tally.platform().flows;
    if all.is_empty() && inner == 0 && platform == 0 {
        return Ok(());
    }
    all.sort_by_key(|found| {
        (
            std::cmp::Reverse(found.count.packets),
            found.interface,
            found.direction,
        )
    });
    writeln!(text, "\nDecided without a rule:")?;
    let mut table = table(&["flows", "packets", "bytes", "by"], 3);
    for found in all.iter().take(MOST) {
        table.add_row([
            HumanCount(found.count.flows).to_string(),
            HumanCount(found.count.packets).to_string(),
            HumanBytes(found.count.bytes).to_string(),
            format!(
                "default of {}: {} {}",
                snapshot.interface(found.interface).id(),
                found.action,
                found.direction
            ),
        ]);
    }
    for (index, group) in snapshot.groups() {
        let count = done.report.tally.intra_group(index);
        if count.flows > 0 {
            table.add_row([
                HumanCount(count.flows).to_string(),
                HumanCount(count.packets).to_string(),
                HumanBytes(count.bytes).to_string(),
                format!("intra-group access of {}: accept", group.id()),
            ]);
        }
    }
    let count = done.report.tally.platform();
    if count.flows > 0 {
        table.add_row([
            HumanCount(count.flows).to_string(),
            HumanCount(count.packets).to_string(),
            HumanBytes(count.bytes).to_string(),
            "the platform".to_owned(),
        ]);
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

fn dropped(text: &mut String, done: &Done) -> std::fmt::Result {
    let top = done.report.dropped.top(MOST);
    if top.is_empty() {
        return Ok(());
    }
    writeln!(text, "\nDropped most:")?;
    let mut table = table(&["flows", "packets", "bytes", "flow"], 3);
    for (conversation, count) in &top {
        let port = conversation
            .port
            .map(|port| format!(" port {port}"))
            .unwrap_or_default();
        table.add_row([
            HumanCount(count.flows).to_string(),
            HumanCount(count.packets).to_string(),
            HumanBytes(count.bytes).to_string(),
            format!(
                "{} {} -> {}{port}",
                protocol_name(conversation.protocol),
                conversation.source,
                conversation.destination
            ),
        ]);
    }
    write(text, &table)?;
    let beyond = done.report.dropped.beyond().flows;
    if beyond > 0 {
        writeln!(
            text,
            "  {} more flows in conversations that were not told apart",
            HumanCount(beyond)
        )?;
    }
    Ok(())
}

fn unused(text: &mut String, config: &Config, done: &Done) -> std::fmt::Result {
    let snapshot = &config.snapshot;
    let all: Vec<_> = snapshot
        .rules()
        .filter(|(index, _)| done.report.tally.rule(*index).flows == 0)
        .collect();
    if all.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\nRules that decided nothing, {} of {}:",
        all.len(),
        snapshot.rules().len()
    )?;
    let mut table = table(&["group", "rule", "what it says"], 0);
    for (_, placed) in all.iter().take(MOST) {
        table.add_row([
            snapshot.group(placed.group()).id().to_string(),
            placed.name().to_owned(),
            format!("{}: {}", placed.rule().direction, placed.rule()),
        ]);
    }
    write(text, &table)?;
    if all.len() > MOST {
        writeln!(text, "  and {} more", all.len() - MOST)?;
    }
    Ok(())
}
