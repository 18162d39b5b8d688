//! Accounts that change at random, and remember what did not.
//!
//! Names and addresses come from small pools, so that edits meet: references
//! lead to what comes and goes, ids and addresses are given twice, kinds and
//! networks stop fitting.

use secgroup_model::{
    Built, GroupKind, GroupSpec, InterfaceSpec, Origin, PortList, PrefixList, Problem, Rule,
    Semantics, Snapshot, SnapshotBuilder,
};

use crate::situation::{Parts, flags, group, id, interface, port_list, prefix, prefix_list, rule};

/// A SplitMix64 generator: the same seed gives the same edits everywhere.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

/// A part, and where the last snapshot has it if it has not changed since.
#[derive(Clone)]
pub(crate) struct Kept<T> {
    spec: T,
    was: Option<usize>,
}

impl<T> Kept<T> {
    const fn new(spec: T) -> Self {
        Self { spec, was: None }
    }

    /// Returns the part to be changed.
    const fn edit(&mut self) -> &mut T {
        self.was = None;
        &mut self.spec
    }
}

/// The parts of the next snapshot, and the snapshot before it.
#[derive(Clone)]
pub(crate) struct Account {
    groups: Vec<Kept<GroupSpec>>,
    interfaces: Vec<Kept<InterfaceSpec>>,
    prefix_lists: Vec<Kept<PrefixList>>,
    port_lists: Vec<Kept<PortList>>,
    pub(crate) semantics: Semantics,
    previous: Option<Snapshot>,
    /// How many things were made, for names and origins of their own.
    made: u32,
}

/// A change of an account; it tells whether there was anything to change.
pub(crate) type Edit = fn(&mut Account, &mut Rng) -> bool;

/// Every edit. What comes first is done more often.
pub(crate) const EDITS: [(&str, Edit); 31] = [
    ("rule changed", |account, rng| {
        let new = account.rule(rng);
        let rules = account.rules(rng);
        let at = rng.below(rules.len().max(1));
        rules.get_mut(at).map(|rule| *rule = new).is_some()
    }),
    ("rule added", |account, rng| {
        let new = account.rule(rng);
        let rules = account.rules(rng);
        rules.insert(rng.below(rules.len() + 1), new);
        true
    }),
    ("rule removed", |account, rng| {
        remove(account.rules(rng), rng).is_some()
    }),
    ("group added", |account, rng| {
        let new = account.new_group(rng);
        add(&mut account.groups, new, rng)
    }),
    ("interface added", |account, rng| {
        let new = account.new_interface(rng);
        add(&mut account.interfaces, new, rng)
    }),
    ("interface changes groups", |account, rng| {
        let groups = account.some_groups(rng);
        edit(&mut account.interfaces, rng, |one| one.groups = groups)
    }),
    ("interface changes addresses", |account, rng| {
        let other = account.new_interface(rng).addresses;
        edit(&mut account.interfaces, rng, |one| one.addresses = other)
    }),
    ("prefix list added", |account, rng| {
        let new = account.new_prefix_list(rng);
        add(&mut account.prefix_lists, new, rng)
    }),
    ("prefix list entry added", |account, rng| {
        let entry = prefix(rng.pick(&["10.0.0.0/8", "10.0.0.0/16", "172.16.0.0/12", "::/0"]));
        edit(&mut account.prefix_lists, rng, |one| {
            one.entries.push(entry);
        })
    }),
    ("port list added", |account, rng| {
        let new = account.new_port_list(rng);
        add(&mut account.port_lists, new, rng)
    }),
    ("port list limited", |account, rng| {
        let most = u32::try_from(rng.below(4)).unwrap();
        edit(&mut account.port_lists, rng, |one| {
            one.max_entries = Some(most);
        })
    }),
    ("group moved", |account, rng| {
        shift(&mut account.groups, rng)
    }),
    ("interface moved", |account, rng| {
        shift(&mut account.interfaces, rng)
    }),
    ("prefix list moved", |account, rng| {
        shift(&mut account.prefix_lists, rng)
    }),
    ("port list moved", |account, rng| {
        shift(&mut account.port_lists, rng)
    }),
    ("group removed", |account, rng| {
        remove(&mut account.groups, rng).is_some()
    }),
    ("interface removed", |account, rng| {
        remove(&mut account.interfaces, rng).is_some()
    }),
    ("prefix list removed", |account, rng| {
        remove(&mut account.prefix_lists, rng).is_some()
    }),
    ("port list removed", |account, rng| {
        remove(&mut account.port_lists, rng).is_some()
    }),
    ("rule moves to another group", |account, rng| {
        let moved = remove(account.rules(rng), rng);
        moved.is_some_and(|rule| {
            account.rules(rng).push(rule);
            true
        })
    }),
    ("rule repeated", |account, rng| {
        let rules = account.rules(rng);
        let at = rng.below(rules.len().max(1));
        let again = rules.get(at).map(|rule| Rule {
            id: None,
            ..rule.clone()
        });
        rules.extend(again.clone());
        again.is_some()
    }),
    ("rule id given again", |account, rng| {
        let at = rng.below(account.groups.len().max(1));
        let given = account.groups.get(at);
        let given = given.and_then(|one| one.spec.rules.iter().find_map(|rule| rule.id.clone()));
        let rules = account.rules(rng);
        let last = rules.last_mut().zip(given);
        last.map(|(rule, id)| rule.id = Some(id)).is_some()
    }),
    ("group changes kind", |account, rng| {
        edit(&mut account.groups, rng, |one| {
            one.kind = match one.kind {
                GroupKind::Basic => GroupKind::Advanced,
                GroupKind::Advanced => GroupKind::Basic,
            };
        })
    }),
    ("group changes network", |account, rng| {
        let vpc = network(rng);
        edit(&mut account.groups, rng, |one| one.vpc = vpc)
    }),
    ("group changes name", |account, rng| {
        let name = group_name(rng);
        edit(&mut account.groups, rng, |one| {
            one.id = id!(SecurityGroupId, &name);
        })
    }),
    ("interface changes network", |account, rng| {
        let vpc = network(rng);
        edit(&mut account.interfaces, rng, |one| one.vpc = vpc)
    }),
    ("group given twice", |account, rng| {
        twice(&mut account.groups, rng)
    }),
    ("interface given twice", |account, rng| {
        twice(&mut account.interfaces, rng)
    }),
    ("prefix list given twice", |account, rng| {
        twice(&mut account.prefix_lists, rng)
    }),
    ("port list given twice", |account, rng| {
        twice(&mut account.port_lists, rng)
    }),
    ("flags changed", |account, rng| {
        account.semantics = semantics(rng);
        true
    }),
];

/// How many of [`EDITS`] are done more often: those that seldom do harm.
pub(crate) const HARMLESS: usize = 15;

fn add<T>(parts: &mut Vec<Kept<T>>, new: T, rng: &mut Rng) -> bool {
    let at = if rng.chance(50) {
        parts.len()
    } else {
        rng.below(parts.len() + 1)
    };
    parts.insert(at, Kept::new(new));
    true
}

fn edit<T>(parts: &mut [Kept<T>], rng: &mut Rng, change: impl FnOnce(&mut T)) -> bool {
    let at = rng.below(parts.len().max(1));
    parts.get_mut(at).map(|one| change(one.edit())).is_some()
}

fn remove<T>(parts: &mut Vec<T>, rng: &mut Rng) -> Option<T> {
    let at = rng.below(parts.len().max(1));
    (at < parts.len()).then(|| parts.remove(at))
}

fn shift<T>(parts: &mut Vec<Kept<T>>, rng: &mut Rng) -> bool {
    let Some(moved) = remove(parts, rng) else {
        return false;
    };
    parts.insert(rng.below(parts.len() + 1), moved);
    true
}

/// Adds a part again: as it is, or as if it were new.
fn twice<T: Clone>(parts: &mut Vec<Kept<T>>, rng: &mut Rng) -> bool {
    let at = rng.below(parts.len().max(1));
    let Some(mut again) = parts.get(at).cloned() else {
        return false;
    };
    if rng.chance(50) {
        again.was = None;
    }
    parts.insert(rng.below(parts.len() + 1), again);
    true
}

fn semantics(rng: &mut Rng) -> Semantics {
    let missing = rng.pick(&["nomatch", "nomatch", "nomatch", "error"]);
    let mixed = rng.pick(&["strictest", "error"]);
    let no_group = rng.pick(&["deny", "error"]);
    flags(&[
        ("eval.missing_ref", missing),
        ("eval.mixed_types", mixed),
        ("eval.no_group", no_group),
    ])
}

fn network(rng: &mut Rng) -> Option<secgroup_model::VpcId> {
    let name = rng.pick(&[Some("vpc-a"), Some("vpc-a"), Some("vpc-b"), None]);
    name.map(|name| id!(VpcId, name))
}

fn group_name(rng: &mut Rng) -> String {
    format!("sg-{}", rng.below(9))
}

impl Account {
    /// Returns an account with a few parts that were never built.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let mut account = Self {
            groups: Vec::new(),
            interfaces: Vec::new(),
            prefix_lists: Vec::new(),
            port_lists: Vec::new(),
            semantics: semantics(rng),
            previous: None,
            made: 0,
        };
        for number in 0..4 {
            let mut new = account.new_group(rng);
            new.id = id!(SecurityGroupId, &format!("sg-{number}"));
            account.groups.push(Kept::new(new));
        }
        for _ in 0..3 {
            let new = account.new_interface(rng);
            account.interfaces.push(Kept::new(new));
        }
        account
    }

    /// Builds what has changed, and takes the rest from the last snapshot.
    pub(crate) fn build(&self) -> Result<Built, Vec<Problem>> {
        let Some(previous) = &self.previous else {
            return self.build_whole();
        };
        let groups: Vec<_> = previous.groups().map(|(index, _)| index).collect();
        let interfaces: Vec<_> = previous.interfaces().map(|(index, _)| index).collect();
        let mut builder = SnapshotBuilder::after(previous);
        for Kept { spec, was } in &self.groups {
            match was {
                Some(was) => builder.unchanged_group(groups[*was]),
                None => builder.group(spec.clone()),
            };
        }
        for Kept { spec, was } in &self.interfaces {
            match was {
                Some(was) => builder.unchanged_interface(interfaces[*was]),
                None => builder.interface(spec.clone()),
            };
        }
        for Kept { spec, was } in &self.prefix_lists {
            match was {
                Some(was) => builder.unchanged_prefix_list(*was),
                None => builder.prefix_list(spec.clone()),
            };
        }
        for Kept { spec, was } in &self.port_lists {
            match was {
                Some(was) => builder.unchanged_port_list(*was),
                None => builder.port_list(spec.clone()),
            };
        }
        builder.build(&self.semantics)
    }

    /// Builds everything from its specs.
    pub(crate) fn build_whole(&self) -> Result<Built, Vec<Problem>> {
        fn specs<T: Clone>(parts: &[Kept<T>]) -> Vec<T> {
            parts.iter().map(|one| one.spec.clone()).collect()
        }
        let parts = Parts {
            groups: specs(&self.groups),
            interfaces: specs(&self.interfaces),
            prefix_lists: specs(&self.prefix_lists),
            port_lists: specs(&self.port_lists),
        };
        parts.build(&self.semantics)
    }

    /// Takes the next snapshot's parts from this one.
    pub(crate) fn goes_on_from(&mut self, snapshot: Snapshot) {
        fn keep<T>(parts: &mut [Kept<T>]) {
            for (at, one) in parts.iter_mut().enumerate() {
                one.was = Some(at);
            }
        }
        keep(&mut self.groups);
        keep(&mut self.interfaces);
        keep(&mut self.prefix_lists);
        keep(&mut self.port_lists);
        self.previous = Some(snapshot);
    }

    /// Returns how many parts there are, and how many of them are unchanged.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        let groups = self.groups.iter().map(|one| one.was);
        let interfaces = self.interfaces.iter().map(|one| one.was);
        let all: Vec<_> = groups.chain(interfaces).collect();
        [all.len(), all.iter().flatten().count()]
    }

    /// Returns the rules of some group to be changed, of an own one if there
    /// is no group.
    fn rules(&mut self, rng: &mut Rng) -> &mut Vec<Rule> {
        if self.groups.is_empty() {
            let new = self.new_group(rng);
            self.groups.push(Kept::new(new));
        }
        let at = rng.below(self.groups.len());
        &mut self.groups[at].edit().rules
    }

    fn origin(&mut self) -> Origin {
        self.made += 1;
        Origin(self.made)
    }

    fn new_group(&mut self, rng: &mut Rng) -> GroupSpec {
        let rules = (0..rng.below(5)).map(|_| self.rule(rng)).collect();
        let advanced = rng.chance(10);
        GroupSpec {
            kind: if advanced {
                GroupKind::Advanced
            } else {
                GroupKind::Basic
            },
            vpc: if rng.chance(90) {
                Some(id!(VpcId, "vpc-a"))
            } else {
                network(rng)
            },
            rules,
            origin: self.origin(),
            ..group(&group_name(rng), &[])
        }
    }

    fn rule(&mut self, rng: &mut Rng) -> Rule {
        let origin = self.origin();
        let peer = match rng.below(12) {
            0..4 => group_name(rng),
            4..6 => format!("pl-{}", rng.below(3)),
            6 => "2001:db8::/32".to_owned(),
            _ => format!("10.0.{}.0/24", rng.below(3)),
        };
        let service = match rng.below(12) {
            0 | 1 => format!("tcp prl-{}", rng.below(2)),
            2 if peer.contains(':') => "icmpv6".to_owned(),
            2 => "icmp".to_owned(),
            3 if rng.chance(10) => "icmpv6".to_owned(),
            _ => format!("tcp {0}/{0}", 1 + rng.below(3)),
        };
        let priority = rng.pick(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 100, 101]);
        let mut text = format!("in {priority} accept {service} {peer}");
        if rng.chance(2) {
            text += " at 10.9.0.0/16";
        }
        if rng.chance(60) {
            text += &format!(" id sgr-{}", self.made);
        }
        Rule {
            origin,
            ..rule(&text)
        }
    }

    fn some_groups(&self, rng: &mut Rng) -> Vec<secgroup_model::SecurityGroupId> {
        if self.groups.is_empty() || rng.chance(5) {
            return Vec::new();
        }
        let mut some = Vec::new();
        for _ in 0..=rng.below(3) {
            let at = rng.below(self.groups.len());
            some.push(self.groups[at].spec.id.clone());
        }
        if rng.chance(3) {
            some.push(id!(SecurityGroupId, &group_name(rng)));
        }
        some
    }

    fn new_interface(&mut self, rng: &mut Rng) -> InterfaceSpec {
        let origin = self.origin();
        let name = match rng.chance(97) {
            true => format!("eni-{}", self.made),
            false => "eni-1".to_owned(),
        };
        let address = match rng.below(30) {
            0 => "10.1.0.0/16".to_owned(),
            1 => "10.1.1.1".to_owned(),
            _ => format!("10.{}.{}.1", 2 + self.made / 256, self.made % 256),
        };
        let addresses: &[&str] = match rng.below(10) {
            0 => &[],
            1 => &[&address, &format!("2001:db8::{:x}", self.made)],
            _ => &[&address],
        };
        InterfaceSpec {
            groups: self.some_groups(rng),
            origin,
            ..interface(&name, addresses, &[])
        }
    }

    fn new_prefix_list(&mut self, rng: &mut Rng) -> PrefixList {
        PrefixList {
            max_entries: rng.chance(30).then_some(3),
            origin: self.origin(),
            ..prefix_list(&format!("pl-{}", rng.below(4)), &["10.0.0.0/8"])
        }
    }

    fn new_port_list(&mut self, rng: &mut Rng) -> PortList {
        PortList {
            origin: self.origin(),
            ..port_list(&format!("prl-{}", rng.below(3)), &["22/22", "80/80"])
        }
    }
}
