//! What every chunk store must do, and what a crash does to the file.

mod file;
mod suite;
