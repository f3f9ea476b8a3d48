//! Versioned tables that the system itself reads: `dolt_ignore`, `dolt_docs`, `dolt_merge_drivers`. They are ordinary
//! tables of the root, made by the first INSERT; until then they are here, and empty.

use std::rc::Rc;

use super::scan::plain;
use super::{BoundTable, SystemTable, Wanted};
use crate::error::Result;
use crate::prolly::KeyRange;
use crate::repo::{Check, Column, Driver, KeyPart, Schema, Table, DRIVERS_TABLE};
use crate::sql::relation::Relation;
use crate::sql::versions::Projection;
use crate::sql::write::{Change, Operator, Target};
use crate::sql::{Context, OutputColumn};
use crate::tuple::{ColumnType, Value};

use super::scan::{rows, stream};

pub struct OwnTables;

/// Name, columns, and how many of the first are its key.
type Spec = (&'static str, &'static [(&'static str, ColumnType, &'static str)], usize);

const SPECS: &[Spec] = &[
    ("dolt_ignore", &[("pattern", ColumnType::TEXT, "TEXT"), ("ignored", ColumnType::Bool, "BOOLEAN")], 1),
    ("dolt_docs", &[("doc_name", ColumnType::TEXT, "TEXT"), ("doc_text", ColumnType::TEXT, "TEXT")], 1),
    (
        DRIVERS_TABLE,
        &[
            ("table_name", ColumnType::TEXT, "TEXT"),
            ("column_name", ColumnType::TEXT, "TEXT"),
            ("driver", ColumnType::TEXT, "TEXT"),
        ],
        2,
    ),
];

impl SystemTable for OwnTables {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        for spec in SPECS {
            if plain(spec.0, name, arguments)? {
                let columns = spec.1.iter().map(|(name, column_type, _)| OutputColumn::new(*name, column_type.clone()));
                return Ok(Some(Box::new(Bound { spec, columns: columns.collect() })));
            }
        }
        Ok(None)
    }
}

struct Bound { spec: &'static Spec, columns: Vec<OutputColumn> }

impl BoundTable for Bound {
    fn columns(&self) -> &[OutputColumn] { &self.columns }

    fn scan(&self, cx: &Context, _: &Wanted) -> Result<Box<dyn Relation>> {
        let Some(view) = cx.workspace.borrow().table(self.spec.0) else { return rows(Vec::new()) };
        let projection = Projection::identity(&view.schema)?;
        let store = cx.store.clone();
        let mut cursor = view.rows.cursor(&store, KeyRange::all(), false);
        stream(move || match cursor.next()? {
            Some((key, value)) => Ok(Some(projection.row(&*store, &key, &value)?.0)),
            None => Ok(None),
        })
    }

    fn insert(&self, cx: &Context, row: &[Value]) -> Result<()> { self.write(cx, None, Some(row)) }
    fn delete(&self, cx: &Context, row: &[Value]) -> Result<()> { self.write(cx, Some(row), None) }
    fn update(&self, cx: &Context, old: &[Value], new: &[Value]) -> Result<()> { self.write(cx, Some(old), Some(new)) }
}

impl Bound {
    fn write(&self, cx: &Context, old: Option<&[Value]>, new: Option<&[Value]>) -> Result<()> {
        if cx.workspace.borrow().schema(self.spec.0).is_none() {
            let schema = schema(cx, self.spec);
            cx.workspace.borrow_mut().set_table(self.spec.0, Some(Table::empty(Rc::new(schema))));
        }
        let target = Target::open(cx, self.spec.0)?;
        let mut new = new.map(<[Value]>::to_vec);
        if let Some(row) = &mut new {
            target.finish(cx, row)?;
        }
        let mut operator = Operator::new(cx);
        operator.run(&target, vec![Change { old: old.map(<[Value]>::to_vec), new }])?;
        operator.finish()
    }
}

fn schema(cx: &Context, (name, columns, keys): &Spec) -> Schema {
    let mut schema = Schema {
        id: cx.workspace.borrow().root().derive_table_id(name),
        name: (*name).into(),
        columns: Vec::new(),
        primary_key: (0..*keys).map(|column| KeyPart { column, descending: false }).collect(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: if *name == DRIVERS_TABLE { vec![known_drivers()] } else { Vec::new() },
        comment: "".into(),
    };
    for (name, column_type, declared) in *columns {
        let id = schema.derive_column_id(name, column_type.family());
        schema.columns.push(Column {
            id,
            name: (*name).into(),
            column_type: column_type.clone(),
            declared: (*declared).into(),
            nullable: false,
            default: None,
            on_update: None,
            fill: Value::Null,
            generated: None,
            auto_increment: false,
            nocase: false,
            comment: "".into(),
        });
    }
    schema
}

/// A misspelt driver is refused where it is written, not when two people have to merge.
fn known_drivers() -> Check {
    let names: Vec<String> = Driver::NAMES.iter().map(|name| format!("'{name}'")).collect();
    Check { name: "known_merge_driver".into(), expression: format!("driver IN ({})", names.join(", ")).into() }
}
