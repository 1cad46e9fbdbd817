// SPDX-License-Identifier: AGPL-3.0-or-later
//! Two Comuni in one process: the name chooses, and neither sees the other.

use crate::provider::{Provider, Says};
use crate::server::{Browser, Server, start};
use delibera::domain::law::calendar::rome_date;
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::oidc::Provider as Known;
use delibera::service::scenario;
use delibera::web::Settings;
use delibera::web::hosts::{Neighbour, by_name};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

const VALDORO: &str = "delibere.valdoro.example";
const ROCCABASSA: &str = "delibere.roccabassa.example";
/// Greco, Segretario of Valdoro, is registered in Roccabassa too; Neri is not.
const GRECO: &str = "GRCMTR60B55F205U";
const NERI: &str = "NREGRG67P14F205A";

struct Two {
    provider: Provider,
    pages: SocketAddr,
    _small: Server,
}

fn two() -> Two {
    let large = crate::server::sqlite();
    // Its people, and one draft of yesterday.
    let acts = scenario::load(Path::new("tests/scenarios/piccolo-comune.toml"));
    let mut acts = acts.expect("scenario");
    acts.steps.truncate(1);
    acts.expectations.clear();
    let mut acts = acts.ending_before(rome_date(SystemClock.now()));
    let mut both = acts.raw.person[0].clone();
    both.id = "condivisa".into();
    both.fiscal_code = GRECO.into();
    acts.raw.person.push(both);
    let small = start(false, acts);
    let provider = Provider::start();
    let settings = |host: &str, other: (&str, &Server)| {
        let known = Known::new(provider.config(), &format!("http://{host}"), Arc::new(SystemClock));
        let neighbours = vec![Neighbour {
            base_url: format!("http://{}", other.0),
            executor: other.1.office.executor.clone(),
        }];
        let identity = Some(Arc::new(known.expect("configuration")));
        Settings { identity, neighbours, demo: true, behind_proxy: true, ..Settings::default() }
    };
    let pages = large.serving(|_| {
        by_name(vec![
            (vec![VALDORO.into()], large.app(settings(VALDORO, (ROCCABASSA, &small)))),
            (vec![ROCCABASSA.into()], small.app(settings(ROCCABASSA, (VALDORO, large)))),
        ])
    });
    Two { provider, pages, _small: small }
}

impl Two {
    fn at(&self, host: &str, address: &str) -> Browser {
        Browser { host: host.into(), ..Browser::at(self.pages, address) }
    }

    fn identified(&self, host: &str, fiscal_code: &str, address: &str) -> Browser {
        let mut browser = self.at(host, address);
        let left = browser.post("/accesso/identita", &[]);
        browser.cookie = left.cookie("delibera-andata");
        let query = left.header("refresh").split_once('?').expect("a query").1;
        let asked: std::collections::BTreeMap<String, String> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(asked["redirect_uri"], format!("http://{host}/accesso/identita/ritorno"));
        let says = Says::person(fiscal_code);
        self.provider.signs(address, &asked["nonce"], &asked["code_challenge"], says);
        let back = format!("/accesso/identita/ritorno?state={}&code={address}", asked["state"]);
        assert_eq!(browser.get(&back).status, 303);
        browser
    }
}

#[test]
fn neither_comune_sees_the_other() {
    let two = two();
    let mut here = two.at(VALDORO, "10.4.0.1");
    assert_eq!(here.post("/accesso/prova", &[("persona", "marchi")]).status, 303);
    here.get("/scrivania").says("Comune di Valdoro");
    assert_eq!(here.get("/fascicoli/verde").status, 200);
    // Neither session, nor person, nor act is anything there.
    here.host = ROCCABASSA.into();
    assert_eq!(here.get("/scrivania").status, 303, "a session of the other Comune");
    let mut there = two.at(ROCCABASSA, "10.4.0.2");
    assert_eq!(there.post("/accesso/prova", &[("persona", "marchi")]).status, 404);
    assert_eq!(there.post("/accesso/prova", &[("persona", "bassi")]).status, 303);
    there.get("/scrivania").says("Comune di Roccabassa");
    assert_eq!(there.get("/fascicoli/verde").status, 404);
    assert!(!there.get("/scrivania?testo=verde").body.contains("cura del verde"));
    // The same name with a port and in capitals is the same Comune; any other is nobody.
    there.host = format!("{}:8443", ROCCABASSA.to_uppercase());
    assert_eq!(there.get("/scrivania").status, 200);
    for name in ["altrove.example", "", "127.0.0.1", "delibere.valdoro.example.altrove.example"] {
        let mut lost = two.at(name, "10.4.0.3");
        let answer = lost.get("/accesso");
        assert!([400, 421].contains(&answer.status), "{name:?}: {}", answer.status);
        assert!(!answer.body.contains("Valdoro") && !answer.body.contains("Roccabassa"));
    }
}

#[test]
fn who_acts_for_two_comuni_is_offered_the_other() {
    let two = two();
    let offer = format!("http://{ROCCABASSA}/accesso");
    let mut greco = two.identified(VALDORO, GRECO, "10.4.1.1");
    let profile = greco.get("/profilo");
    profile.says("Gli altri miei Comuni");
    profile.says(&offer);
    let mut there = two.identified(ROCCABASSA, GRECO, "10.4.1.2");
    there.get("/profilo").says(&format!("http://{VALDORO}/accesso"));
    let mut neri = two.identified(VALDORO, NERI, "10.4.1.3");
    assert!(!neri.get("/profilo").body.contains("Gli altri miei Comuni"));
    // A fiscal code nobody vouched for opens no other registry.
    let mut local = two.at(VALDORO, "10.4.1.4");
    assert_eq!(local.post("/accesso/prova", &[("persona", "greco")]).status, 303);
    assert!(!local.get("/profilo").body.contains("Gli altri miei Comuni"));
}
