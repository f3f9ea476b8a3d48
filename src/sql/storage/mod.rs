//! GlueSQL's executor over our relations: the seam. `docs/sql-seam.md` tells why it lies here.
//!
//! A query's statement is GlueSQL's plan over a private table. Its executor drives the table's scan; each row of that
//! is a handle of a *batch* of rows that our operators computed, kept beside it. An error or a fault crosses beside it as
//! well, for a storage can only say a text.

mod private;
mod traits;

pub use private::run;
