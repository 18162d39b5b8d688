//! DescribeInstances, DescribeInstanceAttribute and DescribeInstanceStatus
//! (6.1.4).

use serde_json::{Value, json};

use super::super::stage::{REGION, Stage, texts};

const DESCRIBE: &str = "DescribeInstances";

fn ids(body: &Value) -> Vec<String> {
    let rows = body["Instances"]["Instance"].as_array().unwrap().iter();
    rows.map(|row| row["InstanceId"].as_str().unwrap().to_owned())
        .collect()
}

fn found(stage: &mut Stage, asked: &str) -> Vec<String> {
    let body = stage.ok(DESCRIBE, &format!("{REGION} {asked}"));
    ids(&body)
}

#[test]
fn a_row_has_the_groups_of_the_primary_interface_and_no_others_6_1_4() {
    let mut stage = Stage::new();
    let other = stage.new_group("");
    let id = stage.new_instance("InstanceName=web NetworkInterface.1.NetworkInterfaceName=ab");
    let second = stage.instance(&id)["NetworkInterfaces"]["NetworkInterface"][1].clone();
    let second = second["NetworkInterfaceId"].as_str().unwrap();
    let join = format!("{REGION} NetworkInterfaceId={second} SecurityGroupId={other}");
    stage.ok("JoinSecurityGroup", &join);
    let row = stage.instance(&id);
    let (group, vswitch, vpc) = (
        stage.group.clone(),
        stage.vswitch.clone(),
        stage.vpc.clone(),
    );
    assert_eq!(row["SecurityGroupIds"]["SecurityGroupId"], json!([group]));
    assert_eq!(
        row["VpcAttributes"],
        json!({
            "VpcId": vpc, "VSwitchId": vswitch, "NatIpAddress": "",
            "PrivateIpAddress": { "IpAddress": ["10.0.0.1"] },
        })
    );
    assert_eq!(row["InstanceNetworkType"], "vpc");
    assert_eq!(row["InstanceTypeFamily"], "ecs.g7");
    assert_eq!(row["OperationLocks"], json!({ "LockReason": [] }));
    assert_eq!(row["PublicIpAddress"], json!({ "IpAddress": [] }));
    let interface = &row["NetworkInterfaces"]["NetworkInterface"][1];
    assert_eq!(interface["PrimaryIpAddress"], "10.0.0.2");
    assert!(interface.get("SecurityGroupIds").is_none());
    let attributes = stage.ok("DescribeInstanceAttribute", &format!("InstanceId={id}"));
    for field in [
        "InstanceId",
        "InstanceName",
        "SecurityGroupIds",
        "VpcAttributes",
        "Status",
    ] {
        assert_eq!(attributes[field], row[field], "{field}");
    }
    let code = stage.code("DescribeInstanceAttribute", "InstanceId=i-none");
    assert_eq!(code, "404 InvalidInstanceId.NotFound");
    stage.set(&id, "LockedForSecurity=true");
    let row = stage.instance(&id);
    let locks = json!({ "LockReason": [{ "LockReason": "security" }] });
    assert_eq!(row["OperationLocks"], locks);
}

/// A running instance, a stopped and locked one, and a classic one.
struct Found {
    stage: Stage,
    group: String,
    web: String,
    db: String,
    old: String,
}

fn three_instances() -> Found {
    let mut stage = Stage::with(&[("api.classic", "on")]);
    let group = stage.new_group("");
    let web = stage.new_instance(&format!(
        "SecurityGroupId={group} InstanceName=web-1 ResourceGroupId=rg-1 Tag.1.Key=env \
         Tag.1.Value=prod PrivateIpAddress=10.0.0.9"
    ));
    stage.now += 60;
    let db = stage.new_instance("InstanceName=db-1 InstanceType=ecs.r7.large ImageId=linux");
    stage.ok("StopInstance", &format!("InstanceId={db}"));
    stage.set(&db, "LockedForSecurity=true");
    let old = stage.id("CreateSecurityGroup", REGION, "SecurityGroupId");
    let body = stage.ok(
        "RunInstances",
        &format!("{REGION} SecurityGroupId={old} ZoneId=cn-hangzhou-b"),
    );
    let old = texts(&body["InstanceIdSets"]["InstanceIdSet"]).remove(0);
    Found {
        stage,
        group,
        web,
        db,
        old,
    }
}

#[test]
fn instances_are_found_by_every_filter_6_1_4() {
    let Found {
        mut stage,
        group,
        web,
        db,
        old,
    } = three_instances();
    let (vpc, vswitch) = (stage.vpc.clone(), stage.vswitch.clone());
    let rows: Vec<(String, Vec<&String>)> = vec![
        (String::new(), vec![&web, &db, &old]),
        (
            format!("InstanceIds=[\"{db}\",\"{web}\",\"i-none\"]"),
            vec![&web, &db],
        ),
        ("InstanceIds=[]".to_owned(), vec![]),
        ("InstanceName=web-1".to_owned(), vec![&web]),
        ("InstanceName=*-1".to_owned(), vec![&web, &db]),
        (format!("SecurityGroupId={group}"), vec![&web]),
        (format!("VpcId={vpc}"), vec![&web, &db]),
        (format!("VSwitchId={vswitch}"), vec![&web, &db]),
        ("ZoneId=cn-hangzhou-b".to_owned(), vec![&old]),
        ("Status=Stopped".to_owned(), vec![&db]),
        ("LockReason=security".to_owned(), vec![&db]),
        ("LockReason=financial".to_owned(), vec![]),
        ("InstanceNetworkType=classic".to_owned(), vec![&old]),
        ("InstanceType=ecs.r7.large".to_owned(), vec![&db]),
        ("InstanceTypeFamily=ecs.g7".to_owned(), vec![&web]),
        ("ImageId=linux".to_owned(), vec![&db]),
        ("ResourceGroupId=rg-1".to_owned(), vec![&web]),
        ("Tag.1.Key=env".to_owned(), vec![&web]),
        ("PrivateIpAddresses=[\"10.0.0.9\"]".to_owned(), vec![&web]),
        ("InnerIpAddresses=[\"10.0.0.1\"]".to_owned(), vec![&old]),
        ("PublicIpAddresses=[\"42.1.1.1\"]".to_owned(), vec![]),
        (
            "InstanceChargeType=PostPaid".to_owned(),
            vec![&web, &db, &old],
        ),
        ("InstanceChargeType=PrePaid".to_owned(), vec![]),
        (
            "Filter.1.Key=CreationStartTime Filter.1.Value=2026-01-01T00:01Z".to_owned(),
            vec![&db, &old],
        ),
        (
            "Filter.1.Key=CreationEndTime Filter.1.Value=2026-01-01T00:00Z".to_owned(),
            vec![&web],
        ),
    ];
    for (asked, expected) in rows {
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(found(&mut stage, &asked), expected, "{asked}");
    }
    stage.account = "2222222222".to_owned();
    assert!(found(&mut stage, "").is_empty());
}

#[test]
fn filters_that_say_nothing_are_refused_6_1_4() {
    let mut stage = Stage::new();
    for (bad, code) in [
        ("InstanceIds=i-1", "400 InvalidParameter"),
        ("PrivateIpAddresses=[\"x\"]", "400 InvalidParameter"),
        ("Status=Sleeping", "404 InvalidStatus.NotFound"),
        ("InstanceNetworkType=x", "404 InvalidNetworkType.NotFound"),
        (
            "InstanceChargeType=x",
            "404 InvalidInstanceChargeType.NotFound",
        ),
        (
            "Filter.1.Key=x Filter.1.Value=2026-01-01T00:01Z",
            "404 InvalidFilterKey.NotFound",
        ),
        (
            "Filter.1.Key=CreationEndTime Filter.1.Value=now",
            "400 InvalidParameter",
        ),
        ("PageSize=101", "400 InvalidParameter"),
        ("DryRun=true", "400 DryRunOperation"),
    ] {
        let code_found = stage.code(DESCRIBE, &format!("{REGION} {bad}"));
        assert_eq!(code_found, code, "{bad}");
    }
    assert_eq!(stage.code(DESCRIBE, ""), "400 MissingParameter.RegionId");
}

#[test]
fn instances_come_in_pages_6_1_6() {
    let mut stage = Stage::new();
    let call = stage.launch("Amount=25");
    let body = stage.ok("RunInstances", &call);
    let all = texts(&body["InstanceIdSets"]["InstanceIdSet"]);
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let asked = format!("{REGION} MaxResults=10 NextToken={token}");
        let body = stage.ok(DESCRIBE, &asked);
        seen.extend(ids(&body));
        token = body["NextToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, all);
    let body = stage.ok(DESCRIBE, &format!("{REGION} PageNumber=2 PageSize=20"));
    assert_eq!(ids(&body), all[20..]);
    let body = stage.ok("DescribeInstanceStatus", &format!("{REGION} PageNumber=3"));
    let rows = body["InstanceStatuses"]["InstanceStatus"]
        .as_array()
        .unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        rows[0],
        json!({ "InstanceId": all[20], "Status": "Running" })
    );
    assert_eq!(
        (&body["TotalCount"], &body["PageSize"]),
        (&25.into(), &10.into())
    );
    let asked = format!("{REGION} InstanceId.1={} ZoneId=cn-hangzhou-h", all[3]);
    let body = stage.ok("DescribeInstanceStatus", &asked);
    assert_eq!(body["TotalCount"], 1);
    let code = stage.code("DescribeInstanceStatus", &format!("{REGION} PageSize=51"));
    assert_eq!(code, "400 InvalidParameter");
}
