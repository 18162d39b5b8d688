//! Transitions that take time, under `api.async=on` (5.6.5).
//!
//! With the flag off, which is the default, every transition is made at once
//! and nothing here happens.

use super::Cloud;
use super::objects::{InstanceStatus, InterfaceStatus, Time};

/// How many seconds a transition takes: it ends at the first call that comes
/// so much later.
const SECONDS: i64 = 1;

/// When the next transition ends, so that most calls need not look for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nobody has looked yet, as after reading a state.
    #[default]
    Unknown,
    Never,
    /// Not before this second.
    At(i64),
}

impl Cloud {
    /// Returns when a transition began that begins now, and remembers to end it;
    /// nothing where transitions take no time.
    pub(crate) fn begin_transition(&mut self, now: i64) -> Option<Time> {
        if !self.flags.asynchronous {
            return None;
        }
        let end = now.saturating_add(SECONDS);
        self.due = match self.due {
            Due::Unknown => Due::Unknown,
            Due::Never => Due::At(end),
            Due::At(earlier) => Due::At(earlier.min(end)),
        };
        Some(Time(now))
    }

    /// Attaches an interface to an instance.
    pub(crate) fn attach(&mut self, interface: &str, instance: &str, now: i64) {
        let since = self.begin_transition(now);
        if let Some(interface) = self.interfaces.get_mut(interface) {
            instance.clone_into(&mut interface.instance_id);
            interface.status = InterfaceStatus::Attaching;
            interface.changing_since = since;
        }
        if since.is_none() {
            self.end_of_interface(interface);
        }
    }

    /// Detaches an interface; its groups stay with it.
    pub(crate) fn detach(&mut self, interface: &str, now: i64) {
        let since = self.begin_transition(now);
        if let Some(interface) = self.interfaces.get_mut(interface) {
            interface.status = InterfaceStatus::Detaching;
            interface.changing_since = since;
        }
        if since.is_none() {
            self.end_of_interface(interface);
        }
    }

    /// Detaches an interface whose instance goes away.
    pub(crate) fn release(&mut self, interface: &str) {
        if let Some(interface) = self.interfaces.get_mut(interface) {
            interface.status = InterfaceStatus::Detaching;
        }
        self.end_of_interface(interface);
    }

    /// Starts or stops an instance.
    pub(crate) fn change_status(&mut self, instance: &str, status: InstanceStatus, now: i64) {
        let since = self.begin_transition(now);
        if let Some(instance) = self.instances.get_mut(instance) {
            instance.status = status;
            instance.changing_since = since;
        }
        if since.is_none() {
            self.end_of_instance(instance);
        }
    }

    /// Ends the transitions whose time has come.
    pub(crate) fn settle(&mut self, now: i64) {
        let wait = match self.due {
            Due::Unknown => false,
            Due::Never => true,
            Due::At(end) => now < end,
        };
        if wait {
            return;
        }
        let mut next = None;
        let mut ends = |since: Time| {
            let end = since.0.saturating_add(SECONDS);
            if now < end {
                next = Some(next.map_or(end, |earlier: i64| earlier.min(end)));
            }
            end <= now
        };
        let instances = self.instances.values();
        let instances = instances.filter(|one| one.changing_since.is_some_and(&mut ends));
        let instances: Vec<String> = instances.map(|one| one.instance_id.clone()).collect();
        let interfaces = self.interfaces.values();
        let interfaces = interfaces.filter(|one| one.changing_since.is_some_and(&mut ends));
        let interfaces: Vec<String> = interfaces
            .map(|one| one.network_interface_id.clone())
            .collect();
        self.due = next.map_or(Due::Never, Due::At);
        if instances.is_empty() && interfaces.is_empty() {
            return;
        }
        for id in &instances {
            self.end_of_instance(id);
        }
        for id in &interfaces {
            self.end_of_interface(id);
        }
        self.revision += 1;
    }

    fn end_of_instance(&mut self, id: &str) {
        let Some(instance) = self.instances.get_mut(id) else {
            return;
        };
        instance.changing_since = None;
        instance.status = match instance.status {
            InstanceStatus::Pending | InstanceStatus::Starting | InstanceStatus::Running => {
                InstanceStatus::Running
            }
            InstanceStatus::Stopping | InstanceStatus::Stopped => InstanceStatus::Stopped,
        };
    }

    fn end_of_interface(&mut self, id: &str) {
        let Some(interface) = self.interfaces.get_mut(id) else {
            return;
        };
        interface.changing_since = None;
        interface.status = match interface.status {
            InterfaceStatus::Detaching => {
                interface.instance_id.clear();
                InterfaceStatus::Available
            }
            InterfaceStatus::Creating if interface.instance_id.is_empty() => {
                InterfaceStatus::Available
            }
            InterfaceStatus::Creating | InterfaceStatus::Attaching => InterfaceStatus::InUse,
            other @ (InterfaceStatus::Available
            | InterfaceStatus::InUse
            | InterfaceStatus::Deleting) => other,
        };
    }
}
