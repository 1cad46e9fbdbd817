// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sittings over HTTP: calendar and agenda, the room with two secretaries and members connected
//! from elsewhere, screens that follow, facts entered afterwards from paper.

use crate::on_both_engines;
use crate::server::{Answer, Browser, Server};
use chrono::Timelike;
use delibera::service::clock::{Clock, SystemClock};
use std::time::{Duration, Instant};

on_both_engines!(
    a_sitting_is_put_in_the_calendar_convened_and_answered,
    what_happens_in_the_room_is_not_read_by_everyone,
    the_room_from_the_roll_call_to_the_minutes,
    a_sitting_held_on_paper_is_entered_with_its_own_hours,
);

const MEMBERS: [&str; 13] = [
    "conti", "ferrari", "bianchi", "rizzo", "gallo", "costa", "fontana", "moretti", "barbieri",
    "lombardi", "mariani", "serra", "vitale",
];

/// A roll in which everyone is in the room but the ones said.
fn roll<'a>(elsewhere: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    let place = |member: &str| {
        let said = elsewhere.iter().find(|(who, _)| *who == member);
        said.map_or("sala", |(_, place)| place).to_owned()
    };
    MEMBERS.iter().map(|member| (format!("p-{member}"), place(member))).collect()
}

fn pairs(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The version a page was made from.
fn version(page: &Answer) -> String {
    let start = page.body.find("name=\"versione\" value=\"").expect("a version") + 23;
    page.body[start..].chars().take_while(char::is_ascii_digit).collect()
}

struct Room<'a> {
    secretary: Browser,
    sitting: &'a str,
}

impl Room<'_> {
    fn page(&mut self) -> Answer {
        self.secretary.get(&format!("/sedute/{}/aula", self.sitting))
    }

    /// One gesture, as a button of the room makes it.
    fn gesture(&mut self, action: &str, more: &[(&str, &str)]) -> Answer {
        let seen = version(&self.page());
        self.gesture_on(action, &seen, more)
    }

    fn gesture_on(&mut self, action: &str, seen: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![("versione", seen), ("da", "aula")];
        form.extend(more);
        self.secretary.post(&format!("/sedute/{}/azioni/{action}", self.sitting), &form)
    }

    fn done(&mut self, action: &str, more: &[(&str, &str)]) {
        let answer = self.gesture(action, more);
        assert_eq!(answer.status, 303, "{action}: {}", answer.body);
    }
}

fn a_sitting_is_put_in_the_calendar_convened_and_answered(server: &Server) {
    let mut pace = Browser::of(server, "pace");
    let day = SystemClock.now().date_naive() + chrono::Days::new(40);
    let day = day.to_string();
    let form = [
        ("organo", "giunta"),
        ("data", day.as_str()),
        ("ora", "09:30"),
        ("luogo", ""),
        ("modo", "mixed"),
    ];
    let made = pace.post("/sedute/nuova", &form);
    assert_eq!(made.status, 303, "{}", made.body);
    let sitting = made.header("location").to_owned();
    pace.get("/sedute").says("Deposito delle proposte entro il");
    pace.get(&sitting).says("Spostamento temporaneo del mercato");
    let put = pace.post(&format!("{sitting}/azioni/iscrizione?su=mercato"), &[]);
    assert_eq!(put.status, 303, "{}", put.body);
    let again = pace.post(&format!("{sitting}/azioni/iscrizione?su=mercato"), &[]);
    assert_eq!(again.status, 422);
    // Convening is of the Sindaco alone, and is signed.
    let refused = pace.post(&format!("{sitting}/azioni/convocazione"), &[]);
    assert_eq!(refused.status, 422);
    refused.says("artt. 50, c. 2, e 53, c. 2, TUEL");
    let mut conti = Browser::of(server, "conti");
    let shown = conti.post(&format!("{sitting}/azioni/convocazione"), &[]);
    let sign = shown.header("location").to_owned();
    assert!(sign.starts_with("/firma/"), "{} {}", shown.status, shown.body);
    assert!(conti.get(&format!("{sign}/documento")).body.starts_with("%PDF-"));
    assert_eq!(conti.post(&sign, &[]).status, 303);
    conti.get(&sitting).says("Convocazione con ordine del giorno");
    let answered = conti.post(&format!("{sitting}/azioni/risposta"), &[("risposta", "remote")]);
    assert_eq!(answered.status, 303, "{}", answered.body);
    conti.get(&sitting).says("parteciperà a distanza");
    let stranger = pace.post(&format!("{sitting}/azioni/risposta"), &[("risposta", "present")]);
    stranger.says("rispondono i componenti della Giunta");
    // The roll call starts from what was answered.
    let roll = pace.get(&format!("{sitting}/azioni/apertura"));
    roll.says("name=\"p-conti\" value=\"remoto\" checked");
}

fn what_happens_in_the_room_is_not_read_by_everyone(server: &Server) {
    let mut head = Browser::of(server, "neri");
    assert_eq!(head.get("/sedute").status, 200);
    assert_eq!(head.get("/sedute/giunta-scorsa").status, 200, "the agenda is his work too");
    for path in ["aula", "fascicoli"] {
        let refused = head.get(&format!("/sedute/giunta-scorsa/{path}"));
        assert_eq!(refused.status, 403, "{path}");
        refused.says("non sono pubbliche");
    }
    let mut councillor = Browser::of(server, "ferri");
    for path in ["/sedute", "/sedute/giunta-scorsa", "/sedute/giunta-scorsa/eventi"] {
        assert_eq!(councillor.get(path).status, 403, "{path}");
    }
    assert_eq!(head.get("/sedute/inventata").status, 404);
    assert_eq!(head.get("/sedute/inventata/eventi").status, 404);
    let mut member = Browser::of(server, "serra");
    member.get("/sedute/giunta-scorsa/fascicoli").says("foglio firmato");
    let closed = member.get("/sedute/giunta-scorsa");
    closed.says("Brogliaccio");
    closed.says("approvata");
}

fn the_room_from_the_roll_call_to_the_minutes(server: &Server) {
    let mut room = Room { secretary: Browser::of(server, "greco"), sitting: "giunta-oggi" };
    few_are_no_quorum(&mut room);
    let form = roll(&[("serra", "remoto"), ("gallo", "remoto"), ("vitale", "assente")]);
    let opened = room.secretary.post("/sedute/giunta-oggi/azioni/apertura", &pairs(&form));
    assert_eq!(opened.status, 303, "{}", opened.body);
    assert_eq!(opened.header("location"), "/sedute/giunta-oggi/aula");
    let page = room.page();
    page.says("<strong>12 su 13</strong>");
    page.says("occorrono 7");
    page.says("13 componenti in carica");
    screens_follow_within_a_second(server, &mut room);
    two_secretaries_at_once(server, &mut room);
    members_vote_from_where_they_are(server, &mut room);
    the_quorum_falls_and_comes_back(&mut room);
    what_is_mistyped_is_corrected(&mut room);
    the_rest_and_the_end(&mut room);
}

fn few_are_no_quorum(room: &mut Room<'_>) {
    let absent: Vec<(&str, &str)> = MEMBERS[6..].iter().map(|m| (*m, "assente")).collect();
    let form = roll(&absent);
    let refused = room.secretary.post("/sedute/giunta-oggi/azioni/apertura", &pairs(&form));
    assert_eq!(refused.status, 422);
    refused.says("Manca il numero legale: presenti 6, occorrenti 7");
    refused.says("name=\"p-vitale\" value=\"assente\" checked");
}

fn screens_follow_within_a_second(server: &Server, room: &mut Room<'_>) {
    let member = Browser::of(server, "bianchi");
    let mut screen = member.follow("/sedute/giunta-oggi/eventi");
    let before = screen.next();
    let started = Instant::now();
    room.done("chiamata?su=teatro", &[]);
    let after = screen.next();
    assert_ne!(before, after);
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
    // The line falls; meanwhile something happens; who comes back is told at once.
    drop(screen);
    room.done("esce?su=rizzo", &[]);
    let mut again = member.follow("/sedute/giunta-oggi/eventi");
    let started = Instant::now();
    let mut number = again.next();
    while number == after {
        number = again.next();
    }
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
    room.page().says("11 su 13");
}

fn two_secretaries_at_once(server: &Server, room: &mut Room<'_>) {
    let mut other = Room { secretary: Browser::of(server, "pace"), sitting: room.sitting };
    let seen = version(&room.page());
    let first = room.gesture_on("unanime?su=teatro", &seen, &[]);
    assert_eq!(first.status, 303, "{}", first.body);
    let second = other.gesture_on("unanime?su=teatro", &seen, &[]);
    assert_eq!(second.status, 409);
    second.says("Nel frattempo la seduta è andata avanti");
    second.says("Maria Teresa Greco ha registrato");
    second.says("all&#x27;unanimità");
    room.page().says("11 favorevoli");
    // Two gestures, two ballots.
    room.done("ie-unanime?su=teatro", &[]);
    room.page().says("immediatamente eseguibile");
    let late = other.gesture_on("ie-unanime?su=teatro", &seen, &[]);
    assert_eq!(late.status, 409);
    let done = room.gesture("ie-unanime?su=teatro", &[]);
    done.says("è già stata votata");
}

fn members_vote_from_where_they_are(server: &Server, room: &mut Room<'_>) {
    room.done("chiamata?su=lavatoio", &[]);
    let vote = "/sedute/giunta-oggi/azioni/voto-proprio?su=lavatoio";
    let mut serra = Browser::of(server, "serra");
    serra.get("/sedute/giunta-oggi/aula").says("Si vota l'argomento <strong>n. 2</strong>");
    let done = serra.post(vote, &[("da", "aula"), ("scelta", "against")]);
    assert_eq!(done.status, 303, "{}", done.body);
    serra.get("/sedute/giunta-oggi/aula").says("Ha votato: <strong>contrario</strong>");
    // In the room one votes before the verbalizer; who records does not vote.
    let mut bianchi = Browser::of(server, "bianchi");
    let refused = bianchi.post(vote, &[("da", "aula"), ("scelta", "favour")]);
    assert_eq!(refused.status, 422);
    refused.says("vota solo chi risulta collegato a distanza");
    // What a member wrote himself is not overwritten by a gesture.
    let unanimous = room.gesture("unanime?su=lavatoio", &[]);
    assert_eq!(unanimous.status, 422);
    unanimous.says("Nicola Serra ha votato dal proprio dispositivo: contrario");
    room.page().says("Registrare il voto</a>");
    let form = room.secretary.get("/sedute/giunta-oggi/azioni/voto?su=lavatoio");
    form.says("name=\"v-serra\" value=\"against\" checked");
    assert!(!form.body.contains("v-rizzo") && !form.body.contains("v-vitale"), "not there");
    // A line that falls voids the vote; it is cast again.
    room.done("linea?su=serra", &[]);
    room.page().says("linea caduta alle");
    room.done("collega?su=serra", &[]);
    let page = serra.get("/sedute/giunta-oggi/aula");
    page.says("Non ha ancora votato");
    assert_eq!(serra.post(vote, &[("scelta", "abstained")]).status, 303);
    let votes = MEMBERS.iter().filter(|m| !["rizzo", "vitale", "serra"].contains(m));
    let mut form: Vec<(String, String)> =
        votes.map(|m| (format!("v-{m}"), "favour".to_owned())).collect();
    form.push(("v-serra".into(), "abstained".into()));
    room.done("voto?su=lavatoio", &pairs(&form));
    room.page().says("1 astenuti (Nicola Serra)");
}

fn the_quorum_falls_and_comes_back(room: &mut Room<'_>) {
    room.done("proclamazione?su=lavatoio", &[]);
    for member in ["bianchi", "gallo", "costa", "fontana"] {
        room.done(&format!("esce?su={member}"), &[]);
    }
    room.page().says("<strong>7 su 13</strong>");
    room.done("esce?su=moretti", &[]);
    let page = room.page();
    page.says("Numero legale: no");
    page.says("venuto meno il numero legale: presenti 6, occorrenti 7");
    let refused = room.gesture("chiamata?su=oggi-1", &[]);
    assert_eq!(refused.status, 422);
    refused.says("La seduta è sospesa");
    let form = roll(&[("vitale", "assente")]);
    let resumed = room.gesture("ripresa", &pairs(&form));
    assert_eq!(resumed.status, 303, "{}", resumed.body);
    room.page().says("<strong>12 su 13</strong>");
}

fn what_is_mistyped_is_corrected(room: &mut Room<'_>) {
    room.done("chiamata?su=oggi-1", &[]);
    let abstains = [("persona", "costa"), ("modo", "leaves"), ("motivazione", "un parente")];
    room.done("astensione?su=oggi-1", &abstains);
    room.page().says("Paolo Costa deve astenersi: lascia la seduta");
    let voters = MEMBERS.iter().filter(|m| !["costa", "vitale"].contains(m));
    let mut form: Vec<(String, String)> =
        voters.map(|m| (format!("v-{m}"), "favour".to_owned())).collect();
    room.done("voto?su=oggi-1", &pairs(&form));
    let page = room.page();
    page.says("11 favorevoli");
    page.says("Proclama");
    form.iter_mut().filter(|(name, _)| name == "v-rizzo").for_each(|(_, v)| *v = "against".into());
    let without = room.gesture("correzione-voto?su=oggi-1", &pairs(&form));
    assert_eq!(without.status, 422, "a correction is motivated");
    without.says("name=\"v-rizzo\" value=\"against\" checked");
    form.push(("motivazione".into(), "Rizzo aveva votato contro".into()));
    room.done("correzione-voto?su=oggi-1", &pairs(&form));
    room.page().says("10 favorevoli, 1 contrari (Marco Rizzo)");
    room.done("proclamazione?su=oggi-1", &[]);
    room.page().says("deliberazione <strong class=\"number\">n. ");
}

fn the_rest_and_the_end(room: &mut Room<'_>) {
    room.done("chiamata?su=oggi-2", &[]);
    let silent = room.gesture("rinvio?su=oggi-2", &[("motivazione", "")]);
    silent.says("Il campo è obbligatorio");
    room.done("rinvio?su=oggi-2", &[("motivazione", "alla prossima seduta, per un chiarimento")]);
    an_amendment_keeps_the_points_as_they_are(room);
    let sure = room.gesture("chiusura", &[]);
    assert_eq!(sure.status, 422);
    sure.says("35 argomenti risulteranno non trattati");
    room.done("chiusura", &[("conferma", "sì")]);
    let page = room.page();
    page.says("Documenti ed esiti della seduta");
    let sitting = room.secretary.get("/sedute/giunta-oggi");
    sitting.says("Esiti della seduta");
    sitting.says("Brogliaccio");
    sitting.says("in composizione");
    sitting.says("non trattata");
    what_was_not_voted_waits_for_another_agenda(&mut room.secretary);
}

/// A point with a list after a blank line stays one point.
fn an_amendment_keeps_the_points_as_they_are(room: &mut Room<'_>) {
    room.done("chiamata?su=oggi-3", &[]);
    let list = "di approvare:\n\n- il piano;\n- il programma";
    let amended = [
        ("oggetto", "Oggetto emendato"),
        ("testo", "Premesso"),
        ("punto-1", list),
        ("punto-3", "di dare mandato"),
    ];
    room.done("emendamento?su=oggi-3", &amended);
    let form = room.secretary.get("/sedute/giunta-oggi/azioni/emendamento?su=oggi-3");
    form.says("- il programma</textarea>");
    form.says("di dare mandato</textarea>");
    form.says("Punto 4 del dispositivo");
    // Who gave an opinion on the text of before is awaited again.
    room.secretary.get("/fascicoli/oggi-3").says("Rendere il parere");
    room.done("rinvio?su=oggi-3", &[("motivazione", "alla prossima seduta")]);
}

fn what_was_not_voted_waits_for_another_agenda(secretary: &mut Browser) {
    let ready = secretary.get("/sedute/giunta-prossima");
    ready.says("su=oggi-2");
    ready.says("da trattare di nuovo");
    let act = secretary.get("/fascicoli/oggi-2");
    act.says("Iscrivere all&#x27;ordine del giorno del");
    act.says("/sedute/giunta-prossima/azioni/iscrizione?su&#x3D;oggi-2");
    let put = secretary.post("/sedute/giunta-prossima/azioni/iscrizione?su=oggi-2", &[]);
    assert_eq!(put.status, 303, "{}", put.body);
}

fn a_sitting_held_on_paper_is_entered_with_its_own_hours(server: &Server) {
    let mut room = Room { secretary: Browser::of(server, "greco"), sitting: "giunta-sera" };
    let now = delibera::domain::law::calendar::rome_time(SystemClock.now());
    let day = delibera::domain::law::calendar::rome_date(SystemClock.now()).to_string();
    let earlier = now - chrono::TimeDelta::minutes(if now.hour() == 0 { 0 } else { 40 });
    let hour = earlier.format("%H:%M").to_string();
    let at = [("dopo", "1"), ("giorno", day.as_str()), ("ora", hour.as_str())];
    let mut form = roll(&[]);
    form.extend(at.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let opened = room.secretary.post("/sedute/giunta-sera/azioni/apertura", &pairs(&form));
    assert_eq!(opened.status, 303, "{}", opened.body);
    assert_eq!(opened.header("location"), "/sedute/giunta-sera/aula?dopo=1");
    room.done("chiamata?su=sera-1", &at);
    room.done("unanime?su=sera-1", &at);
    let page = room.page();
    page.says(&format!(">{hour}</time>"));
    page.says("registrato il");
    let late = room.secretary.get("/sedute/giunta-sera/aula?dopo=1");
    late.says("Inserimento dal brogliaccio");
    late.says(&format!("name=\"ora\" value=\"{hour}\""));
    // Facts go forward: what happened before the last one is refused, and the hour typed stays.
    let before = [("dopo", "1"), ("giorno", day.as_str()), ("ora", "00:00")];
    if hour != "00:00" {
        let refused = room.gesture("chiamata?su=sera-2", &before);
        assert_eq!(refused.status, 422);
        refused.says("Il fatto precede l");
        refused.says("name=\"ora\" value=\"00:00\"");
    }
    let wrong = room.gesture("esce?su=rizzo", &[("dopo", "1"), ("giorno", &day), ("ora", "venti")]);
    assert_eq!(wrong.status, 422);
    wrong.says("venti");
}
