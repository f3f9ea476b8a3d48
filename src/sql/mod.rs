//! SQL on GlueSQL's executor.
