//! The calls about regions, zones and accounts.

use serde_json::json;

use super::{World, ids};

#[test]
fn regions_are_listed_with_names_in_three_languages() {
    let mut world = World::new();
    for (language, name) in [
        ("", "华东1（杭州）"),
        ("AcceptLanguage=zh-CN", "华东1（杭州）"),
        ("AcceptLanguage=en-US", "China (Hangzhou)"),
        ("AcceptLanguage=ja", "中国 (杭州)"),
    ] {
        let body = world.ok("DescribeRegions", language);
        let rows = body["Regions"]["Region"].as_array().unwrap();
        let hangzhou = rows
            .iter()
            .find(|row| row["RegionId"] == "cn-hangzhou")
            .unwrap();
        let wanted = json!({"LocalName": name, "RegionId": "cn-hangzhou",
            "RegionEndpoint": "ecs.cn-hangzhou.aliyuncs.com", "Status": "available"});
        assert_eq!(*hangzhou, wanted);
    }
    let wanted = "404 InvalidAcceptLanguage.NotFound";
    assert_eq!(world.code("DescribeRegions", "AcceptLanguage=de"), wanted);
}

#[test]
fn zones_are_those_of_the_region_also_of_a_new_one() {
    let mut world = World::new();
    let mut zones = |region: &str| {
        let body = world.ok(
            "DescribeZones",
            &format!("RegionId={region} AcceptLanguage=en-US"),
        );
        let rows = &body["Zones"]["Zone"];
        (
            ids(rows, "ZoneId").join(" "),
            ids(rows, "LocalName").join(", "),
        )
    };
    let named = |ids: &str, names: &str| (ids.to_owned(), names.to_owned());
    assert_eq!(
        zones("cn-qingdao"),
        named(
            "cn-qingdao-b cn-qingdao-c",
            "China (Qingdao) Zone B, China (Qingdao) Zone C"
        )
    );
    assert_eq!(
        zones("us-west-1"),
        named(
            "us-west-1a us-west-1b",
            "US (Silicon Valley) Zone A, US (Silicon Valley) Zone B"
        )
    );
    assert_eq!(
        zones("cn-lhasa"),
        named(
            "cn-lhasa-a cn-lhasa-b cn-lhasa-c",
            "cn-lhasa Zone A, cn-lhasa Zone B, cn-lhasa Zone C"
        )
    );
}

#[test]
fn zones_say_what_can_be_made_in_them_unless_told_not_to() {
    let mut world = World::new();
    let body = world.ok("DescribeZones", "RegionId=cn-qingdao");
    let zone = &body["Zones"]["Zone"][0];
    let resources = json!({"ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]});
    assert_eq!(zone["AvailableResourceCreation"], resources);
    assert_eq!(zone["ZoneType"], "AvailabilityZone");
    let disks = &zone["AvailableResources"]["ResourcesInfo"][0]["SystemDiskCategories"];
    assert_eq!(disks["supportedSystemDiskCategory"][0], "cloud_efficiency");
    let body = world.ok("DescribeZones", "RegionId=cn-qingdao Verbose=False");
    let zone = &body["Zones"]["Zone"][0];
    assert_eq!(
        zone["AvailableResourceCreation"],
        json!({"ResourceTypes": []})
    );
    assert_eq!(zone["AvailableResources"], json!({"ResourcesInfo": []}));
}

#[test]
fn what_no_zone_can_be_asked_for_is_refused() {
    let mut world = World::new();
    for (parameters, wanted) in [
        ("", "400 MissingParameter.RegionId"),
        ("RegionId=nowhere", "404 InvalidRegionId.NotFound"),
        (
            "RegionId=cn-hangzhou InstanceChargeType=Free",
            "404 InvalidInstanceChargeType.NotFound",
        ),
        (
            "RegionId=cn-hangzhou SpotStrategy=Cheap",
            "400 InvalidSpotStrategy",
        ),
        (
            "RegionId=cn-hangzhou AcceptLanguage=de",
            "404 InvalidAcceptLanguage.NotFound",
        ),
    ] {
        assert_eq!(
            world.code("DescribeZones", parameters),
            wanted,
            "{parameters}"
        );
    }
    let paid = "RegionId=cn-hangzhou InstanceChargeType=PostPaid SpotStrategy=NoSpot";
    world.ok("DescribeZones", paid);
}

#[test]
fn attributes_of_the_account_are_those_that_are_simulated() {
    let mut world = World::with(&[("api.classic", "on")]);
    let body = world.ok("DescribeAccountAttributes", "RegionId=cn-hangzhou");
    let rows = &body["AccountAttributeItems"]["AccountAttributeItem"];
    let names = [
        "instance-network-type",
        "max-elastic-network-interfaces",
        "max-security-groups",
        "real-name-authentication",
    ];
    assert_eq!(ids(rows, "AttributeName"), names);
    let types = &rows[0]["AttributeValues"]["ValueItem"];
    assert_eq!(ids(types, "Value"), ["vpc", "classic"]);
    let asked = "RegionId=cn-hangzhou AttributeName.1=max-security-groups AttributeName.2=x";
    let body = world.ok("DescribeAccountAttributes", asked);
    let rows = &body["AccountAttributeItems"]["AccountAttributeItem"];
    let value = json!({"DiskCategory": "", "ExpiredTime": "", "InstanceChargeType": "",
        "InstanceType": "", "Value": secgroup_ecs::MAX_OBJECTS.to_string(), "ZoneId": ""});
    assert_eq!(
        *rows,
        json!([{"AttributeName": "max-security-groups",
                "AttributeValues": {"ValueItem": [value]}}])
    );
    let wanted = "400 MissingParameter.RegionId";
    assert_eq!(world.code("DescribeAccountAttributes", ""), wanted);
    let asked = |count: usize| {
        let names = (1..=count).map(|n| format!(" AttributeName.{n}=a{n}"));
        format!("RegionId=cn-hangzhou{}", names.collect::<String>())
    };
    world.ok("DescribeAccountAttributes", &asked(8));
    let wanted = "400 InvalidParameter";
    assert_eq!(world.code("DescribeAccountAttributes", &asked(9)), wanted);
}
