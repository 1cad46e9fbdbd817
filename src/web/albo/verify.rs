// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Verifica»: is the document one holds one of the Comune's, and what are its signatures worth; the
//! answer to the contrassegno of a certified copy, which outlives the Albo (CAD art. 23, c. 2-bis).

use super::act;
use crate::domain::albo::{self, Recognised, Standing};
use crate::domain::digest::sha256_hex;
use crate::domain::law::calendar::{Preposition, date_long, date_short, rome_date, rome_time};
use crate::domain::papers::SignatureQuality;
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;
use crate::domain::token::Token;
use crate::service::accounts::Origin;
use crate::service::copy::verify_code;
use crate::service::paper::document;
use crate::service::verification::{Appended, Known, SignatureLine, find, signatures};
use crate::web::error::WebError;
use crate::web::lines::Datum;
use crate::web::page::{Link, Page};
use crate::web::upload::Sent;
use crate::web::{Shared, signing};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// Documents examined at the same time: the work is of the processor.
pub const TOGETHER: usize = 2;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// A signature as it is shown.
#[derive(Debug, Serialize)]
struct Signature {
    signer: String,
    verdict: &'static str,
    words: &'static str,
    time: String,
    /// Quality and level; empty for a signature that is not valid, which is worth nothing.
    worth: String,
    reasons: Vec<String>,
}

/// "firma qualificata (confermata dall'elenco di fiducia), livello B-T".
fn worth(line: &SignatureLine) -> String {
    let confirmed = match (line.quality, line.confirmed) {
        (SignatureQuality::Qualified, true) => " (confermata dall'elenco di fiducia)",
        (SignatureQuality::Qualified, false) => " (per dichiarazione del certificato)",
        _ => "",
    };
    let level = line.level.map(|level| format!(", livello {}", level.token()));
    format!("firma {}{confirmed}{}", line.quality.italian(), level.unwrap_or_default())
}

impl From<SignatureLine> for Signature {
    fn from(line: SignatureLine) -> Self {
        let how = if line.proved { "marca temporale" } else { "ora dichiarata da chi ha firmato" };
        let time = line.time.map(|at| {
            format!("{} {} ({how})", date_short(rome_date(at)), rome_time(at).format("%H:%M"))
        });
        let worth = if line.verdict == "bad" { String::new() } else { worth(&line) };
        Self {
            worth,
            words: match line.verdict {
                "good" => "firma valida",
                "bad" => "firma non valida",
                _ => "non si può dire se la firma sia valida",
            },
            signer: line.signer,
            verdict: line.verdict,
            time: time.unwrap_or_default(),
            reasons: line.reasons,
        }
    }
}

/// What was found of a document.
#[derive(Debug, Serialize)]
struct Answer {
    /// `good`, `unsure`, `bad`.
    verdict: &'static str,
    heading: &'static str,
    text: String,
    /// Name of the file that was sent.
    file: String,
    sha256: String,
    signatures: Vec<Signature>,
    link: Option<Link>,
}

/// The page.
#[derive(Debug, Default, Serialize)]
struct VerifyPage {
    answer: Option<Answer>,
    refusal: Option<Refusal>,
    code: String,
}

impl Page for VerifyPage {
    const TEMPLATE: &'static str = "verifica";
    const SECTION: &'static str = "verifica";

    fn title(&self) -> String {
        "Verifica di un documento".into()
    }
}

async fn comune(app: &Shared) -> Result<String, WebError> {
    Ok(app.office.executor.world(&[]).await?.registry.comune.name.clone())
}

/// The two forms.
pub async fn show(State(app): State<Shared>) -> Result<Response, WebError> {
    app.public(StatusCode::OK, &comune(&app).await?, &VerifyPage::default())
}

/// Examines a document, or goes to the copy of a code. Nothing of what is sent is kept.
///
/// # Errors
/// 429 when there were too many, 503 when too many are being examined.
pub async fn file(
    State(app): State<Shared>,
    origin: Origin,
    sent: Sent,
) -> Result<Response, WebError> {
    app.limits.try_from_address(&origin.address)?;
    let typed = sent.input.get("codice");
    let answered = match (sent.files.into_iter().next(), typed) {
        (Some(file), _) => examine(&app, file.name, file.bytes).await,
        (None, "") => Err(Refusal::new(
            "nothing_to_verify",
            "R9.8",
            "",
            "Non è stato indicato né un documento né un codice",
        )
        .next("Scegliere il file, oppure scrivere il codice stampato sulla copia")
        .into()),
        (None, code) => return by_code(&app, code).await,
    };
    let comune = comune(&app).await?;
    match answered {
        Ok(answer) => {
            let page = VerifyPage { answer: Some(answer), ..VerifyPage::default() };
            app.public(StatusCode::OK, &comune, &page)
        }
        Err(WebError::Refused(status, refusal)) => {
            let page = VerifyPage { refusal: Some(refusal), ..VerifyPage::default() };
            app.public(status, &comune, &page)
        }
        Err(error) => Err(error),
    }
}

async fn examine(app: &Shared, name: String, bytes: Vec<u8>) -> Result<Answer, WebError> {
    let busy = || {
        let text = "In questo momento sono in corso troppe verifiche";
        let refusal = Refusal::new("too_many_verifications", "", "", text);
        WebError::Refused(StatusCode::SERVICE_UNAVAILABLE, refusal.next("Ripetere fra un minuto"))
    };
    let turn = Arc::clone(&app.verifications).acquire_owned();
    let turn = tokio::time::timeout(PATIENCE, turn).await.map_err(|_| busy())?;
    let turn = turn.map_err(|_| busy())?;
    let executor = &app.office.executor;
    let known = find(executor, &bytes).await?;
    let (keys, now) = (Arc::clone(&app.office.press.keys), app.now());
    let work = tokio::task::spawn_blocking(move || {
        // The turn ends with the work, even when nobody waits for the answer any more.
        let _turn = turn;
        (sha256_hex(&bytes), signatures(&bytes, &keys.trust(), now))
    });
    let done = tokio::time::timeout(PATIENCE, work).await.map_err(|_| busy())?;
    let (sha256, found) = done.map_err(|error| WebError::internal("verification", error))?;
    let (verdict, heading, text, link) = match known {
        Some(known) => said(app, &known).await?,
        None => (
            "unsure",
            "Documento non riconosciuto",
            "L'impronta non corrisponde ad alcun documento pubblicato o rilasciato in copia da \
             questo Ente: il documento può essere stato modificato, o venire da altri."
                .to_owned(),
            None,
        ),
    };
    let signatures = found.into_iter().map(Signature::from).collect();
    Ok(Answer { verdict, heading, text, file: name, sha256, signatures, link })
}

type Said = (&'static str, &'static str, String, Option<Link>);

/// What may be told of a document of ours to who holds it.
async fn said(app: &Shared, known: &Known) -> Result<Said, WebError> {
    let executor = &app.office.executor;
    let world = executor.world(&[StreamId::case(&known.case)]).await?;
    let case = world.case(&known.case)?;
    let named = match &known.what {
        Recognised::Shown { posting } | Recognised::Replaced { posting, .. } => Some(*posting),
        _ => {
            let last = albo::postings(case).pop();
            last.map(|found| (found.posting.year, found.posting.number))
        }
    };
    let Some((year, number)) = named else {
        return Ok(appended(known, of_copy(&known.what), None));
    };
    let row = executor.store.posting(year, number).await?;
    let name = row.as_ref().map(act).unwrap_or_default();
    let found = albo::find(case, year, number);
    let standing = found.map(|found| found.standing(app.now()));
    let link = (standing == Some(Standing::Shown)).then(|| {
        Link::new(format!("/albo/{year}/{number}"), format!("Pubblicazione n. {number}/{year}"))
    });
    let days = found.map(|found| {
        let from = Preposition::From.short(found.posting.day);
        format!("{from} {} compreso", Preposition::Until.short(found.terms.last_day))
    });
    let posting = format!("n. {number}/{year}");
    let told = match &known.what {
        Recognised::Shown { .. } if standing == Some(Standing::Annulled) => (
            "bad",
            "Documento superato",
            format!("È il testo della pubblicazione {posting} ({name}), che è stata annullata."),
        ),
        Recognised::Shown { .. } => (
            "good",
            "Documento identico a quello pubblicato",
            format!("È il testo di: {name}, all'Albo {posting}, {}.", days.unwrap_or_default()),
        ),
        Recognised::Replaced { at, .. } => {
            let on = Preposition::On.short(rome_date(*at));
            let text = format!(
                "È stato esposto con la pubblicazione {posting} ({name}) ed è stato sostituito {on} \
                 da una versione con omissis."
            );
            ("bad", "Documento superato", text)
        }
        Recognised::Original => (
            "good",
            "Originale dell'atto",
            format!("È l'originale informatico di: {name}, all'Albo {posting}."),
        ),
        Recognised::Part(part) => (
            "good",
            "Parte di un atto",
            format!("È l'allegato n. {part}, parte integrante di: {name}."),
        ),
        copy @ Recognised::Copy { .. } => of_copy(copy),
    };
    Ok(appended(known, told, link))
}

type Told = (&'static str, &'static str, String);

fn of_copy(what: &Recognised) -> Told {
    let serial = match what {
        Recognised::Copy { serial } => format!(" n. {serial}"),
        _ => String::new(),
    };
    let text = format!("È la copia conforme{serial} rilasciata dall'Ente.");
    ("good", "Copia rilasciata dall'Ente", text)
}

/// What follows the document in the file changes what is to be thought of the file.
fn appended(known: &Known, (verdict, heading, text): Told, link: Option<Link>) -> Said {
    match known.appended {
        Appended::Nothing => (verdict, heading, text, link),
        Appended::Ours => {
            let text = format!(
                "{text} Il file contiene anche le marche temporali e i dati di validazione aggiunti \
                 dall'Ente per la conservazione."
            );
            (verdict, heading, text, link)
        }
        Appended::Others => {
            let text = format!(
                "{text} Dopo il documento, però, il file contiene aggiunte che non vengono da questo \
                 Ente: fa fede soltanto la parte iniziale."
            );
            ("bad", "Documento con aggiunte di altri", text, link)
        }
    }
}

/// A code as people copy it: with spaces, in capitals, with the address around it.
fn clean(code: &str) -> String {
    let last = code.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

async fn by_code(app: &Shared, typed: &str) -> Result<Response, WebError> {
    let code = clean(typed);
    let store = &app.office.executor.store;
    let case = store.lookup(&sha256_hex(code.as_bytes()), "code").await?.pop();
    if let Some(case) = case {
        return Ok(Redirect::to(&format!("/verifica/{case}/{code}")).into_response());
    }
    let refusal = Refusal::new(
        "copy_unknown",
        "R9.8",
        "art. 23, c. 2-bis, CAD",
        "Il codice non corrisponde ad alcuna copia",
    )
    .next("Ricopiare il codice come è stampato, o chiedere alla Segreteria");
    let page = VerifyPage { refusal: Some(refusal), code: typed.to_owned(), answer: None };
    app.public(StatusCode::NOT_FOUND, &comune(app).await?, &page)
}

/// The page of a certified copy.
#[derive(Debug, Serialize)]
struct CopyPage {
    data: Vec<Datum>,
    href: Option<String>,
    refusal: Option<Refusal>,
}

impl Page for CopyPage {
    const TEMPLATE: &'static str = "copia";
    const SECTION: &'static str = "verifica";

    fn title(&self) -> String {
        "Verifica di una copia".into()
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new("/verifica", "Verifica di un documento")]
    }
}

/// Answers a contrassegno: what the copy is, of what, signed by whom, until when it can be asked.
///
/// # Errors
/// 429 when there were too many.
pub async fn copy(
    State(app): State<Shared>,
    origin: Origin,
    Path((case, code)): Path<(String, String)>,
) -> Result<Response, WebError> {
    app.limits.try_from_address(&origin.address)?;
    let comune = comune(&app).await?;
    let found = match verify_code(&app.office.executor, &case, &code).await {
        Ok(found) => found,
        Err(error) => {
            let refusal = WebError::from(error).refusal()?;
            let gone = refusal.code == "copy_expired";
            let page = CopyPage { data: Vec::new(), href: None, refusal: Some(refusal) };
            let status = if gone { StatusCode::GONE } else { StatusCode::NOT_FOUND };
            return app.public(status, &comune, &page);
        }
    };
    let until = found.until.map_or_else(
        || "senza termine".to_owned(),
        |day| format!("fino a tutto {}{}", Preposition::On.before(day), date_long(day)),
    );
    let data = vec![
        Datum { term: "Copia", text: found.title },
        Datum { term: "Firmata da", text: found.signers.join(", ") },
        Datum { term: "Si può verificare", text: until },
        Datum { term: "Impronta SHA-256 della copia", text: found.copy },
        Datum { term: "Impronta SHA-256 dell'originale", text: found.original },
    ];
    let href = Some(format!("/verifica/{case}/{code}/copia"));
    app.public(StatusCode::OK, &comune, &CopyPage { data, href, refusal: None })
}

/// The copy itself: the paper one holds is compared with it.
///
/// # Errors
/// As the page says; 429 when there were too many.
pub async fn copy_file(
    State(app): State<Shared>,
    origin: Origin,
    Path((case, code)): Path<(String, String)>,
) -> Result<Response, WebError> {
    app.limits.try_from_address(&origin.address)?;
    let executor = &app.office.executor;
    let Ok(found) = verify_code(executor, &case, &code).await else {
        return Ok(Redirect::to(&format!("/verifica/{case}/{code}")).into_response());
    };
    let bytes = document(executor, &found.copy).await?;
    Ok(signing::file(bytes, crate::service::paper::PDF, "copia-conforme.pdf", true))
}
