//! Rules: the row that the API shows, and what it means.

use secgroup_model::{
    Action, DestinationPorts, Direction, NicType, Origin, Peer, PortListId, PortRange, Prefix,
    PrefixListId, Priority, Protocol, Rule, RuleId, SecurityGroupId, Service, Shown, SourcePorts,
};
use serde::{Deserialize, Serialize};

use super::Time;

/// A rule as DescribeSecurityGroupAttribute shows it: every field is there, and
/// empty where it is not set (5.7.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Permission {
    pub(crate) security_group_rule_id: String,
    /// `ingress` or `egress`.
    pub(crate) direction: String,
    /// Upper case (2.4.2).
    pub(crate) ip_protocol: String,
    pub(crate) port_range: String,
    pub(crate) source_port_range: String,
    pub(crate) port_range_list_id: String,
    pub(crate) port_range_list_name: String,
    /// IPv4 as it was written, host bits and all (2.5.1).
    pub(crate) source_cidr_ip: String,
    /// IPv6 compressed, not masked (2.5.2).
    pub(crate) ipv6_source_cidr_ip: String,
    pub(crate) source_group_id: String,
    pub(crate) source_group_name: String,
    /// Empty for a group of the same account.
    pub(crate) source_group_owner_account: String,
    pub(crate) source_prefix_list_id: String,
    pub(crate) source_prefix_list_name: String,
    pub(crate) dest_cidr_ip: String,
    pub(crate) ipv6_dest_cidr_ip: String,
    pub(crate) dest_group_id: String,
    pub(crate) dest_group_name: String,
    pub(crate) dest_group_owner_account: String,
    pub(crate) dest_prefix_list_id: String,
    pub(crate) dest_prefix_list_name: String,
    /// `Accept` or `Drop`.
    pub(crate) policy: String,
    pub(crate) priority: String,
    /// `intranet` or `internet`.
    pub(crate) nic_type: String,
    pub(crate) description: String,
    pub(crate) create_time: String,
}

/// A rule of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Permission", into = "Permission")]
pub(crate) struct StoredRule {
    /// What it says.
    pub(crate) row: Permission,
    /// What it means.
    // INVARIANT: this is what `row` means; `TryFrom` sees to it.
    pub(crate) rule: Rule,
}

impl StoredRule {
    /// Gives the rule its id and the time at which it was made.
    pub(crate) fn enter(&mut self, id: &str, created: Time) {
        id.clone_into(&mut self.row.security_group_rule_id);
        self.row.create_time = created.to_string();
        // Ids from `Names` are well formed; no rule is worse off without one.
        self.rule.id = RuleId::new(id).ok();
        self.rule.created = Some(created.0);
    }
}

impl StoredRule {
    /// Gives the rule another description.
    pub(crate) fn describe(&mut self, description: String) {
        self.rule.description = Some(description.clone()).filter(|text| !text.is_empty());
        self.row.description = description;
    }

    /// Takes over the id and the time of `old`, in whose place the rule is.
    pub(crate) fn keep_identity_of(&mut self, old: &Self) {
        self.row
            .security_group_rule_id
            .clone_from(&old.row.security_group_rule_id);
        self.row.create_time.clone_from(&old.row.create_time);
        self.rule.id.clone_from(&old.rule.id);
        self.rule.created = old.rule.created;
    }
}

impl From<StoredRule> for Permission {
    fn from(stored: StoredRule) -> Self {
        stored.row
    }
}

/// A row that is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule `{}`: {field} `{}` is not valid", Shown(id), Shown(value))]
pub(crate) struct InvalidRow {
    id: String,
    field: &'static str,
    value: String,
}

impl TryFrom<Permission> for StoredRule {
    type Error = InvalidRow;

    fn try_from(row: Permission) -> Result<Self, InvalidRow> {
        let rule = row.meaning().map_err(|(field, value)| InvalidRow {
            id: row.security_group_rule_id.clone(),
            field,
            value: value.to_owned(),
        })?;
        Ok(Self { row, rule })
    }
}

/// A field of a row with the value that it cannot have.
type Invalid<'a> = (&'static str, &'a str);

impl Permission {
    /// Returns the prefix list that is the peer.
    pub(crate) fn prefix_list(&self) -> Option<&str> {
        let lists = [&self.source_prefix_list_id, &self.dest_prefix_list_id];
        lists
            .into_iter()
            .map(String::as_str)
            .find(|id| !id.is_empty())
    }

    /// Returns what the row means.
    fn meaning(&self) -> Result<Rule, Invalid<'_>> {
        let direction = match self.direction.as_str() {
            "ingress" => Direction::Ingress,
            "egress" => Direction::Egress,
            other => return Err(("Direction", other)),
        };
        let action = match self.policy.as_str() {
            "Accept" => Action::Accept,
            "Drop" => Action::Drop,
            other => return Err(("Policy", other)),
        };
        let nic = match self.nic_type.as_str() {
            "internet" => NicType::Internet,
            "intranet" => NicType::Intranet,
            other => return Err(("NicType", other)),
        };
        let (priority, created) = (&self.priority, &self.create_time);
        let priority = priority
            .parse()
            .ok()
            .and_then(|number| Priority::imported(number).ok());
        let (peer, local) = self.sides(direction)?;
        Ok(Rule {
            id: parsed("SecurityGroupRuleId", &self.security_group_rule_id, |id| {
                RuleId::new(id).ok()
            })?,
            direction,
            action,
            priority: priority.ok_or(("Priority", self.priority.as_str()))?,
            service: self.service()?,
            peer,
            local,
            nic,
            created: parsed("CreateTime", created, |text| {
                text.parse::<jiff::Timestamp>()
                    .ok()
                    .map(jiff::Timestamp::as_second)
            })?,
            description: Some(self.description.clone()).filter(|text| !text.is_empty()),
            origin: Origin::default(),
        })
    }

    fn service(&self) -> Result<Service, Invalid<'_>> {
        if self.ip_protocol.eq_ignore_ascii_case("all") {
            return Ok(Service::All);
        }
        let protocol: Protocol = self
            .ip_protocol
            .parse()
            .map_err(|_| ("IpProtocol", self.ip_protocol.as_str()))?;
        let list = parsed("PortRangeListId", &self.port_range_list_id, |id| {
            PortListId::new(id).ok()
        })?;
        let to = match (self.port_range.as_str(), list) {
            ("", Some(list)) => DestinationPorts::List(list),
            ("" | "-1/-1", _) => DestinationPorts::Any,
            (text, _) => {
                let range = PortRange::parse(text).map_err(|_| ("PortRange", text))?;
                DestinationPorts::Range(range)
            }
        };
        let from = match self.source_port_range.as_str() {
            "" | "-1/-1" => SourcePorts::Any,
            text => {
                let range = PortRange::parse(text).map_err(|_| ("SourcePortRange", text))?;
                SourcePorts::Range(range)
            }
        };
        Ok(Service::of(protocol, to, from))
    }

    /// Returns the far end and, where the rule restricts it, the near end: one
    /// is the source and the other the destination (2.2).
    fn sides(&self, direction: Direction) -> Result<(Peer, Option<Prefix>), Invalid<'_>> {
        let source = [
            ("SourceCidrIp", self.source_cidr_ip.as_str()),
            ("Ipv6SourceCidrIp", self.ipv6_source_cidr_ip.as_str()),
        ];
        let dest = [
            ("DestCidrIp", self.dest_cidr_ip.as_str()),
            ("Ipv6DestCidrIp", self.ipv6_dest_cidr_ip.as_str()),
        ];
        let (far, near, group, list) = match direction {
            Direction::Ingress => (
                source,
                dest,
                ("SourceGroupId", self.source_group_id.as_str()),
                ("SourcePrefixListId", self.source_prefix_list_id.as_str()),
            ),
            Direction::Egress => (
                dest,
                source,
                ("DestGroupId", self.dest_group_id.as_str()),
                ("DestPrefixListId", self.dest_prefix_list_id.as_str()),
            ),
        };
        let near = near.into_iter().find(|(_, text)| !text.is_empty());
        let near = near.map(prefix).transpose()?;
        let given = far.into_iter().find(|(_, text)| !text.is_empty());
        if let Some(far) = given {
            return Ok((Peer::Prefix(prefix(far)?), near));
        }
        let group = parsed(group.0, group.1, |id| SecurityGroupId::new(id).ok())?;
        if let Some(group) = group {
            return Ok((Peer::Group(group), near));
        }
        let id = parsed(list.0, list.1, |id| PrefixListId::new(id).ok())?;
        let list = id.ok_or(list)?;
        Ok((Peer::PrefixList(list), near))
    }
}

/// Reads a field that may be empty.
fn parsed<'a, T>(
    field: &'static str,
    text: &'a str,
    read: impl FnOnce(&'a str) -> Option<T>,
) -> Result<Option<T>, Invalid<'a>> {
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some).ok_or((field, text))
}

fn prefix((field, text): Invalid<'_>) -> Result<Prefix, Invalid<'_>> {
    let parsed = Prefix::parse(text).map_err(|_| (field, text))?;
    Ok(parsed.prefix)
}
