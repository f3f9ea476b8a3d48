//! Random types and values.

use std::rc::Rc;

use prollite::tuple::{date_text, datetime_text, time_text, uuid_text, ColumnType, Value};
use rust_decimal::Decimal;

pub fn cases() -> u64 { std::env::var("PROLLITE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(64) }

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 { self.next() % n.max(1) }
    pub fn chance(&mut self, n: u64) -> bool { self.below(n) == 0 }
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T { from[self.below(from.len() as u64) as usize].clone() }
}

pub fn column_type(random: &mut Random) -> ColumnType {
    let scale = random.below(12) as u8;
    match random.below(16) {
        0 => ColumnType::Any,
        1 => ColumnType::Bool,
        2 => ColumnType::Int { bits: 16, unsigned: true },
        3 => ColumnType::INTEGER,
        4 => ColumnType::Real,
        5 => ColumnType::Decimal { precision: scale + 1 + random.below(16) as u8, scale },
        6 => ColumnType::Numeric,
        7 => ColumnType::TEXT,
        8 => ColumnType::Text { max: Some(5) },
        9 => ColumnType::BLOB,
        10 => ColumnType::Date,
        11 => ColumnType::Time,
        12 => ColumnType::DateTime,
        13 => ColumnType::Uuid,
        14 => ColumnType::Json,
        _ => ColumnType::Enum(["a", "B", "c c"].map(Rc::from).into()),
    }
}

fn int(random: &mut Random) -> i64 {
    match random.below(6) {
        0 => random.pick(&[0, 1, -1, 255, 256, -255, -256, -257, i64::MAX, i64::MIN, i64::MAX - 1, 1 << 53, (1 << 53) + 1]),
        1 => random.next() as i64,
        2 => (random.next() >> random.below(64)) as i64,
        _ => random.below(40) as i64 - 20,
    }
}

fn real(random: &mut Random) -> f64 {
    match random.below(5) {
        0 => random.pick(&[0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 9007199254740993.0, 9.223372036854775807e18, 5e-324]),
        1 => f64::from_bits(random.next()),
        2 => int(random) as f64,
        _ => random.below(400) as f64 / 8.0 - 25.0,
    }
}

fn decimal(random: &mut Random) -> Decimal {
    let digits = random.below(28) as u32;
    let mantissa = i128::from(random.next() >> 1) * i128::from(random.next() >> 1) % 10i128.pow(digits + 1);
    let mantissa = if random.chance(2) { -mantissa } else { mantissa };
    Decimal::from_i128_with_scale(mantissa, random.below(28) as u32)
}

fn text(random: &mut Random) -> String {
    let pieces = ["", "a", "A", "b", "\0", "\u{1}", "ü", "\u{7f}", "ab", "Z", "\u{10ffff}", "0"];
    (0..random.below(6)).map(|_| random.pick(&pieces)).collect()
}

/// A value as a column of this type stores it, NULL among them.
pub fn value(random: &mut Random, column_type: &ColumnType) -> Value {
    if random.chance(8) {
        return Value::Null;
    }
    let raw = match column_type {
        ColumnType::Any => match random.below(5) {
            0 | 1 => Value::Int(int(random)),
            2 => Value::real(real(random)),
            3 => Value::from(text(random)),
            _ => Value::blob(text(random).as_bytes()),
        },
        ColumnType::Bool => Value::bool(random.chance(2)),
        ColumnType::Int { bits: 64, .. } => Value::Int(int(random)),
        ColumnType::Int { .. } => Value::Int(random.below(1 << 16) as i64),
        ColumnType::Real => Value::real(real(random)),
        ColumnType::Decimal { precision, scale } => {
            let limit = 10i128.pow(u32::from(*precision));
            let mantissa = (i128::from(random.next() >> 1) * i128::from(random.next() >> 1)) % limit;
            let mantissa = if random.chance(2) { -mantissa } else { mantissa / 1000 };
            Value::Decimal(Decimal::from_i128_with_scale(mantissa, u32::from(*scale)))
        }
        ColumnType::Numeric if random.chance(2) => Value::Int(int(random)),
        ColumnType::Numeric => Value::Decimal(decimal(random)),
        ColumnType::Text { max: Some(max) } => Value::from(text(random).chars().take(*max as usize).collect::<String>()),
        ColumnType::Text { .. } => Value::from(text(random)),
        ColumnType::Json => Value::from(serde_json::to_string(&text(random)).unwrap()),
        ColumnType::Blob { .. } => Value::blob(text(random).as_bytes()),
        ColumnType::Date => Value::from(date_text(random.below(3_000_000) as i64 - 700_000).unwrap_or("2000-01-01".into())),
        ColumnType::Time => Value::from(time_text(random.below(86_400_000_000) as i64).unwrap()),
        ColumnType::DateTime | ColumnType::Timestamp => {
            let micros = (random.below(200_000_000_000_000_000) as i64) - 50_000_000_000_000_000;
            Value::from(datetime_text(micros - if random.chance(2) { micros % 1_000_000 } else { 0 }).unwrap())
        }
        ColumnType::Uuid => Value::from(uuid_text(&(u128::from(random.next()) << random.below(64)).to_be_bytes())),
        ColumnType::Enum(members) => Value::Text(random.pick(members)),
    };
    column_type.coerce(raw).unwrap()
}
