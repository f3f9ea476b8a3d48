//! How far scans look ahead. A statement that faulted runs again from its start with new cursors, which know nothing
//! of the faults before: whoever runs it doubles this at each fault, so that a scan of n leaves runs O(log n) times.

use std::cell::Cell;

thread_local! {
    static LEAVES: Cell<usize> = const { Cell::new(1) };
}

/// Leaves that a cursor's first fault asks for.
pub fn leaves() -> usize {
    LEAVES.get()
}

/// For the cursors that this thread opens from here on.
pub fn set(leaves: usize) {
    LEAVES.set(leaves.max(1));
}
