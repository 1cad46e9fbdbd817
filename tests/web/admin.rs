// SPDX-License-Identifier: AGPL-3.0-or-later
//! The administration: who sees it and who does not, what is put on record, what is refused and
//! with which words, nothing half done.

use crate::on_both_engines;
use crate::server::{Browser, PASSWORD, Server};

on_both_engines!(
    only_who_keeps_the_comune_sees_it,
    an_office_a_person_and_a_mandate,
    the_day_says_who_is_entitled_and_why_the_others_are_not,
    a_director_names_his_own_substitute_and_nobody_elses,
    a_table_is_taken_whole_or_not_at_all,
    a_regulation_is_checked_line_by_line_and_seen_before,
    a_section_is_changed_from_a_day,
    a_workflow_is_proved_drawn_and_compared,
    accounts_are_opened_and_closed_and_no_password_is_seen,
    the_log_says_who_did_what,
    jobs_and_models_are_shown,
    every_section_opens,
);

const ADMIN: &str = "bruno";

fn refused(server: &Server, person: &str, path: &str) {
    let answer = Browser::of(server, person).get(path);
    assert_eq!(answer.status, 403, "{person} {path}\n{}", answer.body);
    answer.says("un incarico che permetta di");
}

fn only_who_keeps_the_comune_sees_it(server: &Server) {
    for path in ["/amministrazione", "/amministrazione/persone", "/amministrazione/persone/neri"] {
        refused(server, "neri", path);
        refused(server, "costa", path);
        assert_eq!(Browser::of(server, "pace").get(path).status, 200, "{path}");
        assert_eq!(Browser::of(server, ADMIN).get(path).status, 200, "{path}");
    }
    // People, mandates: the Segreteria. Accounts, jobs, the log: the administrator alone.
    for path in ["utenze", "lavori", "attivita", "attivita/csv", "utenze/neri"] {
        refused(server, "pace", &format!("/amministrazione/{path}"));
    }
    refused(server, "pace", "/amministrazione/azioni/ufficio");
    refused(server, "neri", "/amministrazione/azioni/persona?su=villa");
    let desk = Browser::of(server, "neri").get("/scrivania");
    assert!(!desk.body.contains("href=\"/amministrazione\""), "no entry for who has no power");
    Browser::of(server, "pace").get("/scrivania").says("href=\"/amministrazione\"");
    let refused =
        Browser::of(server, "pace").post("/amministrazione/azioni/ufficio", &[("nome", "X")]);
    assert_eq!(refused.status, 403);
}

fn an_office_a_person_and_a_mandate(server: &Server) {
    let mut admin = Browser::of(server, ADMIN);
    let empty = admin.post("/amministrazione/azioni/ufficio", &[("nome", " ")]);
    assert_eq!(empty.status, 422);
    empty.says("Il campo è obbligatorio");
    let answer = admin.post("/amministrazione/azioni/ufficio", &[("nome", "Sportello unico")]);
    assert_eq!((answer.status, answer.header("location")), (303, "/amministrazione/uffici"));
    admin.get("/amministrazione/uffici").says("Sportello unico");

    let mut secretariat = Browser::of(server, "pace");
    let person = [
        ("cognome", "Caruso"),
        ("nome", "Elio"),
        ("codice_fiscale", "CRSLEI70A41F205X"),
        ("posta", "caruso@comune.valdoro.example"),
        ("nascita", ""),
    ];
    let answer = secretariat.post("/amministrazione/azioni/persona", &person);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let twin = secretariat.post("/amministrazione/azioni/persona", &person);
    assert_eq!(twin.status, 422);
    twin.says("è già di Elio Caruso");
    twin.says("value=\"Caruso\"");

    let mut mandate = vec![
        ("persona", "caruso"),
        ("ruolo", "direttore"),
        ("ufficio", "sportello-unico"),
        ("qualita", "titolare"),
        ("titolo", "Il Responsabile dello Sportello unico"),
        ("atto", ""),
        ("dal", "2020-01-01"),
        ("al", ""),
        ("ordine", ""),
    ];
    let without = secretariat.post("/amministrazione/azioni/incarico", &mandate);
    assert_eq!(without.status, 422);
    mandate[5].1 = "decreto del Sindaco n. 9 del 1 gennaio 2020";
    let answer = secretariat.post("/amministrazione/azioni/incarico", &mandate);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = secretariat.get("/amministrazione/persone/caruso");
    page.says("Il Responsabile dello Sportello unico");
    page.says("decreto del Sindaco n. 9 del 1 gennaio 2020");
    secretariat.get("/amministrazione/incarichi?ufficio=sportello-unico").says("Elio Caruso");

    let delegate = [
        ("persona", "ricci"),
        ("qualita", "delegato"),
        ("titolo", "Il delegato"),
        ("atto", "atto n. 1"),
        ("dal", "2020-01-01"),
        ("al", ""),
    ];
    let path = "/amministrazione/azioni/sostituto?su=direttore-caruso";
    let endless = secretariat.post(path, &delegate);
    assert_eq!(endless.status, 422);
    endless.says("per un periodo determinato");

    let end = [("ultimo", "2020-06-30"), ("atto", "decreto n. 10 del 30 giugno 2020")];
    let path = "/amministrazione/azioni/cessazione?su=direttore-caruso";
    assert_eq!(secretariat.post(path, &end).status, 303);
    secretariat.get("/amministrazione/persone/caruso").says("al 30/06/2020");
    let after = secretariat.get("/amministrazione/titolo?ruolo=direttore&ufficio=sportello-unico");
    after.says("Nessuno ha titolo in quel giorno");
    after.says("L&#x27;incarico è cessato il 30/06/2020");
}

fn the_day_says_who_is_entitled_and_why_the_others_are_not(server: &Server) {
    let mut secretariat = Browser::of(server, "pace");
    let today = secretariat.get("/amministrazione/titolo");
    today.says("firma come");
    today.says("solo in assenza di");
    let early = secretariat.get("/amministrazione/titolo?ruolo=segretario&data=2010-07-23");
    early.says("venerdì 23 luglio 2010");
    early.says("Nessuno ha titolo in quel giorno");
    early.says("L&#x27;incarico decorre");
}

fn a_director_names_his_own_substitute_and_nobody_elses(server: &Server) {
    let mut director = Browser::of(server, "neri");
    let own = director.get("/sostituti");
    own.says("Nomina chi mi sostituisce");
    let link = own.body.split("href=\"").find(|part| part.contains("azioni/sostituto"));
    let path = link.and_then(|part| part.split('"').next()).expect("a link").replace("&amp;", "&");
    let path = path.replace("&#x3D;", "=");
    director.get(&path).says("In assenza o per conto di Giorgio Neri");
    let vicario = [
        ("persona", "basile"),
        ("qualita", "vicario"),
        ("titolo", "Il Vicario del Direttore Ambiente"),
        ("atto", "atto del Direttore n. 4 del 2 gennaio 2026"),
        ("dal", "2026-01-02"),
        ("al", ""),
    ];
    let answer = director.post(&path, &vicario);
    assert_eq!((answer.status, answer.header("location")), (303, "/sostituti"), "{}", answer.body);
    director.get("/sostituti").says("Il Vicario del Direttore Ambiente");

    // The post of another, another's absence, his own mandate: no.
    let other = director.get("/amministrazione/azioni/sostituto?su=dir-risorse");
    assert_eq!(other.status, 403, "{}", other.body);
    let absence = [("dal", "2026-01-02"), ("al", "2026-01-03")];
    let other = director.post("/amministrazione/azioni/assenza?su=testa", &absence);
    assert_eq!(other.status, 403);

    let away = director.post(
        "/amministrazione/azioni/assenza?su=neri",
        &[("dal", "2019-08-10"), ("al", "2019-08-20")],
    );
    assert_eq!(away.status, 303, "{}", away.body);
    let asked = "/amministrazione/titolo?ruolo=direttore&ufficio=ambiente&data=2019-08-12";
    Browser::of(server, "pace").get(asked).says("assente");
    let back = director.post("/amministrazione/azioni/rientro?su=neri%402019-08-10", &[("al", "")]);
    assert_eq!(back.status, 303, "{}", back.body);
    assert!(!director.get("/sostituti").body.contains("10/08/2019"));
}

fn a_table_is_taken_whole_or_not_at_all(server: &Server) {
    let mut admin = Browser::of(server, ADMIN);
    let model = admin.get("/amministrazione/importa/persone/modello.csv");
    model.says("identificativo;cognome;nome");
    let path = "/amministrazione/importa/persone";
    let wrong = "cognome;nome;posta;ruolo;ufficio;titolo;atto;dal\n\
                 Tavola;Ugo;tavola@comune.example;;;;;\n\
                 Tavola;Pia;pia@comune.example;direttore;inesistente;Il Direttore;decreto;2026-01-01\n";
    let answer = admin.upload(path, &[], &[("tabella", "persone.csv", wrong.as_bytes())]);
    assert_eq!(answer.status, 422);
    answer.says("Nulla è stato registrato");
    answer.says("Riga 3: L&#x27;ufficio «inesistente» non risulta");
    assert!(!admin.get("/amministrazione/persone").body.contains("Tavola"));

    // As a spreadsheet of Windows writes it.
    let good: Vec<u8> = "cognome;nome;posta\nTavola;Nicol\u{f2};nicolo@comune.example\n"
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin 1"))
        .collect();
    let preview = admin.upload(path, &[], &[("tabella", "persone.csv", &good)]);
    assert_eq!(preview.status, 200);
    preview.says("Nuova persona: Nicolò Tavola");
    assert!(!admin.get("/amministrazione/persone").body.contains("Tavola"), "only a preview");
    let text = "cognome;nome;posta\nTavola;Nicolò;nicolo@comune.example\n";
    let done = admin.post(path, &[("testo", text), ("file", "persone.csv"), ("conferma", "sì")]);
    assert_eq!(done.status, 303, "{}", done.body);
    admin.get("/amministrazione/persone").says("Tavola Nicolò");

    // The Segreteria registers people, not offices: the table is refused line by line.
    let offices = "nome\nUfficio nuovo\n";
    let answer = Browser::of(server, "pace").upload(
        "/amministrazione/importa/uffici",
        &[],
        &[("tabella", "uffici.csv", offices.as_bytes())],
    );
    assert_eq!(answer.status, 422);
    answer.says("aprire o rinominare un ufficio");
}

fn a_regulation_is_checked_line_by_line_and_seen_before(server: &Server) {
    let mut admin = Browser::of(server, ADMIN);
    admin.get("/amministrazione/regolamento").says("Numero legale");
    let path = "/amministrazione/regolamento/carica";
    let wrong = "[exec_count]\nvalue = \"E-Z\"\nsource = \"x\"\n";
    let answer = admin.post(path, &[("testo", wrong), ("dal", "2031-01-01")]);
    assert_eq!(answer.status, 422);
    answer.says("riga 2");
    answer.says("E-Z");
    let doubtful = include_str!("../../regulations/grande-comune.toml")
        .replace("value = \"E-A\"", "value = \"E-B\"")
        .replace("value = \"P-EXC\"", "value = \"P-INC\"");
    let answer = admin.upload(
        path,
        &[("dal", "2031-01-01"), ("testo", "")],
        &[("file", "r.toml", doubtful.as_bytes())],
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.says("rispondono in modo opposto");
    answer.says("Metti in vigore dal 01/01/2031");
    let refused = Browser::of(server, "pace").post(
        "/amministrazione/azioni/regolamento",
        &[("testo", &doubtful), ("dal", "2031-01-01")],
    );
    assert_eq!(refused.status, 403);
}

fn a_section_is_changed_from_a_day(server: &Server) {
    let mut admin = Browser::of(server, ADMIN);
    let path = "/amministrazione/regolamento/sezione/atto";
    let form = admin.get(path);
    form.says("Composizione dell&#x27;atto");
    let unsaid = [("v-number_rejected", "true"), ("f-number_rejected", ""), ("dal", "2032-01-01")];
    let answer = admin.post(path, &unsaid);
    assert_eq!(answer.status, 422);
    answer.says("manca la fonte");
    let source = "art. 40 Statuto";
    let change =
        [("v-number_rejected", "true"), ("f-number_rejected", source), ("dal", "2032-01-01")];
    let preview = admin.post(path, &change);
    assert_eq!(preview.status, 200, "{}", preview.body);
    preview.says("Le proposte respinte si numerano");
    preview.says(source);
    let text = preview.body.split("name=\"testo\" hidden>").nth(1).expect("the text");
    let text = text.split("</textarea>").next().expect("its end");
    let text = text.replace("&quot;", "\"").replace("&#x27;", "'").replace("&#x3D;", "=");
    let text =
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&#x60;", "`");
    let fields = [("testo", text.as_str()), ("dal", "2032-01-01")];
    let done = admin.post("/amministrazione/azioni/regolamento", &fields);
    assert_eq!(done.status, 303, "{}", done.body);
    admin.get("/amministrazione/regolamento?data=2032-01-01").says(source);
    let before = admin.get("/amministrazione/regolamento?data=2031-12-31");
    assert!(!before.body.contains("Storia") || before.body.contains("Che cosa è cambiato"));
    let shown = before.body.split("Storia").next().expect("the keys");
    assert!(!shown.contains(source), "not yet in force");
}

fn a_workflow_is_proved_drawn_and_compared(server: &Server) {
    let mut admin = Browser::of(server, ADMIN);
    let list = admin.get("/amministrazione/procedimenti");
    list.says("attivo");
    let path = "/amministrazione/procedimenti/carica";
    let text = include_str!("../../workflows/deliberazione-giunta.toml");
    let longer = text.replacen("deadline_days = ", "deadline_days = 1", 1);
    assert_ne!(text, longer, "the workflow has a term");
    let answer = admin.upload(path, &[("testo", "")], &[("file", "d.toml", longer.as_bytes())]);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.says("In regola:");
    answer.says("Termine di «");
    answer.says("<svg class=\"flow\"");
    let broken = admin.post(path, &[("testo", "kind = \"x\"\n")]);
    assert_eq!(broken.status, 422);
    broken.says("non si può attivare");
}

fn accounts_are_opened_and_closed_and_no_password_is_seen(server: &Server) {
    let mut admin = Browser::of(server, ADMIN);
    let page = admin.get("/amministrazione/utenze");
    page.says("giorgio.neri");
    assert!(!page.body.contains("$argon2"));
    let answer = admin.post("/amministrazione/utenze/villa/crea", &[("utente", "g")]);
    assert_eq!(answer.status, 422);
    answer.says("da 3 a 100 caratteri");
    let answer = admin.post("/amministrazione/utenze/villa/crea", &[("utente", "villa.prova")]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    // No mail in the tests: it is said, and the account is there.
    let link = admin.post("/amministrazione/utenze/villa/collegamento", &[]);
    assert_eq!(link.status, 422);
    link.says("non è partito");

    let sign_in = |address: &str| {
        let fields = [("utente", "donati"), ("password", PASSWORD)];
        Browser::new(server, address).post("/accesso", &fields)
    };
    assert_eq!(sign_in("prima").status, 303);
    assert_eq!(admin.post("/amministrazione/utenze/donati/sospendi", &[]).status, 303);
    let closed = sign_in("durante");
    assert_eq!(closed.status, 401);
    closed.says("sospesa dall&#x27;amministratore");
    assert_eq!(admin.post("/amministrazione/utenze/donati/apri", &[]).status, 303);
    assert_eq!(sign_in("dopo").status, 303);
    let own = admin.post("/amministrazione/utenze/bruno/sospendi", &[]);
    assert_eq!(own.status, 422);
    let other = Browser::of(server, "pace").post("/amministrazione/utenze/donati/sospendi", &[]);
    assert_eq!(other.status, 403);
}

fn the_log_says_who_did_what(server: &Server) {
    let mut admin = Browser::of(server, ADMIN);
    let office = [("nome", "Ufficio del registro")];
    assert_eq!(admin.post("/amministrazione/azioni/ufficio", &office).status, 303);
    let log = admin.get("/amministrazione/attivita?persona=bruno&cosa=office_opened");
    log.says("Paola Bruno");
    log.says("Ufficio del registro");
    let all = admin.get("/amministrazione/attivita");
    all.says("Precedenti");
    let next = all
        .body
        .split("href=\"")
        .find(|part| part.starts_with("/amministrazione/attivita?prima"))
        .expect("a next page");
    let next =
        next.split('"').next().expect("its address").replace("&#x3D;", "=").replace("&amp;", "&");
    assert_eq!(admin.get(&next).status, 200, "{next}");
    admin.get("/amministrazione/attivita?vista=accessi").says("Accesso");
    let csv = admin.get("/amministrazione/attivita/csv?persona=bruno");
    csv.says("registrato;avvenuto;chi");
    csv.says("Ufficio del registro");
    let none = admin.get("/amministrazione/attivita?dal=2090-01-01");
    none.says("Nessun fatto con questi filtri");
}

fn jobs_and_models_are_shown(server: &Server) {
    let mut admin = Browser::of(server, ADMIN);
    admin.get("/amministrazione/lavori?stato=tutti").says("Messaggio");
    let missing = admin.post("/amministrazione/lavori/ripeti", &[("chiave", "mail/nessuno")]);
    assert_eq!(missing.status, 422);
    let silent = [("chiave", "mail/nessuno"), ("motivo", " ")];
    let silent = admin.post("/amministrazione/lavori/rinuncia", &silent);
    assert_eq!(silent.status, 422);
    silent.says("occorre dire perché");
    let pdf = admin.get("/amministrazione/modelli/documenti/deliberazione/pdf");
    assert!(pdf.body.starts_with("%PDF-"), "{}", pdf.status);
    let mail = admin.get("/amministrazione/modelli/messaggi/atto-adottato/html");
    assert!(mail.header("content-security-policy").contains("sandbox"));
    assert_eq!(mail.status, 200);
    let letterhead = admin.get("/amministrazione/carta-intestata");
    assert!(letterhead.body.starts_with("%PDF-"));
    let fields = [("nome", "Comune di Valdoro"), ("seggi", "13")];
    let files: [(&str, &str, &[u8]); 1] = [("stemma", "stemma.png", b"\x89PNG\r\n\x1a\nrotto")];
    let broken = admin.upload("/amministrazione/azioni/comune", &fields, &files);
    assert_eq!(broken.status, 422, "{}", broken.body);
}

fn every_section_opens(server: &Server) {
    let mut admin = Browser::of(server, ADMIN);
    for path in [
        "comune",
        "uffici",
        "persone",
        "incarichi",
        "incarichi?tutti=sì",
        "titolo",
        "organi",
        "regolamento",
        "regolamento/carica",
        "regolamento/versioni/1",
        "procedimenti",
        "procedimenti/carica",
        "modelli",
        "modelli/documenti/deliberazione",
        "modelli/messaggi/convocazione",
        "lavori",
        "attivita",
        "utenze",
        "utenze/neri",
        "importa/uffici",
    ] {
        let answer = admin.get(&format!("/amministrazione/{}", path.replace('ì', "%C3%AC")));
        assert_eq!(answer.status, 200, "{path}\n{}", answer.body);
    }
    // Acts were written here: there is no first start.
    let answer = admin.get("/avvio");
    assert_eq!((answer.status, answer.header("location")), (303, "/amministrazione"));
}
