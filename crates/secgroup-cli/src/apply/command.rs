//! A call as a command line of the `aliyun` CLI:
//! `aliyun ecs JoinSecurityGroup --SecurityGroupId sg-1 --InstanceId i-1`.
//!
//! Options that begin with a capital letter are parameters. The others are for
//! the CLI itself: `--region` and `--version` say something about the call;
//! how it would travel and be shown (endpoint, keys, timeouts, output) does not
//! matter here; what would make another call of it is a fault.
//!
//! As the CLI does, a value that begins with `-` is taken for an option unless
//! it stands behind `=` (6.1.7); only its newest versions try harder.

use secgroup_ecs::Product;
use secgroup_model::Shown;

use super::draft::Draft;
use super::shell::{Cut, Fault, Word};
use super::template::{Names, Template};

/// Options of the CLI that have no value and do not matter.
const SWITCHES: [&str; 6] = [
    "secure",
    "insecure",
    "force",
    "quiet",
    "skip-secure-verify",
    "vpc",
];

/// Options of the CLI that have a value and do not matter.
const SETTINGS: [&str; 30] = [
    "accept",
    "access-key-id",
    "access-key-secret",
    "bearer-token",
    "cli-query",
    "cloud-sso-access-config",
    "cloud-sso-account-id",
    "cloud-sso-sign-in-url",
    "config-path",
    "connect-timeout",
    "endpoint",
    "endpoint-type",
    "expired-seconds",
    "external-id",
    "key-pair-name",
    "language",
    "method",
    "mode",
    "oidc-provider-arn",
    "oidc-token-file",
    "private-key",
    "process-command",
    "profile",
    "ram-role-arn",
    "ram-role-name",
    "read-timeout",
    "retry-count",
    "role-session-name",
    "source-profile",
    "user-agent",
];

/// Options of the CLI that take any number of words and do not matter.
const LISTS: [&str; 4] = ["header", "output", "pager", "waiter"];

/// Reads a command line whose first word is `aliyun`. A call without a region
/// gets `region`, as it would from the CLI's profile.
///
/// # Errors
///
/// Returns the first fault.
pub(super) fn read(cut: &Cut<'_>, names: &Names, region: &str) -> Result<Draft, Fault> {
    let mut reader = Reader {
        words: cut.words.get(1..).unwrap_or_default(),
        bare: Vec::new(),
        draft: Draft::default(),
        region: None,
    };
    while let Some(word) = reader.next() {
        reader.word(word)?;
    }
    let end = cut.words.last().map_or(0, |word| word.at);
    let Reader {
        bare,
        region: given,
        mut draft,
        ..
    } = reader;
    operation(&bare, end, &mut draft)?;
    let region = given.unwrap_or_else(|| Template::from(region));
    draft
        .parameters
        .entry("RegionId".to_owned())
        .or_insert(region);
    if let Some((at, comment)) = cut.comment {
        draft.name = name(comment, names).map_err(|message| Fault::new(at, message))?;
    }
    Ok(draft)
}

/// Reads product and action, the two words that are no options.
fn operation(bare: &[(usize, String)], end: usize, draft: &mut Draft) -> Result<(), Fault> {
    let (product, action) = match bare {
        [product, action] => (product, action),
        [_, _, (at, word), ..] => {
            let message = format!("`{}` belongs to no option", Shown(word));
            return Err(Fault::new(*at, message));
        }
        _ => {
            let message = "expected a product and an operation: `aliyun ecs JoinSecurityGroup …`";
            return Err(Fault::new(end, message));
        }
    };
    let (at, word) = product;
    let named = match word.to_ascii_lowercase().as_str() {
        "ecs" => Product::Ecs,
        "vpc" => Product::Vpc,
        _ => {
            let message = format!("`{}` is not simulated; `ecs` and `vpc` are", Shown(word));
            return Err(Fault::new(*at, message));
        }
    };
    let (at, word) = action;
    if !word.starts_with(|c: char| c.is_ascii_uppercase()) {
        let message = format!(
            "`{}`: expected an operation as the API spells it, such as `JoinSecurityGroup`; the \
             spelling of the CLI's plugins is not read",
            Shown(word)
        );
        return Err(Fault::new(*at, message));
    }
    // A version that was given must be one of this product.
    if draft.product.is_some_and(|given| given != named) {
        let message = format!(
            "--version is that of another product than `{}`",
            Shown(&product.1)
        );
        return Err(Fault::new(product.0, message));
    }
    draft.product = Some(named);
    draft.action.clone_from(word);
    Ok(())
}

/// Finds the name in a comment `as NAME`; other comments say nothing.
fn name(comment: &str, names: &Names) -> Result<Option<String>, String> {
    let mut words = comment.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("as"), Some(name), None) => {
            names.check_new(name)?;
            Ok(Some(name.to_owned()))
        }
        _ => Ok(None),
    }
}

struct Reader<'a> {
    /// What was not read yet.
    words: &'a [Word],
    /// Words that are neither options nor their values, with their places.
    bare: Vec<(usize, String)>,
    draft: Draft,
    /// The value of `--region`.
    region: Option<Template>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a Word> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn word(&mut self, word: &'a Word) -> Result<(), Fault> {
        let fault = |message: String| Err(Fault::new(word.at, message));
        let head = word.text.head();
        if let Some(option) = head.strip_prefix("--") {
            let end = option.find(['=', ':']);
            let name = &option[..end.unwrap_or(option.len())];
            let given = end.map(|end| word.text.without(end + 3));
            if end.is_none() && word.text.literal().is_none() {
                return fault(format!(
                    "`--{}`: a name cannot hold a reference",
                    Shown(name)
                ));
            }
            return self.option(word.at, name, given);
        }
        match word.text.literal() {
            Some("-p") => self.value(word.at, "-p", None).map(|_| ()),
            Some("-q") => Ok(()),
            Some("-o") => {
                self.skip_values();
                Ok(())
            }
            Some(text) if text.starts_with('-') && text.len() > 1 => fault(format!(
                "the CLI takes `{0}` for an option; as a value it needs `=`: `--PortRange={0}`",
                Shown(text)
            )),
            Some(text) => {
                self.bare.push((word.at, text.to_owned()));
                Ok(())
            }
            None => fault("a reference that belongs to no option".to_owned()),
        }
    }

    fn option(&mut self, at: usize, name: &str, given: Option<Template>) -> Result<(), Fault> {
        let fault = |message: String| Err(Fault::new(at, message));
        if name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return self.parameter(at, name, given);
        }
        match name {
            "region" => {
                self.region = Some(self.value(at, "--region", given)?);
                Ok(())
            }
            "version" => {
                let version = self.value(at, "--version", given)?;
                let version = version.literal().unwrap_or_default();
                let set = self.draft.set_version(version);
                set.map_err(|message| Fault::new(at, message))
            }
            "dryrun" => fault(
                "--dryrun only shows a call; leave it away, and ask for `secgroup apply --dry-run`"
                    .to_owned(),
            ),
            "body" | "body-file" | "roa" => fault(format!(
                "--{name}: operations of ECS have parameters and no body"
            )),
            _ if SWITCHES.contains(&name) => Ok(()),
            _ if SETTINGS.contains(&name) => {
                self.value(at, &format!("--{name}"), given).map(|_| ())
            }
            _ if LISTS.contains(&name) => {
                self.skip_values();
                Ok(())
            }
            _ => fault(format!(
                "`--{}` is no option of the CLI that is known here; parameters begin with a capital letter",
                Shown(name)
            )),
        }
    }

    fn parameter(&mut self, at: usize, name: &str, given: Option<Template>) -> Result<(), Fault> {
        if name.ends_with("-FILE") {
            let message = format!("`--{}`: values are not read from files", Shown(name));
            return Err(Fault::new(at, message));
        }
        let value = self.value(at, &format!("--{name}"), given)?;
        if value.head().trim_start().starts_with("[{") {
            let message = format!(
                "`--{0}`: write a list of objects as `--{0}.1.Name value …`, or the call in JSON",
                Shown(name)
            );
            return Err(Fault::new(at, message));
        }
        let added = self.draft.add(name, value);
        added.map_err(|message| Fault::new(at, message))
    }

    /// Returns the value of an option: behind `=`, or the next word.
    fn value(
        &mut self,
        at: usize,
        option: &str,
        given: Option<Template>,
    ) -> Result<Template, Fault> {
        if let Some(value) = given {
            return Ok(value);
        }
        let Some(word) = self
            .words
            .first()
            .filter(|word| !word.text.head().starts_with("--"))
        else {
            return Err(Fault::new(at, format!("`{}` has no value", Shown(option))));
        };
        let head = word.text.head();
        if head.starts_with('-') {
            let (head, option) = (Shown(head), Shown(option));
            let message = format!("the CLI takes `{head}` for an option; write `{option}={head}`");
            return Err(Fault::new(word.at, message));
        }
        self.next();
        Ok(word.text.clone())
    }

    /// Passes over the words of an option that takes any number of them.
    fn skip_values(&mut self) {
        let option = |word: &&Word| word.text.head().starts_with('-');
        let end = self.words.iter().position(|word| option(&word));
        self.words = &self.words[end.unwrap_or(self.words.len())..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::shell::cut;

    fn names() -> Names {
        let mut names = Names::default();
        names.add_call(Some("web".to_owned()));
        names.set("SG", "sg-1".into());
        names
    }

    fn draft(line: &str) -> Result<Draft, Fault> {
        let names = names();
        read(&cut(line, &names).unwrap(), &names, "cn-hangzhou")
    }

    fn parameters(line: &str) -> Vec<String> {
        let draft = draft(line).unwrap();
        let parameters = draft.parameters.into_iter();
        parameters
            .map(|(name, value)| format!("{name}={}", value.literal().unwrap()))
            .collect()
    }

    #[test]
    fn parameters_are_named_as_they_are_and_have_their_value_in_either_form() {
        let line = "aliyun ecs AuthorizeSecurityGroup --SecurityGroupId $SG --PortRange=-1/-1 \
            --Permissions.1.IpProtocol tcp --Description '' --Policy:drop --Tag.1.Value a=b";
        assert_eq!(
            parameters(&line.replace("\\\n", "")),
            [
                "Description=",
                "Permissions.1.IpProtocol=tcp",
                "Policy=drop",
                "PortRange=-1/-1",
                "RegionId=cn-hangzhou",
                "SecurityGroupId=sg-1",
                "Tag.1.Value=a=b"
            ]
        );
        let read = draft("aliyun vpc CreateVpc --A x${web.Id} # as net").unwrap();
        assert_eq!(
            (read.product, read.action.as_str()),
            (Some(Product::Vpc), "CreateVpc")
        );
        assert_eq!(read.name.as_deref(), Some("net"));
        assert_eq!(read.parameters["A"].needs().count(), 1);
        assert_eq!(draft("aliyun ecs A # make it as usual").unwrap().name, None);
    }

    #[test]
    fn options_of_the_cli_itself_do_not_matter() {
        let line = "aliyun --profile p -p q ECS A --insecure --endpoint=http://localhost:1 -q \
            --access-key-id I --access-key-secret S --output cols=A,B rows=C.D[] --force \
            --version 2014-05-26 --pager --region cn-beijing --read-timeout 5";
        assert_eq!(
            parameters(&line.replace("\\\n", "")),
            ["RegionId=cn-beijing"]
        );
        let line = "aliyun ecs A --RegionId cn-qingdao --region cn-beijing";
        assert_eq!(parameters(line), ["RegionId=cn-qingdao"]);
    }

    #[test]
    fn a_value_that_begins_with_a_dash_needs_the_equals_sign_6_1_7() {
        let fault = draft("aliyun ecs A --PortRange -1/-1").unwrap_err();
        assert_eq!(fault.at, 25);
        assert!(
            fault.message.contains("write `--PortRange=-1/-1`"),
            "{fault:?}"
        );
    }

    #[test]
    fn faults_have_their_place() {
        for (line, at, says) in [
            ("aliyun", 0, "expected a product and an operation"),
            ("aliyun ecs", 7, "expected a product and an operation"),
            ("aliyun slb CreateX", 7, "`slb` is not simulated"),
            (
                "aliyun ecs authorize-security-group",
                11,
                "plugins is not read",
            ),
            ("aliyun ecs A b", 13, "`b` belongs to no option"),
            ("aliyun ecs A -1/-1", 13, "needs `=`"),
            ("aliyun ecs A --Name", 13, "`--Name` has no value"),
            ("aliyun ecs A --Name --Other 1", 13, "`--Name` has no value"),
            (
                "aliyun ecs A --Name 1 --Name 2",
                22,
                "`Name` is there twice",
            ),
            (
                "aliyun ecs A --biz-region-id x",
                13,
                "`--biz-region-id` is no option",
            ),
            ("aliyun ecs A --dryrun", 13, "--dry-run"),
            ("aliyun ecs A --body x", 13, "no body"),
            ("aliyun ecs A --UserData-FILE x", 13, "not read from files"),
            (
                "aliyun ecs A --Permissions '[{}]'",
                13,
                "--Permissions.1.Name",
            ),
            ("aliyun ecs A --version 2015-01-01", 13, "not simulated"),
            ("aliyun ecs A --version 2016-04-28", 7, "another product"),
            ("aliyun ecs A # as web", 13, "has the name `web` already"),
            ("aliyun ecs A # as 1", 13, "cannot be the name"),
            ("aliyun ecs ${web.Id}", 11, "belongs to no option"),
            ("aliyun ecs A --${web.Id} 1", 13, "cannot hold a reference"),
        ] {
            let fault = draft(line).unwrap_err();
            assert_eq!(fault.at, at, "{line}: {fault:?}");
            assert!(fault.message.contains(says), "{line}: {fault:?}");
        }
    }
}
