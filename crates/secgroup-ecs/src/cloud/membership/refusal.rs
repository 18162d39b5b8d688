//! Why an interface cannot be in a group, in the words of each operation.

use crate::cloud::error::ApiError;

/// What keeps an interface out of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Basic and advanced groups together (1.5.1).
    MixedTypes,
    /// The instance type knows no advanced groups.
    InstanceType,
    /// 4.3.
    TooManyGroups,
    /// 4.7.
    BasicFull,
    /// 4.8.
    AdvancedFull,
    /// 4.4.
    TooManyRules,
}

/// The kind of operation that refuses: the codes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// JoinSecurityGroup with `InstanceId` (5.6.1).
    JoinInstance,
    /// JoinSecurityGroup with `NetworkInterfaceId` (5.6.1).
    JoinInterface,
    /// CreateNetworkInterface and ModifyNetworkInterfaceAttribute (5.6.4).
    Interface,
    /// RunInstances, CreateInstance, ModifyInstanceAttribute (5.6.3) and
    /// ModifyInstanceVpcAttribute.
    Instance,
}

impl Refusal {
    /// Returns the error of an operation.
    pub(crate) fn error(self, voice: Voice) -> ApiError {
        let (status, code, message) = match self {
            Self::MixedTypes => (
                if voice == Voice::Interface { 403 } else { 400 },
                "InvalidOperation.MultiGroupType",
                "The specified instance can't join different types of security group.",
            ),
            Self::InstanceType => (
                400,
                "InvalidOperation.NotSupportEnterpriseGroup",
                "The specified instance type doesn't support enterprise level security group.",
            ),
            Self::TooManyGroups => match voice {
                Voice::JoinInstance | Voice::Instance => (
                    400,
                    "InstanceSecurityGroupLimitExceeded",
                    "Exceeding the allowed amount of security groups that an instance can be in.",
                ),
                Voice::JoinInterface | Voice::Interface => (
                    403,
                    "InstanceSecurityGroupLimitExceeded",
                    "Exceeding the allowed amount of security groups that a network interface can \
                     be in.",
                ),
            },
            Self::BasicFull => (
                403,
                match voice {
                    Voice::JoinInstance | Voice::JoinInterface => {
                        "SecurityGroupInstanceLimitExceeded"
                    }
                    // Without the final "ed" (5.6.4).
                    Voice::Interface | Voice::Instance => "SecurityGroupInstanceLimitExceed",
                },
                "The maximum number of instances in a security group is exceeded.",
            ),
            Self::AdvancedFull if voice == Voice::Interface => (
                403,
                "InvalidOperation.EniCountExceeded",
                "The maximum number of eni in a enterprise level security group is exceeded.",
            ),
            Self::AdvancedFull => (
                403,
                "InvalidOperation.NetworkInterfaceCountExceeded",
                "The maximum number of NetworkInterface in a enterprise level security group is \
                 exceeded.",
            ),
            Self::TooManyRules => (
                403,
                "AclLimitExceed",
                "The security groups of the network interface have more rules together than it \
                 can have.",
            ),
        };
        ApiError::new(status, code, message)
    }
}
