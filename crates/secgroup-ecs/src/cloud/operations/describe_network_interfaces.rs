//! DescribeNetworkInterfaces (5.7.4, 6.1.3).

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::error::ApiError;
use crate::cloud::instances::ids;
use crate::cloud::objects::{Interface, InterfaceRow, InterfaceStatus};
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::paging::{Order, Outside, Paging, Size};
use crate::cloud::tag_parameters::TagFilter;
use crate::cloud::{Cloud, in_region};

pub(crate) struct DescribeNetworkInterfaces;

const PAGING: Paging = Paging {
    results: Some(Size {
        least: 10,
        usual: 10,
        most: 500,
        outside: Outside::Moved,
    }),
    pages: Some(Size {
        least: 1,
        usual: 10,
        most: 500,
        outside: Outside::Refused,
    }),
    order: Order::OldestFirst,
};

impl Question for DescribeNetworkInterfaces {
    const NAME: &'static str = "DescribeNetworkInterfaces";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let page = PAGING.read(call, Self::NAME)?;
        let filter = Filter::read(call)?;
        let rows = cloud.interfaces.values();
        let rows = rows.filter(|one| filter.matches(call, one)).collect();
        let cut = page.cut(&PAGING, rows, |one: &&Arc<Interface>| {
            (one.creation_time, one.network_interface_id.as_str())
        });
        let rows = cut.rows.iter().map(|one| InterfaceRow::of(one).fields());
        let rows: Vec<Value> = rows.map(Value::Object).collect();
        let mut body = Body::new();
        let sets = json!({ "NetworkInterfaceSet": rows });
        body.insert("NetworkInterfaceSets".to_owned(), sets);
        cut.footer.write(&mut body);
        Ok(body)
    }
}

/// A field of an interface.
type Field = fn(&Interface) -> &str;

/// The fields that are compared as text.
const TEXTS: [(&str, Field); 5] = [
    ("InstanceId", |one| &one.instance_id),
    ("NetworkInterfaceName", |one| &one.network_interface_name),
    ("ResourceGroupId", |one| &one.resource_group_id),
    ("VSwitchId", |one| &one.v_switch_id),
    ("VpcId", |one| &one.vpc_id),
];

/// What a call asks for; what is not set matches everything.
struct Filter<'a> {
    texts: Vec<(&'a str, Field)>,
    interfaces: Vec<&'a str>,
    private_ips: Vec<Ipv4Addr>,
    primary_ip: Option<Ipv4Addr>,
    ipv6_addresses: Vec<Ipv6Addr>,
    group: Option<&'a str>,
    kind: Option<&'a str>,
    status: Option<&'a str>,
    service_managed: Option<bool>,
    tags: TagFilter<'a>,
}

impl<'a> Filter<'a> {
    fn read(call: &Call<'a>) -> Result<Self, ApiError> {
        let fields = &call.fields;
        let texts = TEXTS.into_iter();
        let texts = texts.filter_map(|(name, field)| Some((fields.text(name)?, field)));
        let primary_ip = fields.text("PrimaryIpAddress");
        let primary_ip = primary_ip.map(|text| address("PrimaryIpAddress", text));
        Ok(Self {
            texts: texts.collect(),
            interfaces: ids(call, "NetworkInterfaceId")?,
            private_ips: addresses(call, "PrivateIpAddress")?,
            primary_ip: primary_ip.transpose()?,
            ipv6_addresses: addresses(call, "Ipv6Address")?,
            group: fields.text("SecurityGroupId"),
            kind: one_of(call, "Type", &["Primary", "Secondary", "Trunk", "Member"])?,
            status: one_of(call, "Status", &InterfaceStatus::NAMES)?,
            service_managed: fields.boolean("ServiceManaged")?,
            tags: TagFilter::read(fields)?,
        })
    }

    fn matches(&self, call: &Call<'_>, one: &Interface) -> bool {
        /// Tells whether a list names one of these, if it names any.
        fn names<T: PartialEq>(list: &[T], mut own: impl Iterator<Item = T>) -> bool {
            list.is_empty() || own.any(|own| list.contains(&own))
        }
        one.owner_id == call.account()
            && in_region(call, &one.region_id)
            && self.texts.iter().all(|(asked, field)| field(one) == *asked)
            && names(
                &self.interfaces,
                [one.network_interface_id.as_str()].into_iter(),
            )
            && names(&self.private_ips, one.private_ips())
            && self.primary_ip.is_none_or(|asked| asked == one.primary_ip)
            && names(&self.ipv6_addresses, one.ipv6_addresses.iter().copied())
            && self.group.is_none_or(|asked| one.is_in(asked))
            && self.kind.is_none_or(|asked| one.kind.name() == asked)
            && self.status.is_none_or(|asked| one.status.name() == asked)
            && self
                .service_managed
                .is_none_or(|asked| asked == one.service_managed)
            && self.tags.matches(&one.tags)
    }
}

/// Reads a field that has one of a few values.
fn one_of<'a>(call: &Call<'a>, field: &str, values: &[&str]) -> Result<Option<&'a str>, ApiError> {
    let text = call.fields.text(field);
    if text.is_some_and(|text| !values.contains(&text)) {
        return Err(ApiError::invalid(field));
    }
    Ok(text)
}

fn address<T: std::str::FromStr>(field: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::invalid(field))
}

fn addresses<T: std::str::FromStr>(call: &Call<'_>, field: &str) -> Result<Vec<T>, ApiError> {
    let texts = ids(call, field)?;
    texts.into_iter().map(|text| address(field, text)).collect()
}
