// SPDX-License-Identifier: AGPL-3.0-or-later
//! The head of page 1: crest, name of the body, a rule.

use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};

use png::{Decoder, Transformations};
use sha2::{Digest, Sha256};

use super::flow::Flow;
use super::lines::{self, Align, Setting};
use super::strip::{Mark, Strip, stacked};
use super::style::{self, BLACK, BODY, SMALL, TextStyle};
use super::tags::{ROOT, Role};
use crate::text::Fit;
use crate::{Letterhead, RenderError};

/// Height of the crest on the page.
const CREST_HEIGHT: f32 = 52.0;
/// A crest wider than this is scaled down.
const CREST_WIDTH: f32 = 120.0;
/// A picture with more pixels than this is not a crest.
const MOST_PIXELS: usize = 16_000_000;

/// The crest as opaque RGB, 8 bits a channel, deflated.
pub struct Crest {
    pub width: usize,
    pub height: usize,
    pub packed: Vec<u8>,
}

const NAME: TextStyle = TextStyle { size: 18.0, leading: 23.0, bold: true, ink: BLACK, ..BODY };
const OFFICE: TextStyle = TextStyle { size: 9.6, leading: 13.0, ..SMALL };

/// Crests kept decoded; a Comune has one, and decoding costs more than a page.
const MOST_KEPT: usize = 4;

/// The crest of a PNG, decoded once in the life of the process.
fn crest(png: &[u8]) -> Result<Arc<Crest>, RenderError> {
    type Kept = Vec<(Vec<u8>, Arc<Crest>)>;
    static KEPT: Mutex<Kept> = Mutex::new(Vec::new());
    let digest = Sha256::digest(png).to_vec();
    // What a panicking thread left here is whole: entries are pushed complete.
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, crest)) = kept().iter().find(|(known, _)| *known == digest) {
        return Ok(Arc::clone(crest));
    }
    let crest = Arc::new(decode(png)?);
    let mut kept = kept();
    if kept.len() >= MOST_KEPT {
        kept.remove(0);
    }
    kept.push((digest, Arc::clone(&crest)));
    Ok(crest)
}

impl Flow {
    pub fn letterhead(
        &mut self,
        head: &Letterhead,
    ) -> Result<(Option<Arc<Crest>>, Vec<Strip>), RenderError> {
        let crest = head.crest_png.as_deref().map(crest).transpose()?;
        let mut marks = Vec::new();
        let mut indent = 0.0;
        let mut crest_height = 0.0;
        if let Some(crest) = &crest {
            let ratio = crest.width as f32 / crest.height as f32;
            let height = CREST_HEIGHT.min(CREST_WIDTH / ratio);
            let (x, width) = (style::LEFT, height * ratio);
            let node = self.tags.add(ROOT, Role::Figure);
            let name = head.lines.first().map_or("", String::as_str);
            self.tags.nodes[node].alt = Some(format!("Stemma {name}").trim_end().to_owned());
            marks.push(Mark::Image { node, x, y: 0.0, width, height });
            indent = width + 14.0;
            crest_height = height;
        }
        let text = self.letterhead_text(&head.lines, indent)?;
        if marks.is_empty() && text.is_empty() {
            return Ok((crest, Vec::new()));
        }
        let text_height = stacked(&text);
        let height = text_height.max(crest_height);
        let mut y = (height - text_height) / 2.0;
        for strip in text {
            marks.extend(strip.marks.into_iter().map(|mut mark| {
                mark.shift(y);
                mark
            }));
            y += strip.height;
        }
        let rule = height + 10.0;
        let (x0, x1) = (style::LEFT, style::LEFT + style::MEASURE);
        marks.push(Mark::Rule { x0, y0: rule, x1, y1: rule, width: 0.8, ink: style::STRONG_RULE });
        let strip = Strip { height: rule + 12.0, keep: true, marks, ..Strip::default() };
        Ok((crest, vec![strip]))
    }

    /// The name large, the lines under it small.
    fn letterhead_text(
        &mut self,
        lines: &[String],
        indent: f32,
    ) -> Result<Vec<Strip>, RenderError> {
        let (x, width) = (style::LEFT + indent, style::MEASURE - indent);
        let mut text = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let node = self.tags.add(ROOT, Role::Paragraph);
            let style = if index == 0 { NAME } else { OFFICE };
            let paragraph = self.plain(line, &style, Some(node), 0)?;
            let (align, fit) = (Align::Left, Fit::Whole);
            let setting = Setting { x, width, style, align, fit };
            text.extend(lines::strips(paragraph, &setting));
        }
        Ok(text)
    }
}

/// Decodes a PNG and lays it on white: no transparency to be blended by viewers.
fn decode(png: &[u8]) -> Result<Crest, RenderError> {
    let mut decoder = Decoder::new(Cursor::new(png));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let head = decoder.read_header_info().map_err(|_| RenderError::Crest)?;
    let (width, height) = (head.width as usize, head.height as usize);
    if !(1..=MOST_PIXELS).contains(&width.saturating_mul(height)) {
        return Err(RenderError::Crest);
    }
    let mut reader = decoder.read_info().map_err(|_| RenderError::Crest)?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or(RenderError::Crest)?];
    let frame = reader.next_frame(&mut bytes).map_err(|_| RenderError::Crest)?;
    let pixels = bytes[..frame.buffer_size()].chunks_exact(frame.color_type.samples());
    let rgb: Vec<u8> = pixels.flat_map(flatten).collect();
    let packed = crate::pdf::deflate(&rgb)?;
    Ok(Crest { width, height, packed })
}

fn flatten(pixel: &[u8]) -> [u8; 3] {
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u16::from(value), u16::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    match *pixel {
        [grey, alpha] => [over(grey, alpha); 3],
        [r, g, b] => [r, g, b],
        [r, g, b, alpha] => [over(r, alpha), over(g, alpha), over(b, alpha)],
        _ => [pixel[0]; 3],
    }
}
