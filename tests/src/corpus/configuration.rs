//! Configurations of cases, and how they look as ECS JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Groups, interfaces and prefix lists of a case.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// By id.
    pub groups: BTreeMap<String, Group>,
    /// By id.
    pub interfaces: BTreeMap<String, Interface>,
    /// Entries by id.
    pub prefix_lists: BTreeMap<String, Vec<String>>,
    /// Whether it is in the classic network rather than in `vpc-1`.
    pub classic: bool,
}

/// A group of a case.
#[derive(Clone, Debug)]
pub struct Group {
    /// `normal` or `enterprise`.
    pub kind: String,
    /// `Accept` or `Drop`; by kind when absent.
    pub inner: Option<String>,
    /// Rule texts; a deleted one leaves its number unused.
    pub rules: Vec<Option<String>>,
}

/// An interface of a case.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The ids of its groups.
    pub groups: Vec<String>,
    /// Addresses and delegated prefixes.
    pub addresses: Vec<String>,
    /// Its `UdpTimeout`.
    pub udp_timeout: Option<u64>,
}

impl Configuration {
    /// Writes the configuration as ECS JSON.
    #[must_use]
    pub fn to_ecs(&self) -> Value {
        let groups: Vec<Value> = self
            .groups
            .iter()
            .map(|(id, group)| self.group(id, group))
            .collect();
        let interfaces: Vec<Value> = self
            .interfaces
            .iter()
            .map(|(id, interface)| self.interface(id, interface))
            .collect();
        let lists = self.prefix_lists.iter().map(|(id, entries)| {
            let entries: Vec<Value> = entries.iter().map(|cidr| json!({"Cidr": cidr})).collect();
            json!({"PrefixListId": id, "Entries": {"Entry": entries}})
        });
        json!({
            "SecurityGroups": {"SecurityGroup": groups},
            "NetworkInterfaceSets": {"NetworkInterfaceSet": interfaces},
            "PrefixLists": {"PrefixList": lists.collect::<Vec<_>>()},
        })
    }

    /// Turns the id that [`Configuration::to_ecs`] gave a rule back into the
    /// words of a case: `sgr-sg-a--2` into `sg-a#2`.
    #[must_use]
    pub fn rule_in_words(id: &str) -> String {
        id.strip_prefix("sgr-").unwrap_or(id).replace("--", "#")
    }

    fn vpc(&self) -> &'static str {
        if self.classic { "" } else { "vpc-1" }
    }

    fn group(&self, id: &str, group: &Group) -> Value {
        let advanced = group.kind == "enterprise";
        let inner = group
            .inner
            .as_deref()
            .unwrap_or(if advanced { "Drop" } else { "Accept" });
        let numbered = (1..).zip(&group.rules);
        let rules =
            numbered.filter_map(|(number, text)| Some(permission(id, number, text.as_ref()?)));
        json!({
            "SecurityGroupId": id,
            "SecurityGroupType": group.kind,
            "InnerAccessPolicy": inner,
            "VpcId": self.vpc(),
            "Permissions": {"Permission": rules.collect::<Vec<_>>()},
        })
    }

    fn interface(&self, id: &str, interface: &Interface) -> Value {
        let (prefixes, single): (Vec<&String>, Vec<&String>) = interface
            .addresses
            .iter()
            .partition(|address| address.contains('/'));
        let of = |addresses: &[&String], v6: bool, key: &str| -> Vec<Value> {
            let own = addresses
                .iter()
                .filter(|address| address.contains(':') == v6);
            own.map(|address| json!({key: address})).collect()
        };
        let mut private = of(&single, false, "PrivateIpAddress");
        if let Some(first) = private.first_mut() {
            first["Primary"] = json!(true);
        }
        let mut value = json!({
            "NetworkInterfaceId": id,
            "VpcId": self.vpc(),
            "SecurityGroupIds": {"SecurityGroupId": interface.groups},
            "PrivateIpSets": {"PrivateIpSet": private},
            "Ipv6Sets": {"Ipv6Set": of(&single, true, "Ipv6Address")},
            "Ipv4PrefixSets": {"Ipv4PrefixSet": of(&prefixes, false, "Ipv4Prefix")},
            "Ipv6PrefixSets": {"Ipv6PrefixSet": of(&prefixes, true, "Ipv6Prefix")},
        });
        if let Some(seconds) = interface.udp_timeout {
            value["ConnectionTrackingConfiguration"] = json!({"UdpTimeout": seconds});
        }
        value
    }
}

/// Turns `in 1 accept TCP 22/22 0.0.0.0/0 sport=53/53 local=10.0.0.1` into an
/// ECS permission.
fn permission(group: &str, number: usize, text: &str) -> Value {
    let mut words = text.split_whitespace();
    let mut word = || {
        words
            .next()
            .unwrap_or_else(|| panic!("{group}#{number}: `{text}` is too short"))
    };
    let ingress = word() == "in";
    let (priority, policy, protocol, ports, peer) = (word(), word(), word(), word(), word());
    let (far, near) = if ingress {
        ("Source", "Dest")
    } else {
        ("Dest", "Source")
    };
    let mut value = json!({
        "SecurityGroupRuleId": format!("sgr-{group}--{number}"),
        "Direction": if ingress { "ingress" } else { "egress" },
        "Priority": priority,
        "Policy": policy,
        "IpProtocol": protocol,
        "PortRange": ports,
    });
    let key = match peer {
        group if group.starts_with("sg-") => format!("{far}GroupId"),
        list if list.starts_with("pl-") => format!("{far}PrefixListId"),
        cidr if cidr.contains(':') => format!("Ipv6{far}CidrIp"),
        _ => format!("{far}CidrIp"),
    };
    value[key] = json!(peer);
    for option in words {
        let (name, given) = option.split_once('=').unwrap_or((option, ""));
        let key = match name {
            "sport" => "SourcePortRange".to_owned(),
            "nic" => "NicType".to_owned(),
            "created" => "CreateTime".to_owned(),
            "local" if given.contains(':') => format!("Ipv6{near}CidrIp"),
            "local" => format!("{near}CidrIp"),
            _ => panic!("{group}#{number}: unknown option `{option}`"),
        };
        value[key] = json!(given);
    }
    value
}
