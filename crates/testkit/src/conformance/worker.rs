//! One file in a process of its own: events go to the standard output, a line each.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::thread;

use super::connection::Server;
use super::report::{Event, Sink};
use super::{dolt, slt_run};

/// Deep expressions are the engine's to refuse; the thread's stack is generous, as a page's is not.
const STACK: usize = 64 << 20;

struct Lines {
    leave_out: Vec<usize>,
}

impl Sink for Lines {
    fn event(&mut self, event: Event) {
        // Standard output writes line by line: the runner knows where a worker was when it died.
        // A runner that is gone ends the worker.
        if writeln!(io::stdout(), "{}", event.to_line()).is_err() {
            std::process::exit(1);
        }
    }

    fn leave_out(&self, record: usize) -> bool { self.leave_out.contains(&record) }
}

/// Runs `path` on `server`: a JSON file from script number `from` on, a sqllogictest file without the records
/// that are to be left out. False when the file cannot be read.
pub fn work<S: Server + 'static>(server: fn() -> S, path: &Path, from: usize, leave_out: Vec<usize>) -> bool {
    // Panics are failures in the report; their text there is enough.
    std::panic::set_hook(Box::new(|_| {}));
    let Ok(bytes) = fs::read(path) else { return false };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let are_scripts = holds_scripts(path);
    let job = move || {
        let (mut server, mut sink) = (server(), Lines { leave_out });
        if are_scripts {
            dolt::run_file(&mut server, &text, from, &mut sink);
        } else {
            slt_run::run_file(&mut server, &text, &mut sink);
        }
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(job);
    thread.is_ok_and(|thread| thread.join().is_ok())
}

/// Whether a file holds Dolt's scripts; the others are sqllogictest files.
pub fn holds_scripts(path: &Path) -> bool { path.extension().is_some_and(|extension| extension == "json") }
