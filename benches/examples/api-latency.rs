//! Measures how long the endpoint takes to answer, in an account of a thousand
//! groups with two hundred rules each.
//!
//! One client calls over one connection that is kept. Each round opens a port,
//! asks whether it is open, describes the group and closes the port again; what
//! is asked must already be so, or the run fails.

use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use secgroup_ecs::{ApiFlags, Cloud, Parameters, Product, Request};
use secgroup_model::{AccountId, Semantics};
use secgroup_server::{Durability, Options, Server, StateFile, stop_signal};
use serde_json::Value;

/// The account that calls.
const ACCOUNT: &str = "1234567890123456";

/// How many rules one call may add (4.2).
const BATCH: usize = 100;

/// Prints the latency of calls as a table.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many groups there are.
    #[arg(long, default_value_t = 1_000)]
    groups: usize,
    /// How many rules each has.
    #[arg(long, default_value_t = 200)]
    rules: usize,
    /// How many rounds are timed.
    #[arg(long, default_value_t = 1_000)]
    rounds: usize,
    /// Keep the state in this file, before each change is answered.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Keep it at this interval instead.
    #[arg(long, value_name = "SECONDS", requires = "state")]
    interval: Option<u64>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (mut cloud, ids) = account(arguments.groups, arguments.rules)?;
    cloud.snapshot();
    let account = AccountId::new(ACCOUNT)?;
    let mut options = Options::new("127.0.0.1:0".parse()?, cloud, account);
    options.state = match &arguments.state {
        None => None,
        Some(path) => {
            let durability = arguments.interval.map_or(Durability::Durable, |seconds| {
                Durability::Interval(Duration::from_secs(seconds))
            });
            Some(StateFile::open(path, durability)?)
        }
    };
    let bound = Server::bind(options).context("binding the server")?;
    let url = format!("http://{}/", bound.addresses()[0]);
    let (stop, stopped) = stop_signal();
    let server = thread::spawn(move || bound.run_blocking(stopped));
    let measured = measure(&url, &ids, arguments.rounds);
    stop.stop();
    server.join().expect("the server does not panic")?;
    for (name, mut times) in measured? {
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
        let (half, most) = (at(50), at(99));
        writeln!(
            stdout(),
            "{name:<40} p50 {half:>8.3} ms   p99 {most:>8.3} ms"
        )?;
    }
    Ok(())
}

/// Makes an account: a cloud, with an interface in each group, and the ids of
/// groups and instances.
fn account(groups: usize, rules: usize) -> anyhow::Result<(Cloud, Vec<(String, String)>)> {
    let mut cloud = Cloud::new(ApiFlags::default(), Semantics::default());
    let mut call = |product, action: &str, parameters: Vec<(String, String)>| {
        let answer = cloud.answer(&Request {
            product,
            action: action.to_owned(),
            parameters: Parameters::from_iter(parameters),
            account: AccountId::new(ACCOUNT).expect("digits are an id"),
            now: 0,
            request_id: String::new(),
        });
        ensure!(answer.succeeded(), "{action}: {}", answer.body);
        Ok(answer.body)
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let region = [("RegionId", "cn-hangzhou")];
        let all = region.iter().chain(pairs);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let text = |body: &Value, field: &str| body[field].as_str().unwrap_or_default().to_owned();
    let vpc = call(
        Product::Vpc,
        "CreateVpc",
        pairs(&[("CidrBlock", "10.0.0.0/8")]),
    )?;
    let vpc = text(&vpc, "VpcId");
    let vswitch = pairs(&[
        ("VpcId", &vpc),
        ("ZoneId", "cn-hangzhou-h"),
        ("CidrBlock", "10.0.0.0/16"),
    ]);
    let vswitch = text(&call(Product::Vpc, "CreateVSwitch", vswitch)?, "VSwitchId");
    let mut ids = Vec::new();
    for number in 0..groups {
        let group = call(
            Product::Ecs,
            "CreateSecurityGroup",
            pairs(&[("VpcId", &vpc)]),
        )?;
        let group = text(&group, "SecurityGroupId");
        // One rule less than there will be: each round adds one.
        for first in (0..rules - 1).step_by(BATCH) {
            let mut permissions = pairs(&[("SecurityGroupId", &group)]);
            for (n, rule) in (first..(first + BATCH).min(rules - 1)).enumerate() {
                let mut add = |field: &str, value: String| {
                    permissions.push((format!("Permissions.{}.{field}", n + 1), value));
                };
                add("IpProtocol", "TCP".to_owned());
                add("PortRange", format!("{0}/{0}", 1000 + rule));
                add(
                    "SourceCidrIp",
                    format!("172.16.{}.{}", number % 256, rule % 256),
                );
            }
            call(Product::Ecs, "AuthorizeSecurityGroup", permissions)?;
        }
        let launch = pairs(&[
            ("VSwitchId", &vswitch),
            ("SecurityGroupId", &group),
            ("InstanceType", "ecs.g7.large"),
            ("ImageId", "aliyun_3_x64_20G_alibase_20240819.vhd"),
        ]);
        let made = call(Product::Ecs, "RunInstances", launch)?;
        let instance = made["InstanceIdSets"]["InstanceIdSet"][0].as_str();
        ids.push((group, instance.context("no instance was made")?.to_owned()));
    }
    Ok((cloud, ids))
}

type Measured = Vec<(&'static str, Vec<Duration>)>;

/// Times the calls of each round.
fn measure(url: &str, ids: &[(String, String)], rounds: usize) -> anyhow::Result<Measured> {
    let agent = ureq::Agent::new_with_defaults();
    let call = |action: &str, more: &[(&str, &str)]| -> anyhow::Result<(Value, Duration)> {
        let common = [
            ("Action", action),
            ("Version", "2014-05-26"),
            ("Format", "JSON"),
            ("RegionId", "cn-hangzhou"),
        ];
        let form: Vec<(&str, &str)> = common.iter().chain(more).copied().collect();
        let start = Instant::now();
        let body = agent.post(url).send_form(form)?.body_mut().read_to_vec()?;
        let elapsed = start.elapsed();
        Ok((serde_json::from_slice(&body)?, elapsed))
    };
    let (mut authorize, mut visible, mut ask) = (Vec::new(), Vec::new(), Vec::new());
    let (mut describe, mut revoke) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let (group, instance) = &ids[round * 7919 % ids.len()];
        let rule = [
            ("SecurityGroupId", group.as_str()),
            ("IpProtocol", "TCP"),
            ("PortRange", "443/443"),
            ("SourceCidrIp", "198.51.100.0/24"),
        ];
        let flow = [
            ("From", "198.51.100.7"),
            ("To", instance),
            ("Protocol", "tcp"),
            ("Port", "443"),
        ];
        let (_, elapsed) = call("AuthorizeSecurityGroup", &rule)?;
        authorize.push(elapsed);
        let (answer, elapsed) = call("SecgroupCheckFlow", &flow)?;
        ensure!(answer["verdict"] == "accept", "round {round}: {answer}");
        visible.push(elapsed);
        let (_, elapsed) = call("SecgroupCheckFlow", &flow)?;
        ask.push(elapsed);
        let described = [("SecurityGroupId", group.as_str())];
        let (_, elapsed) = call("DescribeSecurityGroupAttribute", &described)?;
        describe.push(elapsed);
        let (_, elapsed) = call("RevokeSecurityGroup", &rule)?;
        revoke.push(elapsed);
        let (answer, _) = call("SecgroupCheckFlow", &flow)?;
        ensure!(answer["verdict"] == "drop", "round {round}: {answer}");
    }
    Ok(vec![
        ("AuthorizeSecurityGroup", authorize),
        ("SecgroupCheckFlow, first after a change", visible),
        ("SecgroupCheckFlow, again", ask),
        ("DescribeSecurityGroupAttribute", describe),
        ("RevokeSecurityGroup", revoke),
    ])
}
