//! The program itself, over its socket.

mod faults;
mod kill;
mod many;
mod refusals;
mod round_trips;
mod support;
