//! What a call asks for: addresses by name, or so many of them.

use super::{MAX_IPV6, MAX_PREFIXES, MAX_SECONDARY};
use crate::cloud::error::ApiError;
use crate::cloud::fields::Fields;

/// Addresses of one kind that a call asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Share<'a> {
    /// These.
    Listed(Vec<&'a str>),
    /// So many, whichever are free.
    Counted(usize),
}

/// All that a call asks for beside the primary address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shares<'a> {
    pub(crate) ipv4: Share<'a>,
    pub(crate) ipv6: Share<'a>,
    pub(crate) ipv4_prefixes: Share<'a>,
    pub(crate) ipv6_prefixes: Share<'a>,
}

impl Default for Share<'_> {
    fn default() -> Self {
        Self::Counted(0)
    }
}

impl<'a> Share<'a> {
    /// Reads the list `names.0`.N or the number `names.1`; a call can have only
    /// one of them.
    fn read(fields: &Fields<'a>, names: (&str, &str), most: usize) -> Result<Self, ApiError> {
        let (list, count) = names;
        let listed = fields.list(list);
        let counted = fields.integer(count)?;
        let Some(counted) = counted else {
            let few = listed.len() <= most;
            return few
                .then_some(Self::Listed(listed))
                .ok_or_else(|| ApiError::invalid(&fields.name(list)));
        };
        if !listed.is_empty() {
            let (list, count) = (fields.name(list), fields.name(count));
            let message =
                format!("The parameters {list}.N and {count} cannot be set at the same time.");
            return Err(ApiError::new(400, "InvalidParameter.Conflict", message));
        }
        let counted = usize::try_from(counted).ok();
        let counted = counted.filter(|number| (1..=most).contains(number));
        counted
            .map(Self::Counted)
            .ok_or_else(|| ApiError::invalid(&fields.name(count)))
    }

    /// Reads `PrivateIpAddress.N` or `SecondaryPrivateIpAddressCount`.
    pub(crate) fn ipv4(fields: &Fields<'a>) -> Result<Self, ApiError> {
        let names = ("PrivateIpAddress", "SecondaryPrivateIpAddressCount");
        Self::read(fields, names, MAX_SECONDARY)
    }

    /// Reads `Ipv6Address.N` or `Ipv6AddressCount`.
    pub(crate) fn ipv6(fields: &Fields<'a>) -> Result<Self, ApiError> {
        Self::read(fields, ("Ipv6Address", "Ipv6AddressCount"), MAX_IPV6)
    }

    fn ipv4_prefixes(fields: &Fields<'a>) -> Result<Self, ApiError> {
        Self::read(fields, ("Ipv4Prefix", "Ipv4PrefixCount"), MAX_PREFIXES)
    }

    fn ipv6_prefixes(fields: &Fields<'a>) -> Result<Self, ApiError> {
        Self::read(fields, ("Ipv6Prefix", "Ipv6PrefixCount"), MAX_PREFIXES)
    }

    /// Tells whether nothing is asked for.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many addresses are asked for.
    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Listed(texts) => texts.len(),
            Self::Counted(count) => *count,
        }
    }
}

impl<'a> Shares<'a> {
    /// Reads the secondary IPv4 addresses and IPv4 prefixes of a call.
    ///
    /// # Errors
    ///
    /// `400 InvalidParameter.Conflict` for a list with a number, and `400
    /// InvalidParameter` for more than an interface can have.
    pub(crate) fn of_ipv4(fields: &Fields<'a>) -> Result<Self, ApiError> {
        Ok(Self {
            ipv4: Share::ipv4(fields)?,
            ipv4_prefixes: Share::ipv4_prefixes(fields)?,
            ..Self::default()
        })
    }

    /// Reads the IPv6 addresses and IPv6 prefixes of a call.
    ///
    /// # Errors
    ///
    /// As [`Shares::of_ipv4`].
    pub(crate) fn of_ipv6(fields: &Fields<'a>) -> Result<Self, ApiError> {
        Ok(Self {
            ipv6: Share::ipv6(fields)?,
            ipv6_prefixes: Share::ipv6_prefixes(fields)?,
            ..Self::default()
        })
    }

    /// Reads the addresses and prefixes of both families.
    ///
    /// # Errors
    ///
    /// As [`Shares::of_ipv4`].
    pub(crate) fn of_both(fields: &Fields<'a>) -> Result<Self, ApiError> {
        let ipv6 = Self::of_ipv6(fields)?;
        Ok(Self {
            ipv6: ipv6.ipv6,
            ipv6_prefixes: ipv6.ipv6_prefixes,
            ..Self::of_ipv4(fields)?
        })
    }

    /// Tells whether nothing is asked for.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many addresses and prefixes are asked for.
    pub(crate) const fn len(&self) -> usize {
        self.ipv4.len() + self.ipv6.len() + self.ipv4_prefixes.len() + self.ipv6_prefixes.len()
    }
}
