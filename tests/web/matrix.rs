// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may do what where, cell by cell over HTTP: every person of `tests/data/matrice.toml`, every
//! act of it (one a step) and every sitting (one a state), every action of the tables of the web.
//!
//! The expected answer is not asked of the program: it is the two tables below, read from the
//! workflow and from what a Segretario does. Whoever is not on a line is refused.

use crate::server::{Answer, Browser, Server, start};
use delibera::domain::law::calendar::rome_date;
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::scenario;
use delibera::web::actions;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

/// One person a role; those of whom there are several have more than one.
const PEOPLE: [(&str, &str); 23] = [
    ("neri", "responsabile del procedimento e direttore dell'ufficio proponente"),
    ("sarti", "sostituto, con decreto, di quel direttore"),
    ("longo", "quel direttore fino a due giorni fa, e autrice della bozza «di-prima»"),
    ("orlandi", "direttrice di un altro ufficio interessato"),
    ("ricci", "direttrice di un ufficio estraneo"),
    ("villa", "responsabile di ragioneria"),
    ("riva", "delegata del responsabile di ragioneria"),
    ("greco", "segretario, che verbalizza"),
    ("zanetti", "vicaria del segretario, che è in servizio"),
    ("leone", "altro vice segretario"),
    ("pace", "segreteria, e verifica dei dati personali"),
    ("basile", "responsabile della pubblicazione"),
    ("donati", "responsabile della trasparenza"),
    ("sala", "gabinetto"),
    ("conti", "sindaca"),
    ("ferrari", "vicesindaco"),
    ("costa", "assessore, relatore degli atti"),
    ("bianchi", "assessora"),
    ("marchi", "direttore generale"),
    ("monti", "presidente del Consiglio e capogruppo"),
    ("ferri", "capogruppo"),
    ("valli", "amministratrice del sistema"),
    ("fabbri", "nessun incarico"),
];

/// Act, action, who. Acts bear the name of the step they stand at. «di-prima» is submitted by nobody
/// until its responsabile, whose mandate has ended, is replaced in the text.
const CASES: &str = "
    bozza            testo                              neri sarti
    bozza            presentazione                      neri sarti
    bozza            ritiro                             neri sarti costa
    di-prima         testo                              neri sarti
    di-prima         ritiro                             neri sarti costa
    direzione        testo                              neri sarti
    direzione        presa-d-atto                       greco
    direzione        ritiro                             neri sarti costa
    restituita       ripresa                            neri sarti
    restituita       ritiro                             neri sarti costa
    firma-proposta   firma?proposta                     neri costa
    firma-proposta   restituzione                       neri sarti costa
    firma-proposta   ritiro                             neri sarti costa
    firma-proposta   ricomposizione?proposta            pace
    firma-proposta   impedimento?proposta/firma_rel_1   greco
    tecnici          testo                              neri sarti orlandi greco
    tecnici          parere?technical:ambiente          neri sarti
    tecnici          parere?technical:operativa         orlandi
    tecnici          restituzione?ambiente              neri sarti
    tecnici          restituzione?operativa             orlandi
    tecnici          ritiro                             neri sarti orlandi costa
    contabile        testo                              neri sarti greco
    contabile        parere?accounting                  villa riva
    contabile        restituzione                       villa riva
    contabile        ritiro                             neri sarti costa
    contraria        testo                              neri sarti greco
    contraria        motivazione                        neri sarti greco
    contraria        parere?accounting                  villa riva
    contraria        restituzione                       villa riva
    contraria        ritiro                             neri sarti costa
    visto            testo                              neri sarti greco
    visto            parere?cover                       villa riva
    visto            restituzione                       villa riva
    visto            ritiro                             neri sarti costa
    istruttoria      testo                              neri sarti greco
    istruttoria      verifica                           pace
    istruttoria      restituzione                       pace
    istruttoria      ritiro                             neri sarti costa
    legittimita      testo                              neri sarti greco
    legittimita      parere?legitimacy                  greco
    legittimita      restituzione                       greco
    legittimita      ritiro                             neri sarti costa
    pronta           testo                              neri sarti greco
    pronta           restituzione                       pace
    pronta           ritiro                             neri sarti costa
    iscritta         testo                              greco
    convocata        testo                              greco
    non-chiamata     testo                              greco
    interrotta       testo                              greco
    proclamata       ordine                             greco
    in-firma         firma?deliberazione                conti greco
    in-firma         impedimento?deliberazione/firma_presidente greco
    in-firma         ricomposizione?deliberazione       pace
    in-firma         ordine                             greco
    privacy          verifica                           pace
    privacy          ordine                             greco
    privacy          copia-conforme                     pace
    da-pubblicare    pubblicazione                      basile
    da-pubblicare    ordine                             greco
    da-pubblicare    copia-conforme                     pace
    pubblicata       disservizio                        basile
    pubblicata       annullamento                       basile
    pubblicata       adempimento?trasparenza            donati
    pubblicata       ordine                             greco
    pubblicata       copia-conforme                     pace
    fermata          annullamento                       basile
    fermata          adempimento?trasparenza            donati
    fermata          adempimento?conservazione          pace
    fermata          ordine                             greco
    fermata          copia-conforme                     pace
    fermata          fine-sospensione                   greco
    conclusa         annullamento                       basile
    conclusa         ordine                             greco
    conclusa         copia-conforme                     pace
    conclusa         chiusura                           pace
    chiusa           ordine                             greco
    chiusa           copia-conforme                     pace
    richiesta        richiesta                          basile pace
    richiesta        pubblicazione                      basile
    richiesta        ritiro                             basile pace
    affissa          disservizio                        basile
    affissa          annullamento                       basile
    respinta         chiusura                           pace
    ritirata         chiusura                           pace
    contabile        omissis                            neri sarti
    contraria        omissis                            neri sarti
    convocata        omissis                            neri sarti
    firma-proposta   omissis                            neri sarti
    in-aula          omissis                            neri sarti
    interrotta       omissis                            neri sarti
    iscritta         omissis                            neri sarti
    istruttoria      omissis                            neri sarti
    legittimita      omissis                            neri sarti
    non-chiamata     omissis                            neri sarti
    pronta           omissis                            neri sarti
    restituita       omissis                            neri sarti
    ritirata         omissis                            neri sarti
    visto            omissis                            neri sarti
    votata           omissis                            neri sarti
    tecnici          omissis                            neri sarti orlandi
    chiusa           omissis                            pace
    conclusa         omissis                            pace
    da-pubblicare    omissis                            pace
    fermata          omissis                            pace
    in-firma         omissis                            pace
    privacy          omissis                            pace
    proclamata       omissis                            pace
    pubblicata       omissis                            pace
    respinta         omissis                            pace
";

/// Sitting, action, who.
const SITTINGS: &str = "
    in-calendario    iscrizione?pronta                  pace greco conti
    in-calendario    cancellazione?iscritta             neri sarti costa
    in-calendario    su?iscritta                        pace greco conti
    in-calendario    giu?iscritta                       pace greco conti
    in-calendario    ordine                             pace greco conti
    in-calendario    convocazione                       conti
    in-calendario    spostamento                        pace greco conti
    in-calendario    annullamento                       pace greco conti
    futura           iscrizione?pronta                  pace greco conti
    futura           cancellazione?convocata            neri sarti costa
    futura           su?convocata                       pace greco conti
    futura           giu?convocata                      pace greco conti
    futura           ordine                             pace greco conti
    futura           convocazione                       conti
    futura           spostamento                        conti
    futura           annullamento                       conti
    futura           risposta                           conti ferrari costa bianchi
    aperta           entra?vitale                       greco pace
    aperta           esce?rizzo                         greco pace
    aperta           presenza                           greco pace
    aperta           astensione?in-aula                 greco pace
    aperta           verbalizzante?in-aula              greco pace
    aperta           emendamento?in-aula                greco pace
    aperta           unanime?in-aula                    greco pace
    aperta           voto?in-aula                       greco pace
    aperta           rinvio?in-aula                     greco pace
    aperta           ritiro?in-aula                     greco pace
    aperta           correzione-proclamazione?proclamata greco pace
    aperta           sospensione                        greco pace
    aperta           chiusura                           greco pace
    al-voto          entra?vitale                       greco pace
    al-voto          esce?rizzo                         greco pace
    al-voto          presenza                           greco pace
    al-voto          correzione-voto?votata             greco pace
    al-voto          proclamazione?votata               greco pace
    al-voto          sospensione                        greco pace
    sospesa          entra?vitale                       greco pace
    sospesa          esce?rizzo                         greco pace
    sospesa          presenza                           greco pace
    sospesa          chiusura                           greco pace
";

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start(false, acts()))
}

fn acts() -> scenario::Scenario {
    let today = rome_date(SystemClock.now());
    let acts = scenario::load(Path::new("tests/data/matrice.toml")).expect("scenario");
    let mut acts = acts.ending_before(today);
    // The days a step names move with it.
    for step in acts.steps.iter_mut().filter(|step| step.verb == "record_order") {
        let day = rome_date(step.at).to_string();
        let touch = step.params.get_mut("touch").and_then(|touch| touch.as_table_mut());
        touch.expect("a touch").insert("from".into(), day.into());
    }
    for mandate in acts.raw.mandate.iter_mut().filter(|m| m.person == "longo") {
        mandate.to = Some(today - chrono::Days::new(2));
    }
    acts
}

/// What is allowed: place, action with what it is about, people.
type Table<'a> = BTreeMap<(&'a str, &'a str), BTreeSet<&'a str>>;

fn table(text: &str) -> Table<'_> {
    let mut table = Table::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let key = (words.next().expect("a place"), words.next().expect("an action"));
        let people: BTreeSet<&str> = words.collect();
        let known = |who: &&str| PEOPLE.iter().any(|(person, _)| person == who);
        assert!(!people.is_empty() && people.iter().all(known), "{line}");
        assert!(table.insert(key, people).is_none(), "twice: {line}");
    }
    table
}

/// What a place is asked: every action, and what its own lines say an action is about.
fn columns<'a>(
    table: &Table<'a>,
    place: &str,
    slugs: impl Iterator<Item = &'a str>,
) -> BTreeSet<String> {
    let slugs: BTreeSet<&str> = slugs.map(|slug| slug.trim_start_matches('/')).collect();
    let own = table.keys().filter(|(at, _)| *at == place).map(|(_, action)| *action);
    let own: Vec<&str> = own.collect();
    let known = |action: &&str| slugs.contains(action.split('?').next().unwrap_or_default());
    assert!(own.iter().all(known), "{place}: no such action among {own:?}");
    own.iter().chain(&slugs).map(|action| (*action).to_owned()).collect()
}

/// Everything a form of an act may want; what an action does not know it does not read.
fn everything() -> Vec<(&'static str, String)> {
    let today = rome_date(SystemClock.now());
    let text = |text: &str| text.to_owned();
    vec![
        ("versione", text("0")),
        ("esito", text("favourable")),
        ("conflitto", text("sì")),
        ("motivazione", text("prova")),
        ("nota", text("prova")),
        ("fonte", text("ordinanza TAR n. 1")),
        ("giorno", today.to_string()),
        ("ore", text("3")),
        ("effetto", text("suspend")),
        ("fai", text("scarta")),
        ("testo", text("Passo")),
        ("motivo", text("non-pertinente")),
        ("base", text("minimizzazione")),
        ("ente", text("Tribunale di Valdoro")),
        ("recapito", text("aste@pec.tribunale.example")),
        ("protocollo", text("4472")),
        ("oggetto", text("Passo: richiesta corretta")),
        ("forma", text("full")),
        ("richiedente", text("avv. Anna Galli")),
    ]
}

fn of_sittings() -> Vec<(&'static str, String)> {
    let soon = rome_date(SystemClock.now()) + chrono::Days::new(20);
    let text = |text: &str| text.to_owned();
    let mut form = vec![
        ("organo", text("giunta")),
        ("data", soon.to_string()),
        ("ora", text("10:00")),
        ("luogo", text("")),
        ("modo", text("in_seat")),
        ("motivazione", text("prova")),
        ("risposta", text("present")),
        ("fascicolo", text("pronta")),
        ("persona", text("bianchi")),
        ("stato", text("assente")),
        ("relatore", text("costa")),
        ("oggetto", text("Oggetto emendato")),
        ("testo", text("Premesso")),
        ("punto-1", text("di approvare")),
        ("urgenza", text("prova")),
        ("conferma", text("sì")),
        ("scelta", text("favour")),
    ];
    for member in MEMBERS {
        form.push((member.0, text("sala")));
        form.push((member.1, text("favour")));
    }
    form
}

/// Fields of the roll and of the ballot.
const MEMBERS: [(&str, &str); 13] = [
    ("p-conti", "v-conti"),
    ("p-ferrari", "v-ferrari"),
    ("p-bianchi", "v-bianchi"),
    ("p-rizzo", "v-rizzo"),
    ("p-gallo", "v-gallo"),
    ("p-costa", "v-costa"),
    ("p-fontana", "v-fontana"),
    ("p-moretti", "v-moretti"),
    ("p-barbieri", "v-barbieri"),
    ("p-lombardi", "v-lombardi"),
    ("p-mariani", "v-mariani"),
    ("p-serra", "v-serra"),
    ("p-vitale", "v-vitale"),
];

/// What an answer says: done or shown, refused with its reason, or something else.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Yes,
    No,
    Odd(String),
}

fn odd(answer: &Answer) -> Said {
    let body = answer.body.find("<main").map_or("", |at| &answer.body[at..]);
    Said::Odd(format!("{} {}", answer.status, body.chars().take(400).collect::<String>()))
}

/// The form of an action, or why not.
fn shown(answer: &Answer, path: &str) -> Said {
    let action =
        format!("<form method=\"post\" action=\"{}", path.split('?').next().unwrap_or(path));
    match answer.status {
        200 if answer.body.contains("id=\"diniego\"") => Said::No,
        200 if answer.body.contains(&action) => Said::Yes,
        403 => Said::No,
        _ => odd(answer),
    }
}

/// On the way to its signature, or too late because the version was an old one on purpose; nothing
/// done, whether the rules say no or there is nothing here to do it to.
fn posted(answer: &Answer) -> Said {
    match answer.status {
        303 | 409 => Said::Yes,
        403 | 404 | 422 => Said::No,
        _ => odd(answer),
    }
}

fn path_of(root: &str, place: &str, column: &str) -> String {
    let (slug, about) = column.split_once('?').unwrap_or((column, ""));
    let path = match slug {
        "testo" => format!("{root}/{place}/testo"),
        slug => format!("{root}/{place}/azioni/{slug}"),
    };
    match about {
        "" => path,
        about => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            format!("{path}?{}", query.append_pair("su", about).finish())
        }
    }
}

/// Walks the table as every person, some at once; each cell that is not as expected is a line.
fn walk(
    places: &[(&str, BTreeSet<String>)],
    cell: impl Fn(&mut Browser, &str, &str, &str) -> Vec<String> + Sync,
) -> (usize, Vec<String>) {
    let people: Vec<&str> = PEOPLE.iter().map(|(person, _)| *person).collect();
    let as_person = |person: &str| {
        let mut browser = Browser::of(server(), person);
        let mut wrong = Vec::new();
        for (place, columns) in places {
            for column in columns {
                let found = cell(&mut browser, person, place, column);
                found.iter().for_each(|line| eprintln!("{line}"));
                wrong.extend(found);
            }
        }
        wrong
    };
    let wrong = std::thread::scope(|scope| {
        let parts = people.chunks(people.len().div_ceil(4));
        let walks: Vec<_> = parts
            .map(|part| {
                let as_person = &as_person;
                scope.spawn(move || part.iter().flat_map(|p| as_person(p)).collect::<Vec<_>>())
            })
            .collect();
        walks.into_iter().flat_map(|walk| walk.join().expect("a walk")).collect()
    });
    let cells: usize = places.iter().map(|(_, columns)| columns.len()).sum();
    (cells * people.len() * 2, wrong)
}

/// Compares in both directions.
fn compare(cell: &str, how: &str, expected: bool, said: &Said) -> Option<String> {
    match (expected, said) {
        (true, Said::Yes) | (false, Said::No) => None,
        (true, said) => Some(format!("wrongly refused: {cell} ({how}) {said:?}")),
        (false, Said::Yes) => Some(format!("wrongly allowed: {cell} ({how})")),
        (false, said) => Some(format!("neither yes nor no: {cell} ({how}) {said:?}")),
    }
}

fn settled(cells: usize, what: &str, wrong: &[String]) {
    println!("matrix of {what}: {cells} cells, {} not as expected", wrong.len());
    assert!(wrong.is_empty(), "{} cells:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_action_on_every_step_for_every_role() {
    let table = table(CASES);
    let acts: Vec<String> = acts().raw.case.into_keys().filter(|id| id != "ordinaria").collect();
    for (place, _) in table.keys() {
        assert!(acts.iter().any(|act| act == place), "«{place}» is no act");
    }
    let slugs = || actions::case::ACTIONS.iter().map(|action| action.slug);
    let places = acts.iter().map(|act| (act.as_str(), columns(&table, act, slugs())));
    let places: Vec<_> = places.collect();
    let form = everything();
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let (cells, wrong) = walk(&places, |browser, person, place, column| {
        let allowed = table.get(&(place, column)).is_some_and(|who| who.contains(person));
        let path = path_of("/fascicoli", place, column);
        let cell = format!("{person} | {place} | {column}");
        let get = shown(&browser.get(&path), &path);
        let answer = match column {
            "versione-pubblicabile" => {
                browser.upload(&path, &form, &[("documento", "v.pdf", b"%PDF-1.7\n%%EOF\n")])
            }
            _ => browser.post(&path, &form),
        };
        let post = posted(&answer);
        let answers = [("GET", get), ("POST", post)];
        answers.iter().filter_map(|(how, said)| compare(&cell, how, allowed, said)).collect()
    });
    settled(cells, "acts", &wrong);
}

#[test]
fn every_gesture_in_every_state_of_a_sitting_for_every_role() {
    let table = table(SITTINGS);
    let slugs = || actions::sitting::all().map(|a| a.slug).filter(|slug| *slug != "nuova");
    let places =
        ["in-calendario", "futura", "aperta", "al-voto", "sospesa", "recente", "annullata"];
    let places = places.map(|place| (place, columns(&table, place, slugs())));
    let form = of_sittings();
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let (cells, wrong) = walk(&places, |browser, person, place, column| {
        let allowed = table.get(&(place, column)).is_some_and(|who| who.contains(person));
        let path = path_of("/sedute", place, column);
        let cell = format!("{person} | {place} | {column}");
        let get = match column {
            // The list itself is moved, by drag or by keyboard: there is no form to show.
            "ordine" if allowed => Said::Yes,
            _ => shown(&browser.get(&path), &path),
        };
        // The same field is the mode of a sitting and what one does who must abstain.
        let mut form = form.clone();
        if column.starts_with("astensione") {
            form.retain(|(name, _)| *name != "modo");
            form.push(("modo", "stays"));
        }
        let stale = [form.clone(), vec![("versione", "0")]].concat();
        let post = posted(&browser.post(&path, if allowed { &stale } else { &form }));
        let answers = [("GET", get), ("POST", post)];
        answers.iter().filter_map(|(how, said)| compare(&cell, how, allowed, said)).collect()
    });
    settled(cells, "sittings", &wrong);
}

/// Who opens a draft, puts a sitting in the calendar, takes in a document of others: no act and no
/// sitting is there yet.
#[test]
fn what_begins_has_its_people_too() {
    const DRAFTS: [&str; 8] =
        ["neri", "sarti", "orlandi", "ricci", "villa", "riva", "pace", "marchi"];
    const CALENDAR: [&str; 3] = ["pace", "greco", "conti"];
    const RECEIVERS: [&str; 2] = ["basile", "pace"];
    let form = of_sittings();
    let mut form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    form.retain(|(name, _)| *name != "organo");
    form.push(("organo", "consiglio"));
    let mut wrong = Vec::new();
    for (person, _) in PEOPLE {
        let mut browser = Browser::of(server(), person);
        let draft = posted(&browser.post("/proposte/nuova", &[]));
        wrong.extend(compare(person, "nuova proposta", DRAFTS.contains(&person), &draft));
        // No workflow is of that organ: who may is told so, and nothing is done.
        let sitting = browser.post("/sedute/nuova", &form);
        let may = sitting.body.contains("consiglio");
        let said = if may { Said::Yes } else { Said::No };
        wrong.extend(compare(person, "nuova seduta", CALENDAR.contains(&person), &said));
        let posting = shown(&browser.get("/affissioni/nuova"), "/affissioni/nuova");
        wrong.extend(compare(person, "nuova affissione", RECEIVERS.contains(&person), &posting));
    }
    settled(PEOPLE.len() * 3, "beginnings", &wrong);
}

#[test]
fn a_stranger_does_nothing_anywhere() {
    let mut stranger = Browser::new(server(), "10.2.0.1");
    let slugs = actions::case::ACTIONS.iter().map(|action| action.slug);
    let cases = columns(&table(CASES), "bozza", slugs);
    let slugs = actions::sitting::all().map(|action| action.slug);
    let sittings = columns(&table(SITTINGS), "aperta", slugs);
    let of = |root: &'static str, place: &'static str, columns: BTreeSet<String>| {
        columns.into_iter().map(move |column| path_of(root, place, &column))
    };
    for path in of("/fascicoli", "bozza", cases).chain(of("/sedute", "aperta", sittings)) {
        assert_eq!(stranger.get(&path).status, 303, "{path}");
        assert_eq!(stranger.post(&path, &[]).status, 401, "{path}");
    }
}
