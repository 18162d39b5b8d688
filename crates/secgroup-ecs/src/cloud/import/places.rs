//! In which region and zone things are that do not say so.

use std::collections::HashMap;

use secgroup_model::Snapshot;

use super::ImportOptions;
use super::sources::{Known, Sources};
use crate::cloud::regions::{is_region, is_zone};

/// The regions of VPCs.
#[derive(Debug)]
pub(super) struct Places<'a> {
    /// Where everything else is.
    usual: &'a str,
    vpcs: HashMap<String, String>,
}

impl<'a> Places<'a> {
    /// Finds the region of each VPC: the one that it names itself, or else the
    /// first group, interface or instance in it that names one.
    pub(super) fn find(
        options: &'a ImportOptions,
        snapshot: &Snapshot,
        sources: &Sources<'_>,
    ) -> Self {
        let mut vpcs = HashMap::new();
        let mut note = |vpc: &str, known: &Known<'_>| {
            if let Some(region) = named(known)
                && !vpcs.contains_key(vpc)
            {
                vpcs.insert(vpc.to_owned(), region);
            }
        };
        for (id, known) in sources.vpcs.iter() {
            note(id, known);
        }
        for (_, group) in snapshot.groups() {
            if let Some(vpc) = group.vpc() {
                note(vpc.as_str(), sources.groups.get(group.id().as_str()));
            }
        }
        for (_, interface) in snapshot.interfaces() {
            if let Some(vpc) = snapshot.vpc(interface.network()) {
                let known = sources.interfaces.get(interface.id().as_str());
                note(vpc.as_str(), known);
                if let Some(instance) = interface.instance() {
                    note(vpc.as_str(), sources.instances.get(instance.as_str()));
                }
            }
        }
        Self {
            usual: &options.region,
            vpcs,
        }
    }

    /// Returns where an object is of which this is known, in a VPC or, when
    /// `vpc` is empty, in the classic network.
    pub(super) fn region(&self, known: &Known<'_>, vpc: &str) -> String {
        named(known).unwrap_or_else(|| self.of_vpc(vpc).to_owned())
    }

    /// Returns the region of a VPC.
    pub(super) fn of_vpc(&self, vpc: &str) -> &str {
        self.vpcs.get(vpc).map_or(self.usual, String::as_str)
    }
}

/// Returns the region that an object names, itself or with its zone.
fn named(known: &Known<'_>) -> Option<String> {
    let of_zone = || {
        known
            .text("ZoneId")
            .and_then(|zone| region_of(&zone).map(str::to_owned))
    };
    known
        .region()
        .map(|region| region.into_owned())
        .or_else(of_zone)
}

/// Returns the region of a zone, which is called after it: `cn-shenzhen-c`, or
/// `us-west-1a` where the region ends with a digit.
fn region_of(zone: &str) -> Option<&str> {
    let named = zone.strip_suffix(|last: char| last.is_ascii_lowercase())?;
    let region = match named.strip_suffix('-') {
        Some(region) => region,
        None => Some(named).filter(|named| named.ends_with(|last: char| last.is_ascii_digit()))?,
    };
    (is_region(region) && is_zone(zone, region)).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::regions::usual_zone;

    #[test]
    fn a_zone_says_its_region() {
        assert_eq!(region_of("cn-shenzhen-c"), Some("cn-shenzhen"));
        assert_eq!(region_of("us-west-1a"), Some("us-west-1"));
        assert_eq!(
            region_of("cn-shanghai-finance-1a"),
            Some("cn-shanghai-finance-1")
        );
        for none in [
            "",
            "a",
            "-a",
            "cn-hangzhou",
            "cn-hangzhou-",
            "cn-hangzhou-1",
            "x y-a",
        ] {
            assert_eq!(region_of(none), None, "{none}");
        }
        for region in ["cn-hangzhou", "us-west-1"] {
            assert_eq!(region_of(&usual_zone(region)), Some(region));
        }
    }
}
