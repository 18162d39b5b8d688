//! Which instances DescribeInstances is asked for.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::error::ApiError;
use super::in_region;
use super::instance_family::family;
use super::instances::{ids, json_ids};
use super::objects::{Instance, InstanceStatus, Interface, Time};
use super::operation::Call;
use super::tag_parameters::TagFilter;

/// A field of an instance.
type Field = fn(&Instance) -> &str;

/// The fields that are compared as text.
const TEXTS: [(&str, Field); 7] = [
    ("ImageId", |one| &one.image_id),
    ("InstanceNetworkType", |one| {
        if one.vpc_id.is_empty() {
            "classic"
        } else {
            "vpc"
        }
    }),
    ("InstanceType", |one| &one.instance_type),
    ("InstanceTypeFamily", |one| family(&one.instance_type)),
    ("ResourceGroupId", |one| &one.resource_group_id),
    ("VpcId", |one| &one.vpc_id),
    ("ZoneId", |one| &one.zone_id),
];

/// Filters for what no instance here has: with any of them, none is found.
const OF_NOBODY: [&str; 5] = [
    "EipAddresses",
    "HpcClusterId",
    "KeyPairName",
    "PublicIpAddresses",
    "RdmaIpAddresses",
];

/// How many `Filter.N` a call has.
const MAX_FILTERS: usize = 4;

/// What a call asks for; what is not set matches everything.
pub(crate) struct Filter<'a> {
    texts: Vec<(&'a str, Field)>,
    of_nobody: bool,
    instances: Option<Vec<String>>,
    name: Option<&'a str>,
    status: Option<&'a str>,
    locked: Option<&'a str>,
    group: Option<&'a str>,
    vswitch: Option<&'a str>,
    private_ips: Option<Vec<Ipv4Addr>>,
    inner_ips: Option<Vec<Ipv4Addr>>,
    ipv6_addresses: Vec<Ipv6Addr>,
    from: Option<Time>,
    until: Option<Time>,
    tags: TagFilter<'a>,
}

impl<'a> Filter<'a> {
    /// Reads the filters of a call.
    ///
    /// # Errors
    ///
    /// `404 InvalidStatus.NotFound`, `404 InvalidNetworkType.NotFound`, `404
    /// InvalidInstanceChargeType.NotFound`, `404 InvalidFilterKey.NotFound`, and
    /// `400 InvalidParameter` for what is no list, address or time.
    pub(crate) fn read(call: &Call<'a>) -> Result<Self, ApiError> {
        let fields = &call.fields;
        let texts = TEXTS.into_iter();
        let texts = texts.filter_map(|(name, field)| Some((fields.text(name)?, field)));
        one_of(
            call,
            "InstanceNetworkType",
            "NetworkType",
            &["classic", "vpc"],
        )?;
        let charged = ["PostPaid", "PrePaid"];
        let charged = one_of(call, "InstanceChargeType", "InstanceChargeType", &charged)?;
        let (from, until) = created(call)?;
        let ipv6 = ids(call, "Ipv6Address")?.into_iter();
        let ipv6 = ipv6.map(|text| text.parse().map_err(|_| ApiError::invalid("Ipv6Address")));
        let foreign = OF_NOBODY.iter().any(|name| fields.text(name).is_some());
        Ok(Self {
            texts: texts.collect(),
            // Every instance here is paid for by use.
            of_nobody: foreign || charged == Some("PrePaid"),
            instances: json_ids(call, "InstanceIds")?,
            name: fields.text("InstanceName"),
            status: one_of(call, "Status", "Status", &InstanceStatus::NAMES)?,
            locked: fields.text("LockReason"),
            group: fields.text("SecurityGroupId"),
            vswitch: fields.text("VSwitchId"),
            private_ips: addresses(call, "PrivateIpAddresses")?,
            inner_ips: addresses(call, "InnerIpAddresses")?,
            ipv6_addresses: ipv6.collect::<Result<_, _>>()?,
            from,
            until,
            tags: TagFilter::read(fields)?,
        })
    }

    /// Tells whether an instance is asked for; its interfaces come with the
    /// primary one first.
    pub(crate) fn matches(
        &self,
        call: &Call<'_>,
        one: &Instance,
        interfaces: &[&Arc<Interface>],
    ) -> bool {
        !self.of_nobody
            && one.owner_id == call.account()
            && in_region(call, &one.region_id)
            && self.texts.iter().all(|(asked, field)| field(one) == *asked)
            && self
                .instances
                .as_ref()
                .is_none_or(|ids| ids.contains(&one.instance_id))
            && self
                .name
                .is_none_or(|pattern| fits(pattern, &one.instance_name))
            && self.status.is_none_or(|asked| asked == one.status.name())
            && self
                .locked
                .is_none_or(|why| why == "security" && one.locked_for_security)
            && self.from.is_none_or(|from| from <= one.creation_time)
            && self.until.is_none_or(|until| one.creation_time <= until)
            && self.tags.matches(&one.tags)
            && self.matches_network(one.vpc_id.is_empty(), interfaces)
    }

    /// Groups, vSwitch and private address are those of the primary interface.
    fn matches_network(&self, classic: bool, interfaces: &[&Arc<Interface>]) -> bool {
        let primary = interfaces.first();
        let has = |matches: &dyn Fn(&Interface) -> bool| primary.is_some_and(|one| matches(one));
        let listed = |list: &Option<Vec<Ipv4Addr>>, of_classic: bool| {
            list.as_ref().is_none_or(|list| {
                classic == of_classic
                    && has(&|one| one.private_ips().any(|own| list.contains(&own)))
            })
        };
        let ipv6 = interfaces.iter().flat_map(|one| &one.ipv6_addresses);
        let mut ipv6 = ipv6.filter(|own| self.ipv6_addresses.contains(own));
        self.group.is_none_or(|id| has(&|one| one.is_in(id)))
            && self
                .vswitch
                .is_none_or(|id| has(&|one| one.v_switch_id == id))
            && listed(&self.private_ips, false)
            && listed(&self.inner_ips, true)
            && (self.ipv6_addresses.is_empty() || ipv6.next().is_some())
    }
}

/// Reads a field that has one of a few values.
fn one_of<'a>(
    call: &Call<'a>,
    field: &str,
    name: &str,
    values: &[&str],
) -> Result<Option<&'a str>, ApiError> {
    let text = call.fields.text(field);
    if text.is_some_and(|text| !values.contains(&text)) {
        let message = match field {
            "InstanceChargeType" => format!("The {field} does not exist in our records"),
            _ => format!("The specified {field} is not found"),
        };
        return Err(ApiError::new(
            404,
            format!("Invalid{name}.NotFound"),
            message,
        ));
    }
    Ok(text)
}

/// Reads a JSON array of addresses.
fn addresses(call: &Call<'_>, field: &str) -> Result<Option<Vec<Ipv4Addr>>, ApiError> {
    let Some(texts) = json_ids(call, field)? else {
        return Ok(None);
    };
    let parsed = texts.iter().map(|text| text.parse().ok());
    let parsed: Option<Vec<_>> = parsed.collect();
    parsed.map(Some).ok_or_else(|| ApiError::invalid(field))
}

/// Reads `Filter.N`: from when until when instances were made. None ends by
/// itself, so that the filters by the time of expiry find none before any time.
fn created(call: &Call<'_>) -> Result<(Option<Time>, Option<Time>), ApiError> {
    let (mut from, mut until) = (None, None);
    let filters = call.fields.numbered("Filter");
    if MAX_FILTERS < filters.len() {
        return Err(ApiError::invalid("Filter"));
    }
    for filter in &filters {
        let value = filter.required("Value")?;
        let time = time(value).ok_or_else(|| ApiError::invalid(&filter.name("Value")))?;
        match filter.text("Key") {
            Some("CreationStartTime") => from = Some(time),
            Some("CreationEndTime") => until = Some(time),
            Some("ExpiredStartTime") => {}
            Some("ExpiredEndTime") => until = Some(Time(i64::MIN)),
            Some(_) | None => {
                let message = "The specified filter key is not found.";
                return Err(ApiError::new(404, "InvalidFilterKey.NotFound", message));
            }
        }
    }
    Ok((from, until))
}

/// Reads `2017-12-05T22:40Z`, with or without seconds.
fn time(text: &str) -> Option<Time> {
    let time = text.parse::<jiff::Timestamp>().ok();
    time.map(|time| Time(time.as_second()))
}

/// Tells whether a name fits a pattern, in which `*` is any text.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or("");
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_in_a_name_is_any_text() {
        for (pattern, name) in [
            ("web", "web"),
            ("web*", "web-1"),
            ("*-1", "web-1"),
            ("w*-*1", "web-1"),
            ("*", ""),
            ("a**b", "ab"),
            ("*b*", "abc"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("web", "web-1"),
            ("web*", "my-web"),
            ("a*a", "a"),
            ("*b", "abc"),
            ("a*x*c", "abc"),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn times_may_lack_their_seconds_5_0_6() {
        assert_eq!(time("2017-12-05T22:40Z"), time("2017-12-05T22:40:00Z"));
        assert!(time("2017-12-05T22:40Z").is_some());
        assert_eq!(time("yesterday"), None);
    }
}
