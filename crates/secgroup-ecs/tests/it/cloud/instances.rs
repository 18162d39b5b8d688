//! Instances: making, starting, stopping, showing, changing, deleting (1.4,
//! 5.6.3, 6.1.4).

mod describing;
mod launching;
mod lifecycle;
mod modifying;
