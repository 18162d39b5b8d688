//! Protocol and ports (2.4, 2.6).

use secgroup_model::{PortRange, Protocol};

use super::Reading;
use super::wording::Wording;
use crate::cloud::error::ApiError;
use crate::cloud::flags::{PortMismatch, Profile};

/// Protocol and ports of a permission.
pub(super) struct Service {
    /// None for ALL.
    pub(super) protocol: Option<Protocol>,
    /// `22/22`, `-1/-1`, or empty when a port list stands in (2.1).
    pub(super) ports: String,
    /// As given, or empty for any.
    pub(super) source_ports: String,
}

impl Service {
    /// "Output form: upper case" (2.4.2); the numbers of those five are shown
    /// by their names, others as they are (2.4.3).
    pub(super) fn protocol_text(&self) -> String {
        match self.protocol {
            None => "ALL".to_owned(),
            Some(Protocol::TCP) => "TCP".to_owned(),
            Some(Protocol::UDP) => "UDP".to_owned(),
            Some(Protocol::ICMP) => "ICMP".to_owned(),
            Some(Protocol::ICMPV6) => "ICMPv6".to_owned(),
            Some(Protocol::GRE) => "GRE".to_owned(),
            Some(Protocol(number)) => number.to_string(),
        }
    }

    /// Tells whether the protocol has ports.
    pub(super) fn has_ports(&self) -> bool {
        self.protocol.is_some_and(Protocol::has_ports)
    }
}

impl Reading<'_> {
    /// Reads protocol, port range and source port range, in this order.
    pub(super) fn service(&self) -> Result<Service, ApiError> {
        let mut service = Service {
            protocol: self.protocol()?,
            ports: String::new(),
            source_ports: String::new(),
        };
        service.ports = self.ports(&service)?;
        service.source_ports = self.source_ports(&service)?;
        Ok(service)
    }

    /// "Names, case-insensitive: TCP, UDP, ICMP, ICMPv6, GRE, ALL" (2.4.1); a
    /// number under `api.protocol_numbers` (2.4.3).
    fn protocol(&self) -> Result<Option<Protocol>, ApiError> {
        let text = self.fields.text("IpProtocol").unwrap_or("");
        match text.to_ascii_lowercase().as_str() {
            "all" => return Ok(None),
            "tcp" => return Ok(Some(Protocol::TCP)),
            "udp" => return Ok(Some(Protocol::UDP)),
            "icmp" => return Ok(Some(Protocol::ICMP)),
            "icmpv6" => return Ok(Some(Protocol::ICMPV6)),
            "gre" => return Ok(Some(Protocol::GRE)),
            _ => {}
        }
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| plain);
        match number {
            Some(number) if self.context.cloud.flags.protocol_numbers => Ok(Some(Protocol(number))),
            _ => Err(self.words.bad_protocol()),
        }
    }

    fn ports(&self, service: &Service) -> Result<String, ApiError> {
        let lists = self.context.cloud.flags.profile == Profile::Current;
        let Some(text) = self.fields.text("PortRange") else {
            if lists && self.fields.text("PortRangeListId").is_some() {
                return Ok(String::new());
            }
            let message = "The specified parameter PortRange must set.";
            return Err(ApiError::new(400, "InvalidPortRange.Malformed", message));
        };
        if text == "-1/-1" {
            return if service.has_ports() {
                self.mismatch()
            } else {
                Ok(text.to_owned())
            };
        }
        let range = PortRange::parse(text).map_err(|_| self.words.bad_port_range())?;
        if service.has_ports() {
            Ok(range.to_string())
        } else {
            self.mismatch()
        }
    }

    /// "Protocol and range do not fit (TCP -1/-1, ALL 80/80)" (2.6.4, contested).
    fn mismatch(&self) -> Result<String, ApiError> {
        match self.context.cloud.flags.port_mismatch {
            PortMismatch::Lenient => Ok("-1/-1".to_owned()),
            PortMismatch::InvalidPortRange => Err(self.words.bad_port_range()),
            PortMismatch::OperationDenied => {
                let message = "The specified IpProtocol does not exist or IpProtocol and PortRange \
                               do not match.";
                Err(ApiError::new(400, "OperationDenied", message))
            }
        }
    }

    /// "The same grammar; empty and -1/-1 mean any" (2.6.6).
    fn source_ports(&self, service: &Service) -> Result<String, ApiError> {
        let bad =
            || Wording::field_not_valid("InvalidSourcePortRange.Malformed", "SourcePortRange");
        match self.fields.text("SourcePortRange") {
            None => Ok(String::new()),
            Some("-1/-1") => Ok("-1/-1".to_owned()),
            Some(text) => {
                let range = PortRange::parse(text).map_err(|_| bad())?;
                if service.has_ports() {
                    Ok(range.to_string())
                } else {
                    Err(bad())
                }
            }
        }
    }
}
