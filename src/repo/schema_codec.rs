//! The bytes of a schema chunk. `docs/format.md` is normative.

use std::rc::Rc;

use super::wire::{Reader, Writer};
use super::{Action, Check, Column, ColumnId, ForeignKey, Generated, Index, IndexId, KeyPart, Schema, TableId};
use crate::chunk::{Chunk, ChunkStore, Kind};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::tuple::{encode_cell, read_cell, CellRef, ColumnType, Value};

impl Schema {
    pub fn to_chunk(&self) -> Result<Chunk> {
        let mut w = Writer::default();
        w.u64(self.id.0);
        w.str(&self.name);
        w.str(&self.comment);
        w.count(self.columns.len());
        for column in &self.columns {
            write_column(&mut w, column)?;
        }
        write_parts(&mut w, &self.primary_key);
        w.count(self.indexes.len());
        for index in &self.indexes {
            w.u64(index.id.0);
            w.str(&index.name);
            write_parts(&mut w, &index.parts);
            w.bool(index.unique);
            w.bool(index.constraint);
            w.option(index.predicate.as_deref(), Writer::str);
        }
        w.count(self.foreign_keys.len());
        for key in &self.foreign_keys {
            w.str(&key.name);
            w.count(key.columns.len());
            key.columns.iter().for_each(|column| w.count(*column));
            w.str(&key.parent_table);
            w.count(key.parent_columns.len());
            key.parent_columns.iter().for_each(|name| w.str(name));
            w.u8(key.on_delete as u8);
            w.u8(key.on_update as u8);
        }
        w.count(self.checks.len());
        for check in &self.checks {
            w.str(&check.name);
            w.str(&check.expression);
        }
        if w.0.len() + Chunk::HEADER > Chunk::MAX {
            let message = format!("schema of table {} has {} bytes: at most {} are possible", self.name, w.0.len(), Chunk::MAX);
            return Err(Error::new(Code::BadArgument, message));
        }
        Ok(Chunk::build(Kind::Schema, &w.0))
    }

    pub fn from_chunk(chunk: &Chunk) -> Result<Schema> {
        let body = chunk.body(Kind::Schema)?;
        let mut r = Reader::new(&body, "schema");
        let id = TableId(r.u64()?);
        let name = Rc::from(r.str()?);
        let comment = Rc::from(r.str()?);
        let columns = r.list(read_column)?;
        let primary_key = read_parts(&mut r, columns.len())?;
        let indexes = r.list(|r| {
            Ok(Index {
                id: IndexId(r.u64()?),
                name: r.str()?.into(),
                parts: read_parts(r, columns.len())?,
                unique: r.bool()?,
                constraint: r.bool()?,
                predicate: r.option(|r| Ok(r.str()?.into()))?,
            })
        })?;
        let foreign_keys = r.list(|r| {
            Ok(ForeignKey {
                name: r.str()?.into(),
                columns: r.list(|r| read_position(r, columns.len()))?,
                parent_table: r.str()?.into(),
                parent_columns: r.list(|r| Ok(r.str()?.into()))?,
                on_delete: read_action(r)?,
                on_update: read_action(r)?,
            })
        })?;
        let checks = r.list(|r| Ok(Check { name: r.str()?.into(), expression: r.str()?.into() }))?;
        r.end()?;
        Ok(Schema { id, name, columns, primary_key, indexes, foreign_keys, checks, comment })
    }

    pub fn read(store: &dyn ChunkStore, address: &Address) -> Result<Schema> { Schema::from_chunk(&store.get(address)?) }

    /// Written only where the store lacks it, so that a commit does not carry every schema again.
    pub fn write(&self, store: &dyn ChunkStore) -> Result<Address> { put_if_absent(store, self.to_chunk()?) }
}

pub(crate) fn put_if_absent(store: &dyn ChunkStore, chunk: Chunk) -> Result<Address> {
    let address = chunk.address();
    if store.contains(&address)? { Ok(address) } else { store.put(chunk) }
}

fn write_column(w: &mut Writer, column: &Column) -> Result<()> {
    w.u64(column.id.0);
    w.str(&column.name);
    write_type(w, &column.column_type);
    w.str(&column.declared);
    let flags = [column.nullable, column.auto_increment, column.nocase];
    w.u8(flags.iter().enumerate().map(|(bit, flag)| u8::from(*flag) << bit).sum());
    w.option(column.default.as_deref(), Writer::str);
    w.option(column.on_update.as_deref(), Writer::str);
    let mut fill = Vec::new();
    encode_cell(&mut fill, &column.fill, &column.column_type)?;
    w.bytes(&fill);
    w.option(column.generated.as_ref(), |w, generated| {
        w.str(&generated.expression);
        w.bool(generated.stored);
    });
    w.str(&column.comment);
    Ok(())
}

fn read_column(r: &mut Reader<'_>) -> Result<Column> {
    let id = ColumnId(r.u64()?);
    let name = r.str()?.into();
    let column_type = read_type(r)?;
    let declared = r.str()?.into();
    let flags = r.u8()?;
    if flags > 7 {
        return Err(r.wrong(&format!("column has unknown flags {flags:#04x}")));
    }
    let default = r.option(|r| Ok(Rc::from(r.str()?)))?;
    let on_update = r.option(|r| Ok(Rc::from(r.str()?)))?;
    let fill = match read_cell(r.bytes()?)? {
        CellRef::LargeText(_) | CellRef::LargeBlob(_) => return Err(r.wrong("a fill is never large")),
        cell => cell.to_value(&column_type, &NoStore)?,
    };
    let generated = r.option(|r| Ok(Generated { expression: r.str()?.into(), stored: r.bool()? }))?;
    let comment = r.str()?.into();
    let [nullable, auto_increment, nocase] = [flags & 1 != 0, flags & 2 != 0, flags & 4 != 0];
    Ok(Column { id, name, column_type, declared, nullable, default, on_update, fill, generated, auto_increment, nocase, comment })
}

/// For values that stand inline.
struct NoStore;

impl ChunkStore for NoStore {
    fn get(&self, address: &Address) -> Result<Chunk> { Err(Error::corrupt(format!("chunk {address} has no place here"))) }
    fn put(&self, chunk: Chunk) -> Result<Address> { Ok(chunk.address()) }
    fn contains(&self, _: &Address) -> Result<bool> { Ok(false) }
}

fn write_parts(w: &mut Writer, parts: &[KeyPart]) {
    w.count(parts.len());
    for part in parts {
        w.count(part.column);
        w.bool(part.descending);
    }
}

fn read_parts(r: &mut Reader<'_>, columns: usize) -> Result<Vec<KeyPart>> {
    r.list(|r| Ok(KeyPart { column: read_position(r, columns)?, descending: r.bool()? }))
}

fn read_position(r: &mut Reader<'_>, columns: usize) -> Result<usize> {
    let position = r.index()?;
    if position >= columns {
        return Err(r.wrong(&format!("column {position} of {columns}")));
    }
    Ok(position)
}

fn read_action(r: &mut Reader<'_>) -> Result<Action> {
    let actions = [Action::NoAction, Action::Restrict, Action::Cascade, Action::SetNull, Action::SetDefault];
    let byte = r.u8()?;
    actions.into_iter().find(|action| *action as u8 == byte).ok_or_else(|| r.wrong(&format!("unknown action {byte}")))
}

// Tags of types. Format, not tuning.
fn write_type(w: &mut Writer, column_type: &ColumnType) {
    let max = |w: &mut Writer, max: &Option<u32>| w.varint(max.map_or(0, |max| u64::from(max) + 1));
    match column_type {
        ColumnType::Any => w.u8(0),
        ColumnType::Bool => w.u8(1),
        ColumnType::Int { bits, unsigned } => {
            w.u8(2);
            w.u8(*bits);
            w.bool(*unsigned);
        }
        ColumnType::Real => w.u8(3),
        ColumnType::Decimal { precision, scale } => w.0.extend_from_slice(&[4, *precision, *scale]),
        ColumnType::Numeric => w.u8(5),
        ColumnType::Text { max: limit } => {
            w.u8(6);
            max(w, limit);
        }
        ColumnType::Blob { max: limit } => {
            w.u8(7);
            max(w, limit);
        }
        ColumnType::Date => w.u8(8),
        ColumnType::Time => w.u8(9),
        ColumnType::DateTime => w.u8(10),
        ColumnType::Timestamp => w.u8(11),
        ColumnType::Uuid => w.u8(12),
        ColumnType::Json => w.u8(13),
        ColumnType::Enum(members) => {
            w.u8(14);
            w.count(members.len());
            members.iter().for_each(|member| w.str(member));
        }
    }
}

fn read_type(r: &mut Reader<'_>) -> Result<ColumnType> {
    let max = |r: &mut Reader<'_>| -> Result<Option<u32>> {
        let n = r.varint()?;
        let limit = u32::try_from(n.saturating_sub(1)).map_err(|_| r.wrong("length limit is too large"))?;
        Ok((n > 0).then_some(limit))
    };
    Ok(match r.u8()? {
        0 => ColumnType::Any,
        1 => ColumnType::Bool,
        2 => {
            let (bits, unsigned) = (r.u8()?, r.bool()?);
            if ![8, 16, 24, 32, 64].contains(&bits) {
                return Err(r.wrong(&format!("integer type of {bits} bits")));
            }
            ColumnType::Int { bits, unsigned }
        }
        3 => ColumnType::Real,
        4 => {
            let (precision, scale) = (r.u8()?, r.u8()?);
            if precision == 0 || precision > crate::tuple::MAX_PRECISION || scale > precision {
                return Err(r.wrong(&format!("DECIMAL({precision}, {scale})")));
            }
            ColumnType::Decimal { precision, scale }
        }
        5 => ColumnType::Numeric,
        6 => ColumnType::Text { max: max(r)? },
        7 => ColumnType::Blob { max: max(r)? },
        8 => ColumnType::Date,
        9 => ColumnType::Time,
        10 => ColumnType::DateTime,
        11 => ColumnType::Timestamp,
        12 => ColumnType::Uuid,
        13 => ColumnType::Json,
        14 => ColumnType::Enum(r.list(|r| Ok(Rc::from(r.str()?)))?.into()),
        tag => return Err(r.wrong(&format!("unknown type {tag}"))),
    })
}

/// A fill as a row holds it, for trimming.
pub(crate) fn fill_cell(column: &Column) -> Result<Vec<u8>> {
    let mut cell = Vec::new();
    if column.fill != Value::Null {
        encode_cell(&mut cell, &column.fill, &column.column_type)?;
    }
    Ok(cell)
}
