//! The endpoint that speaks the ECS wire protocol for a simulated cloud.
//!
//! Official SDKs, Ansible and Terraform are pointed at it instead of at the
//! real service. It reads requests, checks their signatures, hands them to a
//! [`secgroup_ecs::Cloud`], and writes answers, in JSON or XML, over HTTP and
//! TLS on the same port. It knows nothing of what an operation does.
//!
//! [`Server::bind`] takes [`Options`]; [`Bound::run`] serves until it is told
//! to stop. Nothing is printed here, and the process is never ended: what there
//! is to tell goes to the log that the caller gave, or comes back as an error.
//!
//! A request goes through these files, in this order: `accept`, `connection`,
//! `http` with its folder, `parameters`, `endpoint`, `signature` with its
//! folder, `store`, `render`, and `log`. Limits are in [`limits`].

mod accept;
mod authority;
mod clock;
mod connection;
mod endpoint;
mod http;
mod key;
pub mod limits;
mod log;
mod parameters;
mod refusal;
mod render;
mod request_id;
mod server;
mod signature;
mod state_file;
mod store;
mod whole_file;

pub use authority::AuthorityError;
pub use clock::Clock;
pub use key::Key;
pub use limits::Bounds;
pub use server::{BindError, Bound, Options, RunError, Server, Stop, stop_signal};
pub use state_file::{Durability, StateFile, StateFileError};
