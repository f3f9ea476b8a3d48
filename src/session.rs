//! One branch, SQL and versioning: what gets bound.
