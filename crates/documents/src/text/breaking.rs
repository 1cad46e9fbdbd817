// SPDX-License-Identifier: AGPL-3.0-or-later
//! Total-fit line breaking: the breaks that make the whole paragraph even, not one line at a time.
//!
//! The method is Knuth and Plass's ("Breaking Paragraphs into Lines", 1981) on a dense table
//! instead of an active list: a line of print spans some tens of atoms, so the table is thin.

use super::paragraph::{After, Atom, Paragraph};
use super::rivers::rivers;

/// How lines are to fill the measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Both edges straight; words hyphenate freely.
    Justified,
    /// Right edge free; words hyphenate only to avoid a very uneven edge.
    Ragged,
    /// Right edge free; words break only when they are wider than the measure.
    Whole,
    /// As `Whole`, in lines of even length: titles and captions.
    Balanced,
    /// As `Balanced` where words need no hyphen, as `Ragged` where they do: cells of tables.
    Cell,
}

/// Atoms `first..last` form a line; its word spaces grow by `stretch` points each.
#[derive(Debug, Clone, Copy)]
pub struct LineRange {
    pub first: usize,
    pub last: usize,
    /// Natural width, a hyphen at the end included.
    pub width: f32,
    /// Points to add to each word space.
    pub stretch: f32,
    /// Points to add after each glyph of a line that would otherwise be full of holes.
    pub tracking: f32,
}

/// How far a space may grow and shrink, as a fraction of itself.
const STRETCH: f32 = 0.55;
const SHRINK: f32 = 0.22;
/// Penalties, on the scale where a loose line (spaces at full stretch) costs 100.
const HYPHEN: f64 = 55.0;
const HYPHEN_RAGGED: f64 = 400.0;
const HYPHEN_WHOLE: f64 = 100_000.0;
const EMERGENCY: f64 = 1_000_000.0;
/// Two hyphens in a row look careless; a last line that is the end of a word, more so.
const HYPHENS_IN_A_ROW: f64 = 6_000.0;
const HYPHEN_BEFORE_LAST: f64 = 30_000.0;
/// A river is as bad as a loose line. Whether a line is in one is seen only with those around it: the
/// paragraph is broken again, so many times at most, each with one more line made dearer.
const RIVER: f64 = 12_000.0;
const MOST_AGAIN: usize = 4;
/// A last line shorter than this share of the measure reads as a mistake.
const STUB: f32 = 0.08;
const STUB_COST: f64 = 4_000.0;
/// How much wider letters may be set, as a share of their mean width.
const TRACKING: f32 = 0.035;
/// A line filled less than this is never better than one already found.
const HOPELESS: f32 = 0.55;
/// Longer texts are read, not looked at.
const MOST_BALANCED: usize = 4;
/// A line that overflows is taken only when nothing else exists.
const OVERFULL: f64 = 1e12;

impl<N> Paragraph<N> {
    /// Breaks into lines no wider than `measure` points.
    pub fn lines(&mut self, measure: f32, fit: Fit) -> Vec<LineRange> {
        match fit {
            Fit::Balanced => self.balanced(measure),
            Fit::Cell => {
                let ragged = self.broken(measure, Fit::Ragged);
                if ragged.len() == 1 {
                    return ragged;
                }
                let whole = self.balanced(measure);
                if whole.len() <= ragged.len() { whole } else { ragged }
            }
            _ => self.broken(measure, fit),
        }
    }

    /// Lines of even length: the narrowest measure that needs no line more.
    fn balanced(&mut self, measure: f32) -> Vec<LineRange> {
        let lines = self.broken(measure, Fit::Whole);
        if !(2..=MOST_BALANCED).contains(&lines.len()) {
            return lines;
        }
        let (mut low, mut high) = (measure * 0.5, measure);
        for _ in 0..6 {
            let middle = (low + high) / 2.0;
            // Narrower than a word, the word would be split for good.
            let fits = match self.atoms.iter().all(|atom| atom.width <= middle) {
                true => self.broken(middle, Fit::Whole),
                false => Vec::new(),
            };
            let even = !fits.is_empty()
                && fits.len() <= lines.len()
                && fits.iter().all(|line| line.width <= middle);
            if even { high = middle } else { low = middle }
        }
        self.broken(high, Fit::Whole)
    }

    fn broken(&mut self, measure: f32, fit: Fit) -> Vec<LineRange> {
        self.split_oversized(measure);
        let mut lines = Vec::new();
        let mut start = 0;
        for index in 0..self.atoms.len() {
            if matches!(self.atoms[index].after, After::End) {
                let passage = Passage { start, end: index + 1, measure, fit };
                lines.extend(passage.lines(&self.atoms));
                start = index + 1;
            }
        }
        lines
    }

    /// Gives an atom wider than the measure a last resort between any two glyphs.
    fn split_oversized(&mut self, measure: f32) {
        let room = |atom: &Atom| match atom.after {
            After::Hyphen(g) => measure - g.advance(),
            _ => measure,
        };
        if self.atoms.iter().all(|atom| atom.width <= room(atom)) {
            return;
        }
        let mut atoms = Vec::with_capacity(self.atoms.len() + 64);
        for atom in self.atoms.drain(..) {
            if atom.width <= room(&atom) || atom.last - atom.first < 2 {
                atoms.push(atom);
                continue;
            }
            for at in atom.first..atom.last {
                let end = at + 1 == atom.last;
                atoms.push(Atom {
                    first: at,
                    last: at + 1,
                    width: self.glyphs[at].advance(),
                    after: if end { atom.after } else { After::Free { cheap: false } },
                    word: atom.word,
                });
            }
        }
        self.atoms = atoms;
    }
}

/// Running totals up to an atom: glyphs and spaces, and spaces alone.
#[derive(Clone, Copy, Default)]
struct Sum {
    width: f32,
    space: f32,
    spaces: i32,
}

#[derive(Clone, Copy)]
struct Best {
    cost: f64,
    from: usize,
}

/// The atoms `start..end`, which end at a forced break, and how their lines are to be.
#[derive(Clone, Copy)]
struct Passage {
    start: usize,
    end: usize,
    measure: f32,
    fit: Fit,
}

impl Passage {
    /// The lines with the fewest rivers; of equals, the evenest.
    fn lines(self, atoms: &[Atom]) -> Vec<LineRange> {
        let mut best = break_of(atoms, self, &[]);
        if self.fit != Fit::Justified || best.len() < 3 {
            return best;
        }
        let mut fewest = rivers(atoms, &best);
        let mut found = fewest.first().map(|line| (best[*line].first, best[*line].last));
        let mut dear = Vec::new();
        while let Some(line) = found
            && dear.len() < MOST_AGAIN
            && !dear.contains(&line)
        {
            dear.push(line);
            let lines = break_of(atoms, self, &dear);
            let left = rivers(atoms, &lines);
            found = left.first().map(|line| (lines[*line].first, lines[*line].last));
            if left.len() < fewest.len() {
                (best, fewest) = (lines, left);
            }
        }
        best
    }
}

/// Breaks a passage; lines in `dear`, by their first and last atom, cost as much as a river.
fn break_of(atoms: &[Atom], passage: Passage, dear: &[(usize, usize)]) -> Vec<LineRange> {
    let Passage { start, end, measure, fit } = passage;
    let count = end - start;
    let mut sums = vec![Sum::default(); count + 1];
    for (index, atom) in atoms[start..end].iter().enumerate() {
        let mut sum = sums[index];
        sum.width += atom.width;
        if let After::Space(g) | After::Tie(g) = atom.after {
            sum.width += g.advance();
            sum.space += g.advance();
            sum.spaces += 1;
        }
        sums[index + 1] = sum;
    }
    let mut best = vec![Best { cost: f64::INFINITY, from: 0 }; count + 1];
    best[0].cost = 0.0;
    // Breaks before `nearest` would overfill any line that ends at `to` or later.
    let mut nearest = 0;
    for to in 1..=count {
        let first = nearest;
        let last = &atoms[start + to - 1];
        let (penalty, ending) = (penalty(last, fit), Sum::ending(last));
        let hyphen_after = matches!(last.after, After::Hyphen(_));
        for from in first..to {
            let line = sums[to].since(&sums[from]).with(&ending);
            let overfull = line.width - line.space * SHRINK_OF[fit as usize] > measure + 0.01;
            if overfull && from + 1 < to {
                // With a hyphen less, a longer line may still fit.
                if !hyphen_after {
                    nearest = from + 1;
                }
                continue;
            }
            // From here on lines only get looser; the last one may be as short as it likes.
            if to < count && line.width < measure * HOPELESS && best[to].cost.is_finite() {
                break;
            }
            if best[from].cost.is_infinite() {
                continue;
            }
            let mut cost = best[from].cost + line_cost(&line, measure, fit, penalty, to == count);
            if overfull {
                cost += OVERFULL;
            }
            if dear.contains(&(start + from, start + to)) {
                cost += RIVER;
            }
            let hyphen_before =
                from > 0 && matches!(atoms[start + from - 1].after, After::Hyphen(_));
            if hyphen_before && hyphen_after {
                cost += HYPHENS_IN_A_ROW;
            } else if hyphen_before && to == count {
                cost += HYPHEN_BEFORE_LAST;
            }
            if cost < best[to].cost {
                best[to] = Best { cost, from };
            }
        }
    }
    collect(atoms, &sums, &best, passage)
}

/// Only justified lines may be set tighter than natural.
const SHRINK_OF: [f32; 5] = [SHRINK, 0.0, 0.0, 0.0, 0.0];

fn penalty(atom: &Atom, fit: Fit) -> f64 {
    match (atom.after, fit) {
        (After::Tie(_), _) => EMERGENCY,
        (After::Free { cheap: false }, _) => EMERGENCY / 10.0,
        (After::Hyphen(_), Fit::Justified) => HYPHEN,
        (After::Hyphen(_), Fit::Ragged) => HYPHEN_RAGGED,
        (After::Hyphen(_), Fit::Whole | Fit::Balanced | Fit::Cell) => HYPHEN_WHOLE,
        (After::Space(_) | After::Free { cheap: true } | After::End, _) => 0.0,
    }
}

impl Sum {
    /// What the end of a line changes of its totals: a hyphen is added, the space that ends it does not
    /// count. Asked once for all the lines that may end there.
    fn ending(last: &Atom) -> Self {
        match last.after {
            After::Space(g) | After::Tie(g) => {
                let advance = g.advance();
                Self { width: -advance, space: -advance, spaces: -1 }
            }
            After::Hyphen(g) => Self { width: g.advance(), ..Self::default() },
            After::Free { .. } | After::End => Self::default(),
        }
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            width: self.width - before.width,
            space: self.space - before.space,
            spaces: self.spaces - before.spaces,
        }
    }

    fn with(&self, more: &Self) -> Self {
        Self {
            width: self.width + more.width,
            space: self.space + more.space,
            spaces: self.spaces + more.spaces,
        }
    }
}

/// Totals of atoms `from..to` as a line.
fn measure_line(atoms: &[Atom], sums: &[Sum], start: usize, from: usize, to: usize) -> Sum {
    sums[to].since(&sums[from]).with(&Sum::ending(&atoms[start + to - 1]))
}

fn line_cost(line: &Sum, measure: f32, fit: Fit, penalty: f64, last: bool) -> f64 {
    let slack = measure - line.width;
    let stub = if last && line.width < measure * STUB { STUB_COST } else { 0.0 };
    let badness = match fit {
        _ if last && slack >= 0.0 => 0.0,
        Fit::Justified => {
            let give = line.space * if slack < 0.0 { SHRINK } else { STRETCH };
            let ratio = slack.abs() / give.max(0.3);
            (100.0 * f64::from(ratio).powi(3)).min(1e7)
        }
        _ => 100.0 * f64::from(slack / measure * 3.0).powi(2),
    };
    (10.0 + badness + penalty).powi(2).min(1e11) + stub
}

fn collect(atoms: &[Atom], sums: &[Sum], best: &[Best], passage: Passage) -> Vec<LineRange> {
    let Passage { start, measure, fit, .. } = passage;
    let mut breaks = vec![sums.len() - 1];
    while let Some(&to) = breaks.last()
        && to > 0
    {
        breaks.push(best[to].from);
    }
    breaks.reverse();
    let set = |pair: &[usize]| {
        let (from, to) = (pair[0], pair[1]);
        let line = measure_line(atoms, sums, start, from, to);
        let slack = measure - line.width;
        let last = to + 1 == sums.len();
        let fills = fit == Fit::Justified && line.spaces > 0 && (!last || slack < 0.0);
        let (stretch, tracking) = match fills {
            true => fill(&atoms[start + from..start + to], &line, slack),
            false => (0.0, 0.0),
        };
        let (first, last) = (start + from, start + to);
        LineRange { first, last, width: line.width, stretch, tracking }
    };
    breaks.windows(2).map(set).collect()
}

/// Shares the slack of a line among its spaces; beyond what spaces may take gracefully, letters
/// help, so little that no eye sees it.
fn fill(atoms: &[Atom], line: &Sum, slack: f32) -> (f32, f32) {
    let spaces = line.spaces as f32;
    let graceful = line.space * STRETCH * 1.4;
    let glyphs: usize = atoms.iter().map(|atom| atom.last - atom.first).sum();
    let share = TRACKING * line.width / glyphs.max(1) as f32;
    let tracking = ((slack - graceful) / glyphs.max(1) as f32).clamp(0.0, share);
    ((slack - tracking * glyphs as f32) / spaces, tracking)
}

#[cfg(test)]
mod tests {
    use super::{Fit, Passage, break_of, rivers};
    use crate::text::{FaceId, Paragraph, Run, Shaper};

    /// How many rivers the paragraphs of the sample have at forty measures: as the breaks with the
    /// least cost leave them, and as they are set.
    fn counted() -> (usize, usize) {
        let mut shaper = Shaper::new().expect("the fonts of the crate");
        let (mut plain, mut set) = (0, 0);
        let text = include_str!("../../tests/samples/deliberazione.md");
        for words in text.lines().filter(|line| line.len() > 300 && !line.starts_with('|')) {
            let face = FaceId::of(false, false);
            let run = Run { text: words.to_owned(), face, size: 11.0, note: (), line: 1 };
            let paragraph = Paragraph::new(vec![run], &mut shaper).expect("a text that can be set");
            let atoms = &paragraph.atoms;
            for step in 0..40_u8 {
                let measure = 280.0 + 5.0 * f32::from(step);
                let passage = Passage { start: 0, end: atoms.len(), measure, fit: Fit::Justified };
                let (before, after) = (break_of(atoms, passage, &[]), passage.lines(atoms));
                let (before, after) = (rivers(atoms, &before).len(), rivers(atoms, &after).len());
                assert!(after <= before, "{measure} pt: {before} rivers became {after}");
                (plain, set) = (plain + before, set + after);
            }
        }
        (plain, set)
    }

    #[test]
    fn breaking_again_leaves_fewer_rivers() {
        let (plain, set) = counted();
        assert!(set < plain, "{plain} rivers with the least cost, {set} as set");
    }
}
