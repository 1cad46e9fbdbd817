// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the program writes for who looks after it, while passwords, links, sessions, tokens and the
//! credentials of the relay go through it: with `RUST_LOG=trace`, which would turn everything on.

use super::{Staying, asked, get, run, secret};
use std::fs::File;
use std::io::{BufRead, BufReader, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const RELAY: &str = "chiave-del-relay-7Q";
const PASSWORD: &str = "tre fontane in piazza";
const WRONG: &str = "questa-non-lo-era";
const TOKEN: &str = "delibera_unTokenDiProva0123456789";

/// A relay that takes every password and every mail, and tells what it was given.
fn relay() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tell = tell.clone();
            // A conversation that breaks off is the client's business.
            std::thread::spawn(move || drop(converse(stream, &tell)));
        }
    });
    (port, told)
}

fn converse(mut stream: TcpStream, tell: &Sender<String>) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 relay ESMTP\r\n")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb: String = line.chars().take(4).collect::<String>().to_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-relay\r\n250 AUTH PLAIN LOGIN\r\n",
            "AUTH" => {
                drop(tell.send(line.clone()));
                b"235 2.7.0 welcome\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") && reader.read_line(&mut mail)? > 0 {}
                drop(tell.send(mail));
                b"250 2.0.0 taken\r\n"
            }
            _ => b"250 2.0.0 well\r\n",
        };
        stream.write_all(answer)?;
    }
}

/// The next thing the relay was given that holds a word.
fn given(told: &Receiver<String>, word: &str) -> String {
    loop {
        let next = told.recv_timeout(Duration::from_secs(30)).expect("the relay is spoken to");
        if next.contains(word) {
            return next;
        }
    }
}

fn post(address: &str, path: &str, form: &[(&str, &str)]) -> String {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let head = format!(
        "POST {path} HTTP/1.1\r\nOrigin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        body.len()
    );
    asked(address, &head, &body)
}

/// The value of the cookie that an answer sets.
fn session(answer: &str) -> String {
    let line = answer.lines().find_map(|line| line.strip_prefix("set-cookie: delibera="));
    let value = line.and_then(|rest| rest.split(';').next()).expect("a session");
    value.to_owned()
}

#[test]
fn no_secret_is_written_however_much_is_asked_for() {
    let folder = std::env::temp_dir().join(format!("delibera-secrets-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("folder");
    let (port, told) = relay();
    let config = format!(
        "database = \"sqlite:prova.db\"\nlisten = \"127.0.0.1:0\"\nlisten_ops = \"127.0.0.1:0\"\n\
         [schedule]\nalbo_probe = \"off\"\n[mail]\nfrom = \"delibere@comune.example\"\n\
         base_url = \"http://delibere.comune.example\"\n[mail.transport]\nkind = \"smtp\"\n\
         host = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nuser = \"delibera\"\n\
         password = \"{RELAY}\"\n"
    );
    std::fs::write(folder.join("prova.toml"), config).expect("configuration");
    let who = ["--nome", "Ada", "--cognome", "Riva", "--codice-fiscale", "RVIDAA80A41F205X"];
    let mut words = vec!["init", "--comune", "Comune di Prova", "--posta", "ada@comune.example"];
    words.extend(who);
    words.extend(["--config", "prova.toml"]);
    let (good, said) = run(&folder, &words);
    assert!(good, "{said}");

    let errors = folder.join("errori.txt");
    let kept = Stdio::from(File::create(&errors).expect("a file"));
    let staying = Staying::writing(&folder, "serve", kept);
    let pages = staying.address("Pagine");
    let link = secret(&said);
    get(&pages, &format!("/accesso/password?c={link}"));
    let chosen = [("c", link.as_str()), ("nuova", PASSWORD), ("ripetuta", PASSWORD)];
    post(&pages, "/accesso/password", &chosen);
    post(&pages, "/accesso", &[("utente", "amministratore"), ("password", WRONG)]);
    let right = [("utente", "amministratore"), ("password", PASSWORD), ("codice", "918273")];
    let cookie = session(&post(&pages, "/accesso", &right));
    asked(&pages, &format!("GET /scrivania HTTP/1.1\r\nCookie: delibera={cookie}\r\n"), "");
    asked(&pages, &format!("GET /api/v1/me HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n"), "");
    post(&pages, "/accesso/recupero", &[("utente", "amministratore")]);
    let credentials = given(&told, "AUTH");
    let credentials = credentials.split_whitespace().last().expect("credentials").to_owned();
    given(&told, "Subject:");
    assert_eq!(staying.stop().code(), Some(0));

    let written = std::fs::read_to_string(&errors).expect("text");
    assert!(written.contains("request") && written.contains("sign-in failed"), "it does log");
    let secrets = [RELAY, &credentials, &link, &cookie, PASSWORD, "tre+fontane", WRONG, TOKEN];
    for secret in secrets.into_iter().chain(["918273", "RVIDAA80A41F205X"]) {
        assert!(secret.len() > 5 && !written.contains(secret), "«{secret}» was written");
    }
    std::fs::remove_dir_all(&folder).expect("cleaned");
}
