// SPDX-License-Identifier: AGPL-3.0-or-later
//! Stream bytes decoded (ISO 32000-1, 7.4): Flate and the PNG predictors, which is what
//! cross-reference streams, object streams and validation data use. Anything else is `None`.

use super::{Dictionary, Object};

/// Most columns of a predictor row.
const MAX_COLUMNS: usize = 1 << 16;

/// The decoded bytes, if the filter is known and they are at most `limit`.
pub(crate) fn decode(dictionary: &Dictionary<'_>, data: &[u8], limit: usize) -> Option<Vec<u8>> {
    let single = |o: &Object<'_>| match o {
        Object::Array(items) if items.is_empty() => Some(None),
        Object::Array(items) if items.len() == 1 => Some(items.first().cloned().map(detach)),
        Object::Array(_) => None,
        other => Some(Some(detach(other.clone()))),
    };
    let filter = dictionary.get("Filter").map_or(Some(None), single)?;
    let parameters = dictionary.get("DecodeParms").map_or(Some(None), single)?;
    match filter {
        None | Some(Object::Null) => (data.len() <= limit).then(|| data.to_vec()),
        Some(Object::Name(name)) if *name == *b"FlateDecode" => {
            let bytes =
                miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(data, limit).ok()?;
            match parameters {
                None | Some(Object::Null) => Some(bytes),
                Some(Object::Dictionary(p)) => predict(&p, bytes),
                _ => None,
            }
        }
        _ => None,
    }
}

fn detach(object: Object<'_>) -> Object<'static> {
    object.detached().unwrap_or(Object::Null)
}

/// Undoes a PNG predictor (7.4.4.4) of one byte a sample.
fn predict(parameters: &Dictionary<'_>, bytes: Vec<u8>) -> Option<Vec<u8>> {
    let number = |key: &str, default: i64| match parameters.get(key) {
        None => Some(default),
        Some(value) => value.integer(),
    };
    let predictor = number("Predictor", 1)?;
    if predictor == 1 {
        return Some(bytes);
    }
    if predictor < 10 || number("Colors", 1)? != 1 || number("BitsPerComponent", 8)? != 8 {
        return None;
    }
    let columns = usize::try_from(number("Columns", 1)?).ok().filter(|c| *c <= MAX_COLUMNS)?;
    if columns == 0 || !bytes.len().is_multiple_of(columns + 1) {
        return None;
    }
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut above = vec![0; columns];
    for row in bytes.chunks(columns + 1) {
        let (kind, row) = row.split_first()?;
        let mut current: Vec<u8> = Vec::with_capacity(columns);
        for (n, byte) in row.iter().enumerate() {
            let left = if n > 0 { current[n - 1] } else { 0 };
            let corner = if n > 0 { above[n - 1] } else { 0 };
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => above[n],
                3 => u8::try_from((u16::from(left) + u16::from(above[n])) / 2).ok()?,
                4 => paeth(left, above[n], corner),
                _ => return None,
            };
            current.push(byte.wrapping_add(guess));
        }
        out.extend(&current);
        above = current;
    }
    Some(out)
}

/// The neighbour nearest to `left + above - corner` (ISO/IEC 15948, 9.4).
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let guess = a + b - c;
    let (from_a, from_b, from_c) = ((guess - a).abs(), (guess - b).abs(), (guess - c).abs());
    match () {
        () if from_a <= from_b && from_a <= from_c => left,
        () if from_b <= from_c => above,
        () => corner,
    }
}
