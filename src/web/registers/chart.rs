// SPDX-License-Identifier: AGPL-3.0-or-later
//! Bars, drawn as SVG without any style of their own. Each chart has a title and a description, and
//! stands beside a table with the same numbers: a picture never says anything alone.
//!
//! Widths are shares of the page and heights are pixels, so that words keep their size on a
//! telephone.

use serde::Serialize;

/// Height of one bar with its words.
const ROW: usize = 44;
/// Share of the page that bars take; the rest is for their numbers.
const GROUND: f64 = 72.0;
/// Letters of a label that have room on a telephone; the table has all of them.
const LETTERS: usize = 42;

/// A chart of horizontal bars.
#[derive(Debug, Serialize)]
pub struct Chart {
    /// Identifier on the page.
    id: &'static str,
    title: &'static str,
    /// What it shows, and how to read it.
    description: String,
    height: usize,
    /// Width of the longest bar.
    ground: String,
    bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Serialize)]
struct Bar {
    label: String,
    /// Beside the bar, on the right.
    value: String,
    words_y: usize,
    value_y: usize,
    bar_y: usize,
    /// "43.5%".
    width: String,
    /// A part of it, from the left.
    part: Option<String>,
    /// A mark beyond it.
    mark: Option<String>,
    mark_y: usize,
}

/// What a bar shows.
#[derive(Debug, Clone, Default)]
pub struct Datum {
    /// Words.
    pub label: String,
    /// Its number, in words.
    pub value: String,
    /// Its length.
    pub length: i64,
    /// A part of its length.
    pub part: Option<i64>,
    /// A mark at another length.
    pub mark: Option<i64>,
}

impl Chart {
    /// A chart of what was measured; none when there is nothing to show.
    pub fn new(
        id: &'static str,
        title: &'static str,
        description: impl Into<String>,
        data: Vec<Datum>,
    ) -> Option<Self> {
        let longest = data.iter().flat_map(|d| [d.length, d.mark.unwrap_or(0)]).max()?;
        if longest <= 0 {
            return None;
        }
        let share = |length: i64| format!("{:.2}%", length as f64 * GROUND / longest as f64);
        let bars: Vec<Bar> = data
            .into_iter()
            .enumerate()
            .map(|(n, datum)| Bar {
                label: shortened(datum.label),
                value: datum.value,
                words_y: n * ROW + 16,
                value_y: n * ROW + 34,
                bar_y: n * ROW + 22,
                width: share(datum.length),
                part: datum.part.map(share),
                mark: datum.mark.map(share),
                mark_y: n * ROW + 20,
            })
            .collect();
        let (height, ground) = (bars.len() * ROW, format!("{GROUND}%"));
        Some(Self { id, title, description: description.into(), height, ground, bars })
    }
}

fn shortened(label: String) -> String {
    if label.chars().count() <= LETTERS {
        return label;
    }
    let kept: String = label.chars().take(LETTERS - 1).collect();
    format!("{}…", kept.trim_end())
}
