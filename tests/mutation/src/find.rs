// SPDX-License-Identifier: AGPL-3.0-or-later
//! Finds, in the tree of a file, every place where a rule could have been written wrong. Only in bodies
//! that run: constants, patterns, types, attributes and what macros hold are left as they are.

use crate::operators;
use anyhow::{Context, Result};
use proc_macro2::Span;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, Expr, ImplItemFn, ItemFn, ItemImpl, Stmt, TraitItemFn};

/// One thing wrong in one place.
#[derive(Debug, Clone)]
pub struct Mutation {
    pub operator: &'static str,
    pub line: usize,
    /// What is replaced, in bytes of the file.
    pub range: Range<usize>,
    /// The function it is in: where a compiler that cannot say which mutant it dislikes looks.
    pub function: Range<usize>,
    /// What stands there instead; none where a statement is left out.
    pub instead: Option<String>,
    /// For people: `<` becomes `<=`.
    pub change: String,
}

/// All that can be made of a file.
pub fn mutations(text: &str) -> Result<Vec<Mutation>> {
    let tree = syn::parse_file(text).context("not Rust")?;
    let mut finder = Finder { text, function: 0..0, found: Vec::new() };
    finder.visit_file(&tree);
    Ok(finder.found)
}

pub struct Finder<'a> {
    text: &'a str,
    function: Range<usize>,
    found: Vec<Mutation>,
}

impl Finder<'_> {
    /// The text of a piece of the tree.
    pub fn source(&self, piece: &impl Spanned) -> &str {
        &self.text[piece.span().byte_range()]
    }

    /// The whole is replaced by a text.
    pub fn replace(
        &mut self,
        operator: &'static str,
        whole: &impl Spanned,
        at: Span,
        (instead, change): (String, impl Into<String>),
    ) {
        self.found.push(Mutation {
            operator,
            line: at.start().line,
            range: whole.span().byte_range(),
            function: self.function.clone(),
            instead: Some(instead),
            change: change.into(),
        });
    }

    /// A token inside the whole becomes another.
    pub fn swap(
        &mut self,
        operator: &'static str,
        whole: &impl Spanned,
        token: &impl Spanned,
        new: &str,
    ) {
        let range = whole.span().byte_range();
        let token = token.span();
        let cut = token.byte_range();
        let instead = [&self.text[range.start..cut.start], new, &self.text[cut.end..range.end]];
        let change = format!("`{}` becomes `{new}`", &self.text[cut]);
        self.replace(operator, whole, token, (instead.concat(), change));
    }

    /// A condition becomes its opposite.
    pub fn negate(&mut self, operator: &'static str, condition: &Expr, what: &str) {
        let instead = format!("!({})", self.source(condition));
        self.replace(operator, condition, condition.span(), (instead, format!("{what} negated")));
    }

    /// A statement is left out.
    pub fn omit(&mut self, operator: &'static str, statement: &Stmt, change: &str) {
        let span = statement.span();
        self.found.push(Mutation {
            operator,
            line: span.start().line,
            range: span.byte_range(),
            function: self.function.clone(),
            instead: None,
            change: change.to_owned(),
        });
    }

    fn within(&mut self, whole: &impl Spanned, look: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.function, whole.span().byte_range());
        look(self);
        self.function = outer;
    }
}

/// How a value is shown decides nothing.
fn only_shows(item: &ItemImpl) -> bool {
    let name = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
    name.is_some_and(|name| name.ident == "Display" || name.ident == "Debug")
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if item.sig.constness.is_none() {
            self.within(item, |finder| visit::visit_block(finder, &item.block));
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if item.sig.constness.is_none() {
            self.within(item, |finder| visit::visit_block(finder, &item.block));
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.within(item, |finder| visit::visit_block(finder, block));
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if !only_shows(item) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        operators::expression(self, expr);
        visit::visit_expr(self, expr);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        operators::guard(self, arm);
        visit::visit_arm(self, arm);
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        operators::statement(self, statement);
        visit::visit_stmt(self, statement);
    }

    fn visit_expr_repeat(&mut self, repeat: &'ast syn::ExprRepeat) {
        self.visit_expr(&repeat.expr);
    }

    // What the compiler works out by itself has no place for a question.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_variant(&mut self, _: &'ast syn::Variant) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
    fn visit_generic_argument(&mut self, _: &'ast syn::GenericArgument) {}
}
