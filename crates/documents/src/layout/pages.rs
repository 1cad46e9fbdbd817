// SPDX-License-Identifier: AGPL-3.0-or-later
//! Strips to pages.

use super::flow::Flow;
use super::lines::{self, Align, Setting};
use super::strip::{Mark, Strip, merge};
use super::style::{self, RUNNING};
use crate::text::Fit;
use crate::{Document, RenderError};

/// A page: marks with y from its top edge, in reading order, and decoration to draw before.
#[derive(Debug, Default)]
pub struct Page {
    pub marks: Vec<Mark>,
    /// Running header and footer.
    pub running: Vec<Mark>,
    /// BOZZA under everything.
    pub draft: bool,
}

/// What every page repeats.
pub struct Running {
    header: Option<Strip>,
    footer: Option<Strip>,
    draft: bool,
}

/// More lines than this of header or footer are text, not a header.
const MOST_LINES: usize = 4;
/// Room for "Pagina 100 di 100".
const NUMBER_WIDTH: f32 = 110.0;

impl Running {
    pub fn new(document: &Document, flow: &mut Flow) -> Result<Self, RenderError> {
        let header = running(&document.header, style::MEASURE, flow)?;
        // The word is also text, for who searches, prints small or does not see.
        let footer = match (document.draft, document.footer.trim()) {
            (false, text) => text.to_owned(),
            (true, "") => "BOZZA".to_owned(),
            (true, text) => format!("BOZZA – {text}"),
        };
        let footer = running(&footer, style::MEASURE - NUMBER_WIDTH, flow)?;
        Ok(Self { header, footer, draft: document.draft })
    }

    /// Where text starts on page `number` (from 0).
    fn top(&self, number: usize) -> f32 {
        match &self.header {
            Some(strip) if number > 0 => style::HEADER_TOP + strip.height + style::HEADER_GAP,
            _ => style::TOP,
        }
    }

    fn footer_height(&self) -> f32 {
        self.footer.as_ref().map_or(RUNNING.leading, |strip| strip.height)
    }

    /// Where text must end on every page.
    fn bottom(&self) -> f32 {
        style::FOOTER_BOTTOM - self.footer_height() - style::FOOTER_GAP
    }
}

fn running(text: &str, width: f32, flow: &mut Flow) -> Result<Option<Strip>, RenderError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let paragraph = flow.plain(text, &RUNNING, None, 0)?;
    let setting =
        Setting { x: style::LEFT, width, style: RUNNING, align: Align::Left, fit: Fit::Whole };
    let strips = lines::strips(paragraph, &setting);
    if strips.len() > MOST_LINES {
        return Err(RenderError::RunningTextTooLong);
    }
    Ok(Some(merge(strips)))
}

/// Fills pages, then draws frames, headers and numbers on them.
pub fn fill(
    strips: Vec<Strip>,
    running: &Running,
    flow: &mut Flow,
) -> Result<Vec<Page>, RenderError> {
    let mut filler = Filler::new(running, flow);
    let mut group: Vec<Strip> = Vec::new();
    for strip in strips {
        if strip.new_page && !group.is_empty() {
            filler.group(std::mem::take(&mut group))?;
        }
        let open = strip.keep;
        group.push(strip);
        if !open {
            filler.group(std::mem::take(&mut group))?;
        }
    }
    if !group.is_empty() {
        filler.group(group)?;
    }
    let mut pages = filler.finish();
    finish(&mut pages, running, flow)?;
    Ok(pages)
}

struct Filler<'a> {
    running: &'a Running,
    flow: &'a Flow,
    pages: Vec<Page>,
    y: f32,
    /// Nothing but a repeated header is on the page yet.
    fresh: bool,
    /// Frames open on this page: index, top and bottom so far.
    frames: Vec<(usize, f32, f32)>,
}

impl<'a> Filler<'a> {
    fn new(running: &'a Running, flow: &'a Flow) -> Self {
        let pages = vec![Page::default()];
        Self { running, flow, pages, y: running.top(0), fresh: true, frames: Vec::new() }
    }

    fn bottom(&self) -> f32 {
        self.running.bottom()
    }

    /// Places strips that want to stay together.
    fn group(&mut self, strips: Vec<Strip>) -> Result<(), RenderError> {
        let Some(first) = strips.first() else {
            return Ok(());
        };
        if first.new_page && !self.fresh {
            self.turn();
        }
        let lead = if self.fresh { 0.0 } else { first.before };
        let inner: f32 = strips.iter().skip(1).map(|s| s.before).sum();
        let body = strips.iter().map(|s| s.height).sum::<f32>() + inner;
        let fits = self.y + lead + body <= self.bottom() + 0.01;
        let page = self.bottom() - self.running.top(1) - self.head(first).map_or(0.0, |h| h.height);
        if !fits && !self.fresh && body <= page {
            self.turn();
            self.repeat_head(first);
        }
        for strip in strips {
            self.strip(strip)?;
        }
        Ok(())
    }

    fn strip(&mut self, strip: Strip) -> Result<(), RenderError> {
        let lead = if self.fresh { 0.0 } else { strip.before };
        if self.y + lead + strip.height > self.bottom() + 0.01 && !self.fresh {
            self.turn();
            self.repeat_head(&strip);
        }
        if self.y + strip.height > self.bottom() + 0.01 && self.fresh {
            return Err(RenderError::Internal("un elemento è più alto della pagina".to_owned()));
        }
        self.place(strip);
        Ok(())
    }

    fn place(&mut self, strip: Strip) {
        if !self.fresh {
            self.y += strip.before;
        }
        let top = self.y;
        for frame in &strip.frames {
            match self.frames.iter_mut().find(|(known, _, _)| known == frame) {
                Some((_, _, bottom)) => *bottom = top + strip.height,
                None => self.frames.push((*frame, top, top + strip.height)),
            }
        }
        self.y += strip.height;
        self.fresh = false;
        if let Some(page) = self.pages.last_mut() {
            page.marks.extend(strip.marks.into_iter().map(|mut mark| {
                mark.shift(top);
                mark
            }));
        }
    }

    fn head(&self, strip: &Strip) -> Option<&'a Strip> {
        self.flow.table_heads.get(strip.table?)?.as_ref()
    }

    /// Draws the header of a table that goes on.
    fn repeat_head(&mut self, next: &Strip) {
        if let Some(head) = self.head(next)
            && !next.heads_table
        {
            self.place(Strip { frames: next.frames.clone(), ..head.clone() });
        }
    }

    fn turn(&mut self) {
        self.close_frames();
        self.pages.push(Page::default());
        self.y = self.running.top(self.pages.len() - 1);
        self.fresh = true;
    }

    fn close_frames(&mut self) {
        let Some(page) = self.pages.last_mut() else {
            return;
        };
        for (frame, top, bottom) in self.frames.drain(..) {
            let (x0, width) = self.flow.frames[frame];
            let x1 = x0 + width;
            let corners = [(x0, top), (x1, top), (x1, bottom), (x0, bottom)];
            for (index, (x0, y0)) in corners.into_iter().enumerate() {
                let (x1, y1) = corners[(index + 1) % 4];
                let ink = style::STRONG_RULE;
                page.marks.push(Mark::Rule { x0, y0, x1, y1, width: 0.7, ink });
            }
        }
    }

    fn finish(mut self) -> Vec<Page> {
        self.close_frames();
        self.pages
    }
}

/// Headers, footers and page numbers, once the number of pages is known.
fn finish(pages: &mut [Page], running: &Running, flow: &mut Flow) -> Result<(), RenderError> {
    let count = pages.len();
    for (index, page) in pages.iter_mut().enumerate() {
        page.draft = running.draft;
        if let Some(strip) = &running.header
            && index > 0
        {
            page.running.extend(shifted(&strip.marks, style::HEADER_TOP));
            page.running.push(rule(style::HEADER_TOP + strip.height + 3.0));
        }
        let top = style::FOOTER_BOTTOM - running.footer_height();
        page.running.push(rule(top - 4.0));
        if let Some(strip) = &running.footer {
            page.running.extend(shifted(&strip.marks, top));
        }
        let number = format!("Pagina {} di {count}", index + 1);
        let paragraph = flow.plain(&number, &RUNNING, None, 0)?;
        let (x, width) = (style::LEFT, style::MEASURE);
        let setting = Setting { x, width, style: RUNNING, align: Align::Right, fit: Fit::Whole };
        page.running.extend(shifted(&merge(lines::strips(paragraph, &setting)).marks, top));
    }
    Ok(())
}

fn shifted(marks: &[Mark], dy: f32) -> impl Iterator<Item = Mark> + '_ {
    marks.iter().cloned().map(move |mut mark| {
        mark.shift(dy);
        mark
    })
}

fn rule(y: f32) -> Mark {
    let (x0, x1) = (style::LEFT, style::LEFT + style::MEASURE);
    Mark::Rule { x0, y0: y, x1, y1: y, width: 0.4, ink: style::HAIR }
}
