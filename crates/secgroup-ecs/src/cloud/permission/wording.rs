//! How an error about a permission is worded.
//!
//! The pages list several messages for one code. Those of the current
//! AuthorizeSecurityGroup name the parameter and the permission; they answer
//! the list form. Flat parameters are older, and so are the messages that
//! answer them. Other pages have words of their own. Quotation marks around
//! names are dropped (5.0.4).

use secgroup_model::{Direction, Family};

use crate::cloud::error::ApiError;
use crate::cloud::fields::Fields;

/// The page whose words are used; each is about both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// AuthorizeSecurityGroup.
    Authorize,
    /// RevokeSecurityGroup.
    Revoke,
    /// ModifySecurityGroupRule, which finds the rule by its fields (5.4.1).
    Describe,
    /// ModifySecurityGroupRule, which finds the rule by its id (5.4.3).
    ById,
}

/// The words for one permission.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording<'a> {
    pub(super) page: Page,
    pub(super) direction: Direction,
    pub(super) fields: &'a Fields<'a>,
}

impl Wording<'_> {
    /// "The specified parameter %s is not valid."
    pub(super) fn not_valid(&self, code: &'static str, field: &str) -> ApiError {
        let message = format!(
            "The specified parameter {} is not valid.",
            self.fields.name(field)
        );
        ApiError::new(400, code, message)
    }

    /// A field about which the older messages name the field alone.
    pub(super) fn field_not_valid(code: &'static str, field: &str) -> ApiError {
        let message = format!("The specified parameter {field} is not valid.");
        ApiError::new(400, code, message)
    }

    /// Several blocks in a field that takes one (2.5.3).
    pub(super) fn several_blocks(&self, side: &str, family: Family, field: &str) -> ApiError {
        let (code, message) = match (family, side) {
            (Family::V6, "Source") => {
                return self.not_valid("InvalidParam.Ipv6SourceCidrIp", field);
            }
            (Family::V6, _) => return self.not_valid("InvalidParam.Ipv6DestCidrIp", field),
            (Family::V4, "Source") => (
                "InvalidParam.SourceCidrIp",
                "The specified param SourceCidrIp is not valid.",
            ),
            (Family::V4, _) if self.says_dest_is_invalid() => (
                "InvalidParam.DestCidrIp",
                "The specified parameter DestCidrIp is invalid.",
            ),
            (Family::V4, _) => (
                "InvalidParam.DestCidrIp",
                "The specified param DestCidrIp is not valid.",
            ),
        };
        if self.is_listed() {
            return self.not_valid(code, field);
        }
        ApiError::new(400, code, message)
    }

    /// Two pages word it differently from the rest.
    fn says_dest_is_invalid(&self) -> bool {
        match self.page {
            Page::Authorize => self.direction == Direction::Egress,
            Page::Revoke => true,
            Page::Describe | Page::ById => false,
        }
    }

    /// Tells whether the permission is one of `Permissions.N`.
    fn is_listed(&self) -> bool {
        !self.fields.place().is_empty()
    }

    /// Tells whether the page is that of ModifySecurityGroupEgressRule.
    fn is_of_modify_egress(&self) -> bool {
        matches!(self.page, Page::Describe | Page::ById) && self.direction == Direction::Egress
    }

    /// "Not an integer" (2.3.2).
    pub(super) fn priority_malformed(&self) -> ApiError {
        let code = "InvalidPriority.Malformed";
        if self.is_of_modify_egress() {
            return Self::field_not_valid(code, "Priority");
        }
        ApiError::new(400, code, "The parameter Priority is invalid.")
    }

    pub(super) fn priority_out_of_range(&self) -> ApiError {
        let message = match (self.page, self.direction) {
            (Page::Describe | Page::ById, Direction::Egress) => {
                "The specified Priority is invalid.".to_owned()
            }
            (Page::Authorize | Page::Revoke, direction)
                if self.is_listed() || direction == Direction::Ingress =>
            {
                format!(
                    "The specified parameter {} is invalid.",
                    self.fields.name("Priority")
                )
            }
            (Page::Authorize | Page::Revoke | Page::Describe | Page::ById, _) => {
                "The parameter Priority is invalid.".to_owned()
            }
        };
        ApiError::new(400, "InvalidPriority.ValueNotSupported", message)
    }

    pub(super) fn bad_nic_type(&self) -> ApiError {
        let code = "InvalidNicType.ValueNotSupported";
        if self.is_listed() || self.page == Page::Revoke {
            return self.not_valid(code, "NicType");
        }
        let message = if self.is_of_modify_egress() {
            "The specified NicType is not valid."
        } else {
            "The specified NicType does not exist."
        };
        ApiError::new(400, code, message)
    }

    pub(super) fn bad_description(&self) -> ApiError {
        let named = match self.page {
            Page::Authorize => self.is_listed() || self.direction == Direction::Ingress,
            Page::Revoke | Page::Describe | Page::ById => false,
        };
        let message = if named {
            format!(
                "The specified security group rule description parameter {} is not valid.",
                self.fields.name("Description")
            )
        } else {
            "The specified security group rule description is not valid.".to_owned()
        };
        ApiError::new(400, "InvalidSecurityGroupDiscription.Malformed", message)
    }

    /// "Unknown protocol: InvalidIpProtocol.ValueNotSupported" (2.4.4).
    pub(super) fn bad_protocol(&self) -> ApiError {
        let message = if self.is_of_modify_egress() {
            "The specified parameter IpProtocol should not be null and only tcp, udp, icmp, gre \
             or all is supported. Ignore case."
                .to_owned()
        } else {
            format!(
                "The parameter {} must be specified with case insensitive TCP, UDP, ICMP, GRE or \
                 All.",
                self.fields.name("IpProtocol")
            )
        };
        ApiError::new(400, "InvalidIpProtocol.ValueNotSupported", message)
    }

    /// The old page knows one code for ports, the others another (5.2.5).
    pub(super) fn bad_port_range(&self) -> ApiError {
        if self.is_of_modify_egress() {
            let message = "The specified param PortRange or SourcePortRange is not valid. should \
                           be integer and less than 65535, range separator is '/'.";
            return ApiError::new(400, "InvalidParam.PortRange", message);
        }
        if self.page == Page::Describe {
            return Self::field_not_valid("InvalidIpProtocol.Malformed", "PortRange");
        }
        let message = format!(
            "The specified parameter {} is not valid. It should be two integers less than 65535 \
             in ?/? format.",
            self.fields.name("PortRange")
        );
        ApiError::new(400, "InvalidParam.PortRange", message)
    }

    /// "Leaving all peers empty" (2.5.4, 5.2.4).
    pub(super) fn missing_peer(&self) -> ApiError {
        let place = self.fields.place();
        let (code, message) = match (self.direction, self.page) {
            (Direction::Ingress, Page::Describe) => (
                "MissingParameter.Source",
                "Either SourceCidrIp or SourceGroupId must be specified.".to_owned(),
            ),
            (Direction::Ingress, Page::ById) => (
                "MissingParameter.Source",
                "One of the parameters SourceCidrIp, SourceGroupId or SourcePrefixListId must be \
                 specified."
                    .to_owned(),
            ),
            (Direction::Ingress, Page::Authorize | Page::Revoke) => (
                "MissingParameter.Source",
                format!(
                    "One of the parameters SourceCidrIp, Ipv6SourceCidrIp, SourceGroupId or \
                     SourcePrefixListId in {place} must be specified."
                ),
            ),
            (Direction::Egress, _) if self.is_listed() => (
                "MissingParameter.Dest",
                format!(
                    "One of the parameters DestCidrIp, Ipv6DestCidrIp, DestGroupId or \
                     DestPrefixListId in {place} must be specified."
                ),
            ),
            (Direction::Egress, _) => (
                "MissingParameter.Dest",
                "One of the parameters DestCidrIp, DestGroupId or DestPrefixListId must be \
                 specified."
                    .to_owned(),
            ),
        };
        ApiError::new(400, code, message)
    }

    /// An IPv4 and an IPv6 block for the same side (2.5.5).
    pub(super) fn both_families(&self, side: &str) -> ApiError {
        let message = format!(
            "The Parameters {side}CidrIp and Ipv6{side}CidrIp in {} cannot be set at the same \
             time.",
            self.fields.place()
        );
        let code = if side == "Source" {
            "InvalidParam.SourceIp"
        } else {
            "InvalidParam.DestIp"
        };
        ApiError::new(400, code, message)
    }

    /// A prefix list of another family than the local block.
    pub(super) fn list_of_other_family(&self) -> ApiError {
        let message = match self.page {
            Page::Authorize | Page::Revoke => {
                "The address family of the specified prefix list does not match the specified \
                 CidrIp."
            }
            Page::Describe | Page::ById => {
                "The address family of the prefix list does not match the rule."
            }
        };
        ApiError::new(400, "InvalidParam.PrefixListAddressFamilyMismatch", message)
    }

    /// A group as peer needs the internal NIC; the pages about changes misspell
    /// it (5.4.2).
    pub(super) const fn nic_expected(&self) -> &'static str {
        match self.page {
            Page::Describe | Page::ById => "NicType is required or NicType expects intrnet.",
            Page::Authorize | Page::Revoke => "NicType is required or NicType expects intranet.",
        }
    }
}
