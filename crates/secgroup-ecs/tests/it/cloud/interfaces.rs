//! Network interfaces: making, showing, changing, attaching, deleting (5.6.4,
//! 5.6.5, 5.7.4).

mod attaching;
mod creating;
mod describing;
mod modifying;
