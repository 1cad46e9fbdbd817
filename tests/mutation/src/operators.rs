// SPDX-License-Identifier: AGPL-3.0-or-later
//! The ways in which a rule is written wrong: one below, or and for and, a guard forgotten.

use crate::find::Finder;
use syn::spanned::Spanned;
use syn::{Arm, BinOp, Block, Expr, ExprBinary, ExprIf, ExprLit, ExprMethodCall, Lit, Stmt, UnOp};

/// Methods that are each other's error. Those of one line take the same arguments.
const TWINS: [(&str, &str, &str); 13] = [
    ("presence", "is_some", "is_none"),
    ("presence", "is_ok", "is_err"),
    ("quantifier", "any", "all"),
    ("quantifier", "is_some_and", "is_none_or"),
    ("extreme", "min", "max"),
    ("extreme", "min_by_key", "max_by_key"),
    ("extreme", "first", "last"),
    ("extreme", "find", "rfind"),
    ("extreme", "next", "next_back"),
    ("extreme", "position", "rposition"),
    ("extreme", "starts_with", "ends_with"),
    ("arithmetic", "saturating_sub", "saturating_add"),
    ("arithmetic", "succ_opt", "pred_opt"),
];

/// Methods whose closure chooses.
const CHOOSERS: [&str; 9] =
    ["filter", "find", "rfind", "position", "any", "all", "is_some_and", "is_none_or", "retain"];

pub fn expression(finder: &mut Finder, expr: &Expr) {
    match expr {
        Expr::Binary(binary) => comparison(finder, expr, binary),
        Expr::If(condition) => branch(finder, condition),
        Expr::MethodCall(call) => method(finder, expr, call),
        Expr::Lit(literal) => constant(finder, expr, literal),
        Expr::Macro(asked) if asked.mac.path.is_ident("matches") => {
            finder.negate("matches", expr, "`matches!`");
        }
        _ => {}
    }
}

fn comparison(finder: &mut Finder, whole: &Expr, binary: &ExprBinary) {
    if matches!(binary.op, BinOp::And(_)) && binds(whole) {
        return chain(finder, binary);
    }
    let (operator, new) = match binary.op {
        BinOp::Lt(_) => ("boundary", "<="),
        BinOp::Le(_) => ("boundary", "<"),
        BinOp::Gt(_) => ("boundary", ">="),
        BinOp::Ge(_) => ("boundary", ">"),
        BinOp::Eq(_) => ("equality", "!="),
        BinOp::Ne(_) => ("equality", "=="),
        BinOp::And(_) => ("connective", "||"),
        BinOp::Or(_) => ("connective", "&&"),
        BinOp::Add(_) => ("arithmetic", "-"),
        BinOp::Sub(_) => ("arithmetic", "+"),
        _ => return,
    };
    finder.swap(operator, whole, &binary.op, new);
}

/// Whether a condition binds names: `let` cannot stand under `!` or `||`.
fn binds(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(binary) => binds(&binary.left) || binds(&binary.right),
        _ => false,
    }
}

/// Beside a `let` only the other conditions can be wrong: each is taken as kept.
fn chain(finder: &mut Finder, binary: &ExprBinary) {
    for side in [&binary.left, &binary.right] {
        if !binds(side) {
            let change = (String::from("true"), "a condition beside `let` taken as true");
            finder.replace("connective", side, side.span(), change);
        }
    }
}

fn branch(finder: &mut Finder, branch: &ExprIf) {
    let condition = &*branch.cond;
    if binds(condition) {
        return;
    }
    if branch.else_branch.is_none() && leaves(&branch.then_branch) {
        let change = (String::from("false"), "the early way out is never taken");
        finder.replace("early return", condition, condition.span(), change);
    }
    if !negated_elsewhere(condition) {
        finder.negate("condition", condition, "condition");
    }
}

/// Another operator makes the same mutant.
fn negated_elsewhere(condition: &Expr) -> bool {
    match condition {
        Expr::Binary(binary) => matches!(binary.op, BinOp::Eq(_) | BinOp::Ne(_)),
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            TWINS
                .iter()
                .any(|(kind, one, other)| *kind == "presence" && (*one == name || *other == name))
                || name == "is_empty"
        }
        Expr::Macro(asked) => asked.mac.path.is_ident("matches"),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Not(_)) && negated_elsewhere(&unary.expr),
        _ => false,
    }
}

fn leaves(block: &Block) -> bool {
    matches!(
        block.stmts.last(),
        Some(Stmt::Expr(Expr::Return(_) | Expr::Continue(_) | Expr::Break(_), _))
    )
}

fn method(finder: &mut Finder, whole: &Expr, call: &ExprMethodCall) {
    let name = call.method.to_string();
    if name == "is_empty" {
        finder.negate("presence", whole, "`is_empty`");
    }
    for (operator, one, other) in TWINS {
        if name == one {
            finder.swap(operator, whole, &call.method, other);
        } else if name == other {
            finder.swap(operator, whole, &call.method, one);
        }
    }
    if CHOOSERS.contains(&name.as_str())
        && let Some(Expr::Closure(closure)) = call.args.last()
        && !negated_elsewhere(&closure.body)
    {
        finder.negate("choice", &closure.body, &format!("what `{name}` looks for"));
    }
}

fn constant(finder: &mut Finder, whole: &Expr, literal: &ExprLit) {
    match &literal.lit {
        Lit::Bool(value) => {
            let new = !value.value;
            let change = format!("`{}` becomes `{new}`", value.value);
            finder.replace("true and false", whole, whole.span(), (new.to_string(), change));
        }
        Lit::Int(number) => {
            let Ok(value) = number.base10_parse::<u64>() else { return };
            for new in [value.checked_add(1), value.checked_sub(1)].into_iter().flatten() {
                let new = format!("{new}{}", number.suffix());
                finder.swap("constant", whole, number, &new);
            }
        }
        _ => {}
    }
}

/// The guard of an arm, held or not.
pub fn guard(finder: &mut Finder, arm: &Arm) {
    let Some((_, guard)) = &arm.guard else { return };
    if !binds(guard) {
        for always in ["true", "false"] {
            let change = (always.to_owned(), format!("guard of an arm always `{always}`"));
            finder.replace("guard", guard, guard.span(), change);
        }
    }
}

/// A statement that only does something, or only asks whether one may go on.
pub fn statement(finder: &mut Finder, statement: &Stmt) {
    match statement {
        Stmt::Expr(Expr::Try(_), Some(_)) => {
            finder.omit("check", statement, "a check is not made");
        }
        Stmt::Expr(Expr::Call(_) | Expr::MethodCall(_), Some(_)) => {
            finder.omit("effect", statement, "a statement is left out");
        }
        _ => {}
    }
}
