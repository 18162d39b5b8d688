//! The flags of evaluation: which reading is taken where sources disagree.

use crate::{Conntrack, PlatformSet};

/// Every choice that changes a verdict, in one value that is passed in.
///
/// The defaults are those of 8.2. Flags of the API are not here, because
/// nothing in this crate depends on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Semantics {
    /// `eval.intra_group_egress`.
    pub intra_group_egress: IntraGroupEgress,
    /// `eval.group_members`.
    pub group_members: GroupMembers,
    /// `eval.all_means`.
    pub all_means: AllMeans,
    /// `eval.mixed_types`.
    pub mixed_types: MixedTypes,
    /// `eval.no_group`.
    pub no_group: NoGroup,
    /// `eval.missing_ref`.
    pub missing_reference: MissingReference,
    /// `eval.orphan_fragments`.
    pub orphan_fragments: OrphanFragments,
    /// `eval.implicit_allow`.
    pub implicit_allow: PlatformSet,
    /// `eval.tcp25`.
    pub tcp25: Tcp25,
    /// `conntrack.*` and `apply_delay`: about sessions, which are followed
    /// elsewhere.
    pub conntrack: Conntrack,
}

/// A flag or value that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFlag {
    /// No evaluation flag has this name.
    #[error("unknown flag `{}`; the flags are {known}", crate::Shown(name))]
    Name {
        /// What was given.
        name: String,
        /// The names that exist, comma separated.
        known: String,
    },
    /// The flag has no such value.
    #[error(
        "flag `{name}` cannot be `{}`; it is one of {allowed}",
        crate::Shown(value)
    )]
    Value {
        /// The flag.
        name: &'static str,
        /// What was given.
        value: String,
        /// The values that exist, comma separated.
        allowed: String,
    },
    /// The flag takes seconds, but not this.
    #[error(
        "flag `{name}` cannot be `{}`; it must be a number of seconds from {least} to {most}",
        crate::Shown(value)
    )]
    Seconds {
        /// The flag.
        name: &'static str,
        /// What was given.
        value: String,
        /// The least number.
        least: u16,
        /// The greatest number.
        most: u16,
    },
}

macro_rules! flags {
    ($($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            /// The values with their spelling, the default first.
            pub(crate) const VALUES: &'static [(&'static str, Self)] = &[$(($text, Self::$variant),)*];
        }
    )*};
}
pub(crate) use flags;

flags! {
    /// Whether intra-group access also overrides egress rules (3.7.6, contested).
    IntraGroupEgress {
        /// It does: "other custom access rules are ignored".
        #[default]
        Bypass = "bypass",
        /// It does not: outbound traffic goes by the rules.
        CustomRules = "custom_rules",
    }
    /// Which addresses of a member count as the group's (3.6.2).
    GroupMembers {
        /// All private addresses and delegated prefixes.
        #[default]
        All = "all",
        /// The primary private IPv4 address alone.
        Primary = "primary",
    }
    /// What a rule for protocol ALL covers (3.5.5, contested).
    AllMeans {
        /// Every protocol.
        #[default]
        Any = "any",
        /// TCP, UDP, ICMP, ICMPv6 and GRE.
        Four = "four",
    }
    /// What to do with an interface in basic and advanced groups at once (3.4.4).
    MixedTypes {
        /// Refuse the input.
        #[default]
        Error = "error",
        /// Apply the stricter default: deny in both directions.
        Strictest = "strictest",
    }
    /// What to do with an interface without groups (3.4.5).
    NoGroup {
        /// Refuse the input.
        #[default]
        Error = "error",
        /// Deny everything.
        Deny = "deny",
    }
    /// What to do with a rule that refers to a missing group or list (3.6.5).
    MissingReference {
        /// Refuse the input.
        #[default]
        Error = "error",
        /// Let the rule match nothing.
        NoMatch = "nomatch",
    }
    /// How a later fragment is judged whose first fragment was not seen (3.5.11).
    OrphanFragments {
        /// By the rules that need no ports.
        #[default]
        Rules = "rules",
        /// It passes.
        Allow = "allow",
        /// It is dropped.
        Deny = "deny",
    }
    /// What to do about outbound TCP 25 to the Internet (3.9.6).
    Tcp25 {
        /// Attach a note to the answer.
        #[default]
        Note = "note",
        /// Drop it, as the platform does by default.
        Deny = "deny",
        /// Nothing.
        Off = "off",
    }
}

impl Semantics {
    /// The names of the flags about one packet; [`Semantics::set`] knows those
    /// of [`Conntrack::FLAGS`] as well.
    pub const FLAGS: [&'static str; 9] = [
        "eval.intra_group_egress",
        "eval.group_members",
        "eval.all_means",
        "eval.mixed_types",
        "eval.no_group",
        "eval.missing_ref",
        "eval.orphan_fragments",
        "eval.implicit_allow",
        "eval.tcp25",
    ];

    /// Sets the flag `name` of 8.2 to `value`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidFlag`] when there is no such flag or value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidFlag> {
        if let Some(flag) = Conntrack::FLAGS.iter().find(|flag| **flag == name) {
            return self.conntrack.set(flag, value);
        }
        let Some(&flag) = Self::FLAGS.iter().find(|flag| **flag == name) else {
            let known = [Self::FLAGS.as_slice(), &Conntrack::FLAGS]
                .concat()
                .join(", ");
            return Err(InvalidFlag::Name {
                name: name.to_owned(),
                known,
            });
        };
        match flag {
            "eval.intra_group_egress" => {
                self.intra_group_egress = choose(flag, value, IntraGroupEgress::VALUES)?;
            }
            "eval.group_members" => self.group_members = choose(flag, value, GroupMembers::VALUES)?,
            "eval.all_means" => self.all_means = choose(flag, value, AllMeans::VALUES)?,
            "eval.mixed_types" => self.mixed_types = choose(flag, value, MixedTypes::VALUES)?,
            "eval.no_group" => self.no_group = choose(flag, value, NoGroup::VALUES)?,
            "eval.missing_ref" => {
                self.missing_reference = choose(flag, value, MissingReference::VALUES)?;
            }
            "eval.orphan_fragments" => {
                self.orphan_fragments = choose(flag, value, OrphanFragments::VALUES)?;
            }
            "eval.tcp25" => self.tcp25 = choose(flag, value, Tcp25::VALUES)?,
            _ => {
                self.implicit_allow =
                    PlatformSet::parse(value).ok_or_else(|| InvalidFlag::Value {
                        name: flag,
                        value: value.to_owned(),
                        allowed: PlatformSet::allowed(),
                    })?;
            }
        }
        Ok(())
    }
}

/// Returns the value spelt `value`.
pub(crate) fn choose<T: Copy>(
    name: &'static str,
    value: &str,
    values: &[(&'static str, T)],
) -> Result<T, InvalidFlag> {
    match values.iter().find(|(text, _)| *text == value) {
        Some((_, flag)) => Ok(*flag),
        None => Err(InvalidFlag::Value {
            name,
            value: value.to_owned(),
            allowed: values
                .iter()
                .map(|(text, _)| *text)
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_of_8_2_takes_its_values_and_no_other() {
        for (name, values) in [
            (
                "eval.intra_group_egress",
                ["bypass", "custom_rules"].as_slice(),
            ),
            ("eval.group_members", &["all", "primary"]),
            ("eval.all_means", &["any", "four"]),
            ("eval.mixed_types", &["error", "strictest"]),
            ("eval.no_group", &["error", "deny"]),
            ("eval.missing_ref", &["error", "nomatch"]),
            ("eval.orphan_fragments", &["rules", "allow", "deny"]),
            ("eval.implicit_allow", &["doc", "none", "pmtud,metaserver"]),
            ("eval.tcp25", &["note", "deny", "off"]),
            ("conntrack.tcp", &["910", "911"]),
            ("conntrack.tcp_closed", &["3", "15"]),
            ("conntrack.udp", &["30", "100"]),
            ("conntrack.other", &["30", "60"]),
            ("conntrack.profile", &["timers", "flat910"]),
            ("conntrack.other_protocols", &["on", "off"]),
            (
                "conntrack.midstream",
                &["infer_initiator", "evaluate", "skip"],
            ),
            ("conntrack.on_change", &["revalidate", "keep", "flush"]),
            ("conntrack.related_icmp", &["on", "pmtud_only"]),
            ("apply_delay", &["0", "10"]),
        ] {
            let mut seen = Vec::new();
            for value in values {
                let mut semantics = Semantics::default();
                semantics.set(name, value).unwrap();
                assert!(!seen.contains(&semantics), "{name}={value} changes nothing");
                seen.push(semantics);
            }
            assert_eq!(
                seen[0],
                Semantics::default(),
                "the first value of {name} is the default"
            );
            let error = Semantics::default()
                .set(name, "maybe")
                .unwrap_err()
                .to_string();
            let numbers = values[0].parse::<u16>().is_ok();
            assert!(
                numbers || values[..2].iter().all(|value| error.contains(value)),
                "{error}"
            );
        }
        assert!(Semantics::default().set("eval.nothing", "x").is_err());
    }
}
