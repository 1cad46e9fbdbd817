// SPDX-License-Identifier: AGPL-3.0-or-later
//! Files of the pages: inside the binary, compressed once, under an address that names their
//! content, so that a browser asks for each only once.

use crate::domain::digest::sha256_hex;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "assets/"]
#[exclude = "*.txt"]
#[exclude = "*.md"]
struct Embedded;

struct Asset {
    version: String,
    media_type: &'static str,
    bytes: Vec<u8>,
    gzip: Option<Vec<u8>>,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let names: Vec<String> = Embedded::iter().map(|name| name.into_owned()).collect();
    // A stylesheet names fonts beside it: their version is the one of all files together.
    let read = |name: &String| Embedded::get(name).map(|file| file.data.into_owned());
    let files: Vec<(String, Vec<u8>)> =
        names.iter().filter_map(|name| Some((name.clone(), read(name)?))).collect();
    let all: Vec<u8> = files.iter().flat_map(|(_, bytes)| sha256_hex(bytes).into_bytes()).collect();
    let version = sha256_hex(&all)[..16].to_owned();
    files.into_iter().map(|(name, bytes)| (name.clone(), asset(&name, bytes, &version))).collect()
});

fn asset(name: &str, bytes: Vec<u8>, version: &str) -> Asset {
    let media_type = match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "png" => "image/png",
        _ => "application/octet-stream",
    };
    let packed = media_type.starts_with("text/") || media_type.ends_with("xml");
    let gzip = packed.then(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&bytes).and_then(|()| encoder.finish()).ok()
    });
    Asset { version: version.to_owned(), media_type, bytes, gzip: gzip.flatten() }
}

/// The address of a file; of one that does not exist, an address that answers 404.
pub fn url(name: &str) -> String {
    let version = ASSETS.get(name).map_or("assente", |asset| asset.version.as_str());
    format!("/risorse/{version}/{name}")
}

/// Serves a file.
pub async fn serve(Path((version, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.get(&path).filter(|asset| asset.version == version) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok());
    let gzip = asset.gzip.as_ref().filter(|_| accepts.is_some_and(|v| v.contains("gzip")));
    let common = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
    ];
    match gzip {
        Some(packed) => {
            let encoded = [(header::CONTENT_ENCODING, "gzip")];
            (common, encoded, packed.clone()).into_response()
        }
        None => (common, asset.bytes.clone()).into_response(),
    }
}
