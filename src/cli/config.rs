// SPDX-License-Identifier: AGPL-3.0-or-later
//! One TOML file plus environment; the commented example is made from this very type.

use super::{DONE, WRONG_USE};
use crate::service::keyring::config::SigningConfig;
use crate::service::mail::MailConfig;
use crate::service::oidc::OidcConfig;
use crate::web::albo::AlboConfig;
use anyhow::Context;
use clap::Args;
use confique::Config as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How messages of service are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One line a message, for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Configurazione di Delibera.
#[derive(Debug, confique::Config)]
pub struct Config {
    /// L'archivio: `sqlite:delibera.db` oppure `postgres://utente:parola@host/nome`.
    #[config(env = "DELIBERA_DATABASE", default = "sqlite:delibera.db")]
    pub database: String,

    /// Indirizzo e porta su cui ascoltare. Davanti va posto un server che parla HTTPS.
    #[config(env = "DELIBERA_LISTEN", default = "127.0.0.1:8080")]
    pub listen: String,

    /// Indirizzo e porta di `/status` e `/metrics`, per chi sorveglia il sistema: non va esposto.
    #[config(env = "DELIBERA_LISTEN_OPS", default = "127.0.0.1:8081")]
    pub listen_ops: String,

    /// Vero se davanti c'è un server che aggiunge `X-Forwarded-For`: i limiti agli accessi contano
    /// gli indirizzi che indica.
    #[config(env = "DELIBERA_BEHIND_PROXY", default = false)]
    pub behind_proxy: bool,

    /// Come si scrivono i messaggi di servizio: `text` per le persone, `json` per chi li raccoglie.
    #[config(env = "DELIBERA_LOG", default = "text")]
    pub log: LogFormat,

    /// Indirizzo della dichiarazione di accessibilità sul modulo AgID.
    #[config(env = "DELIBERA_ACCESSIBILITY_URL")]
    pub accessibility_url: Option<String>,

    /// L'Albo pretorio pubblico: il sito del Comune, dove sta l'Albo ufficiale se lo tiene un altro
    /// sistema, e ciò che il feed AlboPOP dice del Comune. Tutto facoltativo. Esempio:
    ///
    /// [albo]
    /// site_url = "https://www.comune.example.it"
    /// official_url = "https://albo.example.it"   # solo se nel regolamento albo = "external"
    /// region = "Lombardia"
    /// latitude = "45.46"
    /// longitude = "9.19"
    /// istat = "015146"
    /// license = "https://creativecommons.org/licenses/by/4.0/"
    pub albo: Option<AlboConfig>,
    /// Richieste all'API ammesse a ciascun token in un minuto.
    #[config(env = "DELIBERA_API_PER_MINUTE", default = 6000)]
    pub api_per_minute: std::num::NonZeroU32,

    /// Chi firma con che cosa; senza questa tabella firmano chiavi di sviluppo, non qualificate,
    /// solo per prova e formazione. I segreti stanno in variabili d'ambiente. Si veda docs/firme.md.
    ///
    /// [signing]
    /// tsa = { url = "https://marche.example.it/tsr" }   # marca temporale (RFC 3161)
    /// trust = "autorita"                                # certificati accettati al caricamento
    /// seal = { backend = "hsm", key = "sigillo" }
    /// [signing.backends]
    /// hsm = { kind = "pkcs11", library = "/usr/lib/p11.so", token = "Comune", pin_env = "PIN_HSM" }
    /// remota = { kind = "csc", url = "https://firma.example.it/csc/v1", user = "comune", password_env = "CSC" }
    /// propria = { kind = "offline" }
    /// [signing.people]
    /// default = { backend = "remota" }
    /// rossi = { backend = "propria" }
    pub signing: Option<SigningConfig>,

    /// Accesso con il gestore dell'identità del Comune (OpenID Connect), anche per SPID e CIE: la
    /// persona è riconosciuta dal codice fiscale; nessuna persona e nessun potere nasce da qui.
    /// Al gestore va indicato l'indirizzo di ritorno `<base_url>/accesso/identita/ritorno`.
    ///
    /// [oidc]
    /// issuer = "https://login.comune.example.it"
    /// client_id = "delibera"
    /// client_secret_file = "/run/credentials/delibera/oidc"  # oppure client_secret_env = "OIDC"
    /// name = "SPID o CIE"                     # sul pulsante
    /// claim = "fiscal_number"                 # dove sta il codice fiscale, anche con TINIT-
    /// acr = ["https://www.spid.gov.it/SpidL2"]  # livelli accettati; vuoto: risponde il gestore
    /// passwords_only_for = ["rossi"]          # chi può ancora usare una password; [] nessuno
    pub oidc: Option<OidcConfig>,

    /// Più Comuni in un solo processo, scelti dal nome con cui sono chiamati. Ciascuno ha il proprio
    /// file, come questo, con archivio, firme, posta e accesso; di qui valgono gli indirizzi di
    /// ascolto. Ogni altro comando si dà sul file del Comune.
    ///
    /// [[comune]]
    /// hosts = ["delibere.comune.example.it"]
    /// config = "comune.toml"
    #[config(default = [])]
    pub comune: Vec<ComuneEntry>,

    /// File con il seme delle chiavi di sviluppo; creato al primo avvio se manca.
    #[config(env = "DELIBERA_SEED_FILE", default = "delibera-sviluppo.seed")]
    pub seed_file: PathBuf,

    /// Posta in uscita. Esempio:
    ///
    /// [mail]
    /// from = "Comune di … <delibere@comune.example.it>"
    /// base_url = "https://delibere.comune.example.it" # indirizzo delle pagine, anche per i cookie
    /// training = "prova@comune.example.it"   # modalità addestramento: tutto va qui
    /// [mail.transport]
    /// kind = "smtp"                           # oppure "folder" con path = "posta"
    /// host = "smtp.example.it"
    /// port = 587
    /// tls = "starttls"                        # none | starttls | tls
    pub mail: Option<MailConfig>,

    /// Orari delle attività periodiche, come minuti ore giorno mese giorno-della-settimana (in
    /// inglese: Mon-Fri); "off" le spegne. Attività: hourly_seal, daily_seal,
    /// albo_probe (ogni ora si interrogano le pagine pubbliche dell'Albo, all'indirizzo mail.base_url).
    #[config(default = {})]
    pub schedule: BTreeMap<String, String>,
}

/// A Comune served beside others.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComuneEntry {
    /// Names it is called by.
    pub hosts: Vec<String>,
    /// Its own configuration.
    pub config: PathBuf,
}

/// A Comune with the names it is called by; one alone answers to any.
pub type Named = (Vec<String>, Config);

impl Config {
    /// The Comuni to serve: those of the list, or this one alone.
    ///
    /// # Errors
    /// A file that cannot be read; two Comuni with one name or one database.
    pub fn comuni(self) -> anyhow::Result<Vec<Named>> {
        if self.comune.is_empty() {
            return Ok(vec![(Vec::new(), self)]);
        }
        let (mut names, mut databases) = (BTreeSet::new(), BTreeSet::new());
        let mut comuni = Vec::new();
        for ComuneEntry { hosts, config } in &self.comune {
            anyhow::ensure!(config.exists(), "il file {} non c'è", config.display());
            // Not the environment: it would give every Comune the same database.
            let own = Self::builder().file(config).load();
            let own = own.with_context(|| format!("configurazione {}", config.display()))?;
            anyhow::ensure!(!hosts.is_empty(), "{}: «hosts» è vuoto", config.display());
            for host in hosts {
                let new = names.insert(host.to_lowercase());
                anyhow::ensure!(new, "due Comuni rispondono al nome «{host}»");
            }
            let new = databases.insert(own.database.clone());
            anyhow::ensure!(new, "due Comuni hanno lo stesso archivio ({})", config.display());
            anyhow::ensure!(own.comune.is_empty(), "{}: [[comune]] è qui", config.display());
            comuni.push((hosts.clone(), own));
        }
        Ok(comuni)
    }
}

/// Where the configuration is when nobody says.
const DEFAULT_FILE: &str = "delibera.toml";

/// Where the configuration is.
#[derive(Debug, Args)]
pub struct ConfigArg {
    /// File di configurazione [se omesso: delibera.toml, se c'è]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigArg {
    /// Reads environment and file. Without the file of the default name the defaults stand; a file
    /// that was named must be there, or a misspelt path would open another database in silence.
    ///
    /// # Errors
    /// The file named is missing; what is wrong, with the key.
    pub fn load(&self) -> Result<Config, ExitCode> {
        let file = self.file()?;
        Config::builder().env().file(file).load().map_err(|error| {
            eprintln!("errore: configurazione {}: {error}", file.display());
            ExitCode::from(WRONG_USE)
        })
    }

    /// The database given on the command line, else that of the configuration.
    ///
    /// # Errors
    /// As [`ConfigArg::load`]; a file that was named must be there even when nobody reads it.
    pub fn database(&self, given: Option<&str>) -> Result<String, ExitCode> {
        match given {
            Some(url) => self.file().map(|_| url.to_owned()),
            None => self.load().map(|config| config.database),
        }
    }

    fn file(&self) -> Result<&Path, ExitCode> {
        let Some(named) = &self.config else { return Ok(Path::new(DEFAULT_FILE)) };
        if named.exists() {
            return Ok(named);
        }
        eprintln!(
            "errore: il file di configurazione {} non c'è: correggere --config, o prepararlo con \
             «delibera config»",
            named.display()
        );
        Err(ExitCode::from(WRONG_USE))
    }
}

/// Prints the commented example.
pub fn print_template() -> ExitCode {
    let options = confique::toml::FormatOptions::default();
    print!("{}", confique::toml::template::<Config>(options));
    ExitCode::from(DONE)
}
