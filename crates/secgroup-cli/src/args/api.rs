//! Arguments of the commands that simulate an account: `serve` and `apply`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use secgroup_ecs::ApiFlags;
use secgroup_model::{AccountId, Semantics};

use super::{CommonArguments, Format, Limits};
use crate::failure::Failure;

/// The simulated account.
#[derive(Debug, Args)]
pub(crate) struct CloudArguments {
    /// A flag of the API or of evaluation, such as profile=current or
    /// api.revoke_missing=success.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The value of a parameter of a ROS template in --config.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    /// The quotas of the account; those of the profile unless given.
    #[arg(long, value_enum)]
    limits: Option<Limits>,
    /// The account (AliUid) that calls, and that owns what names no owner.
    #[arg(long, value_name = "ID", default_value = "1234567890123456", value_parser = account)]
    pub(crate) account: AccountId,
    /// The region of what names no region.
    #[arg(long, value_name = "ID", default_value = "cn-hangzhou", value_parser = region)]
    pub(crate) region: String,
}

impl CloudArguments {
    /// Reads the flags, those of the API and those of evaluation.
    pub(crate) fn flags(&self) -> Result<(ApiFlags, Semantics), Failure> {
        let (mut api, mut semantics) = (ApiFlags::default(), Semantics::default());
        // A profile sets other flags, too, so it comes first.
        let profile = |setting: &&String| setting.starts_with("profile=");
        let (first, rest): (Vec<_>, Vec<_>) = self.set.iter().partition(profile);
        for setting in first.into_iter().chain(rest) {
            let Some((name, value)) = setting.split_once('=') else {
                let message = format!("--set {setting}: expected NAME=VALUE");
                return Err(Failure::usage(message));
            };
            let set = if Semantics::FLAGS.contains(&name) {
                semantics.set(name, value)
            } else if ApiFlags::FLAGS.contains(&name) {
                api.set(name, value)
            } else {
                let known = [ApiFlags::FLAGS.as_slice(), &Semantics::FLAGS].concat();
                let message = format!(
                    "--set: unknown flag `{name}`; the flags are {}",
                    known.join(", ")
                );
                return Err(Failure::usage(message));
            };
            set.map_err(|error| Failure::usage(format!("--set: {error}")))?;
        }
        if let Some(limits) = self.limits {
            api.limits = limits.into();
        }
        Ok((api, semantics))
    }
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
The endpoint speaks HTTP and TLS on the same port. Clients that insist on TLS
trust it with the certificate of --ca-file, for example SSL_CERT_FILE=FILE.
Without --access-key every key is accepted. Besides the operations of ECS there
are SecgroupCheckFlow (would this flow be allowed now?), SecgroupSetAttributes,
and GET /healthz. A line on standard error tells of each request, unless -q is
given.

With --state the whole state is written before a change is acknowledged. When
the file exists it is what is served, and --config is not read.

Examples:
  secgroup serve --config data/demo/fleet.json --state demo-state.json
  secgroup serve --listen 127.0.0.1:0 --access-key testId:testSecret --set profile=current")]
pub(crate) struct ServeArguments {
    /// Where to listen; port 0 is any free one. May be repeated.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8181")]
    pub(crate) listen: Vec<SocketAddr>,
    /// What the account has at the start: snapshot files, as for check.
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Vec<PathBuf>,
    /// Where the state is kept.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Write the state at most this often, instead of before each answer: a
    /// crash loses what came since.
    #[arg(long, value_name = "SECONDS", requires = "state")]
    pub(crate) state_interval: Option<u64>,
    /// A key that is accepted, perhaps of another account. May be repeated;
    /// SECGROUP_ACCESS_KEYS holds several, separated by spaces.
    #[arg(
        long,
        value_name = "ID:SECRET[:ACCOUNT]",
        env = "SECGROUP_ACCESS_KEYS",
        value_delimiter = ' ',
        hide_env_values = true
    )]
    pub(crate) access_key: Vec<String>,
    /// Where the certificate that clients trust is kept; its key is kept beside
    /// it. In the user's state folder unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cloud: CloudArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// Arguments of `apply`.
#[derive(Debug, Args)]
#[command(after_help = "\
A file of calls has one call a line. In JSON: {\"Action\":\"JoinSecurityGroup\",
\"SecurityGroupId\":\"sg-1\",\"InstanceId\":\"i-1\"}, with lists as lists. Or as a
command line of the CLI: aliyun ecs JoinSecurityGroup --SecurityGroupId sg-1
--InstanceId i-1. A call can use what an earlier one returned: \"As\":\"web\", or
# as web behind a command line, names a call, ${web.SecurityGroupId} is a value
of its answer. Empty lines and lines that begin with # say nothing.

All calls are made, also behind one that fails, unless --fail-fast is given.
Exit code: 0 all succeeded, 1 some failed.

Examples:
  secgroup apply --config data/demo data/demo/calls.jsonl --dry-run
  secgroup apply --config data/demo data/demo/calls.jsonl --then-check data/demo/flows.csv")]
pub(crate) struct ApplyArguments {
    /// Files of calls; `-` is standard input.
    #[arg(value_name = "CALLS", required = true)]
    pub(crate) calls: Vec<PathBuf>,
    /// What the account has at the start: snapshot files, as for check.
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Vec<PathBuf>,
    /// The state of the account, which the calls change. Where there is none
    /// yet, --config is what they begin with.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Write the state to another file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Tell which calls would fail, and keep nothing.
    #[arg(long, conflicts_with = "save")]
    pub(crate) dry_run: bool,
    /// End at the first call that fails.
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Show the flows of a CSV file whose verdict the calls change. May be
    /// repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) then_check: Vec<PathBuf>,
    /// Count the records of a capture or flow list whose verdict the calls
    /// change, by what decides before and after. May be repeated.
    #[arg(long, value_name = "INPUT")]
    pub(crate) then_replay: Vec<PathBuf>,
    /// The time of the calls, such as 2026-01-31T23:59:59Z; now unless given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<i64>,
    #[command(flatten)]
    pub(crate) cloud: CloudArguments,
    /// The form of the result.
    #[arg(long, value_parser = answers(), default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write the result to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

impl ApplyArguments {
    /// Returns the time of the calls in seconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        self.at
            .unwrap_or_else(|| jiff::Timestamp::now().as_second())
    }
}

/// Reads the form of answers, which are no table.
fn answers() -> impl TypedValueParser<Value = Format> {
    let forms = Format::value_variants().iter();
    let forms = forms.filter(|form| **form != Format::Csv);
    let names = forms.filter_map(Format::to_possible_value);
    let parser = PossibleValuesParser::new(names.collect::<Vec<_>>());
    parser.try_map(|text| Format::from_str(&text, false))
}

fn time(text: &str) -> Result<i64, String> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(|time| time.as_second())
        .map_err(|_| "expected a time such as 2026-01-31T23:59:59Z".to_owned())
}

/// Reads an account by its AliUid, which is a number.
pub(crate) fn account(text: &str) -> Result<AccountId, String> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("an account is an AliUid, a number such as 1234567890123456".to_owned());
    }
    AccountId::new(text).map_err(|error| error.to_string())
}

/// Reads the name of a region, known or not.
fn region(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || !text.bytes().all(allowed) {
        return Err("expected a region such as cn-hangzhou".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_a_number_and_a_region_has_a_name() {
        assert!(account("1234567890123456").is_ok());
        for wrong in ["abc", "12a", "-1", "", "1 2", &"1".repeat(101)] {
            assert!(account(wrong).is_err(), "{wrong}");
        }
        assert!(region("cn-hangzhou").is_ok());
        assert!(region("us-east-1").is_ok());
        for wrong in ["", " ", "cn hangzhou", "CN-HANGZHOU", "cn-hangzhou\n"] {
            assert!(region(wrong).is_err(), "{wrong}");
        }
    }
}
