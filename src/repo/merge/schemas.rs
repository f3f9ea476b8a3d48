//! Three-way merge of schemas: what has an id is matched by it, so that a rename merges with a change.

use std::rc::Rc;

use super::super::row_diff::same_key_form;
use super::super::{fold, Action, Column, ColumnId, ForeignKey, Index, IndexId, KeyPart, Schema};
use crate::tuple::Value;

/// The merged schema, or what cannot be merged, in one sentence. Columns keep ours' order, those that theirs added
/// come last; if only theirs moved columns, theirs' order is kept instead.
pub fn merge_schemas(base: Option<&Schema>, ours: &Schema, theirs: &Schema) -> Result<Schema, String> {
    if ours == theirs {
        return Ok(ours.clone());
    }
    if let Some(base) = base {
        base.columns.iter().try_for_each(|column| refuse_retyped(base, ours, theirs, column))?;
    }
    if base == Some(theirs) {
        return Ok(ours.clone());
    }
    if base == Some(ours) {
        return Ok(theirs.clone());
    }
    if !same_key_form(ours, theirs) {
        return Err(format!("table {}: both sides have different primary keys", ours.name));
    }
    let name = pick(base.map(|base| &base.name), &ours.name, &theirs.name)
        .ok_or_else(|| format!("table {} was renamed to {} and to {}", base.map_or("", |b| &b.name), ours.name, theirs.name))?;
    let columns = merge_columns(base, ours, theirs)?;
    let position = |id: ColumnId| columns.iter().position(|column| column.id == id);
    let places = |what: &str, ids: &[ColumnId]| -> Result<Vec<usize>, String> {
        let found: Option<Vec<usize>> = ids.iter().map(|id| position(*id)).collect();
        found.ok_or_else(|| format!("{what} uses a column that the other side dropped"))
    };

    let mut primary_key = Vec::new();
    for part in &ours.primary_key {
        let places = places("the primary key", &[ours.columns[part.column].id])?;
        primary_key.push(KeyPart { column: places[0], descending: part.descending });
    }
    let mut indexes = Vec::new();
    for definition in merge_keyed("index", base.map(index_definitions), index_definitions(ours), index_definitions(theirs))? {
        // As when a column is dropped: it leaves its indexes. What must be unique is another matter.
        let mut kept = definition.parts;
        if !definition.unique {
            kept.retain(|(id, _)| position(*id).is_some());
            if kept.is_empty() {
                continue;
            }
        }
        let ids: Vec<ColumnId> = kept.iter().map(|(id, _)| *id).collect();
        let columns = places(&format!("index {}", definition.name), &ids)?;
        let parts = columns.into_iter().zip(&kept);
        indexes.push(Index {
            id: definition.id,
            name: definition.name,
            parts: parts.map(|(column, (_, descending))| KeyPart { column, descending: *descending }).collect(),
            unique: definition.unique,
            predicate: definition.predicate,
            constraint: definition.constraint,
        });
    }
    if let Some(name) = repeated(indexes.iter().map(|index| &index.name)) {
        return Err(format!("both sides added an index {name}"));
    }
    let mut foreign_keys = Vec::new();
    for key in merge_keyed("foreign key", base.map(key_definitions), key_definitions(ours), key_definitions(theirs))? {
        foreign_keys.push(ForeignKey {
            columns: places(&format!("foreign key {}", key.name), &key.columns)?,
            name: key.name,
            parent_table: key.parent_table,
            parent_columns: key.parent_columns,
            on_delete: key.on_delete,
            on_update: key.on_update,
        });
    }
    let checks = |schema: &Schema| -> Vec<(String, super::super::Check)> {
        let keyed = schema.checks.iter().map(|check| {
            let key = if check.name.is_empty() { check.expression.to_string() } else { fold(&check.name) };
            (key, check.clone())
        });
        keyed.collect()
    };
    let checks = merge_keyed("check", base.map(checks), checks(ours), checks(theirs))?;
    let comment = pick(base.map(|base| &base.comment), &ours.comment, &theirs.comment)
        .ok_or_else(|| format!("table {name}: both sides changed its comment"))?;
    Ok(Schema { id: ours.id, name, columns, primary_key, indexes, foreign_keys, checks, comment })
}

/// The side that changed; `None` when both did, differently.
fn pick<T: PartialEq + Clone>(base: Option<&T>, ours: &T, theirs: &T) -> Option<T> {
    if ours == theirs || base == Some(theirs) {
        Some(ours.clone())
    } else if base == Some(ours) {
        Some(theirs.clone())
    } else {
        None
    }
}

/// Things with keys: dropped on one side and untouched on the other drops; changed on both sides is refused.
fn merge_keyed<K: Ord + Clone, T: PartialEq + Clone + Named>(
    what: &str,
    base: Option<Vec<(K, T)>>,
    ours: Vec<(K, T)>,
    theirs: Vec<(K, T)>,
) -> Result<Vec<T>, String> {
    let base = base.unwrap_or_default();
    let find = |list: &[(K, T)], key: &K| list.iter().find(|(other, _)| other == key).map(|(_, thing)| thing.clone());
    let mut merged = Vec::new();
    for (key, our) in &ours {
        match (find(&base, key), find(&theirs, key)) {
            (base, Some(their)) => match pick(base.as_ref(), our, &their) {
                Some(thing) => merged.push(thing),
                None => return Err(format!("both sides changed {what} {}", our.name())),
            },
            (Some(base), None) if base == *our => {}
            (Some(_), None) => return Err(format!("{what} {} was changed on one side and dropped on the other", our.name())),
            (None, None) => merged.push(our.clone()),
        }
    }
    for (key, their) in &theirs {
        if find(&ours, key).is_none() {
            match find(&base, key) {
                Some(base) if base == *their => {}
                Some(_) => return Err(format!("{what} {} was dropped on one side and changed on the other", their.name())),
                None => merged.push(their.clone()),
            }
        }
    }
    Ok(merged)
}

trait Named {
    fn name(&self) -> &str;
}

#[derive(Clone, PartialEq)]
struct IndexDefinition {
    id: IndexId,
    name: Rc<str>,
    parts: Vec<(ColumnId, bool)>,
    unique: bool,
    predicate: Option<Rc<str>>,
    constraint: bool,
}

#[derive(Clone, PartialEq)]
struct KeyDefinition {
    name: Rc<str>,
    columns: Vec<ColumnId>,
    parent_table: Rc<str>,
    parent_columns: Vec<Rc<str>>,
    on_delete: Action,
    on_update: Action,
}

impl Named for IndexDefinition {
    fn name(&self) -> &str { &self.name }
}
impl Named for KeyDefinition {
    fn name(&self) -> &str { &self.name }
}
impl Named for super::super::Check {
    fn name(&self) -> &str { if self.name.is_empty() { &self.expression } else { &self.name } }
}

fn index_definitions(schema: &Schema) -> Vec<(IndexId, IndexDefinition)> {
    let definitions = schema.indexes.iter().map(|index| {
        let parts = index.parts.iter().map(|part| (schema.columns[part.column].id, part.descending)).collect();
        let definition = IndexDefinition {
            id: index.id,
            name: index.name.clone(),
            parts,
            unique: index.unique,
            predicate: index.predicate.clone(),
            constraint: index.constraint,
        };
        (index.id, definition)
    });
    definitions.collect()
}

fn key_definitions(schema: &Schema) -> Vec<((String, Vec<ColumnId>), KeyDefinition)> {
    let definitions = schema.foreign_keys.iter().map(|key| {
        let columns: Vec<ColumnId> = key.columns.iter().map(|column| schema.columns[*column].id).collect();
        // A key without a name is known by its columns.
        let identity = (fold(&key.name), if key.name.is_empty() { columns.clone() } else { Vec::new() });
        let definition = KeyDefinition {
            name: key.name.clone(),
            columns,
            parent_table: key.parent_table.clone(),
            parent_columns: key.parent_columns.clone(),
            on_delete: key.on_delete,
            on_update: key.on_update,
        };
        (identity, definition)
    });
    definitions.collect()
}

fn repeated<'a>(mut names: impl Iterator<Item = &'a Rc<str>>) -> Option<Rc<str>> {
    let mut seen = std::collections::BTreeSet::new();
    names.find(|name| !seen.insert(fold(name))).cloned()
}

fn merge_columns(base: Option<&Schema>, ours: &Schema, theirs: &Schema) -> Result<Vec<Column>, String> {
    let find = |schema: &Schema, id: ColumnId| schema.columns.iter().find(|column| column.id == id).cloned();
    let order = |schema: &Schema, others: [&Schema; 2]| -> Vec<ColumnId> {
        let ids = schema.columns.iter().map(|column| column.id);
        ids.filter(|id| others.iter().all(|other| find(other, *id).is_some())).collect()
    };
    let theirs_moved = base.is_some_and(|base| {
        order(theirs, [base, ours]) != order(base, [ours, theirs]) && order(ours, [base, theirs]) == order(base, [ours, theirs])
    });
    let (first, second) = if theirs_moved { (theirs, ours) } else { (ours, theirs) };
    let mut merged: Vec<Column> = Vec::new();
    let added = second.columns.iter().filter(|column| find(first, column.id).is_none());
    for id in first.columns.iter().chain(added).map(|column| column.id) {
        let base_column = base.and_then(|base| find(base, id));
        match (find(ours, id), find(theirs, id)) {
            (Some(our), Some(their)) => merged.push(merge_column(base_column.as_ref(), &our, &their)?),
            (Some(left), None) | (None, Some(left)) => match base_column {
                Some(base) if base == left => {}
                Some(_) => return Err(format!("column {} was changed on one side and dropped on the other", left.name)),
                None => merged.push(left),
            },
            (None, None) => {}
        }
    }
    if let Some(name) = repeated(merged.iter().map(|column| &column.name)) {
        return Err(format!("both sides have a column {name}, and they are not the same one"));
    }
    Ok(merged)
}

/// What a change of type on one side may cost the other side's rows. One that narrows: they need not fit. One to
/// another kind of type makes, by its id, another column: their cells would be lost.
fn refuse_retyped(base: &Schema, ours: &Schema, theirs: &Schema, column: &Column) -> Result<(), String> {
    enum Now<'a> { There(&'a Column), Retyped(&'a Column), Gone }
    fn now<'a>(base: &Schema, side: &'a Schema, column: &Column) -> Now<'a> {
        if let Some(there) = side.columns.iter().find(|own| own.id == column.id) {
            return Now::There(there);
        }
        let named = side.columns.iter().find(|own| fold(&own.name) == fold(&column.name));
        let new = named.filter(|own| !base.columns.iter().any(|known| known.id == own.id));
        new.map_or(Now::Gone, Now::Retyped)
    }
    let name = &column.name;
    let incompatible = |our: &Column, their: &Column| {
        let (our, their) = (&our.column_type, &their.column_type);
        Err(format!("incompatible column types for column '{name}': {our} and {their}"))
    };
    let narrowed = |side: &Column| {
        side.column_type.widens_to(&column.column_type) && !column.column_type.widens_to(&side.column_type)
    };
    match (now(base, ours, column), now(base, theirs, column)) {
        (Now::There(our), Now::There(their)) if our.column_type != their.column_type && (narrowed(our) || narrowed(their)) => {
            incompatible(our, their)
        }
        (Now::Retyped(our), Now::There(their)) | (Now::There(our), Now::Retyped(their)) => incompatible(our, their),
        (Now::Retyped(our), Now::Retyped(their)) if our.id != their.id => {
            Err(format!("different column definitions for our column {} and their column {}", our.name, their.name))
        }
        (Now::Retyped(_), Now::Gone) | (Now::Gone, Now::Retyped(_)) => {
            Err(format!("column {name} was changed on one side and dropped on the other"))
        }
        _ => Ok(()),
    }
}

/// Two spellings of one value, as `1.0` and `'1.00'` are for a FLOAT: the shorter one, whichever side is ours.
fn same_default(ours: &Option<Rc<str>>, theirs: &Option<Rc<str>>, column: &Column) -> Option<Option<Rc<str>>> {
    let (ours, theirs) = (ours.as_ref()?, theirs.as_ref()?);
    let value = |text: &str| {
        let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        let literal = match quoted {
            Some(inner) if !inner.replace("''", "").contains('\'') => Value::from(inner.replace("''", "'")),
            Some(_) => return None,
            None => Value::Decimal(text.trim().parse().ok()?),
        };
        column.column_type.coerce(literal).ok()
    };
    (value(ours)? == value(theirs)?).then(|| Some([ours, theirs].into_iter().min_by_key(|text| (text.len(), text.to_string())).cloned()?))
}

fn merge_column(base: Option<&Column>, ours: &Column, theirs: &Column) -> Result<Column, String> {
    let refuse = |what: &str| format!("both sides changed {what} of column {}", ours.name);
    if base.is_none() && ours != theirs {
        return Err(format!("both sides added column {} differently", ours.name));
    }
    macro_rules! picked {
        ($field:ident, $what:literal) => {
            pick(base.map(|base| &base.$field), &ours.$field, &theirs.$field).ok_or_else(|| refuse($what))?
        };
    }
    let typed = |column: &Column| (column.column_type.clone(), column.declared.clone());
    let (column_type, declared) = match pick(base.map(typed).as_ref(), &typed(ours), &typed(theirs)) {
        Some(picked) => picked,
        None if ours.column_type.widens_to(&theirs.column_type) => typed(theirs),
        None if theirs.column_type.widens_to(&ours.column_type) => typed(ours),
        None => return Err(refuse("the type")),
    };
    Ok(Column {
        id: ours.id,
        name: picked!(name, "the name"),
        column_type,
        declared,
        nullable: picked!(nullable, "nullability"),
        default: match pick(base.map(|base| &base.default), &ours.default, &theirs.default) {
            Some(default) => default,
            None => same_default(&ours.default, &theirs.default, ours).ok_or_else(|| refuse("the default"))?,
        },
        on_update: picked!(on_update, "ON UPDATE"),
        fill: picked!(fill, "the fill"),
        generated: picked!(generated, "the generation"),
        auto_increment: picked!(auto_increment, "AUTO_INCREMENT"),
        nocase: picked!(nocase, "the collation"),
        comment: picked!(comment, "the comment"),
    })
}
