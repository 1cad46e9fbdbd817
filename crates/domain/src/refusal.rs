// SPDX-License-Identifier: AGPL-3.0-or-later
//! A refusal: the answer "no", typed, cited, in Italian, with what to do next.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a command was refused. A page, a command line and an API problem print the same one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable token in snake_case, e.g. `missing_opinion`.
    pub code: String,
    /// Rule of the rulebook, e.g. `R1.9`.
    pub rule: String,
    /// Article of law it rests on, e.g. `art. 49, c. 4, TUEL`; empty for rules of good order.
    pub article: String,
    /// What is wrong, in Italian, without final full stop.
    pub text: String,
    /// What the person can do next, in Italian; may be empty.
    pub next: String,
}

impl Refusal {
    /// A refusal with its token, rule and article.
    pub fn new(code: &str, rule: &str, article: &str, text: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            rule: rule.into(),
            article: article.into(),
            text: text.into(),
            next: String::new(),
        }
    }

    /// Adds what the person can do next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text)?;
        if !self.article.is_empty() {
            write!(f, " — {}", self.article)?;
        }
        if !self.next.is_empty() {
            write!(f, ". {}", self.next)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
