//! What an auditor must know about an answer.

use super::owners::Owners;
use super::platform_traffic::may_be_mail_to_internet;
use crate::{AllMeans, Evaluation, IntraGroupEgress, Note, Query, Semantics, Snapshot, Tcp25};

/// "Whenever the two readings give different verdicts, attach the note, so
/// that an auditor is never misled silently" (3.7.6).
pub(super) fn of(
    snapshot: &Snapshot,
    semantics: &Semantics,
    query: &Query,
    owners: &Owners,
    evaluation: &Evaluation,
) -> Vec<Note> {
    let other_intra_group = match semantics.intra_group_egress {
        IntraGroupEgress::Bypass => IntraGroupEgress::CustomRules,
        IntraGroupEgress::CustomRules => IntraGroupEgress::Bypass,
    };
    let other_all = match semantics.all_means {
        AllMeans::Any => AllMeans::Four,
        AllMeans::Four => AllMeans::Any,
    };
    let differs =
        |other: Semantics| owners.judge(snapshot, &other, query).outcome() != evaluation.outcome();
    let mut notes = Vec::new();
    if differs(Semantics {
        intra_group_egress: other_intra_group,
        ..*semantics
    }) {
        notes.push(Note::ContestedIntraGroupEgress);
    }
    if differs(Semantics {
        all_means: other_all,
        ..*semantics
    }) {
        notes.push(Note::ContestedAllMeans);
    }
    // "Not part of the verdict; add the note" (3.9.6).
    let leaves = owners.source.is_some() && owners.destination.is_none();
    if semantics.tcp25 == Tcp25::Note && leaves && may_be_mail_to_internet(query) {
        notes.push(Note::PlatformTcp25);
    }
    // "Two ends may be in different VPCs; each is then judged in its own" (9.18),
    // and nobody asked whether there is a way between them (3.9.7).
    let network = |interface| snapshot.interface(interface).network();
    if let (Some(source), Some(destination)) = (owners.source, owners.destination)
        && network(source) != network(destination)
    {
        notes.push(Note::TwoNetworks);
    }
    notes
}
