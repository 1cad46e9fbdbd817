// SPDX-License-Identifier: AGPL-3.0-or-later
//! The boundary (OWASP ASVS 4.0.3, level 2, where it applies): what arrives from outside and tries
//! to be more than it is. SECURITY.md names the test of each line.

use crate::on_both_engines;
use crate::provider::{Provider, Says};
use crate::server::{Browser, PASSWORD, Server};
use delibera::service::accounts::{AccountError, Accounts, Credentials, Origin};
use delibera::service::clock::SystemClock;
use delibera::service::oidc::{LocalAccounts, Provider as Known};
use delibera::web::Settings;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use tracing_subscriber::fmt::MakeWriter;

on_both_engines!(
    a_return_is_a_place_of_this_site,
    every_sign_in_costs_one_password,
    a_locked_account_looks_like_no_account,
    passwords_are_not_tried_from_an_open_session,
    behind_https_cookies_stay_there,
    every_form_of_another_site_is_refused,
    every_page_but_the_open_ones_wants_a_session,
    words_of_a_person_are_never_code,
    words_of_a_search_are_never_a_statement,
    an_uploaded_text_is_never_a_page,
    no_secret_reaches_the_log,
    what_is_too_long_is_refused,
    methods_that_no_page_has_are_refused,
    a_reference_given_by_others_is_harmless,
);

fn a_return_is_a_place_of_this_site(server: &Server) {
    let away = [
        "//altrove.example",
        "///altrove.example",
        "/\\altrove.example",
        "\\\\altrove.example",
        "https://altrove.example",
        "javascript:alert(1)",
        "/\taltrove.example",
        "/\r\nset-cookie: a=b",
        "altrove.example",
        "",
    ];
    let mut signed_in = Browser::of(server, "marchi");
    for target in away {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair("ritorno", target).finish();
        let answer = signed_in.get(&format!("/accesso?{query}"));
        assert_eq!((answer.status, answer.header("location")), (303, "/scrivania"), "{target:?}");
        let mut browser = Browser::new(server, "10.3.0.1");
        let page = browser.get(&format!("/accesso?{query}"));
        page.says("name=\"ritorno\" value=\"/scrivania\"");
    }
    // An encoded slash stays a part of a path of this site.
    let answer = signed_in.get("/accesso?ritorno=/%252F%252Faltrove.example");
    assert_eq!(answer.header("location"), "/%2F%2Faltrove.example");
}

fn accounts(server: &Server) -> Accounts {
    Accounts::new(server.office.executor.store.clone(), Arc::new(SystemClock))
}

/// Counted, not timed: whoever is tried, one Argon2id and no more.
fn every_sign_in_costs_one_password(server: &Server) {
    let own = accounts(server);
    server.run(own.add("serra", "serra")).expect("an account without password");
    let closed = own.clone().restricted_to(LocalAccounts::Only(Vec::new()));
    let tries = [
        (&own, "nessuno.qui", "sbagliata"),
        (&own, "costa", "sbagliata"),
        (&own, "costa", PASSWORD),
        (&own, "serra", "sbagliata"),
        (&own, "", ""),
        (&closed, "costa", PASSWORD),
    ];
    for (accounts, login, password) in tries {
        let before = accounts.passwords_compared();
        let given =
            Credentials { login: login.into(), password: password.into(), code: String::new() };
        let entered = match server.run(accounts.sign_in(given, &Origin::default())) {
            Ok(_) => true,
            Err(AccountError::Refused(_)) => false,
            Err(error) => panic!("{login:?}: {error}"),
        };
        assert_eq!(accounts.passwords_compared() - before, 1, "{login:?}");
        let right = login == "costa" && password == PASSWORD && !std::ptr::eq(accounts, &closed);
        assert_eq!(entered, right, "{login:?}");
    }
}

/// An account whose login is the person and «.prova».
fn with_password(server: &Server, person: &str) -> Accounts {
    let (accounts, login) = (accounts(server), format!("{person}.prova"));
    server.run(async {
        accounts.add(person, &login).await.expect("account");
        let link = accounts.link(person).await.expect("link");
        accounts.choose(&link, PASSWORD.into(), PASSWORD).await.expect("password");
    });
    accounts
}

fn a_locked_account_looks_like_no_account(server: &Server) {
    with_password(server, "vitale");
    let mut browser = Browser::new(server, "10.3.0.2");
    let wrong = |browser: &mut Browser, login: &str| {
        let form = [("utente", login), ("password", "sbagliata-di-certo")];
        browser.post("/accesso", &form).body.replace(login, "")
    };
    let nobody = wrong(&mut browser, "nessuno.qui");
    for _ in 0..7 {
        assert_eq!(wrong(&mut browser, "vitale.prova"), nobody, "before the lock, at it, after it");
    }
    let form = [("utente", "vitale.prova"), ("password", PASSWORD)];
    browser.post("/accesso", &form).says("bloccato fino alle");
}

fn passwords_are_not_tried_from_an_open_session(server: &Server) {
    with_password(server, "fontana");
    let mut browser = Browser::new(server, "10.3.0.3");
    let form = [("utente", "fontana.prova"), ("password", PASSWORD)];
    assert_eq!(browser.post("/accesso", &form).status, 303);
    let change = |current| [("attuale", current), ("nuova", "una frase nuova"), ("ripetuta", "x")];
    for _ in 0..5 {
        browser.post("/profilo/password", &change("sbagliata")).says("non è corretta");
    }
    browser.post("/profilo/password", &change(PASSWORD)).says("bloccato fino alle");
}

fn behind_https_cookies_stay_there(server: &Server) {
    let pages = server.beside(|_| Settings {
        base_url: Some("https://delibere.valdoro.example".into()),
        demo: true,
        ..Settings::default()
    });
    let mut browser = Browser::at(pages, "10.3.0.4");
    let answer = browser.post("/accesso/prova", &[("persona", "marchi")]);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-delibera="), "{cookie}");
    for flag in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{flag} is not in {cookie}");
    }
    assert!(!cookie.contains("Domain") && !cookie.contains("Max-Age"), "{cookie}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    // A cookie of plain HTTP is not believed here.
    let secret = cookie.trim_start_matches("__Host-").split(';').next().expect("a cookie");
    browser.cookie = secret.to_owned();
    assert_eq!(browser.get("/scrivania").status, 303);
    // Whoever asks in the name of the site itself, through the proxy, is believed.
    let own = "origin: https://delibere.valdoro.example\r\n";
    assert_eq!(browser.post_from("/accesso/recupero", &[("utente", "x")], own).status, 200);
}

/// Address and methods of every route, read from the router itself.
fn routes() -> Vec<(String, bool, bool)> {
    let text = std::fs::read_to_string("src/web/mod.rs").expect("the router");
    let text = text.split_once("pub fn router").expect("router").1;
    let mut routes = Vec::new();
    for part in text.split(".route(").skip(1) {
        let call = part.split("\n        .").next().unwrap_or(part);
        let written = call.trim_start();
        let path = match written.strip_prefix('"') {
            Some(rest) => rest.split('"').next().expect("a path").to_owned(),
            None => delibera::service::oidc::BACK_PATH.to_owned(),
        };
        let has = |method: &str| call.contains(&format!("{method}("));
        routes.push((path, has("get"), has("post")));
    }
    assert!(routes.len() > 30, "{}", routes.len());
    routes
}

/// A path of a route, with something in the place of what it names.
fn example(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{id}" => "verde",
        "{sha256}" => "0000",
        "{action}" => "firma",
        part if part.starts_with('{') => "x",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn every_form_of_another_site_is_refused(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let mut tried = 0;
    for (path, _, post) in routes() {
        let path = example(&path);
        if !post {
            continue;
        }
        for from in [
            "sec-fetch-site: cross-site\r\norigin: https://altrove.example\r\n",
            "sec-fetch-site: same-site\r\norigin: https://altro.valdoro.example\r\n",
            "origin: https://altrove.example\r\n",
            "origin: null\r\n",
        ] {
            let answer = browser.post_from(&path, &[("persona", "marchi")], from);
            assert_eq!(answer.status, 403, "{path} {from}");
            assert_eq!(answer.header("set-cookie"), "", "{path}");
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
    assert_eq!(browser.get("/scrivania").status, 200, "still signed in");
}

fn every_page_but_the_open_ones_wants_a_session(server: &Server) {
    let open = ["/accesso", "/accessibilita", "/risorse"];
    let mut stranger = Browser::new(server, "10.3.0.5");
    for (path, get, post) in routes() {
        let path = example(&path);
        if open.iter().any(|root| path.starts_with(root)) {
            continue;
        }
        if get && path != "/" {
            let answer = stranger.get(&path);
            let to = answer.header("location");
            assert!(answer.status == 303 && to.starts_with("/accesso?"), "{path}: {to}");
        }
        if post {
            assert_eq!(stranger.post(&path, &[]).status, 401, "{path}");
        }
    }
}

/// What someone would write to be more than words: HTML, Handlebars, SQL, Markdown, our directives.
const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{shell.comune}} \
    {{{page.subject}}} {{#each page}}x{{/each}} '; DROP TABLE cases; -- \
    [qui](javascript:alert(3)) ![](http://altrove.example/spia.png) =cmd|' /C calc'!A0 ${7*7}";

fn words_of_a_person_are_never_code(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let opened = browser.post("/proposte/nuova", &[]);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let here = opened.header("location").to_owned();
    let case = here.trim_end_matches("/testo").to_owned();
    let fields = [
        "oggetto",
        "premesse",
        "punto",
        "scheda",
        "competenza",
        "classificazione",
        "tipo",
        "cig",
        "cup",
        "incide",
        "capitolo",
        "finanziamento",
        "motivi-urgenza",
        "indirizzo",
        "segreto",
    ];
    let mut form: Vec<(&str, &str)> = fields.iter().map(|name| (*name, EVIL)).collect();
    browser.post(&format!("{here}/bozza"), &form);
    form.push(("fai", "salva"));
    browser.post(&here, &form);
    // What is recorded or not, every page that shows it shows words.
    let plain = [("oggetto", EVIL), ("premesse", EVIL), ("punto", EVIL), ("fai", "salva")];
    let saved = browser.post(&here, &plain);
    assert!([303, 422].contains(&saved.status), "{}", saved.status);
    let mut shown = 0;
    for path in [here.clone(), case.clone(), format!("{case}/indice"), "/scrivania".into()] {
        let page = browser.get(&path);
        assert_eq!(page.status, 200, "{path}");
        inert(&page.body, &path);
        shown += usize::from(page.body.contains("&lt;script&gt;alert(1)"));
    }
    assert!(shown >= 2, "the words are there, as words: {shown}");
    inert(&saved.body, "the answer");
    let search =
        form_urlencoded::Serializer::new(String::new()).append_pair("testo", EVIL).finish();
    inert(&browser.get(&format!("/scrivania?{search}")).body, "the search");
    inert(&browser.get(&format!("/proposte/nuova?{search}")).body, "the search of models");
    let document = browser.get(&format!("{here}/documento"));
    assert!([200, 422].contains(&document.status), "{}", document.status);
    assert_eq!(browser.get("/fascicoli/verde").status, 200, "the tables are there");
}

fn inert(body: &str, place: &str) {
    for code in [
        "<script>alert",
        "<img src=x",
        "href=\"javascript:",
        "src=\"http://altrove",
        "onerror=alert(2)>",
    ] {
        assert!(!body.contains(code), "{code} is in {place}:\n{body}");
    }
    assert!(!body.contains("''>{{"), "{place}");
}

fn words_of_a_search_are_never_a_statement(server: &Server) {
    let mut browser = Browser::of(server, "neri");
    let all = browser.get("/scrivania?testo=verde").body.matches("<li").count();
    for words in ["' OR '1'='1", "%' --", "\" OR 1=1", "verde'); DELETE FROM cases; --", "\\", "_"]
    {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("testo", words).finish();
        let answer = browser.get(&format!("/scrivania?{query}"));
        assert_eq!(answer.status, 200, "{words}");
        answer.says("Nessun risultato");
    }
    for id in ["verde'--", "verde%00", "..%2f..%2fetc%2fpasswd", "%F0%9F%92%A5"] {
        let answer = browser.get(&format!("/fascicoli/{id}"));
        assert_eq!(answer.status, 404, "{id}");
        answer.says("Riferimento per l'assistenza");
    }
    assert_eq!(browser.get("/scrivania?testo=verde").body.matches("<li").count(), all);
}

fn an_uploaded_text_is_never_a_page(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let here = browser.post("/proposte/nuova", &[]).header("location").to_owned();
    let case = here.trim_end_matches("/testo").to_owned();
    let page: &[u8] =
        b"<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>";
    let refused: [(&str, &[u8]); 5] = [
        ("pagina.html", page),
        ("disegno.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("pagina.pdf", page),
        ("foto.png", page),
        ("archivio.zip", b"PK\x03\x04"),
    ];
    for (name, bytes) in refused {
        let form = [("oggetto", "File"), ("fai", "carica")];
        let answer = browser.upload(&here, &form, &[("allegati", name, bytes)]);
        assert_eq!(answer.status, 422, "{name}");
        answer.says("refusal-text");
    }
    for name in ["nota.txt", "dati.xml", "../../<b>voci.csv"] {
        let form = [("oggetto", "File"), ("fai", "carica")];
        let answer = browser.upload(&here, &form, &[("allegati", name, page)]);
        assert_eq!(answer.status, 303, "{name}: {}", answer.body);
    }
    assert_eq!(browser.post(&here, &[("oggetto", "File"), ("fai", "salva")]).status, 303);
    let body = browser.get(&case).body;
    assert!(!body.contains("<b>voci") && !body.contains(".."), "a name is a name");
    let files: std::collections::BTreeSet<&str> =
        body.split(&format!("{case}/documenti/")).skip(1).map(|rest| &rest[..64]).collect();
    assert!(!files.is_empty(), "{body}");
    for sha256 in files {
        let file = browser.get(&format!("{case}/documenti/{sha256}"));
        assert_eq!(file.status, 200);
        // Shown as the text it is, or saved; never guessed at, and no script in it ever runs.
        let kind = file.header("content-type");
        let shown = !file.header("content-disposition").starts_with("attachment");
        assert!(kind == "application/octet-stream" || kind.starts_with("text/plain"), "{kind}");
        assert!(!shown || kind.starts_with("text/plain"), "{kind}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert!(file.header("content-security-policy").contains("script-src 'none'"));
    }
}

/// Everything the program writes to its log in this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false);
        // More than the program ever writes; statements are fixed texts, and would fill the memory.
        let subscriber = subscriber.with_env_filter("debug,sqlx=info");
        tracing::subscriber::set_global_default(subscriber.finish()).expect("the only one");
        log
    })
}

fn no_secret_reaches_the_log(server: &Server) {
    let log = log();
    let accounts = with_password(server, "moretti");
    let mut browser = Browser::new(server, "10.3.0.6");
    let wrong = [("utente", "moretti.prova"), ("password", "segretissima-sbagliata")];
    browser.post("/accesso", &wrong);
    let right = [("utente", "moretti.prova"), ("password", PASSWORD), ("codice", "918273")];
    assert_eq!(browser.post("/accesso", &right).status, 303);
    let session = browser.cookie.split_once('=').expect("a cookie").1.to_owned();
    let link = server.run(accounts.link("moretti")).expect("link");
    browser.get(&format!("/accesso/password?c={link}"));
    browser.get("/scrivania?testo=parola-cercata");
    browser.post("/scrivania/insieme", &[("pin", "739104"), ("codice", "551177")]);
    let head = "GET /api/v1/me HTTP/1.1\r\nauthorization: Bearer delibera_unTokenDiProva\r\n";
    browser.send(head, b"");
    let provider = Provider::start();
    let config = provider.config();
    let pages = server.beside(|address| {
        let base = format!("http://{address}");
        let known = Known::new(config, &base, Arc::new(SystemClock)).expect("configuration");
        let identity = Some(Arc::new(known));
        Settings { identity, behind_proxy: true, ..Settings::default() }
    });
    let mut other = Browser::at(pages, "10.3.0.7");
    let left = other.post("/accesso/identita", &[]);
    other.cookie = left.cookie("delibera-andata");
    let query = left.header("refresh").split_once('?').expect("a query").1;
    let asked: std::collections::BTreeMap<String, String> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let forged = Says { forged: true, ..Says::person("MRTDVD77M03F205R") };
    provider.signs("codice-segreto", &asked["nonce"], &asked["code_challenge"], forged);
    let state = &asked["state"];
    let back = format!("/accesso/identita/ritorno?state={state}&code=codice-segreto");
    assert_eq!(other.get(&back).status, 403);
    let written = String::from_utf8(log.0.lock().expect("log").clone()).expect("text");
    assert!(written.contains("sign-in failed") && written.contains("request"), "it does log");
    let nonce = asked["nonce"].as_str();
    for secret in [
        PASSWORD,
        "segretissima",
        "918273",
        "739104",
        "551177",
        "delibera_unTokenDiProva",
        &session,
        &link,
        "parola-cercata",
        "codice-segreto",
        state,
        nonce,
        "MRTDVD77M03F205R",
        "eyJ",
    ] {
        assert!(!written.contains(secret), "«{secret}» is in the log");
    }
}

fn what_is_too_long_is_refused(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let long = format!("/scrivania?testo={}", "x".repeat(200_000));
    let answer = browser.get(&long);
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let many = format!("GET /scrivania HTTP/1.1\r\n{}", "x-a: b\r\n".repeat(500));
    let answer = browser.send(&many, b"");
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    // A form is two megabytes at most, said or not said.
    let head = "POST /proposte/nuova HTTP/1.1\r\nsec-fetch-site: same-origin\r\n\
                content-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n";
    let chunk = format!("{:x}\r\natto={}\r\n0\r\n\r\n", 3_000_005, "x".repeat(3_000_000));
    assert_eq!(browser.send(head, chunk.as_bytes()).status, 413);
    let fields: Vec<(&str, &str)> = vec![("voce", "x|y|z"); 50_000];
    let answer = browser.post("/scrivania/insieme", &fields);
    assert!(answer.status < 500, "{}", answer.status);
    assert_eq!(browser.get("/scrivania").status, 200);
}

fn methods_that_no_page_has_are_refused(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    for method in ["OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "PROPFIND"] {
        let head = format!(
            "{method} /scrivania HTTP/1.1\r\nx-spia: ciao\r\nsec-fetch-site: same-origin\r\n"
        );
        let answer = browser.send(&head, b"");
        assert_eq!(answer.status, 405, "{method}");
        assert!(!answer.body.contains("x-spia"), "{method} tells nothing back");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{method}");
    }
    let head = browser.send("HEAD /scrivania HTTP/1.1\r\n", b"");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.header("content-security-policy").contains("default-src"));
    // No other site may read what a person may.
    let answer =
        browser.send("GET /scrivania HTTP/1.1\r\norigin: https://altrove.example\r\n", b"");
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

fn a_reference_given_by_others_is_harmless(server: &Server) {
    let mut browser = Browser::of(server, "marchi");
    let head = "GET /non-esiste HTTP/1.1\r\nx-request-id: <script>alert(1)</script>\r\n";
    let answer = browser.send(head, b"");
    answer.says("<code>SCRIPTAL</code>");
    let lying = "GET /profilo HTTP/1.1\r\nuser-agent: <img src=x onerror=alert(1)>\r\n\
                 host: altrove.example\r\n";
    inert(&browser.send(lying, b"").body, "the profile");
}
