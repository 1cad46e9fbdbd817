// SPDX-License-Identifier: AGPL-3.0-or-later
//! Real-shaped documents that tests, the example and the bench share.
#![allow(dead_code, clippy::unwrap_used)] // each test file uses its part

use chrono::{TimeZone, Utc};
use delibera_documents::{Attachment, Document, Letterhead, Relationship};

/// A deliberation of three pages: letterhead, presences, text, opinions, votes, signatures.
pub fn deliberation() -> Document {
    Document {
        title: "Deliberazione della Giunta comunale n. 838 del 24/07/2020".into(),
        subject: "Modifiche al Sistema di programmazione e monitoraggio della performance".into(),
        author: "Comune di Borgo Sereno".into(),
        created: Utc.with_ymd_and_hms(2020, 7, 24, 11, 30, 0).unwrap(),
        header: "Deliberazione della Giunta comunale n. 838 del 24/07/2020 – Modifiche al Sistema \
                 di programmazione e approvazione del Piano degli Obiettivi 2020-2022"
            .into(),
        footer: "Comune di Borgo Sereno – documento informatico firmato digitalmente".into(),
        letterhead: Some(Letterhead {
            crest_png: Some(crest()),
            lines: vec![
                "Comune di Borgo Sereno".into(),
                "Segreteria Generale – Piazza del Municipio, 1".into(),
            ],
        }),
        draft: false,
        body: DELIBERATION.into(),
        attachments: Vec::new(),
    }
}

/// A document with nothing but a body.
pub fn plain(body: &str) -> Document {
    Document {
        title: "Prova".into(),
        subject: "Prova di composizione".into(),
        author: "Comune di Borgo Sereno".into(),
        created: Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).unwrap(),
        header: String::new(),
        footer: String::new(),
        letterhead: None,
        draft: false,
        body: body.into(),
        attachments: Vec::new(),
    }
}

/// Two annexes, one of them with bytes that are neither text nor PDF.
pub fn attachments() -> Vec<Attachment> {
    vec![
        Attachment {
            name: "Relazione «tecnica».bin".into(),
            media_type: "application/octet-stream".into(),
            description: "Relazione tecnica".into(),
            bytes: (0..=255u8).cycle().take(70_000).collect(),
            relationship: Relationship::Supplement,
        },
        Attachment {
            name: "atto.json".into(),
            media_type: "application/json".into(),
            description: "Dati dell'atto".into(),
            bytes: br#"{"numero": 838, "anno": 2020}"#.to_vec(),
            relationship: Relationship::Data,
        },
    ]
}

/// A body of about `pages` pages of proposal text.
pub fn long_body(pages: usize) -> String {
    let mut body = String::from("# Relazione\n\n");
    for chapter in 0..pages {
        body.push_str(&format!("## Capitolo {}\n\n{PROPOSAL}\n\n", chapter + 1));
    }
    body
}

/// A green shield with a white band, 96 × 120, drawn here so that no file is needed.
pub fn crest() -> Vec<u8> {
    let (width, height) = (96usize, 120usize);
    let mut pixels = Vec::with_capacity(width * height * 4);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / 95.0 * 2.0 - 1.0, y as f32 / 119.0);
            let edge = if v < 0.55 {
                0.95
            } else {
                0.95 * (1.0 - ((v - 0.55) / 0.44).powi(2)).max(0.0).sqrt()
            };
            let inside = u.abs() <= edge && v < 0.99;
            let border = inside && (u.abs() > edge - 0.09 || v < 0.04);
            let band = (v - 0.42 - u * 0.12).abs() < 0.08;
            pixels.extend(match (inside, border, band) {
                (false, ..) => [0, 0, 0, 0],
                (_, true, _) => [176, 141, 58, 255],
                (_, _, true) => [250, 250, 246, 255],
                _ => [22, 92, 74, 255],
            });
        }
    }
    png(width as u32, height as u32, &pixels)
}

/// The smallest PNG writer: one IDAT of stored rows.
fn png(width: u32, height: u32, rgba: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut raw = Vec::new();
    for row in rgba.chunks(width as usize * 4) {
        raw.push(0);
        raw.extend_from_slice(row);
    }
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&raw).unwrap();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 6, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in
        [(b"IHDR", header), (b"IDAT", encoder.finish().unwrap()), (b"IEND", Vec::new())]
    {
        out.extend((data.len() as u32).to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(&data);
        out.extend(kind);
        out.extend(&data);
        out.extend(crc.sum().to_be_bytes());
    }
    out
}

pub const PROPOSAL: &str = "\
con Deliberazione di Giunta comunale n. 27 del 7 luglio 2016 sono state approvate le Linee \
Programmatiche che costituiscono il programma strategico dell'Amministrazione e riflettono il \
mandato elettorale del Sindaco, nonché le azioni e i progetti da realizzare durante la durata del \
mandato; il citato Sistema relaziona, tra l'altro, il raggiungimento e la valutazione degli \
obiettivi all'applicazione del sistema premiale a favore del personale dirigente e non dirigente \
(ossia, retribuzione di risultato dei Dirigenti e Posizioni Organizzative, incentivo di \
produttività del personale, eventuali ulteriori voci incentivanti);

al fine di meglio adeguare il Sistema di Misurazione e Valutazione della Performance alla \
complessità gestionale dell'Ente e rappresentarne adeguatamente le priorità di mandato, nelle more \
della finale condivisione con il NIV della revisione del Sistema che sarà successivamente \
sottoposta all'attenzione di questo Organo, di prevedere in via preliminare e come meglio \
esplicitato nel documento tecnico allegato parte integrante al presente provvedimento *sub* 1) \
alcune modifiche e integrazioni, procedendo, anche al fine di semplificare i livelli di \
programmazione istituiti, alla **soppressione degli Obiettivi Gestionali**, in quanto l'esito della \
sperimentazione triennale ha attestato che la definizione degli obiettivi individuati a misurazione \
del miglioramento dei processi interni trovi più logica collocazione nell'ambito del Portafoglio dei \
Prodotti e dei Servizi, come segue:

- **Obiettivi Solidali**, i quali esprimono i traguardi strategici dell'Amministrazione e sono \
individuati nei seguenti ambiti:
  - Borgo più solidale;
  - Borgo più attrattivo;
  - Borgo digitale.
- **Indicatori di salute dell'Ente**, che definiscono, attraverso specifiche metriche (KPI di \
efficienza), i parametri di misurazione dello stato di salute dell'attività organizzativa, delle \
condizioni economico-finanziarie e delle relazioni che l'Amministrazione comunale deve essere capace \
di rafforzare nel breve, medio e lungo periodo.

1. l'attività programmatica e di definizione del PdO 2020-2022 è stata svolta con il presidio e \
coordinamento del Direttore Generale, d'intesa con il Direttore Operativo e con il supporto della \
Direzione Organizzazione e Risorse Umane;
2. con l'avvio della fase 2, alle Direzioni è stato richiesto di valutare, nella prospettiva \
dell'attuazione e del completamento delle priorità strategiche del programma di mandato, un'eventuale \
revisione della programmazione in precedenza definita.";

const DELIBERATION: &str = include_str!("deliberazione.md");
