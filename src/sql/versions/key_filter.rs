//! What WHERE says of primary-key columns, turned into ranges of encoded keys.

use crate::error::Result;
use crate::prolly::KeyRange;
use crate::repo::Schema;
use crate::sql::eval::{Conversion, Env, Expr};
use crate::sql::plan::{Bounds, Operand};
use crate::sql::relation::{key_ranges as encoded, whole_keys};
use crate::sql::system::{Side, Wanted};
use crate::sql::Context;
use crate::tuple::{ColumnType, Value};

/// IN lists of several parts are multiplied out up to this many ranges.
const MOST_RANGES: usize = 4_096;

/// The keys that can match: `shown` gives, for each column of the schema, the positions in the system table under
/// which it can be asked for (`to_id`, `from_id`), and the types that it is shown as. All keys when nothing is known of
/// the first key column.
pub fn key_ranges(
    cx: &Context,
    schema: &Schema,
    wanted: &Wanted,
    shown: &dyn Fn(usize) -> Vec<(usize, ColumnType)>,
) -> Result<Vec<KeyRange>> {
    let mut bounds = Bounds::default();
    let mut ranges = 1usize;
    for part in &schema.primary_key {
        let Some(column) = schema.columns.get(part.column) else { break };
        // A value that is shown as another type compares as that.
        let shown = shown(part.column).into_iter().filter(|(_, as_type)| compares_alike(&column.column_type, as_type));
        let positions: Vec<usize> = shown.map(|(position, _)| position).collect();
        if let Some(values) = positions.iter().find_map(|position| wanted.values(*position)) {
            ranges = ranges.saturating_mul(values.len().max(1));
            if ranges > MOST_RANGES {
                break;
            }
            bounds.equals.push(values.iter().map(operand).collect());
            continue;
        }
        // System tables compare text with its case, which orders it otherwise than such a key.
        if !column.nocase {
            let side = |lower| positions.iter().find_map(|position| wanted.side(*position, lower));
            let bound = |side: &Side| (operand(&side.value), side.inclusive);
            (bounds.lower, bounds.upper) = (side(true).map(bound), side(false).map(bound));
        }
        break;
    }
    let (orders, env) = (schema.key_orders(), Env::new(cx.clone()));
    if bounds.equals.is_empty() && bounds.lower.is_none() && bounds.upper.is_none() {
        return Ok(vec![KeyRange::all()]);
    }
    match whole_keys(&bounds, &orders, &[], &env)? {
        Some(keys) => Ok(keys.into_iter().map(KeyRange::key).collect()),
        None => encoded(&bounds, &orders, &[], &env),
    }
}

fn operand(value: &Value) -> Operand {
    Operand { expr: Expr::Literal(value.clone()), conversion: Conversion::None, null_matches: false }
}

fn compares_alike(own: &ColumnType, shown: &ColumnType) -> bool {
    match (own, shown) {
        (ColumnType::Int { .. }, ColumnType::Int { .. }) | (ColumnType::Text { .. }, ColumnType::Text { .. }) => true,
        _ => own == shown,
    }
}
