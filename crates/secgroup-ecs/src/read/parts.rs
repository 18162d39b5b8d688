//! The parts of a snapshot, joined from all documents and given to the model.

use std::collections::{BTreeMap, HashSet};

use secgroup_model::{
    InstanceId, NetworkInterfaceId, Origin, PortList, PrefixList, Problem, ProblemKind, Shown,
    Snapshot, SnapshotBuilder, WarningKind,
};

use super::ReadOptions;
use super::findings::{Findings, Place};
use super::group::Groups;
use super::interface::Interfaces;
use super::labels::Labels;
use super::list::Lists;
use super::node::Node;
use super::quota;
use super::site::Sites;

/// Everything read so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) sites: Sites,
    pub(super) groups: Groups,
    pub(super) interfaces: Interfaces,
    pub(super) prefix_lists: Lists<PrefixList>,
    pub(super) port_lists: Lists<PortList>,
    /// Instances that came without interfaces, and where.
    pub(super) bare_instances: Vec<(InstanceId, Origin)>,
    pub(super) labels: Labels,
    /// Whether a rule has a fault, so that nobody knows which others it repeats.
    pub(super) faulty_rules: bool,
    /// The interfaces of which an address could not be read, so that nobody
    /// knows whether they have one.
    pub(super) faulty_addresses: HashSet<NetworkInterfaceId>,
    /// How many answers were begun; pages of a list are several answers.
    pub(super) answers: usize,
    /// How many items of lists said again what one of another answer did.
    pub(super) repeats: u64,
    /// The lists of either kind whose entries no document gives.
    without_entries: HashSet<String>,
    /// Of each list of an answer: where its newest page says that more follow.
    next_pages: BTreeMap<&'static str, Option<Origin>>,
    /// What answers say of the length of each list.
    totals: BTreeMap<&'static str, Total>,
}

/// The length of a list that may come in pages.
#[derive(Debug)]
struct Total {
    /// The greatest `TotalCount`.
    most: u64,
    /// How many items there are in all pages, those in several counted once.
    items: u64,
    /// Where the first `TotalCount` stands.
    origin: Origin,
}

impl Parts {
    /// Notes a page of the list called `plural`, and where it names the next one.
    pub(super) fn note_page(&mut self, plural: &'static str, next: Option<Origin>) {
        self.next_pages.insert(plural, next);
    }

    /// Notes how many items of the list called `plural` an answer has, and how
    /// many it says there are.
    pub(super) fn note_total(
        &mut self,
        plural: &'static str,
        total: Option<u64>,
        items: u64,
        node: Node<'_, '_>,
    ) {
        let origin = self.sites.add(&node);
        let known = self.totals.entry(plural).or_insert(Total {
            most: 0,
            items: 0,
            origin,
        });
        known.most = known.most.max(total.unwrap_or(0));
        known.items += items;
    }

    /// Makes a snapshot of the parts; problems and warnings go to `findings`.
    pub(super) fn build(
        &mut self,
        options: &ReadOptions,
        findings: &mut Findings,
    ) -> Option<Snapshot> {
        self.check_complete(findings);
        let mut groups = std::mem::take(&mut self.groups);
        let groups = groups.drain(&self.sites, findings).collect::<Vec<_>>();
        let mut interfaces = std::mem::take(&mut self.interfaces);
        let interfaces = interfaces.drain(&self.sites, findings).collect::<Vec<_>>();
        quota::check(options, &groups, &interfaces, self, findings);
        let mut builder = SnapshotBuilder::new();
        for group in groups {
            builder.group(group);
        }
        for interface in interfaces {
            builder.interface(interface);
        }
        for list in std::mem::take(&mut self.prefix_lists).split(&mut self.without_entries) {
            builder.prefix_list(list);
        }
        for list in std::mem::take(&mut self.port_lists).split(&mut self.without_entries) {
            builder.port_list(list);
        }
        match builder.build(&options.semantics) {
            Ok(built) => {
                for warning in built.warnings {
                    let follows = match &warning.kind {
                        WarningKind::RepeatedRule { .. } => self.faulty_rules,
                        WarningKind::NoAddress(interface) => {
                            self.faulty_addresses.contains(interface)
                        }
                        _ => false,
                    };
                    if follows {
                        continue;
                    }
                    findings.warning(self.sites.place(warning.origin), warning.kind);
                }
                Some(built.snapshot)
            }
            Err(problems) => {
                for problem in problems {
                    self.report(&problem, findings);
                }
                None
            }
        }
    }

    /// Reports what is known to be missing from the input.
    fn check_complete(&self, findings: &mut Findings) {
        for (plural, next) in &self.next_pages {
            if let Some(origin) = next {
                let message =
                    format_args!("NextToken says that {plural} goes on; add the next page");
                findings.warning(self.sites.place(*origin), message);
            }
        }
        let known = self.interfaces.instances();
        for (instance, origin) in &self.bare_instances {
            if !known.contains(instance) {
                let message = format_args!(
                    "instance `{instance}` has no NetworkInterfaces; add its \
                     DescribeNetworkInterfaces answer"
                );
                findings.problem(self.sites.place(*origin), message);
            }
        }
        for (
            plural,
            Total {
                most,
                items,
                origin,
            },
        ) in &self.totals
        {
            if items < most {
                let message = format_args!(
                    "TotalCount says that there are {most} {plural}, and {items} are here; add the \
                     other pages"
                );
                findings.warning(self.sites.place(*origin), message);
            }
        }
        if self.groups.is_empty() && findings.is_fine() && !findings.lost_definitions() {
            findings.warning(Place::default(), "no SecurityGroups in any document");
        }
    }

    /// Reports what the model found, in the words of the API where it has some.
    fn report(&self, problem: &Problem, findings: &mut Findings) {
        use ProblemKind as Kind;
        let refers = matches!(
            problem.kind,
            Kind::MissingGroup { .. }
                | Kind::MissingPrefixList { .. }
                | Kind::MissingPortList { .. }
                | Kind::UnknownMembership { .. }
                | Kind::NoGroups(_)
                | Kind::OtherNetwork { .. }
        );
        if refers && findings.lost_definitions() {
            // What could not be read may be what seems to be missing.
            return;
        }
        let code = match problem.kind {
            Kind::MixedKinds { .. } => Some("InvalidOperation.MultiGroupType"),
            Kind::ProtocolFamily { code, .. } => Some(code),
            Kind::LocalFamily { .. } => Some("InvalidParameter.Conflict"),
            Kind::TooManyEntries { .. } => Some("LimitExceed.MaxEntries"),
            Kind::MissingPortList { .. } => Some("InvalidPortRangeListId.NotFound"),
            _ => None,
        };
        let more = self.circumstances(problem);
        let place = self.sites.place(problem.origin);
        findings.coded(place, code, format_args!("{}{more}", problem.kind));
    }

    /// Says what only the reader knows about a reference that leads nowhere.
    fn circumstances(&self, problem: &Problem) -> String {
        let without_entries = |id: &str| {
            let known = self.without_entries.contains(id);
            known.then_some(" (it is listed, but without its entries)")
        };
        let more = match &problem.kind {
            ProblemKind::MissingGroup { .. } => {
                let owner = self.labels.peer_owner(problem.origin);
                return owner.map_or_else(String::new, |owner| {
                    format!(" (it belongs to account `{}`)", Shown(owner))
                });
            }
            ProblemKind::MissingPrefixList { list, .. } => without_entries(list.as_str()),
            ProblemKind::MissingPortList { list, .. } => without_entries(list.as_str()),
            _ => None,
        };
        more.unwrap_or_default().to_owned()
    }
}
