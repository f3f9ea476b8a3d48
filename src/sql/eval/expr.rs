//! An expression after binding: names are positions, conversions are chosen, patterns and lists are compiled.

use std::collections::HashSet;
use std::rc::Rc;

use super::functions::like::Pattern;
use super::functions::Function;
use crate::sql::plan::Node;
use crate::tuple::{ColumnType, Value};

#[derive(Clone)]
pub enum Expr {
    Literal(Value),
    /// A cell of the row at hand.
    Column(usize),
    /// A value that the enclosing query hands in, see [`Subquery::inputs`].
    Outer(usize),
    /// From 0.
    Parameter(usize),
    /// `@x` or `@@x`, as written.
    Variable(Rc<str>),
    /// The result of an aggregate, until the plan says where it stands.
    Aggregate(usize),
    /// The answer of a window function, until the plan says where it stands.
    Window(usize),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    BitNot(Box<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    Compare(Box<Comparison>),
    /// `IS [NOT] DISTINCT FROM`; `distinct` is what answers true.
    Distinct { comparison: Box<Comparison>, distinct: bool },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Xor(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    IsNull { expr: Box<Expr>, negated: bool },
    /// `IS [NOT] TRUE`, `IS [NOT] FALSE`.
    IsTruth { expr: Box<Expr>, truth: bool, negated: bool },
    /// The operand is evaluated once.
    Between { expr: Box<Expr>, low: Box<Expr>, high: Box<Expr>, low_rule: Rule, high_rule: Rule, negated: bool },
    InList(Box<InList>),
    InQuery { expr: Box<Expr>, query: Rc<Subquery>, rule: Rule, negated: bool },
    Exists { query: Rc<Subquery>, negated: bool },
    Scalar(Rc<Subquery>),
    Case { whens: Vec<(Expr, Expr)>, otherwise: Option<Box<Expr>> },
    /// The first that is not NULL.
    Coalesce(Vec<Expr>),
    NullIf(Box<Comparison>),
    Cast(Box<Expr>, ColumnType),
    Match(Box<Match>),
    Call(&'static Function, Vec<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic { Add, Subtract, Multiply, Divide, IntDivide, Modulo, And, Or, Xor, ShiftLeft, ShiftRight }

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator { Eq, NotEq, Lt, LtEq, Gt, GtEq }

impl Comparator {
    /// What it is with its operands exchanged.
    pub fn flip(self) -> Self {
        match self {
            Comparator::Lt => Comparator::Gt,
            Comparator::LtEq => Comparator::GtEq,
            Comparator::Gt => Comparator::Lt,
            Comparator::GtEq => Comparator::LtEq,
            same => same,
        }
    }
}

#[derive(Clone, PartialEq)]
pub struct Comparison { pub op: Comparator, pub left: Expr, pub right: Expr, pub rule: Rule }

/// How two operands are made comparable, see `coercion.rs`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule { pub left: Conversion, pub right: Conversion, pub nocase: bool }

impl Rule {
    pub fn is_plain(&self) -> bool { self.left == Conversion::None && self.right == Conversion::None && !self.nocase }
    pub fn flip(self) -> Rule { Rule { left: self.right, right: self.left, nocase: self.nocase } }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Conversion {
    #[default]
    None,
    /// Text that is a number becomes one.
    Number,
    /// Numbers, and text that is one, become the decimal that they are written as.
    Decimal,
    /// Numbers become text.
    Text,
    /// Text takes the type's canonical spelling, if it has one.
    Typed(ColumnType),
}

#[derive(Clone, PartialEq)]
pub struct InList {
    pub expr: Expr,
    pub negated: bool,
    pub nocase: bool,
    /// Done to the operand.
    pub conversion: Conversion,
    /// The list's constants, as equality keys.
    pub constants: Rc<HashSet<Vec<u8>>>,
    /// The same as values, for key ranges.
    pub values: Rc<[Value]>,
    /// Whether NULL is among the constants.
    pub has_null: bool,
    /// What has to be evaluated, each with its rule.
    pub others: Vec<(Expr, Rule)>,
}

#[derive(Clone)]
pub struct Match {
    pub kind: MatchKind,
    pub expr: Expr,
    pub pattern: Expr,
    pub escape: Option<char>,
    pub negated: bool,
    /// When the pattern is constant.
    pub compiled: Option<Rc<Pattern>>,
    pub regex: Option<Rc<regex::Regex>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchKind { Like, Glob, Regexp }

/// A query inside an expression. What it reads of the row around it comes in as values: `inputs` are evaluated over
/// that row, inside they are [`Expr::Outer`]. Without inputs it runs once a statement.
pub struct Subquery { pub node: Rc<Node>, pub inputs: Vec<Expr>, pub width: usize }

impl PartialEq for Match {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.expr, &self.pattern, self.escape, self.negated)
            == (other.kind, &other.expr, &other.pattern, other.escape, other.negated)
    }
}

/// Structural; functions and subqueries by identity.
impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        use Expr::*;
        match (self, other) {
            (Literal(a), Literal(b)) => a == b,
            (Column(a), Column(b)) | (Outer(a), Outer(b)) | (Parameter(a), Parameter(b)) | (Aggregate(a), Aggregate(b)) | (Window(a), Window(b)) => a == b,
            (Variable(a), Variable(b)) => a == b,
            (Arithmetic(op, a, b), Arithmetic(op2, a2, b2)) => op == op2 && a == a2 && b == b2,
            (Negate(a), Negate(b)) | (BitNot(a), BitNot(b)) | (Not(a), Not(b)) => a == b,
            (Concat(a, b), Concat(a2, b2)) | (Xor(a, b), Xor(a2, b2)) => a == a2 && b == b2,
            (Compare(a), Compare(b)) | (NullIf(a), NullIf(b)) => a == b,
            (Distinct { comparison: a, distinct: d }, Distinct { comparison: b, distinct: e }) => d == e && a == b,
            (And(a), And(b)) | (Or(a), Or(b)) | (Coalesce(a), Coalesce(b)) => a == b,
            (IsNull { expr: a, negated: n }, IsNull { expr: b, negated: m }) => n == m && a == b,
            (IsTruth { expr: a, truth: t, negated: n }, IsTruth { expr: b, truth: u, negated: m }) => (t, n) == (u, m) && a == b,
            (
                Between { expr: a, low: l, high: h, low_rule: lr, high_rule: hr, negated: n },
                Between { expr: b, low: l2, high: h2, low_rule: lr2, high_rule: hr2, negated: m },
            ) => n == m && a == b && l == l2 && h == h2 && lr == lr2 && hr == hr2,
            (InList(a), InList(b)) => a == b,
            (InQuery { expr: a, query: q, negated: n, .. }, InQuery { expr: b, query: r, negated: m, .. }) => {
                n == m && a == b && Rc::ptr_eq(q, r)
            }
            (Exists { query: q, negated: n }, Exists { query: r, negated: m }) => n == m && Rc::ptr_eq(q, r),
            (Scalar(q), Scalar(r)) => Rc::ptr_eq(q, r),
            (Case { whens: a, otherwise: o }, Case { whens: b, otherwise: p }) => a == b && o == p,
            (Cast(a, t), Cast(b, u)) => t == u && a == b,
            (Match(a), Match(b)) => a == b,
            (Call(f, a), Call(g, b)) => std::ptr::eq(*f, *g) && f.is_pure() && a == b,
            _ => false,
        }
    }
}

impl Expr {
    pub fn null() -> Expr { Expr::Literal(Value::Null) }
    pub fn boolean(truth: bool) -> Expr { Expr::Literal(Value::bool(truth)) }

    /// All of them, as one.
    pub fn all(mut conjuncts: Vec<Expr>) -> Option<Expr> {
        match conjuncts.len() {
            0 => None,
            1 => conjuncts.pop(),
            _ => Some(Expr::And(conjuncts)),
        }
    }

    /// Its conjuncts, nested ANDs opened.
    pub fn conjuncts(self, out: &mut Vec<Expr>) {
        match self {
            Expr::And(list) => list.into_iter().for_each(|expr| expr.conjuncts(out)),
            Expr::Between { expr, low, high, low_rule, high_rule, negated: false } if expr.is_cheap() => {
                let low = Comparison { op: Comparator::GtEq, left: (*expr).clone(), right: *low, rule: low_rule };
                let high = Comparison { op: Comparator::LtEq, left: *expr, right: *high, rule: high_rule };
                out.push(Expr::Compare(Box::new(low)));
                out.push(Expr::Compare(Box::new(high)));
            }
            expr => out.push(expr),
        }
    }

    fn is_cheap(&self) -> bool { matches!(self, Expr::Column(_) | Expr::Outer(_) | Expr::Literal(_) | Expr::Parameter(_)) }

    /// Every part of this expression, itself first; the inputs of subqueries belong to it, their plans do not.
    pub fn visit(&self, see: &mut dyn FnMut(&Expr)) {
        see(self);
        self.children(&mut |child| child.visit(see));
    }

    fn children(&self, see: &mut dyn FnMut(&Expr)) {
        match self {
            Expr::Literal(_) | Expr::Column(_) | Expr::Outer(_) | Expr::Parameter(_) | Expr::Variable(_) | Expr::Aggregate(_) | Expr::Window(_) => {}
            Expr::Arithmetic(_, a, b) | Expr::Concat(a, b) | Expr::Xor(a, b) => {
                see(a);
                see(b);
            }
            Expr::Negate(a) | Expr::BitNot(a) | Expr::Not(a) | Expr::Cast(a, _) => see(a),
            Expr::IsNull { expr, .. } | Expr::IsTruth { expr, .. } => see(expr),
            Expr::Compare(c) | Expr::NullIf(c) | Expr::Distinct { comparison: c, .. } => {
                see(&c.left);
                see(&c.right);
            }
            Expr::And(list) | Expr::Or(list) | Expr::Coalesce(list) | Expr::Call(_, list) => list.iter().for_each(see),
            Expr::Between { expr, low, high, .. } => {
                see(expr);
                see(low);
                see(high);
            }
            Expr::InList(list) => {
                see(&list.expr);
                list.others.iter().for_each(|(other, _)| see(other));
            }
            Expr::InQuery { expr, query, .. } => {
                see(expr);
                query.inputs.iter().for_each(see);
            }
            Expr::Exists { query, .. } | Expr::Scalar(query) => query.inputs.iter().for_each(see),
            Expr::Case { whens, otherwise } => {
                for (when, then) in whens {
                    see(when);
                    see(then);
                }
                if let Some(otherwise) = otherwise {
                    see(otherwise);
                }
            }
            Expr::Match(m) => {
                see(&m.expr);
                see(&m.pattern);
            }
        }
    }

    /// Rebuilds the expression from the leaves up to where `change` answers something: what it answers stands as it is.
    pub fn rewrite(self, change: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Expr {
        if let Some(changed) = change(&self) {
            return changed;
        }
        let mut boxed = |expr: Box<Expr>| Box::new(expr.rewrite(change));
        match self {
            Expr::Arithmetic(op, a, b) => Expr::Arithmetic(op, boxed(a), boxed(b)),
            Expr::Concat(a, b) => Expr::Concat(boxed(a), boxed(b)),
            Expr::Xor(a, b) => Expr::Xor(boxed(a), boxed(b)),
            Expr::Negate(a) => Expr::Negate(boxed(a)),
            Expr::BitNot(a) => Expr::BitNot(boxed(a)),
            Expr::Not(a) => Expr::Not(boxed(a)),
            Expr::Cast(a, to) => Expr::Cast(boxed(a), to),
            Expr::IsNull { expr, negated } => Expr::IsNull { expr: boxed(expr), negated },
            Expr::IsTruth { expr, truth, negated } => Expr::IsTruth { expr: boxed(expr), truth, negated },
            Expr::Compare(c) => Expr::Compare(Box::new(c.rewrite(change))),
            Expr::NullIf(c) => Expr::NullIf(Box::new(c.rewrite(change))),
            Expr::Distinct { comparison, distinct } => Expr::Distinct { comparison: Box::new(comparison.rewrite(change)), distinct },
            Expr::And(list) => Expr::And(rewrite_all(list, change)),
            Expr::Or(list) => Expr::Or(rewrite_all(list, change)),
            Expr::Coalesce(list) => Expr::Coalesce(rewrite_all(list, change)),
            Expr::Call(function, list) => Expr::Call(function, rewrite_all(list, change)),
            Expr::Between { expr, low, high, low_rule, high_rule, negated } => {
                Expr::Between { expr: boxed(expr), low: boxed(low), high: boxed(high), low_rule, high_rule, negated }
            }
            Expr::InList(mut list) => {
                list.expr = list.expr.rewrite(change);
                list.others = list.others.into_iter().map(|(other, rule)| (other.rewrite(change), rule)).collect();
                Expr::InList(list)
            }
            Expr::InQuery { expr, query, rule, negated } => {
                let expr = boxed(expr);
                Expr::InQuery { expr, query: query.rewrite(change), rule, negated }
            }
            Expr::Exists { query, negated } => Expr::Exists { query: query.rewrite(change), negated },
            Expr::Scalar(query) => Expr::Scalar(query.rewrite(change)),
            Expr::Case { whens, otherwise } => Expr::Case {
                whens: whens.into_iter().map(|(when, then)| (when.rewrite(change), then.rewrite(change))).collect(),
                otherwise: otherwise.map(|expr| Box::new(expr.rewrite(change))),
            },
            Expr::Match(mut m) => {
                m.expr = m.expr.rewrite(change);
                m.pattern = m.pattern.rewrite(change);
                Expr::Match(m)
            }
            leaf => leaf,
        }
    }

    /// The cells that it reads, each once, ascending.
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.add_columns(&mut columns);
        columns
    }

    pub fn add_columns(&self, columns: &mut Vec<usize>) {
        self.visit(&mut |expr| {
            if let Expr::Column(index) = expr {
                columns.push(*index);
            }
        });
        columns.sort_unstable();
        columns.dedup();
    }

    /// Whether it gives the same value for every row of one statement.
    pub fn is_constant(&self) -> bool {
        let mut constant = true;
        self.visit(&mut |expr| {
            constant &= match expr {
                Expr::Column(_) | Expr::Aggregate(_) | Expr::Window(_) => false,
                Expr::Call(function, _) => function.is_pure(),
                _ => true,
            }
        });
        constant
    }

    /// Whether it can be computed while the statement is compiled.
    pub fn folds(&self) -> bool {
        let mut folds = true;
        self.visit(&mut |expr| {
            folds &= match expr {
                Expr::Column(_) | Expr::Aggregate(_) | Expr::Window(_) | Expr::Outer(_) | Expr::Parameter(_) | Expr::Variable(_) => false,
                Expr::Exists { .. } | Expr::Scalar(_) | Expr::InQuery { .. } => false,
                Expr::Call(function, _) => function.is_pure(),
                _ => true,
            }
        });
        folds
    }
}

fn rewrite_all(list: Vec<Expr>, change: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Vec<Expr> {
    list.into_iter().map(|expr| expr.rewrite(change)).collect()
}

impl Comparison {
    fn rewrite(self, change: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Comparison {
        Comparison { left: self.left.rewrite(change), right: self.right.rewrite(change), ..self }
    }
}

impl Subquery {
    fn rewrite(&self, change: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Rc<Subquery> {
        let inputs = rewrite_all(self.inputs.clone(), change);
        Rc::new(Subquery { node: self.node.clone(), inputs, width: self.width })
    }
}
