//! How an error about a permission is worded.
//!
//! The pages list several messages for one code. Those of the current
//! AuthorizeSecurityGroup name the parameter and the permission; they answer
//! the list form. Flat parameters are older, and so are the messages that
//! answer them. Quotation marks around names are dropped (5.0.4).

use secgroup_model::Direction;

use crate::cloud::error::ApiError;
use crate::cloud::fields::Fields;

/// The form in which a permission came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As parameters of the call itself.
    Flat,
    /// As `Permissions.N`.
    List,
    /// As the key of the old ModifySecurityGroupRule (5.4.1).
    Key,
}

/// The words for one permission.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording<'a> {
    pub(super) form: Form,
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
    pub(super) fn several_blocks(&self, code: &'static str, field: &str) -> ApiError {
        let message = match self.form {
            Form::List => format!(
                "The specified parameter {} is not valid.",
                self.fields.name(field)
            ),
            Form::Flat | Form::Key => format!("The specified param {field} is not valid."),
        };
        ApiError::new(400, code, message)
    }

    pub(super) fn priority_out_of_range(&self) -> ApiError {
        let message = match (self.form, self.direction) {
            (Form::List, _) | (Form::Flat, Direction::Ingress) => {
                format!(
                    "The specified parameter {} is invalid.",
                    self.fields.name("Priority")
                )
            }
            (Form::Flat, Direction::Egress) | (Form::Key, _) => {
                "The parameter Priority is invalid.".to_owned()
            }
        };
        ApiError::new(400, "InvalidPriority.ValueNotSupported", message)
    }

    pub(super) fn bad_nic_type(&self) -> ApiError {
        match self.form {
            Form::List => self.not_valid("InvalidNicType.ValueNotSupported", "NicType"),
            Form::Flat | Form::Key => {
                let message = "The specified NicType does not exist.";
                ApiError::new(400, "InvalidNicType.ValueNotSupported", message)
            }
        }
    }

    pub(super) fn bad_description(&self) -> ApiError {
        let message = match (self.form, self.direction) {
            (Form::List, _) | (Form::Flat, Direction::Ingress) => format!(
                "The specified security group rule description parameter {} is not valid.",
                self.fields.name("Description")
            ),
            (Form::Flat, Direction::Egress) | (Form::Key, _) => {
                "The specified security group rule description is not valid.".to_owned()
            }
        };
        ApiError::new(400, "InvalidSecurityGroupDiscription.Malformed", message)
    }

    /// "Unknown protocol: InvalidIpProtocol.ValueNotSupported" (2.4.4).
    pub(super) fn bad_protocol(&self) -> ApiError {
        let message = format!(
            "The parameter {} must be specified with case insensitive TCP, UDP, ICMP, GRE or All.",
            self.fields.name("IpProtocol")
        );
        ApiError::new(400, "InvalidIpProtocol.ValueNotSupported", message)
    }

    /// The old page knows one code for ports, the others another (5.2.5).
    pub(super) fn bad_port_range(&self) -> ApiError {
        if self.form == Form::Key {
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
        match (self.direction, self.form) {
            (Direction::Ingress, Form::Key) => {
                let message = "Either SourceCidrIp or SourceGroupId must be specified.";
                ApiError::new(400, "MissingParameter.Source", message)
            }
            (Direction::Ingress, Form::Flat | Form::List) => {
                let message = format!(
                    "One of the parameters SourceCidrIp, Ipv6SourceCidrIp, SourceGroupId or \
                     SourcePrefixListId in {place} must be specified."
                );
                ApiError::new(400, "MissingParameter.Source", message)
            }
            (Direction::Egress, Form::Key | Form::Flat) => {
                let message = "One of the parameters DestCidrIp, DestGroupId or DestPrefixListId \
                               must be specified.";
                ApiError::new(400, "MissingParameter.Dest", message)
            }
            (Direction::Egress, Form::List) => {
                let message = format!(
                    "One of the parameters DestCidrIp, Ipv6DestCidrIp, DestGroupId or \
                     DestPrefixListId in {place} must be specified."
                );
                ApiError::new(400, "MissingParameter.Dest", message)
            }
        }
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

    /// A group as peer needs the internal NIC; the old page misspells it (5.4.2).
    pub(super) const fn nic_expected(&self) -> &'static str {
        match self.form {
            Form::Key => "NicType is required or NicType expects intrnet.",
            Form::Flat | Form::List => "NicType is required or NicType expects intranet.",
        }
    }
}
