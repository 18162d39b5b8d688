//! What `pulumi stack export` prints (6.4): the resources of the Terraform
//! provider, in camel case.

use std::rc::Rc;

use secgroup_model::Escaped;

use crate::findings::{Findings, Origin};
use crate::terraform::address::Address;
use crate::terraform::resource::{Resource, Spelling, is_hidden};
use crate::terraform::state::check_once;
use crate::value::Value;

/// The types that are modelled, with their Terraform names.
const TYPES: [(&str, &str); 8] = [
    (
        "alicloud:ecs/securityGroup:SecurityGroup",
        "alicloud_security_group",
    ),
    (
        "alicloud:ecs/securityGroupRule:SecurityGroupRule",
        "alicloud_security_group_rule",
    ),
    (
        "alicloud:ecs/ecsNetworkInterface:EcsNetworkInterface",
        "alicloud_ecs_network_interface",
    ),
    (
        "alicloud:ecs/ecsNetworkInterfaceAttachment:EcsNetworkInterfaceAttachment",
        "alicloud_ecs_network_interface_attachment",
    ),
    (
        "alicloud:ecs/ecsPrefixList:EcsPrefixList",
        "alicloud_ecs_prefix_list",
    ),
    ("alicloud:ecs/instance:Instance", "alicloud_instance"),
    ("alicloud:vpc/network:Network", "alicloud_vpc"),
    ("alicloud:vpc/switch:Switch", "alicloud_vswitch"),
];

/// Reads an exported stack.
pub(crate) fn read<'v>(
    root: &'v Value,
    origin: &Origin,
    findings: &mut Findings,
) -> Vec<Resource<'v>> {
    let deployment = root.get("deployment");
    let list = deployment.and_then(|deployment| deployment.get("resources"));
    let mut resources = Vec::new();
    for resource in list.map_or(&[][..], Value::items) {
        let text = |name| resource.get(name).and_then(Value::text);
        let (Some(urn), Some(kind)) = (text("urn"), text("type")) else {
            let place = origin.part("deployment.resources", resource.at);
            findings.problem(&place, "a resource without urn or type");
            continue;
        };
        if !kind.starts_with("alicloud:") {
            continue;
        }
        let name = urn.rsplit("::").next().unwrap_or(urn);
        let place = Origin {
            file: origin.file,
            at: resource.at,
            path: Rc::from(Escaped(urn).to_string()),
        };
        let known = TYPES.iter().find(|(pulumi, _)| *pulumi == kind);
        let kind = known.map_or_else(|| snake(kind), |(_, terraform)| (*terraform).to_owned());
        // "Use `outputs`, else `inputs`" (6.4).
        let Some(attributes) = resource.get("outputs").or_else(|| resource.given("inputs")) else {
            continue;
        };
        if resource.get("delete").is_some_and(Value::is_true) {
            let message = "replaced, but not deleted yet; it still counts";
            findings.warning(&place, message);
        }
        resources.push(Resource {
            address: Address {
                modules: Vec::new(),
                resource: format!("{kind}.{name}"),
                index: None,
            },
            name: urn.to_owned(),
            kind,
            origin: place,
            attributes,
            unknown: None,
            spelling: Spelling::Camel,
        });
    }
    note_secrets(&resources, findings);
    check_once(&resources, findings);
    resources
}

/// Turns `alicloud:vpc/networkAcl:NetworkAcl` into `alicloud_network_acl`.
fn snake(kind: &str) -> String {
    let name = kind.rsplit(':').next().unwrap_or_default();
    let mut snake = "alicloud".to_owned();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// Says why secret values are not known.
fn note_secrets(resources: &[Resource<'_>], findings: &mut Findings) {
    for resource in resources {
        for (key, value) in resource.attributes.entries() {
            if is_hidden(value) && value.text().is_none() {
                let place = resource.origin.part(&key.text, value.at);
                findings.warning(&place, "a secret, so its value is not known here");
            }
        }
    }
}
