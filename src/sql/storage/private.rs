//! The private table of one query.

use std::cell::RefCell;

use gluesql::core::executor::{execute, Payload};
use gluesql::core::plan::{
    ProjectInputPlan, ProjectPlan, ProjectionPlan, QueryPlan, SourcePlan, StatementPlan, TableAccessPlan, TableSourcePlan,
};

use crate::error::{Error, Result};
use crate::sql::eval::Env;
use crate::sql::plan::Node;
use crate::sql::relation::{open, Operator, Row};
use crate::sql::suspension::{Start, Waiting};

/// Rows in a batch: what GlueSQL's loop costs (0.25 to 0.45 µs a row) falls on all of them.
const BATCH: usize = 256;

pub struct PrivateTable<'p> {
    source: RefCell<Box<dyn Operator + 'p>>,
    rows: RefCell<Vec<Row>>,
    /// The row that the source fills.
    row: RefCell<Row>,
    /// What went wrong below GlueSQL.
    failure: RefCell<Option<Error>>,
}

/// The error itself lies beside.
pub struct Failed;

impl PrivateTable<'_> {
    /// Computes the next batch; `false` at the end.
    pub fn advance(&self) -> std::result::Result<bool, Failed> {
        let mut source = self.source.borrow_mut();
        let mut rows = self.rows.borrow_mut();
        let before = rows.len();
        let mut row = self.row.borrow_mut();
        while rows.len() < before + BATCH {
            match source.next(&mut row) {
                Ok(true) => rows.push(std::mem::take(&mut *row)),
                Ok(false) => break,
                Err(error) => {
                    *self.failure.borrow_mut() = Some(error);
                    return Err(Failed);
                }
            }
        }
        Ok(rows.len() > before)
    }
}

/// `SELECT FROM ""`: one row a batch, and nothing in it. `crates/build/src/trim.rs` relies on it: there is no expression
/// for GlueSQL to evaluate, and no other statement.
static STATEMENT: StatementPlan = StatementPlan::Query(QueryPlan::Project(ProjectPlan {
    input: ProjectInputPlan::Source(SourcePlan::Table(TableSourcePlan {
        name: String::new(),
        alias: None,
        access: TableAccessPlan::FullScan,
    })),
    projection: ProjectionPlan::SelectItems(Vec::new()),
}));

/// Runs a plan to its end. After a fault the statement's first query goes on where it was; `kept`: when it has answered,
/// the statement still has work to do.
pub fn run(node: &Node, env: &Env, kept: bool) -> Result<Vec<Row>> {
    let (suspension, moment) = (&env.cx.suspension, &env.cx.moment);
    if !suspension.claim() {
        return run_with(open(node, env)?, Vec::new(), Row::new()).0;
    }
    let mut source = open(node, env)?;
    let (rows, row) = match suspension.start() {
        Start::Answered(answer) => {
            moment.skip_to(answer.drawn);
            return Ok(answer.rows);
        }
        Start::Anew => Default::default(),
        Start::Resume(waiting) => {
            moment.skip_to(waiting.drawn);
            source.resume(waiting.source)?;
            (waiting.rows, waiting.row)
        }
    };
    let (answer, mut table) = run_with(source, rows, row);
    match &answer {
        Err(error) if error.is_fault() => {
            let source = if env.ran_subquery() { None } else { table.source.get_mut().park() };
            let (rows, row, drawn) = (table.rows.take(), table.row.take(), moment.drawn());
            suspension.wait(source.map(|source| Waiting { source, rows, row, drawn }));
        }
        Ok(rows) if kept => suspension.answered(rows, moment.drawn()),
        _ => {}
    }
    answer
}

fn run_with<'p>(source: Box<dyn Operator + 'p>, rows: Vec<Row>, row: Row) -> (Result<Vec<Row>>, PrivateTable<'p>) {
    let mut table = PrivateTable { source: source.into(), rows: rows.into(), row: row.into(), failure: RefCell::default() };
    let payload = execute(&mut table, &STATEMENT);
    if let Some(error) = table.failure.take() {
        return (Err(error), table);
    }
    let answer = match payload {
        Ok(Payload::Select { .. }) => Ok(table.rows.take()),
        Ok(_) => Err(Error::internal("the executor answered a query with something else")),
        Err(error) => Err(Error::internal(format!("the executor failed: {error}"))),
    };
    (answer, table)
}
