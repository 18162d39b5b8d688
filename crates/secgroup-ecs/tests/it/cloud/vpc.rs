//! VPCs, vSwitches and route tables, and the calls about regions.
//!
//! What Terraform reads of them is in the first tests of `vpcs` and `vswitches`;
//! the codes are those of the pages of the VPC API.

mod finding;
mod ipv6;
mod regional;
mod route_tables;
mod vpcs;
mod vswitches;

use secgroup_ecs::{Answer, Product};
use serde_json::Value;

use super::World;

/// Makes a call of the VPC API.
fn call(world: &mut World, action: &str, parameters: &str) -> Answer {
    let pairs = parameters.split_whitespace().map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.replace('+', " "))
    });
    world.send(Product::Vpc, action, pairs.collect())
}

/// Makes a call of the VPC API that must succeed, and returns its body.
fn ok(world: &mut World, action: &str, parameters: &str) -> Value {
    let answer = call(world, action, parameters);
    assert_eq!(
        answer.status, 200,
        "{action} {parameters}: {:#}",
        answer.body
    );
    answer.body
}

/// Makes a call of the VPC API that must fail, and returns `400 Code`.
fn code(world: &mut World, action: &str, parameters: &str) -> String {
    let answer = call(world, action, parameters);
    let code = answer.code();
    let code = code.unwrap_or_else(|| panic!("{action} {parameters}: {:#}", answer.body));
    format!("{} {code}", answer.status)
}

/// Makes a VPC in cn-hangzhou.
fn vpc(world: &mut World, parameters: &str) -> String {
    let parameters = format!("RegionId=cn-hangzhou {parameters}");
    let body = ok(world, "CreateVpc", &parameters);
    body["VpcId"].as_str().unwrap().to_owned()
}

/// Makes a vSwitch in zone h.
fn vswitch(world: &mut World, vpc: &str, parameters: &str) -> String {
    let parameters = format!("VpcId={vpc} ZoneId=cn-hangzhou-h {parameters}");
    let body = ok(world, "CreateVSwitch", &parameters);
    body["VSwitchId"].as_str().unwrap().to_owned()
}

/// Returns the ids in the rows of a list.
fn ids<'a>(rows: &'a Value, field: &str) -> Vec<&'a str> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row[field].as_str().unwrap()).collect()
}
