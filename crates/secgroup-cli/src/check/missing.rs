//! What a missing group or list leaves open about one flow.
//!
//! Under `eval.missing_ref=nomatch` a rule whose group or list is missing
//! matches nothing (3.6.5). Where it would decide otherwise if it matched, the
//! answer names it, as those about all flows do (9.62).

use secgroup_analysis::{End, FlowBox, Intervals, Search, Window, number, search};
use secgroup_model::{Evaluation, MissingReference, Query, RuleIndex};

use super::flips;
use crate::config::Config;
use crate::failure::Failure;

/// Returns the rules that would decide otherwise, were what they refer to there
/// and held the flow; none where the question leaves open more than the source
/// port.
pub(super) fn rules(
    config: &Config,
    query: &Query,
    evaluation: &Evaluation,
) -> Result<Vec<RuleIndex>, Failure> {
    let Config {
        snapshot,
        semantics,
        ..
    } = config;
    if semantics.missing_reference == MissingReference::Error {
        return Ok(Vec::new());
    }
    let sides = || evaluation.egress.iter().chain(&evaluation.ingress);
    let (Some(flow), Some(side)) = (flips::example(query), sides().next()) else {
        return Ok(Vec::new());
    };
    let (from, to) = (flow.endpoints.source(), flow.endpoints.destination());
    let end = |address| {
        let one = Intervals::one(number(address));
        End::Addresses(one.clone(), one)
    };
    let family = secgroup_model::Family::of(from);
    let services = FlowBox {
        protocols: Intervals::one(flow.protocol.0.into()),
        ..FlowBox::all(family)
    };
    let question = Search {
        from: end(from),
        to: end(to),
        services: Window::of(&[services]),
        direction: None,
        network: Some(snapshot.interface(side.interface).network()),
    };
    let found = search(snapshot, semantics, &question).map_err(Failure::system)?;
    let own = found.iter().filter(|one| one.flows.contains(&flow));
    let sides = own.flat_map(|one| one.egress.iter().chain(&one.ingress));
    Ok(sides.filter_map(|side| side.unless).collect())
}
