// SPDX-License-Identifier: AGPL-3.0-or-later
//! The contrassegno: a QR code (ISO/IEC 18004) with its text at the right, never parted.

use std::rc::Rc;

use qrcode::{Color, EcLevel, QrCode};

use super::flow::{Context, Flow};
use super::strip::{Mark, Modules, Strip, stacked};
use super::tags::Role;
use crate::RenderError;
use crate::markup::Block;

/// Width of the code on paper: a telephone reads modules of half a millimetre.
const SIDE: f32 = 92.0;
/// Light modules a reader needs around the code.
const QUIET: f32 = 4.0;

impl Flow {
    pub fn coded(
        &mut self,
        url: &str,
        blocks: &[Block],
        line: usize,
        at: &Context,
    ) -> Result<Vec<Strip>, RenderError> {
        // A quarter of the code may be spoilt by stamps and folds.
        let code = QrCode::with_error_correction_level(url, EcLevel::Q).map_err(|_| {
            RenderError::Directive {
                name: "contrassegno".to_owned(),
                line,
                reason: "l'indirizzo è troppo lungo".to_owned(),
            }
        })?;
        let side = code.width();
        let dark = code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect();
        let module = SIDE / (side as f32 + 2.0 * QUIET);
        let node = self.tags.add(at.parent, Role::Figure);
        self.tags.nodes[node].alt = Some(format!("Codice QR che contiene l'indirizzo {url}"));
        let (x, y) = (at.x + module * QUIET, module * QUIET);
        let modules = Rc::new(Modules { side, dark });
        let mut strip =
            Strip { marks: vec![Mark::Code { node, x, y, module, modules }], ..Strip::default() };
        let (x, width) = (at.x + SIDE + 8.0, at.width - SIDE - 8.0);
        let text = self.blocks(blocks, &Context { x, width, ..*at })?;
        let height = stacked(&text);
        strip.height = height.max(SIDE);
        let mut top = (strip.height - height) / 2.0;
        for (index, inner) in text.into_iter().enumerate() {
            top += if index == 0 { 0.0 } else { inner.before };
            strip.marks.extend(inner.marks.into_iter().map(|mut mark| {
                mark.shift(top);
                mark
            }));
            top += inner.height;
        }
        Ok(vec![strip])
    }
}
