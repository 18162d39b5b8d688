//! A VPC with a vSwitch and a group, and short ways to put something in them.

use std::ops::{Deref, DerefMut};

use secgroup_ecs::Product;
use serde_json::Value;

use super::World;

pub(super) const REGION: &str = "RegionId=cn-hangzhou";

/// A world in which instances can be made.
pub(super) struct Stage {
    world: World,
    pub(super) vpc: String,
    /// 10.0.0.0/16 in zone h.
    pub(super) vswitch: String,
    /// A basic group of the VPC.
    pub(super) group: String,
}

impl Deref for Stage {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Stage {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl Drop for Stage {
    /// Whatever a test did, the state still means something for traffic.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.world.cloud.snapshot();
        }
    }
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(&[])
    }

    pub(super) fn with(flags: &[(&str, &str)]) -> Self {
        let mut stage = Self {
            world: World::with(flags),
            vpc: String::new(),
            vswitch: String::new(),
            group: String::new(),
        };
        stage.vpc = stage.new_vpc("");
        let vpc = stage.vpc.clone();
        stage.vswitch = stage.new_vswitch(&vpc, "10.0.0.0/16", "");
        stage.group = stage.new_group("");
        stage
    }

    /// Makes a call of the VPC API that must succeed, and returns one id.
    fn vpc_call(&mut self, action: &str, parameters: &str, field: &str) -> String {
        let pairs = parameters.split_whitespace().map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        });
        let answer = self.send(Product::Vpc, action, pairs.collect());
        assert_eq!(answer.status, 200, "{parameters}: {:#}", answer.body);
        answer.body[field].as_str().unwrap().to_owned()
    }

    pub(super) fn new_vpc(&mut self, parameters: &str) -> String {
        let parameters = format!("{REGION} CidrBlock=10.0.0.0/8 {parameters}");
        self.vpc_call("CreateVpc", &parameters, "VpcId")
    }

    /// Makes a vSwitch, in zone h unless the parameters say otherwise.
    pub(super) fn new_vswitch(&mut self, vpc: &str, block: &str, parameters: &str) -> String {
        let zone = if parameters.contains("ZoneId") {
            ""
        } else {
            "ZoneId=cn-hangzhou-h"
        };
        let parameters = format!("{REGION} VpcId={vpc} CidrBlock={block} {zone} {parameters}");
        self.vpc_call("CreateVSwitch", &parameters, "VSwitchId")
    }

    /// Makes a group in the VPC.
    pub(super) fn new_group(&mut self, parameters: &str) -> String {
        let vpc = self.vpc.clone();
        self.new_group_in(&vpc, parameters)
    }

    pub(super) fn new_group_in(&mut self, vpc: &str, parameters: &str) -> String {
        let parameters = format!("{REGION} VpcId={vpc} {parameters}");
        self.id("CreateSecurityGroup", &parameters, "SecurityGroupId")
    }

    /// Makes and starts an instance in the vSwitch, in the group unless the
    /// parameters name another.
    pub(super) fn new_instance(&mut self, parameters: &str) -> String {
        let call = self.launch(parameters);
        let body = self.ok("RunInstances", &call);
        let ids = body["InstanceIdSets"]["InstanceIdSet"].as_array().unwrap();
        ids[0].as_str().unwrap().to_owned()
    }

    /// Returns the parameters of a RunInstances call.
    pub(super) fn launch(&self, parameters: &str) -> String {
        let group = if parameters.contains("SecurityGroupId") {
            String::new()
        } else {
            format!("SecurityGroupId={}", self.group)
        };
        let vswitch = if parameters.contains("VSwitchId") {
            String::new()
        } else {
            format!("VSwitchId={}", self.vswitch)
        };
        format!("{REGION} ImageId=img InstanceType=ecs.g7.large {group} {vswitch} {parameters}")
    }

    /// Makes an interface in the vSwitch, in the group unless the parameters
    /// name another.
    pub(super) fn new_interface(&mut self, parameters: &str) -> String {
        let call = self.create(parameters);
        self.id("CreateNetworkInterface", &call, "NetworkInterfaceId")
    }

    /// Returns the parameters of a CreateNetworkInterface call.
    pub(super) fn create(&self, parameters: &str) -> String {
        let group = if parameters.contains("SecurityGroupId") {
            String::new()
        } else {
            format!("SecurityGroupId={}", self.group)
        };
        let vswitch = if parameters.contains("VSwitchId") {
            String::new()
        } else {
            format!("VSwitchId={}", self.vswitch)
        };
        format!("{REGION} {group} {vswitch} {parameters}")
    }

    /// Returns the row of an interface.
    pub(super) fn interface(&mut self, id: &str) -> Value {
        let asked = format!("{REGION} NetworkInterfaceId.1={id}");
        let body = self.ok("DescribeNetworkInterfaces", &asked);
        body["NetworkInterfaceSets"]["NetworkInterfaceSet"][0].clone()
    }

    /// Returns the row of an instance.
    pub(super) fn instance(&mut self, id: &str) -> Value {
        let asked = format!("{REGION} InstanceIds=[\"{id}\"]");
        let body = self.ok("DescribeInstances", &asked);
        body["Instances"]["Instance"][0].clone()
    }

    /// Returns the id of the primary interface of an instance.
    pub(super) fn primary(&mut self, instance: &str) -> String {
        let row = self.instance(instance);
        let id = &row["NetworkInterfaces"]["NetworkInterface"][0]["NetworkInterfaceId"];
        id.as_str().unwrap().to_owned()
    }

    /// Sets what the API cannot (SecgroupSetAttributes).
    pub(super) fn set(&mut self, id: &str, parameters: &str) {
        self.ok(
            "SecgroupSetAttributes",
            &format!("ResourceId={id} {parameters}"),
        );
    }
}

/// Returns the groups in the row of an interface or instance.
pub(super) fn groups(row: &Value) -> Vec<String> {
    texts(&row["SecurityGroupIds"]["SecurityGroupId"])
}

/// Returns a list of texts.
pub(super) fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().unwrap().iter();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}
