// SPDX-License-Identifier: AGPL-3.0-or-later
//! Bars, drawn as SVG without any style of their own. Each chart has a title and a description, and
//! stands beside a table with the same numbers: a picture never says anything alone.
//!
//! Widths are shares of the page and heights are pixels, so that words keep their size on a
//! telephone.

use serde::Serialize;

/// Height of one bar with its words.
const ROW: usize = 44;

/// A chart of horizontal bars.
#[derive(Debug, Serialize)]
pub struct Chart {
    /// Identifier on the page.
    id: &'static str,
    title: &'static str,
    /// What it shows, and how to read it.
    description: String,
    height: usize,
    bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Serialize)]
struct Bar {
    label: String,
    /// Beside the label, on the right.
    value: String,
    words_y: usize,
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
        // A mark needs a little room at the right edge.
        let share = |length: i64| format!("{:.2}%", length as f64 * 99.0 / longest as f64);
        let bars: Vec<Bar> = data
            .into_iter()
            .enumerate()
            .map(|(n, datum)| Bar {
                label: datum.label,
                value: datum.value,
                words_y: n * ROW + 16,
                bar_y: n * ROW + 22,
                width: share(datum.length),
                part: datum.part.map(share),
                mark: datum.mark.map(share),
                mark_y: n * ROW + 20,
            })
            .collect();
        let height = bars.len() * ROW;
        Some(Self { id, title, description: description.into(), height, bars })
    }
}
