//! The types a column can have.

use std::fmt;
use std::rc::Rc;

use crate::error::{Error, Result};

/// What a column holds. Rigid, as in SQLite's STRICT; `Any` takes every class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    Any,
    Bool,
    /// `bits` is 8, 16, 24, 32 or 64; INTEGER and BIGINT are 64. INT is 32 in MySQL's spelling and
    /// 64 in SQLite's: Prollite takes 64 for INT, so that nothing a user stores is refused.
    Int { bits: u8, unsigned: bool },
    Real,
    Decimal { precision: u8, scale: u8 },
    /// Bare NUMERIC: any scale, trailing zeros lost.
    Numeric,
    /// Longest length in Unicode code points.
    Text { max: Option<u32> },
    /// Longest length in bytes.
    Blob { max: Option<u32> },
    Date,
    Time,
    DateTime,
    Timestamp,
    Uuid,
    Json,
    Enum(Rc<[Rc<str>]>),
}

/// What a column id is derived from: types of one family may widen into each other and keep the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Family { Any = 0, Number = 1, Text = 2, Blob = 3, Temporal = 4, Uuid = 5, Json = 6 }

/// DECIMAL's most digits.
pub const MAX_PRECISION: u8 = 28;

impl ColumnType {
    pub const INTEGER: ColumnType = ColumnType::Int { bits: 64, unsigned: false };
    pub const TEXT: ColumnType = ColumnType::Text { max: None };
    pub const BLOB: ColumnType = ColumnType::Blob { max: None };

    /// The type that a declaration names: `name` without its arguments, in any case (`DOUBLE PRECISION`,
    /// `INT UNSIGNED`), `args` as typed with ENUM's members unquoted. An empty name is a column without a type.
    pub fn from_declared(name: &str, args: &[&str]) -> Result<ColumnType> {
        let upper = name.to_ascii_uppercase();
        let mut words: Vec<&str> = upper.split_ascii_whitespace().collect();
        let mut unsigned = false;
        words.retain(|word| match *word {
            "UNSIGNED" | "ZEROFILL" => {
                unsigned = true;
                false
            }
            "SIGNED" => false,
            _ => true,
        });
        let base = words.join(" ");
        let int = |bits| Ok(ColumnType::Int { bits, unsigned });
        let length = || -> Result<Option<u32>> {
            match args {
                [] => Ok(None),
                [n] => match n.trim().parse::<u32>() {
                    Ok(n) => Ok(Some(n)),
                    Err(_) if n.trim().eq_ignore_ascii_case("max") => Ok(None),
                    Err(_) => Err(Error::bad_argument(format!("type {base}: length `{n}` is not a number"))),
                },
                _ => Err(Error::bad_argument(format!("type {base} takes one length, found {} arguments", args.len()))),
            }
        };
        match base.as_str() {
            "" | "ANY" => Ok(ColumnType::Any),
            "BOOL" | "BOOLEAN" => Ok(ColumnType::Bool),
            "TINYINT" | "INT1" => int(8),
            "SMALLINT" | "SMALLSERIAL" | "YEAR" => int(16),
            "MEDIUMINT" | "INT3" => int(24),
            // In PostgreSQL INT2 is 16 bits; SQLite and MySQL take the same.
            "INT2" => int(16),
            "INT" | "INTEGER" | "BIGINT" | "INT8" | "INT4" | "INT64" | "SERIAL" | "BIGSERIAL" => int(64),
            "REAL" | "DOUBLE" | "DOUBLE PRECISION" | "FLOAT" | "FLOAT4" | "FLOAT8" => Ok(ColumnType::Real),
            "DECIMAL" | "DEC" | "NUMERIC" | "FIXED" | "NUMBER" => Self::decimal(&base, args),
            "CHAR" | "CHARACTER" | "NCHAR" | "NATIVE CHARACTER" | "BPCHAR" => {
                Ok(ColumnType::Text { max: Some(length()?.unwrap_or(1)) })
            }
            "VARCHAR" | "CHARACTER VARYING" | "CHAR VARYING" | "VARYING CHARACTER" | "NVARCHAR" | "VARCHAR2"
            | "TEXT" | "STRING" | "CLOB" | "CITEXT" | "CHARACTER LARGE OBJECT" | "CHAR LARGE OBJECT" => {
                Ok(ColumnType::Text { max: length()? })
            }
            "TINYTEXT" | "MEDIUMTEXT" | "LONGTEXT" => Ok(ColumnType::TEXT),
            "BINARY" => Ok(ColumnType::Blob { max: Some(length()?.unwrap_or(1)) }),
            "VARBINARY" | "BINARY VARYING" | "BLOB" | "BINARY LARGE OBJECT" => Ok(ColumnType::Blob { max: length()? }),
            "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" | "BYTEA" | "BYTES" => Ok(ColumnType::BLOB),
            "DATE" => Ok(ColumnType::Date),
            "TIME" | "TIME WITHOUT TIME ZONE" => Ok(ColumnType::Time),
            "DATETIME" | "TIMESTAMP WITHOUT TIME ZONE" => Ok(ColumnType::DateTime),
            "TIMESTAMP" | "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => Ok(ColumnType::Timestamp),
            "UUID" => Ok(ColumnType::Uuid),
            "JSON" | "JSONB" => Ok(ColumnType::Json),
            "ENUM" => {
                let members: Vec<Rc<str>> = args.iter().map(|member| Rc::from(*member)).collect();
                let mut sorted = members.clone();
                sorted.sort();
                sorted.dedup();
                if members.is_empty() || sorted.len() != members.len() {
                    return Err(Error::bad_argument("type ENUM takes at least one member, each named once"));
                }
                Ok(ColumnType::Enum(members.into()))
            }
            "BIT" | "VARBIT" | "BIT VARYING" => {
                Err(Error::unsupported(format!("type {base} is not supported; use BOOLEAN, INT or BLOB")))
            }
            "SET" => Err(Error::unsupported("type SET is not supported; use TEXT or JSON")),
            _ => Err(Error::unsupported(format!("type {name} is not supported"))),
        }
    }

    fn decimal(base: &str, args: &[&str]) -> Result<ColumnType> {
        let digits = |text: &str| {
            let parsed = text.trim().parse::<u8>();
            parsed.map_err(|_| Error::bad_argument(format!("type {base}: `{text}` is not a number of digits")))
        };
        let (precision, scale) = match args {
            [] => return Ok(ColumnType::Numeric),
            [precision] => (digits(precision)?, 0),
            [precision, scale] => (digits(precision)?, digits(scale)?),
            _ => return Err(Error::bad_argument(format!("type {base} takes precision and scale"))),
        };
        if precision == 0 || precision > MAX_PRECISION || scale > precision {
            return Err(Error::unsupported(format!(
                "type {base}({precision}, {scale}): precision is 1 to {MAX_PRECISION} and scale at most the precision"
            )));
        }
        Ok(ColumnType::Decimal { precision, scale })
    }

    pub fn family(&self) -> Family {
        match self {
            ColumnType::Any => Family::Any,
            ColumnType::Bool
            | ColumnType::Int { .. }
            | ColumnType::Real
            | ColumnType::Decimal { .. }
            | ColumnType::Numeric => Family::Number,
            ColumnType::Text { .. } | ColumnType::Enum(_) => Family::Text,
            ColumnType::Blob { .. } => Family::Blob,
            ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp => Family::Temporal,
            ColumnType::Uuid => Family::Uuid,
            ColumnType::Json => Family::Json,
        }
    }

    /// SQL's name of the type without its arguments.
    pub fn name(&self) -> &'static str {
        match self {
            ColumnType::Any => "ANY",
            ColumnType::Bool => "BOOLEAN",
            ColumnType::Int { bits: 8, .. } => "TINYINT",
            ColumnType::Int { bits: 16, .. } => "SMALLINT",
            ColumnType::Int { bits: 24, .. } => "MEDIUMINT",
            ColumnType::Int { .. } => "INTEGER",
            ColumnType::Real => "REAL",
            ColumnType::Decimal { .. } => "DECIMAL",
            ColumnType::Numeric => "NUMERIC",
            ColumnType::Text { max: None } => "TEXT",
            ColumnType::Text { .. } => "VARCHAR",
            ColumnType::Blob { max: None } => "BLOB",
            ColumnType::Blob { .. } => "VARBINARY",
            ColumnType::Date => "DATE",
            ColumnType::Time => "TIME",
            ColumnType::DateTime => "DATETIME",
            ColumnType::Timestamp => "TIMESTAMP",
            ColumnType::Uuid => "UUID",
            ColumnType::Json => "JSON",
            ColumnType::Enum(_) => "ENUM",
        }
    }

    /// Least and greatest of an integer type, as an INTEGER holds them.
    pub fn int_range(&self) -> Option<(i64, i64)> {
        match self {
            ColumnType::Bool => Some((0, 1)),
            ColumnType::Int { bits: 64, unsigned: true } => Some((0, i64::MAX)),
            ColumnType::Int { bits: 64, .. } => Some((i64::MIN, i64::MAX)),
            ColumnType::Int { bits, unsigned: true } => Some((0, (1 << bits) - 1)),
            ColumnType::Int { bits, .. } => Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1)),
            _ => None,
        }
    }

    /// Types of one form encode the same value to the same key bytes.
    pub fn key_form(&self) -> (u8, u8) {
        match self {
            ColumnType::Any => (0, 0),
            ColumnType::Bool | ColumnType::Int { .. } => (1, 0),
            ColumnType::Real => (2, 0),
            ColumnType::Decimal { scale, .. } => (3, *scale),
            ColumnType::Numeric => (4, 0),
            ColumnType::Text { .. } | ColumnType::Json | ColumnType::Enum(_) => (5, 0),
            ColumnType::Blob { .. } => (6, 0),
            ColumnType::Date => (7, 0),
            ColumnType::Time => (8, 0),
            ColumnType::DateTime | ColumnType::Timestamp => (9, 0),
            ColumnType::Uuid => (10, 0),
        }
    }

    /// Whether every value of `self` is a value of `wider` and reads the same there, stored bytes included:
    /// such a change of type rewrites no row. Keys: neither may an order-preserving key change.
    pub fn widens_to(&self, wider: &ColumnType) -> bool {
        use ColumnType::*;
        let longer = |from: &Option<u32>, to: &Option<u32>| match (from, to) {
            (_, None) => true,
            (Some(from), Some(to)) => from <= to,
            (None, Some(_)) => false,
        };
        match (self, wider) {
            (from, to) if from == to => true,
            (Bool | Int { .. }, Int { .. }) => {
                let (from, to) = (self.int_range(), wider.int_range());
                from.zip(to).is_some_and(|((a, b), (c, d))| a >= c && b <= d)
            }
            (Text { max: from }, Text { max: to }) | (Blob { max: from }, Blob { max: to }) => longer(from, to),
            (Enum(_), Text { max: None }) => true,
            (Enum(members), Text { max: Some(max) }) => {
                members.iter().all(|member| member.chars().count() <= *max as usize)
            }
            (Enum(from), Enum(to)) => from.iter().all(|member| to.contains(member)),
            (Decimal { precision: p, scale: s }, Decimal { precision: q, scale: t }) => s == t && p <= q,
            _ => false,
        }
    }
}

/// The type as SQL declares it, with its arguments.
impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            ColumnType::Int { unsigned: true, .. } => f.write_str(" UNSIGNED"),
            ColumnType::Decimal { precision, scale } => write!(f, "({precision}, {scale})"),
            ColumnType::Text { max: Some(max) } | ColumnType::Blob { max: Some(max) } => write!(f, "({max})"),
            ColumnType::Enum(members) => {
                let quoted: Vec<String> =
                    members.iter().map(|member| format!("'{}'", member.replace('\'', "''"))).collect();
                write!(f, "({})", quoted.join(", "))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn declarations_name_types() {
        let cases: &[(&str, &[&str], &str)] = &[
            ("INT", &["11"], "INTEGER"),
            ("int unsigned", &[], "INTEGER UNSIGNED"),
            ("TINYINT", &["1"], "TINYINT"),
            ("varchar", &["255"], "VARCHAR(255)"),
            ("CHAR", &[], "VARCHAR(1)"),
            ("LONGTEXT", &[], "TEXT"),
            ("double  precision", &[], "REAL"),
            ("DECIMAL", &["10", "2"], "DECIMAL(10, 2)"),
            ("NUMERIC", &[], "NUMERIC"),
            ("ENUM", &["a", "b'c"], "ENUM('a', 'b''c')"),
            ("", &[], "ANY"),
            ("DATETIME", &["6"], "DATETIME"),
            ("BYTEA", &[], "BLOB"),
        ];
        for (name, args, shown) in cases {
            assert_eq!(ColumnType::from_declared(name, args).unwrap().to_string(), *shown);
        }
        for (name, args) in [("BIT", &["1"][..]), ("DECIMAL", &["65", "30"]), ("GEOMETRY", &[])] {
            assert_eq!(ColumnType::from_declared(name, args).unwrap_err().code(), Code::Unsupported);
        }
    }
}
