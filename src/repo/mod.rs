//! Versioning without SQL types.
