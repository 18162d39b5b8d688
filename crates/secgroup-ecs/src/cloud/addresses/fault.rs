//! Why a call does not get the addresses it asks for.

use crate::cloud::error::ApiError;

/// What is wrong with an address that is asked for, or with the space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not an address, or not a block of the right size.
    Malformed(String),
    /// Not of the vSwitch.
    Outside(String),
    /// Kept by the platform.
    Reserved(String),
    /// Asked for twice.
    Repeated(String),
    /// Some interface has it.
    Taken(String),
    /// Fewer are free than are asked for.
    NotEnough,
    /// The vSwitch has no IPv6 block.
    NoIpv6,
}

/// The kind of operation that refuses: each words the same fault its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// CreateNetworkInterface.
    CreateInterface,
    /// AssignPrivateIpAddresses and AssignIpv6Addresses.
    Assign,
    /// RunInstances and CreateInstance.
    Launch,
    /// ModifyInstanceVpcAttribute.
    Move,
}

impl Fault {
    /// Returns the error of an operation.
    pub(crate) fn error(self, speaker: Speaker) -> ApiError {
        match speaker {
            Speaker::Launch | Speaker::Move => self.of_instance(speaker),
            Speaker::CreateInterface | Speaker::Assign => self.of_interface(speaker),
        }
    }

    fn of_interface(self, speaker: Speaker) -> ApiError {
        match self {
            Self::Malformed(text) => {
                let message = format!("The specified IP address {text} is not valid.");
                ApiError::new(403, "InvalidIp.Address", message)
            }
            Self::Outside(text) => {
                let message = format!(
                    "The specified IP address {text} is not in the CIDR block of the vSwitch."
                );
                ApiError::new(403, "InvalidVSwitchId.IpInvalid", message)
            }
            Self::Reserved(text) => reserved(&text),
            Self::Repeated(text) => {
                let message = format!("The specified IP address {text} is repeated.");
                ApiError::new(403, "InvalidIp.IpRepeated", message)
            }
            Self::Taken(text) if speaker == Speaker::Assign => {
                let message = format!("The specified IP address {text} is already assigned.");
                ApiError::new(403, "InvalidIp.IpAssigned", message)
            }
            Self::Taken(_) => duplicated(),
            Self::NotEnough => {
                let message = "The vSwitch does not have enough free IP addresses.";
                ApiError::new(403, "InvalidVSwitchId.IpNotEnough", message)
            }
            Self::NoIpv6 => no_ipv6(),
        }
    }

    fn of_instance(self, speaker: Speaker) -> ApiError {
        match self {
            Self::Malformed(_) => {
                let message = "Specified private IP address is malformed.";
                ApiError::new(400, "InvalidPrivateIpAddress.Malformed", message)
            }
            Self::Outside(_) => {
                let message =
                    "Specified private IP address is not in the CIDR block of virtual switch.";
                let code = if speaker == Speaker::Move {
                    "InvalidPrivateIpAddress.Mismatch"
                } else {
                    "InvalidPrivateIpAddress"
                };
                ApiError::new(400, code, message)
            }
            Self::Reserved(text) => reserved(&text),
            Self::Repeated(_) | Self::Taken(_) => duplicated(),
            Self::NotEnough => {
                let message = "Don't have enough private IPs in this switch";
                ApiError::new(400, "QuotaExceeded.PrivateIpAddress", message)
            }
            Self::NoIpv6 => no_ipv6(),
        }
    }
}

fn reserved(text: &str) -> ApiError {
    let message = format!("The specified IP address {text} is reserved by the system.");
    ApiError::new(403, "InvalidVSwitchId.IpInvalid", message)
}

fn duplicated() -> ApiError {
    let message = "Specified private IP address is duplicated.";
    ApiError::new(400, "InvalidPrivateIpAddress.Duplicated", message)
}

fn no_ipv6() -> ApiError {
    let message = "IPv6 is not turned on for the vSwitch.";
    ApiError::new(403, "InvalidVSwitch.Ipv6NotTurnOn", message)
}
