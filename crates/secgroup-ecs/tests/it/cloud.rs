//! The operations of the API on a simulated cloud, through its public face.

mod addresses;
mod import;
mod instances;
mod interfaces;
mod membership;
mod port_lists;
mod prefix_list_queries;
mod prefix_lists;
mod security_groups;
mod stage;
mod tags;
mod vpc;

use secgroup_ecs::{Answer, ApiFlags, Cloud, Parameters, Product, Request};
use secgroup_model::{AccountId, Semantics};
use serde_json::Value;

/// The account that calls unless a test says otherwise.
const ACCOUNT: &str = "1234567890";

/// The time of the first call: 2026-01-01T00:00:00Z.
const BEGIN: i64 = 1_767_225_600;

/// A cloud with the clock and the ids of requests.
struct World {
    cloud: Cloud,
    account: String,
    now: i64,
    calls: u64,
}

impl World {
    fn new() -> Self {
        Self::with(&[])
    }

    /// A cloud with flags: `[("profile", "current")]`.
    fn with(flags: &[(&str, &str)]) -> Self {
        let mut api = ApiFlags::default();
        for (name, value) in flags {
            api.set(name, value).unwrap();
        }
        Self {
            cloud: Cloud::new(api, Semantics::default()),
            account: ACCOUNT.to_owned(),
            now: BEGIN,
            calls: 0,
        }
    }

    /// Makes one call; `parameters` are `Name=value` separated by spaces, with
    /// `+` for a space in a value.
    fn call(&mut self, action: &str, parameters: &str) -> Answer {
        self.send(Product::Ecs, action, pairs(parameters))
    }

    fn send(&mut self, product: Product, action: &str, parameters: Parameters) -> Answer {
        self.calls += 1;
        let request = Request {
            product,
            action: action.to_owned(),
            parameters,
            account: AccountId::new(&self.account).unwrap(),
            now: self.now,
            request_id: format!("00000000-0000-0000-0000-{:012}", self.calls),
        };
        let before = (self.cloud.revision(), self.cloud.to_state());
        let answer = self.cloud.answer(&request);
        let after = (self.cloud.revision(), self.cloud.to_state());
        let failed_and_changed = !answer.succeeded() && before.1 != after.1;
        assert!(!failed_and_changed, "{action} failed and changed the state");
        let unnoticed = before.0 == after.0 && before.1 != after.1;
        assert!(
            !unnoticed,
            "{action} changed the state but not the revision"
        );
        answer
    }

    /// Makes a call that must succeed, without comparing the states around it.
    fn quick(&mut self, action: &str, parameters: &str) -> Value {
        self.calls += 1;
        let request = Request {
            product: Product::Ecs,
            action: action.to_owned(),
            parameters: pairs(parameters),
            account: AccountId::new(&self.account).unwrap(),
            now: self.now,
            request_id: format!("00000000-0000-0000-0000-{:012}", self.calls),
        };
        let answer = self.cloud.answer(&request);
        assert_eq!(
            answer.status, 200,
            "{action} {parameters}: {:#}",
            answer.body
        );
        answer.body
    }

    /// Makes a call of another API that must succeed.
    fn send_to(&mut self, product: Product, action: &str, parameters: &str) -> Value {
        let answer = self.send(product, action, pairs(parameters));
        assert_eq!(
            answer.status, 200,
            "{action} {parameters}: {:#}",
            answer.body
        );
        answer.body
    }

    /// Makes a call that must succeed, and returns its body.
    fn ok(&mut self, action: &str, parameters: &str) -> Value {
        let answer = self.call(action, parameters);
        assert_eq!(
            answer.status, 200,
            "{action} {parameters}: {:#}",
            answer.body
        );
        answer.body
    }

    /// Makes a call that must succeed, and returns one id of its answer.
    fn id(&mut self, action: &str, parameters: &str, field: &str) -> String {
        self.ok(action, parameters)[field]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Makes a call that must fail, and returns `400 Code` and the message.
    fn fails(&mut self, action: &str, parameters: &str) -> (String, String) {
        let answer = self.call(action, parameters);
        let code = answer
            .code()
            .unwrap_or_else(|| panic!("{action} {parameters} succeeded: {:#}", answer.body));
        let message = answer.body["Message"].as_str().unwrap();
        (format!("{} {code}", answer.status), message.to_owned())
    }

    /// Makes a call that must fail, and returns `400 Code`.
    fn code(&mut self, action: &str, parameters: &str) -> String {
        self.fails(action, parameters).0
    }
}

/// Reads `Name=value` separated by spaces, with `+` for a space in a value.
fn pairs(parameters: &str) -> Parameters {
    let pairs = parameters.split_whitespace().map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.replace('+', " "))
    });
    pairs.collect()
}
