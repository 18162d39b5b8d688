//! DeleteNetworkInterface (5.6.5): "removes it from all groups and frees its
//! addresses" (1.5.3).

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::membership::wrong_interface_status;
use crate::cloud::objects::InterfaceStatus;
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct DeleteNetworkInterface;

impl Operation for DeleteNetworkInterface {
    const NAME: &'static str = "DeleteNetworkInterface";
    type Plan = String;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        call.fields.required("NetworkInterfaceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<String, ApiError> {
        let interface = cloud.named_interface(call)?;
        // A primary interface is in use as long as it exists.
        if interface.status != InterfaceStatus::Available {
            return Err(wrong_interface_status(interface));
        }
        Ok(interface.network_interface_id.clone())
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, id: String) -> Effect {
        cloud.interfaces.remove(&id);
        Effect::nothing()
    }
}
