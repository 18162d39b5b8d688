//! Rules of a fleet file: `{policy: drop, proto: tcp, ports: 22, from: 0.0.0.0/0}`.

use secgroup_model::Shown;

use super::peer::Told;
use super::{Reader, names};
use crate::findings::Origin;
use crate::fleet::Rule;
use crate::row::Row;
use crate::value::{Kind, Value};

/// The fields of ECS for one end: blocks of both families, a group, a list,
/// the account of the group.
struct End {
    ipv4: &'static str,
    ipv6: &'static str,
    group: &'static str,
    list: &'static str,
    account: &'static str,
}

const SOURCE: End = End {
    ipv4: "SourceCidrIp",
    ipv6: "Ipv6SourceCidrIp",
    group: "SourceGroupId",
    list: "SourcePrefixListId",
    account: "SourceGroupOwnerId",
};

const DESTINATION: End = End {
    ipv4: "DestCidrIp",
    ipv6: "Ipv6DestCidrIp",
    group: "DestGroupId",
    list: "DestPrefixListId",
    account: "DestGroupOwnerId",
};

/// Writes ports as ECS does: `22` is `22/22`, `80-90` is `80/90`, `any` is
/// `-1/-1`.
pub(super) fn ports(text: &str) -> String {
    let text = text.trim();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if text == "any" {
        return "-1/-1".to_owned();
    }
    if digits(text) {
        return format!("{text}/{text}");
    }
    match text.split_once('-') {
        Some((first, last)) if digits(first) && digits(last) => format!("{first}/{last}"),
        _ => text.to_owned(),
    }
}

impl Reader<'_> {
    /// Reads the rules of one direction of a group.
    pub(super) fn rules(
        &mut self,
        group: &str,
        value: &Value,
        direction: &'static str,
        place: &Origin,
    ) {
        let Some(list) = value.get(direction) else {
            return;
        };
        let place = place.part(direction, list.at);
        if !matches!(list.kind, Kind::List(_)) {
            let message = format_args!("expected a list of rules, found {}", list.what());
            self.findings.problem(&place, message);
        }
        for (index, item) in list.items().iter().enumerate() {
            let place = place.item(index, item.at);
            if let Some(row) = self.rule(item, direction, &place) {
                self.fleet.rules.push(Rule {
                    group: group.to_owned(),
                    row,
                });
            }
        }
    }

    fn rule(&mut self, value: &Value, direction: &'static str, place: &Origin) -> Option<Row> {
        if !matches!(value.kind, Kind::Map(_)) {
            let message = format_args!(
                "expected a rule such as {{proto: tcp, ports: 22, {}: 10.0.0.0/8}}, found {}",
                if direction == "ingress" { "from" } else { "to" },
                value.what()
            );
            self.findings.problem(place, message);
            return None;
        }
        let (far, near, peer, other) = if direction == "ingress" {
            (SOURCE, DESTINATION, "from", "to")
        } else {
            (DESTINATION, SOURCE, "to", "from")
        };
        self.check_names(value, place, &names::RULE);
        let mut row = Row::new(place.clone());
        row.put("Direction", place.clone(), direction);
        for (field, name) in [
            ("SecurityGroupRuleId", "id"),
            ("Policy", "policy"),
            ("Priority", "priority"),
            ("IpProtocol", "proto"),
            ("PortRangeListId", "port_list"),
            ("NicType", "nic"),
            ("Description", "description"),
            ("CreateTime", "created"),
        ] {
            if let Some((text, origin)) = self.text(value, name, place) {
                row.put(field, origin, text);
            }
        }
        self.services(&mut row, value, place);
        if let Some(given) = value.get(other) {
            let message = format_args!("an {direction} rule has `{peer}`; its own end is `local`");
            self.findings.problem(&place.part(other, given.at), message);
        }
        let peer_is_known = self.peer(&mut row, value, peer, &far, place);
        if let Some((text, origin)) = self.text(value, "local", place) {
            let field = if text.contains(':') {
                near.ipv6
            } else {
                near.ipv4
            };
            row.put(field, origin, text);
        }
        peer_is_known.then_some(row)
    }

    /// Puts the ports; a protocol without ports needs none.
    fn services(&mut self, row: &mut Row, value: &Value, place: &Origin) {
        if let Some((text, origin)) = self.text(value, "source_ports", place) {
            row.put_for("SourcePortRange", origin, ports(&text), text);
        }
        match self.text(value, "ports", place) {
            Some((text, origin)) => row.put_for("PortRange", origin, ports(&text), text),
            None => {
                let protocol = row.text("IpProtocol").unwrap_or_default();
                let has_ports = ["tcp", "udp", "6", "17"]
                    .iter()
                    .any(|with| with.eq_ignore_ascii_case(protocol));
                if !has_ports {
                    row.put("PortRange", place.clone(), "-1/-1");
                }
            }
        }
    }

    /// Puts the far end: a block, a group or a prefix list. Returns whether it
    /// can be told what it is.
    fn peer(
        &mut self,
        row: &mut Row,
        value: &Value,
        name: &str,
        end: &End,
        place: &Origin,
    ) -> bool {
        let Some(given) = value.get(name) else {
            let message = format_args!(
                "the rule has no `{name}`; expected an address block, a group or a prefix list"
            );
            self.findings.problem(place, message);
            return false;
        };
        let told = match &given.kind {
            Kind::Map(_) => self.told_peer(given, name, place),
            _ => self.text(value, name, place).and_then(|(text, origin)| {
                let kind = self.peer_kind(&text, &origin)?;
                Some((kind, text, origin))
            }),
        };
        let Some((kind, text, origin)) = told else {
            return false;
        };
        let field = match kind {
            Told::Ipv4 => end.ipv4,
            Told::Ipv6 => end.ipv6,
            Told::Group => end.group,
            Told::PrefixList => end.list,
        };
        row.put(field, origin, text);
        if let Some((account, origin)) = self.text(value, "account", place) {
            row.put(end.account, origin, account);
        }
        true
    }

    /// Reads a far end that says what it is, as `{group: web}`.
    fn told_peer(
        &mut self,
        value: &Value,
        name: &str,
        place: &Origin,
    ) -> Option<(Told, String, Origin)> {
        let place = place.part(name, value.at);
        self.check_names(value, &place, &names::PEER);
        let group = self.text(value, "group", &place);
        let list = self.text(value, "prefix_list", &place);
        match (group, list) {
            (Some((text, origin)), None) => Some((Told::Group, text, origin)),
            (None, Some((text, origin))) => Some((Told::PrefixList, text, origin)),
            _ => {
                let message = "expected one group or one prefix_list, as {group: web}";
                self.findings.problem(&place, message);
                None
            }
        }
    }

    /// Tells by its form what a far end is.
    fn peer_kind(&mut self, text: &str, origin: &Origin) -> Option<Told> {
        let (groups, lists) = (&self.groups, &self.prefix_lists);
        let told = Told::of(text, groups.contains(text), lists.contains(text));
        if told.is_none() {
            let message = format_args!(
                "`{0}` is neither an address block nor the id of a group or prefix list here; \
                 everybody is 0.0.0.0/0 and ::/0, one rule each, and what another file defines \
                 is {{group: ID}} or {{prefix_list: ID}}",
                Shown(text)
            );
            self.findings.problem(origin, message);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::ports;

    #[test]
    fn ports_are_written_as_ecs_does_2_6() {
        for (given, written) in [
            ("22", "22/22"),
            ("80-90", "80/90"),
            ("80/90", "80/90"),
            ("any", "-1/-1"),
            ("-1/-1", "-1/-1"),
            ("22,80", "22,80"),
            ("-5", "-5"),
            ("", ""),
        ] {
            assert_eq!(ports(given), written);
        }
    }
}
