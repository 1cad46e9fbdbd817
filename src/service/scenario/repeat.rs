// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tables written once and done many times: `repeat`, `first`, `every`, a list of gestures in `do`.

use crate::domain::problem::Problem;
use chrono::TimeDelta;
use toml::{Table, Value};

/// Copies one table may ask for.
const REPEAT_MAX: usize = 500;
/// What stands for the number of the copy in every string.
const MARK: &str = "{n}";

/// One copy of a table.
pub(super) struct Copied {
    /// The table, `{n}` replaced.
    pub table: Table,
    /// Its number, from `first`; none when the table does not repeat.
    pub n: Option<usize>,
    /// How much later than written it happens.
    pub shift: TimeDelta,
}

/// The copies of a table: `repeat` times from the number `first`, `every` so many minutes, one for
/// each gesture of `do`.
pub(super) fn copies(mut table: Table, file: &str, line: usize) -> Result<Vec<Copied>, Problem> {
    let bad = |reason: &str| Problem::at(file, line, reason);
    let repeat = match table.remove("repeat") {
        None => None,
        Some(value) => Some(
            value
                .as_integer()
                .and_then(|n| usize::try_from(n).ok())
                .filter(|n| (1..=REPEAT_MAX).contains(n))
                .ok_or_else(|| bad("«repeat» è il numero delle volte, da 1 a 500"))?,
        ),
    };
    let first = match table.remove("first") {
        None => 1,
        Some(value) => value
            .as_integer()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|_| repeat.is_some())
            .ok_or_else(|| bad("«first» è il primo numero di «repeat»"))?,
    };
    let every = match table.remove("every") {
        None => 0,
        Some(_) if repeat.is_none() || !table.contains_key("at") => {
            return Err(bad("«every» vuole anche «repeat» e «at»"));
        }
        Some(value) => value
            .as_integer()
            .filter(|n| (0..=1_440).contains(n))
            .ok_or_else(|| bad("«every» è il numero dei minuti fra una volta e l'altra"))?,
    };
    let gestures =
        gestures(&mut table).ok_or_else(|| bad("«do» è un gesto o un elenco di gesti"))?;
    let mut copies = Vec::new();
    for i in 0..repeat.unwrap_or(1) {
        let n = first + i;
        let shift = TimeDelta::minutes(every * i64::try_from(i).unwrap_or_default());
        let table = match repeat {
            Some(_) => table.iter().map(|(k, v)| (k.clone(), numbered(v, n))).collect(),
            None => table.clone(),
        };
        for gesture in &gestures {
            let mut table: Table = table.clone();
            if let Some(gesture) = gesture {
                table.insert("do".into(), Value::String(gesture.clone()));
            }
            copies.push(Copied { table, n: repeat.map(|_| n), shift });
        }
    }
    Ok(copies)
}

/// The gestures of `do`; one `None` when there is no `do` (an expectation).
fn gestures(table: &mut Table) -> Option<Vec<Option<String>>> {
    match table.remove("do") {
        None => Some(vec![None]),
        Some(Value::String(one)) => Some(vec![Some(one)]),
        Some(Value::Array(many)) if !many.is_empty() => {
            many.into_iter().map(|v| v.as_str().map(|s| Some(s.to_owned()))).collect()
        }
        Some(_) => None,
    }
}

/// A value with `{n}` replaced in every string.
pub(super) fn numbered(value: &Value, n: usize) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(MARK, &n.to_string())),
        Value::Array(items) => Value::Array(items.iter().map(|v| numbered(v, n)).collect()),
        Value::Table(table) => {
            Value::Table(table.iter().map(|(k, v)| (k.clone(), numbered(v, n))).collect())
        }
        other => other.clone(),
    }
}
