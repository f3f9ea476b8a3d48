//! The program itself, over its socket.

mod faults;
mod hostile;
mod kill;
mod many;
mod refusals;
mod round_trips;
mod rows;
mod support;
