// SPDX-License-Identifier: AGPL-3.0-or-later
//! What only the event that caused a notice knows, read from the job that owes the mail.

use crate::case::{Case, Change, Effect};
use crate::papers::PaperKind;
use crate::papers::diff::compare;
use chrono::{NaiveDate, NaiveTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What only the event knows, with what it changed in the act.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Detail {
    /// Reasons given: of a return, a withdrawal, a move, an annulment.
    pub reason: String,
    /// Who did it, name and title.
    pub by: String,
    /// The paper to sign, "parere di regolarità tecnica".
    pub document: String,
    /// Day by which the person should act, when it is not the deadline of the step.
    pub deadline: Option<NaiveDate>,
    /// Days by which it was missed.
    pub lag: Option<u64>,
    /// A proposal was sent to the Consiglio.
    pub sent: bool,
    /// The Consiglio decided on it.
    pub answered: bool,
    /// What changed between the last two versions, one place a line.
    pub changes: Vec<String>,
    /// The change was certified as purely formal: opinions stand (practice.md 1.6).
    pub formal: bool,
    /// Where and when a moved sitting was to be held before.
    pub previous: Option<PreviousPlace>,
    /// Address of the remote session.
    pub link: Option<String>,
    /// Day the event is about: of an outage, of a list.
    pub day: Option<NaiveDate>,
    /// Hours of visibility left on a day of outage.
    pub visible_hours: Option<u8>,
    /// Cases listed, in order.
    pub acts: Vec<String>,
    /// Serial of a list on its day.
    pub serial: Option<u32>,
    /// The act was already effective when its posting was annulled.
    pub was_effective: bool,
    /// A suspension ended.
    pub lifted: bool,
    /// What a later act or order does: "revoca", "annullamento", "rettifica"…
    pub effect: String,
    /// The later act or order, as printed.
    pub source: String,
    /// First day of what happens.
    pub from: Option<NaiveDate>,
    /// Last day of what happens.
    pub until: Option<NaiveDate>,
    /// The seal of a day as `verify --seal` takes it back: «N:IMPRONTA».
    pub seal: Option<String>,
}

/// Where and when a sitting was to be held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousPlace {
    /// Day.
    pub date: NaiveDate,
    /// Time.
    pub time: NaiveTime,
    /// Place.
    #[serde(default)]
    pub place: String,
}

impl Detail {
    /// Reads the keys that are there; a key of another shape is as one that is not there.
    pub(super) fn read(given: &Value, case: Option<&Case>) -> Self {
        let text = |key: &str| read::<String>(given, key).unwrap_or_default();
        let day: Option<NaiveDate> = read(given, "day");
        let (changes, formal) = case.map(last_change).unwrap_or_default();
        let touch = case.and_then(|case| case.touches.last());
        Self {
            reason: text("reason"),
            by: text("by"),
            document: read::<PaperKind>(given, "paper")
                .map(document_name)
                .unwrap_or_default()
                .into(),
            deadline: read(given, "deadline"),
            lag: read(given, "lag"),
            sent: text("stage") == "council_sent",
            answered: text("stage") == "council_answered",
            changes,
            formal,
            previous: read(given, "previous"),
            link: read(given, "link"),
            visible_hours: case.zip(day).and_then(|(case, day)| case.outages.get(&day).copied()),
            day,
            acts: read(given, "acts").unwrap_or_default(),
            serial: read(given, "serial"),
            was_effective: read(given, "was_effective").unwrap_or_default(),
            effect: match read(given, "lifted") {
                Some(true) => "fine della sospensione".into(),
                _ => read::<Effect>(given, "how").map(effect_name).unwrap_or_default().into(),
            },
            lifted: read(given, "lifted").unwrap_or_default(),
            source: text("source"),
            from: read(given, "from"),
            until: touch
                .and_then(|touch| touch.until)
                .filter(|_| read(given, "how") == Some(Effect::Suspend)),
            seal: read(given, "seal"),
        }
    }
}

/// The opinion a detail names; without a name, the last one.
pub(super) fn opinion_meant<'a>(case: &'a Case, given: &Value) -> Option<&'a crate::case::Opinion> {
    let kind = read(given, "opinion");
    let office: Option<String> = read(given, "office");
    case.opinions
        .iter()
        .rev()
        .filter(|o| kind.is_none_or(|kind| o.opinion == kind))
        .find(|o| office.as_ref().is_none_or(|office| o.office == *office))
}

fn read<T: DeserializeOwned>(given: &Value, key: &str) -> Option<T> {
    serde_json::from_value(given.get(key)?.clone()).ok()
}

/// Where the last two versions differ, and whether the change was certified as formal.
fn last_change(case: &Case) -> (Vec<String>, bool) {
    let [.., before, after] = case.versions.as_slice() else { return Default::default() };
    let mut places: Vec<String> =
        compare(&before.content, &after.content).into_iter().map(|hunk| hunk.part).collect();
    places.dedup();
    (places, matches!(after.change, Some(Change::Formal { .. })))
}

fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Revoke => "revoca",
        Effect::Annul => "annullamento",
        Effect::Rectify => "rettifica",
        Effect::Suspend => "sospensione",
        Effect::Validate => "convalida",
    }
}

fn document_name(kind: PaperKind) -> &'static str {
    match kind {
        PaperKind::Proposta => "proposta",
        PaperKind::ParereTecnico => "parere di regolarità tecnica",
        PaperKind::ParereContabile => "parere di regolarità contabile",
        PaperKind::VistoCopertura => "visto di copertura finanziaria",
        PaperKind::SchedaIstruttoria => "scheda dell'istruttoria",
        PaperKind::ParereLegittimita => "parere di legittimità",
        PaperKind::NotaRestituzione => "nota di restituzione",
        PaperKind::ConfrontoVersioni => "confronto tra le versioni",
        PaperKind::DichiarazioneFormale => "dichiarazione di modifica formale",
        PaperKind::FoglioPareri => "foglio dei pareri",
        PaperKind::Convocazione => "avviso di convocazione",
        PaperKind::RevocaConvocazione => "revoca della convocazione",
        PaperKind::NotaRitiro => "nota di ritiro",
        PaperKind::EsitiSeduta => "esiti della seduta",
        PaperKind::Brogliaccio => "brogliaccio",
        PaperKind::VerbaleSeduta => "verbale della seduta",
        PaperKind::EstrattoVerbale => "estratto del verbale",
        PaperKind::Deliberazione => "deliberazione",
        PaperKind::AttestazioneImpedimento => "attestazione di impedimento",
        PaperKind::RapportoFirme => "rapporto di verifica delle firme",
        PaperKind::AttestazionePubblicazione => "attestazione di pubblicazione",
        PaperKind::ElencoCapigruppo => "elenco ai capigruppo",
        PaperKind::AttestazioneDisservizio => "attestazione di disservizio dell'Albo",
        PaperKind::AttestazioneRitardo => "attestazione di pubblicazione tardiva",
        PaperKind::AnnullamentoPubblicazione => "annullamento della pubblicazione",
        PaperKind::CertificatoEsecutivita => "certificato di esecutività",
        PaperKind::CertificatoEseguibilita => "certificato di immediata eseguibilità",
        PaperKind::RefertoPubblicazione => "referto di pubblicazione",
        PaperKind::Annotazione => "annotazione",
        PaperKind::VersionePubblicabile => "versione pubblicabile",
        PaperKind::CopiaConforme => "copia conforme",
        PaperKind::EstrattoConforme => "estratto conforme",
    }
}
