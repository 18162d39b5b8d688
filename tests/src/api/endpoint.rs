//! The endpoint over HTTP: a server in this process for each case.

use std::collections::BTreeMap;
use std::thread::JoinHandle;

use secgroup_ecs::Cloud;
use secgroup_model::AccountId;
use secgroup_server::{Options, RunError, Server, Stop, stop_signal};
use serde_json::Value;

use super::{ACCOUNT, Machine, Subject};

/// A server of the corpus's world that ends with this.
#[derive(Debug)]
pub struct Endpoint {
    url: String,
    agent: ureq::Agent,
    stop: Stop,
    thread: Option<JoinHandle<Result<(), RunError>>>,
}

impl Endpoint {
    /// Serves the world under a case's flags on a free port.
    ///
    /// # Panics
    ///
    /// Panics when no port is free.
    #[must_use]
    pub fn new(flags: &[String]) -> Self {
        Self::of(Machine::new(flags).cloud)
    }

    /// Serves a cloud on a free port.
    ///
    /// # Panics
    ///
    /// Panics when no port is free.
    #[must_use]
    pub fn of(cloud: Cloud) -> Self {
        let account = AccountId::new(ACCOUNT).expect("digits are an id");
        let listen = "127.0.0.1:0".parse().expect("an address");
        let bound = Server::bind(Options::new(listen, cloud, account));
        let bound = bound.expect("some port is free");
        let url = format!("http://{}/", bound.addresses()[0]);
        let (stop, stopped) = stop_signal();
        let thread = std::thread::spawn(move || bound.run_blocking(stopped));
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        Self {
            url,
            agent: config.build().new_agent(),
            stop,
            thread: Some(thread),
        }
    }
}

impl Endpoint {
    /// Makes a call by GET or POST, with some parameters in the query and some
    /// in a form; returns the status and the body.
    ///
    /// # Panics
    ///
    /// Panics when the answer is not whole or no JSON.
    #[must_use]
    pub fn send(&self, get: bool, query: &[(&str, &str)], form: &[(&str, &str)]) -> (u16, Value) {
        let query = query.iter().copied();
        let answered = if get {
            self.agent.get(&self.url).query_pairs(query).call()
        } else if form.is_empty() {
            self.agent.post(&self.url).query_pairs(query).send_empty()
        } else {
            let form = form.iter().copied();
            self.agent
                .post(&self.url)
                .query_pairs(query)
                .send_form(form)
        };
        let mut answered = answered.expect("the server answers");
        let status = answered.status().as_u16();
        let body = answered
            .body_mut()
            .read_to_vec()
            .expect("the answer is whole");
        (
            status,
            serde_json::from_slice(&body).expect("the answer is JSON"),
        )
    }
}

impl Subject for Endpoint {
    fn call(&mut self, action: &str, parameters: &BTreeMap<String, String>) -> (u16, Value) {
        let common = [
            ("Action", action),
            ("Version", "2014-05-26"),
            ("Format", "JSON"),
        ];
        let parameters = parameters.iter();
        let parameters = parameters.map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<(&str, &str)> = common.into_iter().chain(parameters).collect();
        self.send(false, &[], &form)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            // How it ended matters to the tests of the server alone.
            drop(thread.join());
        }
    }
}
