//! An answer as JSON: the fields that scripts rely on.

use std::borrow::Cow;

use secgroup_model::{
    DecidedBy, Decision, Direction, Evaluation, IcmpMessage, PartialTransport, Protocol, Query,
    RuleMatch, Scope, Semantics, Snapshot, Verdict, explain,
};
use serde::Serialize;

use crate::{explanation, sentence};

/// An answer.
#[derive(Debug, Serialize)]
pub struct Answer {
    verdict: String,
    flow: FlowJson,
    egress: Option<SideJson>,
    ingress: Option<SideJson>,
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
}

/// What was asked; open fields are null.
#[derive(Debug, Serialize)]
pub struct FlowJson {
    src_ip: String,
    dst_ip: String,
    protocol: Cow<'static, str>,
    src_port: Option<u16>,
    dst_port: Option<u16>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    vpc_id: Option<String>,
    nic: Option<String>,
    via: Option<&'static str>,
}

impl FlowJson {
    /// Writes a flow as answers do.
    #[must_use]
    pub fn new(snapshot: &Snapshot, query: &Query) -> Self {
        let (src_port, dst_port, message) = match query.transport {
            PartialTransport::Ports {
                source,
                destination,
            } => (source.known(), destination.known(), None),
            PartialTransport::Icmp(message) => (None, None, message),
            PartialTransport::Opaque | PartialTransport::LaterFragment => (None, None, None),
        };
        Self {
            src_ip: query.endpoints.source().to_string(),
            dst_ip: query.endpoints.destination().to_string(),
            protocol: protocol_name(query.protocol),
            src_port,
            dst_port,
            icmp_type: message.map(|IcmpMessage { kind, .. }| kind),
            icmp_code: message.map(|IcmpMessage { code, .. }| code),
            vpc_id: match query.scope {
                Scope::Network(network) => snapshot.vpc(network).map(ToString::to_string),
                Scope::Unspecified | Scope::Ends { .. } | Scope::Elsewhere => None,
            },
            nic: query.nic.map(|nic| nic.to_string()),
            via: query.via_load_balancer.then_some("slb"),
        }
    }
}

/// One side of an answer.
#[derive(Debug, Serialize)]
struct SideJson {
    interface: String,
    action: String,
    by: &'static str,
    group: Option<String>,
    rule: Option<String>,
    priority: Option<u8>,
    policy: Option<String>,
    also_matched: Vec<String>,
    /// The full name of what decided (3.10.3).
    reason: String,
    /// The same as a sentence.
    text: String,
}

/// Every rule of both sides, in order of precedence.
#[derive(Debug, Serialize)]
struct Explanation {
    egress: Vec<RuleJson>,
    ingress: Vec<RuleJson>,
}

/// One rule of an explanation.
#[derive(Debug, Serialize)]
struct RuleJson {
    rule: String,
    group: String,
    priority: u8,
    policy: String,
    text: String,
    result: &'static str,
    field: Option<&'static str>,
    why: String,
}

impl Answer {
    /// Builds the answer about one flow; `explained` adds every rule of both
    /// sides in order of precedence.
    #[must_use]
    pub fn new(
        snapshot: &Snapshot,
        semantics: &Semantics,
        query: &Query,
        evaluation: &Evaluation,
        explained: bool,
    ) -> Self {
        let context = Context {
            snapshot,
            semantics,
            query,
        };
        let side = |direction, verdict: &Option<Verdict>| {
            let verdict = verdict.as_ref();
            verdict.map(|verdict| context.side(direction, verdict))
        };
        let rules = |direction, verdict: &Option<Verdict>| {
            let verdict = verdict.as_ref();
            verdict.map_or_else(Vec::new, |one| context.rules(direction, one))
        };
        Self {
            verdict: evaluation.outcome().to_string(),
            flow: FlowJson::new(snapshot, query),
            egress: side(Direction::Egress, &evaluation.egress),
            ingress: side(Direction::Ingress, &evaluation.ingress),
            notes: evaluation.notes.iter().map(ToString::to_string).collect(),
            explanation: explained.then(|| Explanation {
                egress: rules(Direction::Egress, &evaluation.egress),
                ingress: rules(Direction::Ingress, &evaluation.ingress),
            }),
        }
    }
}

/// Returns the name of a protocol, or its number where it has none.
#[must_use]
pub fn protocol_name(protocol: Protocol) -> Cow<'static, str> {
    match protocol.name() {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(protocol.0.to_string()),
    }
}

/// What an answer is about.
#[derive(Clone, Copy)]
struct Context<'a> {
    snapshot: &'a Snapshot,
    semantics: &'a Semantics,
    query: &'a Query,
}

impl Context<'_> {
    fn side(&self, direction: Direction, verdict: &Verdict) -> SideJson {
        let Self {
            snapshot,
            semantics,
            query,
        } = *self;
        let group = match verdict.by {
            DecidedBy::IntraGroup(group) => Some(group),
            DecidedBy::Rule(rule) => Some(snapshot.rule(rule).group()),
            DecidedBy::Platform(_)
            | DecidedBy::Session
            | DecidedBy::OrphanFragment
            | DecidedBy::Default(_) => None,
        };
        let decider = match verdict.by {
            DecidedBy::Rule(rule) => Some(rule),
            DecidedBy::Platform(_)
            | DecidedBy::Session
            | DecidedBy::OrphanFragment
            | DecidedBy::IntraGroup(_)
            | DecidedBy::Default(_) => None,
        };
        let placed = decider.map(|rule| snapshot.rule(rule));
        let matched = |rule| decider.is_some() && Some(rule) != decider;
        let traces = explain(snapshot, semantics, query, verdict.interface, direction);
        let also = traces
            .iter()
            .filter(|trace| matches!(trace.result, RuleMatch::Yes(_)));
        SideJson {
            interface: sentence::interface(snapshot, verdict.interface).to_owned(),
            action: match verdict.decision {
                Decision::Accept | Decision::Drop | Decision::Depends => {
                    verdict.decision.to_string()
                }
            },
            by: sentence::tier(verdict.by),
            group: group.map(|group| snapshot.group(group).id().to_string()),
            rule: placed.map(|placed| placed.name().to_owned()),
            priority: placed.map(|placed| placed.rule().priority.get()),
            policy: placed.map(|placed| placed.rule().action.to_string()),
            also_matched: also
                .filter(|trace| matched(trace.rule))
                .map(|trace| snapshot.rule(trace.rule).name().to_owned())
                .collect(),
            reason: sentence::reason(snapshot, direction, verdict.by),
            text: sentence::side(snapshot, direction, verdict),
        }
    }

    fn rules(&self, direction: Direction, verdict: &Verdict) -> Vec<RuleJson> {
        let Self {
            snapshot,
            semantics,
            query,
        } = *self;
        let traces = explain(snapshot, semantics, query, verdict.interface, direction);
        let rule = |trace: &secgroup_model::RuleTrace| {
            let placed = snapshot.rule(trace.rule);
            let (result, field) = match trace.result {
                RuleMatch::Yes(_) => ("match", None),
                RuleMatch::Maybe(open, _) => ("maybe", Some(open)),
                RuleMatch::No(failed) => ("no", Some(failed)),
            };
            RuleJson {
                rule: placed.name().to_owned(),
                group: snapshot.group(placed.group()).id().to_string(),
                priority: placed.rule().priority.get(),
                policy: placed.rule().action.to_string(),
                text: placed.rule().to_string(),
                result,
                field: field.map(explanation::field),
                why: explanation::result(snapshot, query, trace),
            }
        };
        traces.iter().map(rule).collect()
    }
}
