//! Equality on primary-key columns, turned into ranges of encoded keys.

use crate::prolly::KeyRange;
use crate::repo::Schema;
use crate::sql::system::Wanted;
use crate::tuple::{encode_key_part, KeyOrder, Value};

/// The keys that can match: `columns` gives, for each column of the schema, the positions in the system table under
/// which it can be asked for (`to_id`, `from_id`). All keys when the first key column is not known.
pub fn key_ranges(schema: &Schema, wanted: &Wanted, columns: &dyn Fn(usize) -> Vec<usize>) -> Vec<KeyRange> {
    let known = |part: usize| -> Option<Vec<Value>> {
        let column = schema.primary_key.get(part)?.column;
        columns(column).into_iter().find_map(|position| wanted.values(position).map(<[Value]>::to_vec))
    };
    point_ranges(schema, &known)
}

/// As [`key_ranges`], by what is known of each part of the key.
pub fn point_ranges(schema: &Schema, known: &dyn Fn(usize) -> Option<Vec<Value>>) -> Vec<KeyRange> {
    let orders = schema.key_orders();
    let mut prefixes: Vec<Vec<u8>> = vec![Vec::new()];
    let mut parts = 0;
    for (part, order) in orders.iter().enumerate() {
        let Some(values) = known(part) else { break };
        let mut longer = Vec::new();
        for prefix in &prefixes {
            for value in &values {
                if let Some(encoded) = encode(prefix, value, order) {
                    longer.push(encoded);
                }
            }
        }
        prefixes = longer;
        parts += 1;
    }
    if parts == 0 {
        return vec![KeyRange::all()];
    }
    prefixes.sort();
    prefixes.dedup();
    let whole = parts == orders.len();
    prefixes.iter().map(|prefix| if whole { KeyRange::key(prefix.clone().into()) } else { KeyRange::prefix(prefix) }).collect()
}

/// `None`: no key of this type equals the value.
fn encode(prefix: &[u8], value: &Value, order: &KeyOrder) -> Option<Vec<u8>> {
    if value.is_null() {
        return None;
    }
    let stored = order.column_type.coerce(value.clone()).ok()?;
    let mut out = prefix.to_vec();
    encode_key_part(&mut out, &stored, order).ok()?;
    Some(out)
}
