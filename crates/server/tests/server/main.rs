//! The program itself, over its socket.

#[cfg(feature = "bucket")]
mod bucket;
mod disk;
mod faults;
mod hostile;
mod kill;
mod many;
mod refusals;
mod round_trips;
mod rows;
mod slow;
mod static_folder;
mod support;
