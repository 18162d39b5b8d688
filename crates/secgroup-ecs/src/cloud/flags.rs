//! The flags of the API: which reading is taken where sources disagree (8.2).

use secgroup_model::{InvalidFlag, TwoLists};

use crate::limits::Limits;

/// Every choice that changes an answer of the API, in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiFlags {
    /// `profile`: the founding documents, or those of 2026 (8.1).
    pub profile: Profile,
    /// `limits`.
    pub limits: Limits,
    /// `limits.two_lists`.
    pub two_lists: TwoLists,
    /// `identity.cidr`.
    pub identity_cidr: IdentityCidr,
    /// `api.protocol_numbers`.
    pub protocol_numbers: bool,
    /// `api.cidr_list`.
    pub cidr_list: CidrList,
    /// `api.port_mismatch`.
    pub port_mismatch: PortMismatch,
    /// `api.nic_type`.
    pub nic_type: NicTypeReading,
    /// `api.policy_allow_alias`.
    pub policy_allow_alias: bool,
    /// `api.revoke_missing`.
    pub revoke_missing: RevokeMissing,
    /// `api.revoke_priority`.
    pub revoke_priority: RevokePriority,
    /// `api.batch`.
    pub batch: Batch,
    /// `api.return_rule_ids`.
    pub return_rule_ids: bool,
    /// `api.classic`.
    pub classic: bool,
    /// `api.async`.
    pub asynchronous: bool,
    /// `wire.priority`.
    pub wire_priority: WirePriority,
}

macro_rules! values {
    ($($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            /// The values with their spelling, the default first.
            const VALUES: &'static [(&'static str, Self)] = &[$(($text, Self::$variant),)*];
        }
    )*};
}

values! {
    /// Whose documents are followed (8.1).
    Profile {
        /// The founding pages.
        #[default]
        Seed = "seed",
        /// The documents of 2026: port lists, protocol numbers, rule ids.
        Current = "current",
    }
    /// How addresses are compared when rules are (2.12).
    IdentityCidr {
        /// As networks.
        #[default]
        Set = "set",
        /// As text.
        Text = "text",
    }
    /// What to do with several blocks in one field (2.5.3).
    CidrList {
        /// Refuse them.
        #[default]
        Reject = "reject",
        /// Make a rule of each.
        Split = "split",
    }
    /// What to answer when protocol and ports do not fit (2.6.4, contested).
    PortMismatch {
        /// `OperationDenied`.
        #[default]
        OperationDenied = "OperationDenied",
        /// `InvalidParam.PortRange`.
        InvalidPortRange = "InvalidParam.PortRange",
        /// Nothing: the ports are taken as any.
        Lenient = "lenient",
    }
    /// What to do with `NicType=internet` in a VPC (2.9.1).
    NicTypeReading {
        /// Take it as intranet.
        #[default]
        Coerce = "coerce",
        /// Refuse it.
        Strict = "strict",
    }
    /// What to answer when there is no rule to revoke (5.3.3, contested).
    RevokeMissing {
        /// An error.
        #[default]
        Error = "error",
        /// Success.
        Success = "success",
    }
    /// Whether a revoke without priority means priority 1 (5.3.2).
    RevokePriority {
        /// It does.
        #[default]
        Match = "match",
        /// It means any priority.
        AnyIfAbsent = "any_if_absent",
    }
    /// What becomes of the permissions before a bad one (5.0.7).
    Batch {
        /// Nothing is stored.
        #[default]
        Atomic = "atomic",
        /// They are stored.
        Prefix = "prefix",
    }
    /// How priorities are written (2.3.3).
    WirePriority {
        /// As text.
        #[default]
        String = "string",
        /// As a number.
        Number = "number",
    }
}

/// The values of a flag that is on or off.
const SWITCH: &[(&str, bool)] = &[("off", false), ("on", true)];

/// The values of `limits.two_lists` (4.9).
const TWO_LISTS: &[(&str, TwoLists)] = &[
    ("product", TwoLists::Product),
    ("sum", TwoLists::Sum),
    ("max", TwoLists::Max),
];

/// The values of `limits` (section 4).
const LIMITS: &[(&str, Limits)] = &[
    ("seed", Limits::Seed),
    ("current", Limits::Current),
    ("off", Limits::Off),
];

impl Default for ApiFlags {
    fn default() -> Self {
        Self::of(Profile::Seed)
    }
}

impl ApiFlags {
    /// The names of all flags that [`ApiFlags::set`] knows.
    pub const FLAGS: [&'static str; 16] = [
        "profile",
        "limits",
        "limits.two_lists",
        "identity.cidr",
        "api.protocol_numbers",
        "api.cidr_list",
        "api.port_mismatch",
        "api.nic_type",
        "api.policy_allow_alias",
        "api.revoke_missing",
        "api.revoke_priority",
        "api.batch",
        "api.return_rule_ids",
        "api.classic",
        "api.async",
        "wire.priority",
    ];

    /// Returns the flags of a profile: `current` "sets `limits=current`,
    /// `api.protocol_numbers=on`, port lists on, rule-id forms on" (8.1).
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        let current = profile == Profile::Current;
        Self {
            profile,
            limits: if current {
                Limits::Current
            } else {
                Limits::Seed
            },
            two_lists: TwoLists::default(),
            identity_cidr: IdentityCidr::default(),
            protocol_numbers: current,
            cidr_list: CidrList::default(),
            port_mismatch: PortMismatch::default(),
            nic_type: NicTypeReading::default(),
            policy_allow_alias: false,
            revoke_missing: RevokeMissing::default(),
            revoke_priority: RevokePriority::default(),
            batch: Batch::default(),
            return_rule_ids: false,
            classic: false,
            asynchronous: false,
            wire_priority: WirePriority::default(),
        }
    }

    /// Sets the flag `name` of 8.2 to `value`. `profile` sets the flags that
    /// belong to it, too, so it comes before them.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidFlag`] when there is no such flag or value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidFlag> {
        let Some(&flag) = Self::FLAGS.iter().find(|flag| **flag == name) else {
            return Err(InvalidFlag::Name {
                name: name.to_owned(),
                known: Self::FLAGS.join(", "),
            });
        };
        let on = || choose(flag, value, SWITCH);
        match flag {
            "profile" => {
                let profile = choose(flag, value, Profile::VALUES)?;
                let Self {
                    limits,
                    protocol_numbers,
                    ..
                } = Self::of(profile);
                self.profile = profile;
                self.limits = limits;
                self.protocol_numbers = protocol_numbers;
            }
            "limits" => self.limits = choose(flag, value, LIMITS)?,
            "limits.two_lists" => self.two_lists = choose(flag, value, TWO_LISTS)?,
            "identity.cidr" => self.identity_cidr = choose(flag, value, IdentityCidr::VALUES)?,
            "api.protocol_numbers" => self.protocol_numbers = on()?,
            "api.cidr_list" => self.cidr_list = choose(flag, value, CidrList::VALUES)?,
            "api.port_mismatch" => self.port_mismatch = choose(flag, value, PortMismatch::VALUES)?,
            "api.nic_type" => self.nic_type = choose(flag, value, NicTypeReading::VALUES)?,
            "api.policy_allow_alias" => self.policy_allow_alias = on()?,
            "api.revoke_missing" => {
                self.revoke_missing = choose(flag, value, RevokeMissing::VALUES)?;
            }
            "api.revoke_priority" => {
                self.revoke_priority = choose(flag, value, RevokePriority::VALUES)?;
            }
            "api.batch" => self.batch = choose(flag, value, Batch::VALUES)?,
            "api.return_rule_ids" => self.return_rule_ids = on()?,
            "api.classic" => self.classic = on()?,
            "api.async" => self.asynchronous = on()?,
            _ => self.wire_priority = choose(flag, value, WirePriority::VALUES)?,
        }
        Ok(())
    }
}

/// Returns the value spelt `value`.
fn choose<T: Copy>(
    name: &'static str,
    value: &str,
    values: &[(&'static str, T)],
) -> Result<T, InvalidFlag> {
    let spelt = values.iter().find(|(text, _)| *text == value);
    spelt.map(|(_, flag)| *flag).ok_or_else(|| {
        let allowed: Vec<&str> = values.iter().map(|(text, _)| *text).collect();
        InvalidFlag::Value {
            name,
            value: value.to_owned(),
            allowed: allowed.join(", "),
        }
    })
}
