// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signature boxes: who signs, and the empty field that will hold the signature.

use super::Field;
use super::flow::{Context, Flow};
use super::lines::{self, Align, Setting};
use super::strip::{Mark, Strip, merge};
use super::style::{self, SIGNATURE, SMALL, TextStyle};
use super::tags::Role;
use crate::RenderError;
use crate::markup::SignatureBox;
use crate::text::Fit;

/// Space between two boxes side by side.
const GUTTER: f32 = 24.0;
/// Height of the field: three lines of a visible signature.
const FIELD_HEIGHT: f32 = 46.0;

impl Flow {
    /// Two boxes a row; each row is one strip, so a field never parts from its caption.
    pub fn signatures(
        &mut self,
        boxes: &[SignatureBox],
        at: &Context,
    ) -> Result<Vec<Strip>, RenderError> {
        let width = (at.width - GUTTER) / 2.0;
        let mut rows = Vec::new();
        for pair in boxes.chunks(2) {
            // A signer alone signs at the right, as on paper.
            let right = at.x + width + GUTTER;
            let places: &[f32] = if pair.len() == 2 { &[at.x, right] } else { &[right] };
            let mut cells = Vec::new();
            for (place, signature) in places.iter().zip(pair) {
                cells.push(self.signature(signature, *place, width, at)?);
            }
            rows.push(side_by_side(cells));
        }
        for row in rows.iter_mut().skip(1) {
            row.before = 18.0;
        }
        Ok(rows)
    }

    /// Caption, and the field to stand under it.
    fn signature(
        &mut self,
        signature: &SignatureBox,
        x: f32,
        width: f32,
        at: &Context,
    ) -> Result<(Strip, Strip), RenderError> {
        if self.fields.iter().any(|field| field.name == signature.field) {
            return Err(RenderError::Directive {
                name: "firma".to_owned(),
                line: signature.line,
                reason: format!("il campo «{}» esiste già", signature.field),
            });
        }
        let group = self.tags.add(at.parent, Role::Group);
        let title = TextStyle { bold: true, ..SIGNATURE };
        let note = TextStyle { italic: true, ..SMALL };
        let mut strips = Vec::new();
        let texts =
            [(&signature.title, title), (&signature.name, SIGNATURE), (&signature.note, note)];
        for (text, style) in texts {
            if text.is_empty() {
                continue;
            }
            let node = self.tags.add(group, Role::Paragraph);
            let paragraph = self.plain(text, &style, Some(node), signature.line)?;
            let setting = Setting { x, width, style, align: Align::Center, fit: Fit::Balanced };
            strips.extend(lines::strips(paragraph, &setting));
        }
        let hint = hint(signature);
        let node = self.tags.add(group, Role::Form);
        self.tags.nodes[node].alt = Some(hint.clone());
        let field = field_strip(node, self.fields.len(), x, width);
        self.fields.push(Field { name: signature.field.clone(), hint });
        Ok((merge(strips), field))
    }
}

fn hint(signature: &SignatureBox) -> String {
    let who: Vec<&str> = [&signature.name, &signature.title, &signature.note]
        .into_iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    format!("Firma digitale di {}", who.join(", "))
}

fn field_strip(node: usize, field: usize, x: f32, width: f32) -> Strip {
    let (top, height) = (5.0, FIELD_HEIGHT);
    let mut marks = vec![Mark::Field { node, x, y: top, width, height, field }];
    let ink = style::HAIR;
    let corners = [(x, top), (x + width, top), (x + width, top + height), (x, top + height)];
    for (index, (x0, y0)) in corners.into_iter().enumerate() {
        let (x1, y1) = corners[(index + 1) % 4];
        marks.push(Mark::Rule { x0, y0, x1, y1, width: 0.5, ink });
    }
    Strip { height: top + height + 1.0, marks, ..Strip::default() }
}

/// Captions aligned at their first line, fields on one line below the longest caption.
fn side_by_side(cells: Vec<(Strip, Strip)>) -> Strip {
    let captions = cells.iter().map(|(caption, _)| caption.height).fold(0.0, f32::max);
    let mut row = Strip::default();
    for (mut caption, mut field) in cells {
        row.height = captions + field.height;
        field.marks.iter_mut().for_each(|mark| mark.shift(captions));
        row.marks.append(&mut caption.marks);
        row.marks.append(&mut field.marks);
    }
    row
}
