//! DescribeNetworkInterfaceAttribute (1.5.4).
//!
//! `Tag.N` is not available there and ignored.

use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::instances::no_interface;
use crate::cloud::objects::{InterfaceRow, Timers};
use crate::cloud::operation::{Body, Call, Question};

pub(crate) struct DescribeNetworkInterfaceAttribute;

/// The timers of an interface that has none set (1.5.4).
const TCP_ESTABLISHED: u16 = 910;
const TCP_CLOSED: u16 = 3;
const UDP: u16 = 30;

impl Question for DescribeNetworkInterfaceAttribute {
    const NAME: &'static str = "DescribeNetworkInterfaceAttribute";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let id = call.fields.required("NetworkInterfaceId")?;
        let attribute = call.fields.text("Attribute");
        let known = ["attachment", "connectionTrackingConfiguration"];
        if attribute.is_some_and(|attribute| !known.contains(&attribute)) {
            return Err(ApiError::invalid("Attribute"));
        }
        // Also those of cloud products: their owner may look at them.
        let interface = cloud.interface(call, id).ok_or_else(|| no_interface(id))?;
        let row = InterfaceRow::of(interface);
        let traffic = json!({
            "NetworkInterfaceTrafficMode": row.network_interface_traffic_mode,
            "QueueNumber": row.queue_number,
            "QueuePairNumber": row.queue_pair_number,
        });
        let mut body = row.fields();
        body.insert("NetworkInterfaceTrafficConfig".to_owned(), traffic);
        if attribute == Some("connectionTrackingConfiguration") {
            let name = "ConnectionTrackingConfiguration".to_owned();
            body.insert(name, timers(interface.timers));
        }
        Ok(body)
    }
}

/// Writes the timers that are in force.
fn timers(own: Timers) -> serde_json::Value {
    json!({
        "TcpEstablishedTimeout": own.tcp_established_timeout.unwrap_or(TCP_ESTABLISHED),
        "TcpClosedAndTimeWaitTimeout": own.tcp_closed_and_time_wait_timeout.unwrap_or(TCP_CLOSED),
        "UdpTimeout": own.udp_timeout.unwrap_or(UDP),
    })
}
