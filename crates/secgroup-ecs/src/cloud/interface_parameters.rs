//! What CreateNetworkInterface, ModifyNetworkInterfaceAttribute and the
//! `NetworkInterface.N` of RunInstances say alike about an interface.

use secgroup_model::ConnectionTimers;

use super::Cloud;
use super::error::ApiError;
use super::fields::Fields;
use super::naming::check_description;
use super::objects::{Interface, Timers, TrafficMode};

/// How many queues an interface has at most.
const MAX_QUEUES: u32 = 2048;

/// The attributes that a call names; what it does not name stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) delete_on_release: Option<bool>,
    pub(crate) source_dest_check: Option<bool>,
    pub(crate) traffic_mode: Option<TrafficMode>,
    pub(crate) queue_number: Option<u32>,
    pub(crate) queue_pair_number: Option<u32>,
    pub(crate) timers: Timers,
}

impl Attributes {
    /// Reads the attributes.
    ///
    /// # Errors
    ///
    /// `400 InvalidParameter` for a value that is not allowed.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, ApiError> {
        let text = |field: &str, good: fn(&str) -> bool| match fields.text(field) {
            Some(text) if !good(text) => Err(ApiError::invalid(&fields.name(field))),
            text => Ok(text.map(str::to_owned)),
        };
        // Newer clients send these three in a group of their own.
        let grouped = |field: &str| {
            let inside = format!("NetworkInterfaceTrafficConfig.{field}");
            match fields.text(&inside) {
                Some(_) => inside,
                None => field.to_owned(),
            }
        };
        let traffic = grouped("NetworkInterfaceTrafficMode");
        let traffic_mode = match fields.text(&traffic) {
            None => None,
            Some("Standard") => Some(TrafficMode::Standard),
            Some("HighPerformance") => Some(TrafficMode::HighPerformance),
            Some(_) => return Err(ApiError::invalid(&fields.name(&traffic))),
        };
        Ok(Self {
            name: text("NetworkInterfaceName", is_name)?,
            description: text("Description", check_description)?,
            delete_on_release: fields.boolean("DeleteOnRelease")?,
            source_dest_check: fields.boolean("SourceDestCheck")?,
            traffic_mode,
            queue_number: queues(fields, &grouped("QueueNumber"))?,
            queue_pair_number: queues(fields, &grouped("QueuePairNumber"))?,
            timers: timers(fields)?,
        })
    }

    /// Sets the attributes that were named.
    pub(crate) fn set(self, interface: &mut Interface) {
        fn put<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        put(&mut interface.network_interface_name, self.name);
        put(&mut interface.description, self.description);
        put(&mut interface.delete_on_release, self.delete_on_release);
        put(&mut interface.source_dest_check, self.source_dest_check);
        put(&mut interface.traffic_mode, self.traffic_mode);
        put(&mut interface.queue_number, self.queue_number);
        put(&mut interface.queue_pair_number, self.queue_pair_number);
        let (own, new) = (&mut interface.timers, self.timers);
        own.tcp_established_timeout = new.tcp_established_timeout.or(own.tcp_established_timeout);
        own.tcp_closed_and_time_wait_timeout = new
            .tcp_closed_and_time_wait_timeout
            .or(own.tcp_closed_and_time_wait_timeout);
        own.udp_timeout = new.udp_timeout.or(own.udp_timeout);
    }
}

impl Cloud {
    /// Adds an interface under a new id with a new hardware address, and
    /// returns the id.
    pub(crate) fn add_interface(&mut self, mut interface: Interface) -> String {
        let mut names = self.names;
        let id = names.next("eni", |id| self.interfaces.contains(id));
        self.names = names;
        interface.mac_address = names.mac();
        interface.network_interface_id.clone_from(&id);
        self.interfaces.insert(&id, interface);
        id
    }
}

/// Tells whether `text` is the name of an interface or instance: 2 to 128
/// letters of any script, digits, `:`, `_`, `.` and `-`.
pub(crate) fn is_name(text: &str) -> bool {
    let allowed = |one: char| one.is_alphanumeric() || ":_.-".contains(one);
    (2..=128).contains(&text.chars().count()) && text.chars().all(allowed)
}

fn queues(fields: &Fields<'_>, field: &str) -> Result<Option<u32>, ApiError> {
    let Some(number) = fields.integer(field)? else {
        return Ok(None);
    };
    let number = u32::try_from(number).ok();
    let number = number.filter(|number| (1..=MAX_QUEUES).contains(number));
    number
        .map(Some)
        .ok_or_else(|| ApiError::invalid(&fields.name(field)))
}

/// Reads `ConnectionTrackingConfiguration` (1.5.4).
fn timers(fields: &Fields<'_>) -> Result<Timers, ApiError> {
    let name = |field: &str| format!("ConnectionTrackingConfiguration.{field}");
    let established = name("TcpEstablishedTimeout");
    let closed = name("TcpClosedAndTimeWaitTimeout");
    let udp = name("UdpTimeout");
    let timers = ConnectionTimers::new(
        fields.integer(&established)?,
        fields.integer(&closed)?,
        fields.integer(&udp)?,
    );
    let timers = timers.map_err(|error| ApiError::invalid(&name(error.timer)))?;
    Ok(Timers {
        tcp_established_timeout: timers.tcp_established(),
        tcp_closed_and_time_wait_timeout: timers.tcp_closed(),
        udp_timeout: timers.udp(),
    })
}
