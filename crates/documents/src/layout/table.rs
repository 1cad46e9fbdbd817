// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tables: column widths from content, a header repeated on every page, rows kept whole.

use super::flow::{Context, Flow};
use super::lines::{self, Align, Setting};
use super::strip::{Mark, NodeId, Strip, merge, stacked};
use super::style::{self, CELL_X, CELL_Y, TABLE, TextStyle};
use super::tags::Role;
use crate::RenderError;
use crate::markup::{Cell, ColumnAlign, Table};
use crate::text::Fit;

/// Rows taller than this may be split between pages; a page holds about 660 points.
const TALLEST_ROW: f32 = 300.0;

/// Sizes tried in turn, as a share of the table style, and whether words may be hyphenated.
const ATTEMPTS: [(f32, bool); 5] =
    [(1.0, false), (0.92, false), (0.92, true), (0.84, true), (0.76, true)];

/// One column: left edge of its text, width of its text.
#[derive(Debug, Clone, Copy)]
struct Column {
    x: f32,
    width: f32,
    align: Align,
}

/// How a table's cells are set.
struct Grid {
    columns: Vec<Column>,
    style: TextStyle,
    x: f32,
    width: f32,
}

impl Flow {
    pub fn table(
        &mut self,
        table: &Table,
        line: usize,
        at: &Context,
    ) -> Result<Vec<Strip>, RenderError> {
        let header_style = |style: &TextStyle| TextStyle { bold: true, ..*style };
        let mut rows: Vec<(&[Cell], bool)> = Vec::with_capacity(table.rows.len() + 1);
        if !table.header.is_empty() {
            rows.push((&table.header, true));
        }
        rows.extend(table.rows.iter().map(|row| (row.as_slice(), false)));
        let grid = self.grid(&rows, &table.align, line, at)?;
        let node = self.tags.add(at.parent, Role::Table);
        let number = self.table_heads.len();
        self.table_heads.push(None);
        let mut out: Vec<Strip> = Vec::new();
        for (index, (cells, header)) in rows.iter().enumerate() {
            let row = self.tags.add(node, Role::Row);
            let style = if *header { header_style(&grid.style) } else { grid.style };
            let mut stacks = Vec::with_capacity(cells.len());
            for (column, cell) in grid.columns.iter().zip(*cells) {
                let role = if *header { Role::Header { column: true } } else { Role::Cell };
                let tag = self.tags.add(row, role);
                stacks.push(self.cell(cell, tag, &style, column)?);
            }
            let last = index + 1 == rows.len();
            let mut strips = row_strips(stacks, &grid, *header, last);
            if *header {
                self.table_heads[number] = repeated(&strips);
            }
            for strip in &mut strips {
                strip.table = Some(number);
                strip.heads_table = *header;
            }
            // Two rows stay with the header, two at the end: nothing is left alone.
            let near_edge =
                (*header || (index == 1 && !table.header.is_empty())) || index + 2 == rows.len();
            if let Some(strip) = strips.last_mut() {
                strip.keep = near_edge && !last;
            }
            out.append(&mut strips);
        }
        Ok(out)
    }

    /// A label and its value on each row, without header or rules.
    pub fn labels(
        &mut self,
        rows: &[(Cell, Cell)],
        line: usize,
        at: &Context,
    ) -> Result<Vec<Strip>, RenderError> {
        let style = TextStyle { size: at.style.size * 0.96, ..at.style };
        let label = TextStyle { bold: true, ..style };
        let mut widest: f32 = 0.0;
        for (cell, _) in rows {
            let cell = self.paragraph(cell, &label, None)?;
            widest = widest.max(cell.natural_width());
        }
        let first = widest.min(at.width * 0.36) + 0.5;
        if at.width - first - 2.0 * CELL_X < 60.0 {
            return Err(RenderError::TableTooWide { line });
        }
        let second = first + 3.0 * CELL_X;
        let columns = vec![
            Column { x: at.x, width: first, align: Align::Left },
            Column { x: at.x + second, width: at.width - second, align: Align::Left },
        ];
        let grid = Grid { columns, style, x: at.x, width: at.width };
        let node = self.tags.add(at.parent, Role::Table);
        let mut out = Vec::new();
        for (index, (name, value)) in rows.iter().enumerate() {
            let row = self.tags.add(node, Role::Row);
            let head = self.tags.add(row, Role::Header { column: false });
            let data = self.tags.add(row, Role::Cell);
            let stacks = vec![
                self.cell(name, head, &label, &grid.columns[0])?,
                self.cell(value, data, &style, &grid.columns[1])?,
            ];
            let mut strips = plain_row(stacks, 1.6);
            if let Some(strip) = strips.last_mut() {
                strip.keep = (index == 0 || index + 2 == rows.len()) && index + 1 < rows.len();
            }
            out.append(&mut strips);
        }
        Ok(out)
    }

    fn cell(
        &mut self,
        cell: &Cell,
        node: NodeId,
        style: &TextStyle,
        column: &Column,
    ) -> Result<Vec<Strip>, RenderError> {
        if cell.is_empty() {
            return Ok(vec![Strip::blank(style.leading, false)]);
        }
        let paragraph = self.paragraph(cell, style, Some(node))?;
        let Column { x, width, align } = *column;
        Ok(lines::strips(paragraph, &Setting { x, width, style: *style, align, fit: Fit::Cell }))
    }

    /// Finds a size and column widths at which every cell fits.
    fn grid(
        &mut self,
        rows: &[(&[Cell], bool)],
        align: &[ColumnAlign],
        line: usize,
        at: &Context,
    ) -> Result<Grid, RenderError> {
        let base = if at.style.size < TABLE.size { at.style } else { TABLE };
        let room = at.width - 2.0 * CELL_X * align.len() as f32;
        for (scale, hyphens) in ATTEMPTS {
            let style =
                TextStyle { size: base.size * scale, leading: base.leading * scale, ..base };
            let (least, natural) = self.column_widths(rows, align.len(), &style, hyphens)?;
            let Some(widths) = distribute(&least, &natural, room) else {
                continue;
            };
            let mut x = at.x;
            let columns = widths
                .iter()
                .zip(align)
                .map(|(width, align)| {
                    let column = Column { x: x + CELL_X, width: *width, align: align_of(*align) };
                    x += width + 2.0 * CELL_X;
                    column
                })
                .collect();
            return Ok(Grid { columns, style, x: at.x, width: at.width });
        }
        Err(RenderError::TableTooWide { line })
    }

    /// Least and natural width of each column.
    fn column_widths(
        &mut self,
        rows: &[(&[Cell], bool)],
        count: usize,
        style: &TextStyle,
        hyphens: bool,
    ) -> Result<(Vec<f32>, Vec<f32>), RenderError> {
        let mut least = vec![style.size; count];
        let mut natural = vec![style.size; count];
        for (cells, header) in rows {
            let style = TextStyle { bold: *header, ..*style };
            for (column, cell) in cells.iter().enumerate().take(count) {
                let paragraph = self.paragraph(cell, &style, None)?;
                // A hair more, so that rounding never breaks what fits.
                least[column] = least[column].max(paragraph.least_width(hyphens) + 0.05);
                natural[column] = natural[column].max(paragraph.natural_width() + 0.05);
            }
        }
        Ok((least, natural))
    }
}

fn align_of(align: ColumnAlign) -> Align {
    match align {
        ColumnAlign::Left => Align::Left,
        ColumnAlign::Center => Align::Center,
        ColumnAlign::Right => Align::Right,
    }
}

/// Shares `room` among columns: short columns get all they want, long ones share the rest evenly.
/// `None`: not even the least widths fit.
fn distribute(least: &[f32], natural: &[f32], room: f32) -> Option<Vec<f32>> {
    let natural_sum: f32 = natural.iter().sum();
    if least.iter().sum::<f32>() > room {
        return None;
    }
    if natural_sum <= room {
        let extra = room - natural_sum;
        return Some(natural.iter().map(|n| n + extra * n / natural_sum).collect());
    }
    // The level to which all columns are filled, found by halving.
    let filled = |level: f32| least.iter().zip(natural).map(move |(l, n)| l.max(n.min(level)));
    let (mut low, mut high) = (0.0, room);
    for _ in 0..24 {
        let level = (low + high) / 2.0;
        if filled(level).sum::<f32>() > room { high = level } else { low = level }
    }
    Some(filled(low).collect())
}

/// The strips of a row: one, or one for each line of text when it is taller than a page may be.
fn row_strips(stacks: Vec<Vec<Strip>>, grid: &Grid, header: bool, last: bool) -> Vec<Strip> {
    let mut strips = plain_row(stacks, CELL_Y);
    let (x, width) = (grid.x, grid.width);
    let rule = |y: f32, thick: f32, ink| Mark::Rule {
        x0: x,
        y0: y,
        x1: x + width,
        y1: y,
        width: thick,
        ink,
    };
    if header {
        for strip in &mut strips {
            let fill = Mark::Fill { x, y: 0.0, width, height: strip.height, ink: style::TINT };
            strip.marks.insert(0, fill);
        }
    }
    let (thick, ink) = match header || last {
        true => (0.8, style::STRONG_RULE),
        false => (0.4, style::HAIR),
    };
    if let Some(strip) = strips.last_mut() {
        strip.marks.push(rule(strip.height, thick, ink));
    }
    if header && let Some(strip) = strips.first_mut() {
        strip.marks.push(rule(0.0, 0.8, style::STRONG_RULE));
    }
    strips
}

/// Cells side by side, padded above and below.
fn plain_row(stacks: Vec<Vec<Strip>>, pad: f32) -> Vec<Strip> {
    let height = stacks.iter().map(|stack| stacked(stack)).fold(0.0, f32::max);
    if height > TALLEST_ROW {
        return split_row(stacks, pad);
    }
    let mut row = Strip { height: height + 2.0 * pad, ..Strip::default() };
    for stack in stacks {
        let mut cell = merge(stack);
        cell.marks.iter_mut().for_each(|mark| mark.shift(pad));
        row.marks.append(&mut cell.marks);
    }
    vec![row]
}

/// A row taller than a page can spare: a strip for each line, cells in step.
fn split_row(stacks: Vec<Vec<Strip>>, pad: f32) -> Vec<Strip> {
    let count = stacks.iter().map(Vec::len).max().unwrap_or(0);
    let mut rows = vec![Strip::default(); count];
    for stack in stacks {
        for (row, mut strip) in rows.iter_mut().zip(stack) {
            row.height = row.height.max(strip.height);
            row.marks.append(&mut strip.marks);
        }
    }
    let mut out = vec![Strip::blank(pad, true)];
    out.append(&mut rows);
    out.push(Strip::blank(pad, false));
    let before_last = out.len() - 2;
    out[before_last].keep = true;
    out
}

/// The header as it is drawn again: decoration, since it has been read once.
fn repeated(strips: &[Strip]) -> Option<Strip> {
    let strip = merge(strips.to_vec());
    if strip.height > TALLEST_ROW {
        return None;
    }
    let marks = strip.marks.into_iter().filter_map(Mark::into_artifact).collect();
    Some(Strip { height: strip.height, keep: true, marks, ..Strip::default() })
}
