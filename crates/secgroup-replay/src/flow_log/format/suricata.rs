//! Suricata's `eve.json`: one object per event, some of which are flows.
//!
//! A flow has both directions; its packets and bytes are added up, and what is
//! judged is the packet that opened it.

use super::{Dialect, LogFormat};

pub(super) const DIALECT: Dialect = Dialect {
    format: LogFormat::Suricata,
    hexadecimal_flags: true,
    events: &["flow", "netflow"],
    recognise: |names, _| names.have(&["event_type", "timestamp"]),
    ..Dialect::PLAIN
};
