//! One error type. Every error carries a stable code from the one list below,
//! from which the TypeScript union is generated as well (`pkg-config/codes.mjs`).

use std::fmt;

use crate::hash::Address;

pub type Result<T> = std::result::Result<T, Error>;

macro_rules! codes {
    ($($variant:ident $text:literal $retryable:literal $meaning:literal)*) => {
        /// The stable codes that Rust and TypeScript share.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $meaning] $variant),* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];
            pub const fn as_str(self) -> &'static str { match self { $(Code::$variant => $text),* } }
            /// Whether the same call may succeed when it is made again.
            pub const fn retryable(self) -> bool { match self { $(Code::$variant => $retryable),* } }
            pub const fn meaning(self) -> &'static str { match self { $(Code::$variant => $meaning),* } }
        }
    };
}

codes! {
    Syntax "SYNTAX" false "The text is not SQL that Prollite can read."
    Unsupported "UNSUPPORTED" false "Valid SQL that Prollite refuses rather than answer wrongly."
    Constraint "CONSTRAINT" false "A key, unique, not null, check or foreign key constraint is broken."
    Type "TYPE" false "A value does not fit the type that is asked for."
    IntRange "INT_RANGE" false "A 64-bit integer is outside the range that was asked for."
    TableNotFound "TABLE_NOT_FOUND" false "No table, view or table function has this name."
    ColumnNotFound "COLUMN_NOT_FOUND" false "No column has this name here, or more than one has."
    RefNotFound "REF_NOT_FOUND" false "No branch, tag or commit has this name."
    Exists "EXISTS" false "Something with this name exists already."
    BadArgument "BAD_ARGUMENT" false "A flag, parameter or argument is unknown, missing or malformed."
    ReadOnly "READ_ONLY" false "The object can be read but not changed."
    KeyTooLarge "KEY_TOO_LARGE" false "An encoded key is longer than 3,072 bytes."
    RowTooLarge "ROW_TOO_LARGE" false "A row cannot be brought to 2,048 bytes, even with its large values moved out."
    NothingToCommit "NOTHING_TO_COMMIT" false "The working set equals HEAD, or nothing is staged."
    Dirty "DIRTY" false "Uncommitted changes stand in the way."
    MergeConflict "MERGE_CONFLICT" false "Conflicts or violations of a merge are unresolved."
    TxConflict "TX_CONFLICT" true "Another writer changed the same data first."
    Aborted "ABORTED" false "The caller cancelled."
    Timeout "TIMEOUT" true "The call ran past its time limit."
    Closed "CLOSED" false "The database handle is closed."
    NoMemory "NO_MEMORY" false "A statement needs more memory than the ceiling allows."
    Runaway "RUNAWAY" false "A statement went past a limit that stops what would not end by itself."
    WorkerRestarted "WORKER_RESTARTED" true "The worker was ended and opened again from storage."
    Internal "INTERNAL" false "A defect in Prollite."
    Quota "QUOTA" false "The browser refuses more storage."
    StorageLost "STORAGE_LOST" false "The browser removed the database's storage."
    StorageBlocked "STORAGE_BLOCKED" true "The storage cannot be opened now."
    Corrupt "CORRUPT" false "Stored bytes do not match their address or their format."
    FormatNewer "FORMAT_NEWER" false "The database was written by a newer version."
    WorkerLoad "WORKER_LOAD" false "The worker script could not be loaded."
    WasmLoad "WASM_LOAD" false "The wasm file could not be loaded."
    RemoteAuth "REMOTE_AUTH" false "The remote refuses the credentials."
    RemoteUnreachable "REMOTE_UNREACHABLE" true "The remote cannot be reached."
    RemoteNonFf "REMOTE_NON_FF" false "The remote branch has commits that are not here."
    NotHere "NOT_HERE" true "Chunks of a lazy clone are not here, and its remote cannot be asked for them now."
    BeyondDepth "BEYOND_DEPTH" false "A commit lies behind the boundary of a shallow clone."
    RemoteInvalid "REMOTE_INVALID" false "The remote sent something that does not follow the protocol."
}

/// An error: what it is about, and a stable code.
#[derive(Clone, PartialEq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq)]
struct Inner {
    code: Code,
    message: String,
    position: Option<usize>,
    hint: Option<String>,
    fault: Option<Address>,
}

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { code, message: message.into(), position: None, hint: None, fault: None }))
    }

    /// A chunk is not resident. Unwinds to whoever can wait; never shown to a user.
    pub fn fault(address: Address) -> Self {
        let mut error = Error::new(Code::Internal, format!("chunk {address} is not resident"));
        error.0.fault = Some(address);
        error
    }

    pub fn corrupt(what: impl Into<String>) -> Self { Error::new(Code::Corrupt, what) }
    pub fn unsupported(what: impl Into<String>) -> Self { Error::new(Code::Unsupported, what) }
    pub fn bad_argument(what: impl Into<String>) -> Self { Error::new(Code::BadArgument, what) }
    pub fn internal(what: impl Into<String>) -> Self { Error::new(Code::Internal, what) }

    /// Byte offset into the SQL text.
    pub fn at(mut self, position: usize) -> Self {
        self.0.position.get_or_insert(position);
        self
    }
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub fn is_fault(&self) -> bool { self.0.fault.is_some() }
    pub fn fault_address(&self) -> Option<Address> { self.0.fault }
    pub fn code(&self) -> Code { self.0.code }
    pub fn message(&self) -> &str { &self.0.message }
    pub fn position(&self) -> Option<usize> { self.0.position }
    pub fn hint(&self) -> Option<&str> { self.0.hint.as_deref() }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0.message) }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.message)?;
        if let Some(position) = self.0.position {
            write!(f, " (at {position})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
