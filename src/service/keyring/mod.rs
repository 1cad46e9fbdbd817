// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who signs with what: a development key, a key in a file, a token, a remote service, or a tool
//! of the person's own.
//!
//! All are one path (prepare, digest, sign, embed): they differ in who answers the digest. Before
//! anything is asked of a device, its certificate is looked at: whose it is, whether it is valid
//! today, whether it is of the quality the policy of the Comune asks for (law.md R9.2-R9.5). What it
//! signed is judged afterwards, like an upload (`src/service/judgement.rs`).

pub mod config;
pub mod network;
mod remote;
mod token;
mod trusted;

use crate::domain::law::calendar::{date_short, rome_date, rome_time};
use crate::domain::papers::{Assurance, SignatureLevel, SignatureQuality, SignedForm};
use crate::domain::registry::{ComuneData, Person};
use chrono::{DateTime, Utc};
use config::{Activation, BackendConfig, DEFAULT, KeyConfig, Secret, SigningConfig};
use delibera_signature::{
    DEFAULT_RESERVE, DevelopmentCa, FileKey, Holder, KeyError, Level, Network, Quality, Request,
    SignError, Signer, SoftKey, Trust, pem,
};
use network::Access;
use remote::Service;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use token::TokenSigner;
use trusted::Trusted;

/// Who signs.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// A person.
    Person(&'a Person),
    /// The entity, with its seal.
    Entity(&'a ComuneData),
}

impl Who<'_> {
    fn fiscal_code(&self) -> &str {
        match self {
            Self::Person(person) => &person.fiscal_code,
            Self::Entity(comune) => &comune.fiscal_code,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Person(person) => format!("{} {}", person.given_name, person.surname),
            Self::Entity(comune) => comune.name.clone(),
        }
    }
}

/// What a way of signing asks of the person, for the page that asks him.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asks {
    /// A PIN.
    pub pin: bool,
    /// A one-time code, which [`Keyring::send_code`] may send.
    pub code: bool,
    /// He signs with a tool of his own and uploads.
    pub offline: bool,
}

/// A document to be signed.
#[derive(Debug, Clone)]
pub struct Order {
    /// The revision to sign.
    pub pdf: Vec<u8>,
    /// Name of the field.
    pub field: String,
    /// Quality the policy asks for.
    pub needed: SignatureQuality,
}

/// A document that was signed.
#[derive(Debug)]
pub struct Done {
    /// The signed revision.
    pub pdf: Vec<u8>,
    /// Fiscal code in the certificate.
    pub fiscal_code: String,
    /// What the signature is worth.
    pub assurance: Assurance,
}

/// Hands out keys.
pub struct Keyring {
    ca: DevelopmentCa,
    soft: Mutex<BTreeMap<String, Arc<SoftKey>>>,
    config: SigningConfig,
    services: BTreeMap<String, Service>,
    trusted: Trusted,
    /// Signatures are a line that says so: for simulations.
    blank: bool,
}

impl Keyring {
    /// A keyring of development keys from a seed; the same seed gives the same certificates.
    ///
    /// # Errors
    /// When the CA cannot be made.
    pub fn from_seed(seed: &[u8; 32], valid_from: DateTime<Utc>) -> Result<Self, SignError> {
        let kind = BackendConfig::Development {};
        let key = KeyConfig { backend: DEFAULT.into(), key: None, certificate: None };
        let config = SigningConfig {
            backends: BTreeMap::from([(DEFAULT.to_owned(), kind)]),
            people: BTreeMap::from([(DEFAULT.to_owned(), key.clone())]),
            seal: Some(key),
            ..SigningConfig::default()
        };
        Self::new(config, seed, valid_from)
    }

    /// Instead of signatures, a line that stands for each: for simulations of many thousands.
    ///
    /// # Errors
    /// As [`Keyring::from_seed`].
    pub fn blank() -> Result<Self, SignError> {
        Ok(Self { blank: true, ..Self::from_seed(&[0; 32], DateTime::UNIX_EPOCH)? })
    }

    fn in_words(who: Who<'_>, name: &str, order: &Order, at: DateTime<Utc>) -> Done {
        let line = format!("\n%firma {} {name} {}", order.field, at.timestamp_micros());
        Done {
            pdf: [order.pdf.as_slice(), line.as_bytes()].concat(),
            fiscal_code: who.fiscal_code().to_owned(),
            assurance: Assurance::NONE,
        }
    }

    /// A keyring of a configuration; the seed serves those who sign with development keys.
    ///
    /// # Errors
    /// A key that names a way of signing that is not there, a trust folder that cannot be read.
    pub fn new(
        config: SigningConfig,
        seed: &[u8; 32],
        valid_from: DateTime<Utc>,
    ) -> Result<Self, SignError> {
        for (who, key) in config.people.iter().chain(config.seal.iter().map(|s| (&s.backend, s))) {
            if !config.backends.contains_key(&key.backend) {
                let text = format!("[signing] «{who}»: il modo di firma «{}» non c'è", key.backend);
                return Err(KeyError::Other(text).into());
            }
        }
        let ca = DevelopmentCa::from_seed(seed, valid_from)?;
        let development =
            config.backends.values().any(|b| matches!(b, BackendConfig::Development {}));
        let judged = config.backends.values().any(|b| !matches!(b, BackendConfig::Development {}));
        if judged && config.trust.is_none() {
            tracing::warn!("[signing] has no «trust»: no signature will be accepted");
        }
        let own = development.then(|| ca.certificate().to_vec());
        let trusted = Trusted::new(&config, own)?;
        let services = config
            .backends
            .iter()
            .filter_map(|(name, backend)| Some((name.clone(), service(backend)?)))
            .collect();
        Ok(Self { ca, soft: Mutex::default(), services, trusted, config, blank: false })
    }

    /// Certificate of the development authority, DER.
    pub fn anchor(&self) -> &[u8] {
        self.ca.certificate()
    }

    /// Whose signatures are accepted, as the folder of the authorities stands now.
    pub fn trust(&self) -> Arc<Trust> {
        self.trusted.trust()
    }

    /// Time-stamps and status of certificates.
    pub fn network(&self) -> Arc<dyn Network> {
        self.trusted.network()
    }

    /// Whether every signature is to be time-stamped.
    pub fn stamps(&self) -> bool {
        self.config.tsa.is_some()
    }

    /// Whether what somebody signs here is judged: development keys say themselves that they are
    /// worth nothing, and lines that stand for signatures are none.
    pub fn is_judged(&self, who: Who<'_>) -> bool {
        let development = |(_, backend)| matches!(backend, &BackendConfig::Development {});
        !self.blank && !self.key_of(who).is_ok_and(development)
    }

    /// What a signature is worth as it enters; the stamp that it should have and has not is owed. To
    /// a container nothing is added.
    pub fn worth(&self, quality: Quality, level: Level, form: SignedForm) -> Assurance {
        let owed = self.stamps() && form == SignedForm::Pades && level < Level::T;
        let wanted = if owed { SignatureLevel::T } else { SignatureLevel::B };
        Assurance { wanted, ..found(quality, level) }
    }

    /// Bytes left for a signature. A time-stamp brings the certificates of its authority.
    pub fn reserve(&self) -> usize {
        let usual = if self.config.tsa.is_some() { 3 * DEFAULT_RESERVE } else { DEFAULT_RESERVE };
        self.config.reserve.unwrap_or(usual)
    }

    fn key_of(&self, who: Who<'_>) -> Result<(&KeyConfig, &BackendConfig), KeyError> {
        let key = match who {
            Who::Person(person) => {
                self.config.people.get(&person.id).or_else(|| self.config.people.get(DEFAULT))
            }
            Who::Entity(_) => self.config.seal.as_ref(),
        };
        let found = key.and_then(|key| Some((key, self.config.backends.get(&key.backend)?)));
        found.ok_or_else(|| KeyError::NotConfigured(who.name()))
    }

    /// What this person has to give for a gesture.
    ///
    /// # Errors
    /// No key is configured.
    pub fn asks(&self, who: Who<'_>) -> Result<Asks, KeyError> {
        let (_, backend) = self.key_of(who)?;
        Ok(match backend {
            BackendConfig::Development {} | BackendConfig::File {} => Asks::default(),
            BackendConfig::Pkcs11 { pin_env, .. } => {
                Asks { pin: pin_env.is_none(), ..Asks::default() }
            }
            BackendConfig::Csc { pin_env, .. } => {
                Asks { pin: pin_env.is_none(), code: true, offline: false }
            }
            BackendConfig::Offline {} => Asks { offline: true, ..Asks::default() },
        })
    }

    /// Has the remote service send a one-time code; false where none is sent.
    ///
    /// # Errors
    /// No key is configured, or what the service says.
    pub fn send_code(&self, who: Who<'_>) -> Result<bool, KeyError> {
        let (key, _) = self.key_of(who)?;
        let Some(service) = self.services.get(&key.backend) else { return Ok(false) };
        service.send_code(&credential(service, key, who)?)?;
        Ok(true)
    }

    /// Opens the key of somebody for one gesture.
    fn open(&self, who: Who<'_>, activation: &Activation) -> Result<Arc<dyn Signer>, KeyError> {
        let (key, backend) = self.key_of(who)?;
        let certificates = |path: &Path| read_pem(path, "CERTIFICATE");
        Ok(match backend {
            BackendConfig::Development {} => self.development(who)?,
            BackendConfig::File {} => {
                let file = key.key.as_deref().map(Path::new);
                let (Some(file), Some(chain)) = (file, &key.certificate) else {
                    return Err(KeyError::NotConfigured(who.name()));
                };
                let pkcs8 = read_pem(file, "PRIVATE KEY")?.pop().unwrap_or_default();
                let opened = FileKey::new(&pkcs8, certificates(chain)?).map_err(key_error)?;
                Arc::new(opened)
            }
            BackendConfig::Pkcs11 { library, token, pin_env } => {
                let pin = activation.pin.clone().or_else(|| Secret::from_env(pin_env.as_ref()));
                let label = key.key.as_deref().unwrap_or_default();
                let given = key.certificate.as_deref().map(certificates).transpose()?;
                Arc::new(TokenSigner::new(library, token, label, pin, given)?)
            }
            BackendConfig::Csc { pin_env, .. } => {
                let missing = || KeyError::NotConfigured(who.name());
                let service = self.services.get(&key.backend).ok_or_else(missing)?;
                let mut activation = activation.clone();
                let pin = || Secret::from_env(pin_env.as_ref());
                activation.pin = activation.pin.or_else(pin);
                Arc::new(service.open(&credential(service, key, who)?, &activation)?)
            }
            BackendConfig::Offline {} => {
                return Err(KeyError::Other(
                    "si firma fuori linea: scaricare il documento, firmarlo e caricarlo".into(),
                ));
            }
        })
    }

    fn development(&self, who: Who<'_>) -> Result<Arc<SoftKey>, KeyError> {
        let id = match who {
            Who::Person(person) => person.fiscal_code.clone(),
            Who::Entity(_) => "sigillo".to_owned(),
        };
        let mut keys = self.soft.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&id) {
            return Ok(Arc::clone(key));
        }
        let made = match who {
            Who::Person(p) => self.ca.person(&p.given_name, &p.surname, &p.fiscal_code),
            Who::Entity(comune) => self.ca.seal(&comune.name, &comune.fiscal_code),
        };
        let key = Arc::new(made.map_err(key_error)?);
        keys.insert(id, Arc::clone(&key));
        Ok(key)
    }

    /// The key of somebody, opened, and its holder. A key in a file is in no qualified device, whatever
    /// its certificate says: its signatures are advanced (Reg. UE 910/2014, art. 3, n. 12).
    fn holder(
        &self,
        who: Who<'_>,
        activation: &Activation,
    ) -> Result<(Arc<dyn Signer>, Holder), KeyError> {
        let signer = self.open(who, activation)?;
        let mut holder = Holder::read(signer.certificate()).map_err(key_error)?;
        if let (_, BackendConfig::File {}) = self.key_of(who)? {
            holder.quality = holder.quality.min(Quality::Advanced);
        }
        holder.is_of(who.fiscal_code())?;
        Ok((signer, holder))
    }

    /// Signs many documents in one gesture, a result each; `name` is the one shown in the box.
    pub fn sign_all(
        &self,
        who: Who<'_>,
        name: &str,
        orders: &[Order],
        activation: &Activation,
        at: DateTime<Utc>,
    ) -> Vec<Result<Done, SignError>> {
        if self.blank {
            return orders.iter().map(|order| Ok(Self::in_words(who, name, order, at))).collect();
        }
        let (signer, holder) = match self.holder(who, activation) {
            Ok(opened) => opened,
            Err(error) => return orders.iter().map(|_| Err(error.clone().into())).collect(),
        };
        let allowed: Vec<Result<(), KeyError>> =
            orders.iter().map(|order| holder.may_sign(at, quality(order.needed))).collect();
        let lines = shown(name, at);
        let requests: Vec<(&[u8], Request<'_>)> = orders
            .iter()
            .zip(&allowed)
            .filter(|(_, allowed)| allowed.is_ok())
            .map(|(order, _)| (order.pdf.as_slice(), self.request(&order.field, name, &lines, at)))
            .collect();
        let network = self.stamps().then(|| self.network());
        let signed = delibera_signature::sign_all(&requests, signer.as_ref(), network.as_deref());
        let mut signed = signed.into_iter();
        let fiscal_code = who.fiscal_code().to_owned();
        let done = |signed: delibera_signature::Signed| -> Result<Done, SignError> {
            if let Some(why) = &signed.shortfall {
                tracing::warn!(%why, "signed without a time-stamp");
            }
            // Of the whole document: a stamp on this signature says nothing of the earlier ones.
            let level = match signed.level {
                Level::B => Level::B,
                _ => delibera_signature::level(&signed.pdf)?,
            };
            let assurance = self.worth(holder.quality, level, SignedForm::Pades);
            Ok(Done { pdf: signed.pdf, fiscal_code: fiscal_code.clone(), assurance })
        };
        let missing = || Err(KeyError::Other("manca una firma della serie".into()).into());
        allowed
            .into_iter()
            .map(|allowed| {
                allowed?;
                signed.next().unwrap_or_else(missing).and_then(done)
            })
            .collect()
    }

    /// Seals bytes in the name of the entity, beside them: a CAdES signature (ETSI EN 319 122-1).
    ///
    /// # Errors
    /// No key of the seal, or it cannot sign.
    pub fn seal_detached(
        &self,
        comune: &ComuneData,
        content: &[u8],
        at: DateTime<Utc>,
    ) -> Result<Vec<u8>, SignError> {
        let who = Who::Entity(comune);
        let (signer, holder) = self.holder(who, &Activation::default())?;
        holder.may_sign(at, Quality::Development)?;
        let stamping = self.stamps().then(|| self.network());
        delibera_signature::sign_detached(content, signer.as_ref(), at, stamping.as_deref())
    }

    /// How a field is filled: the same request whoever signs, so that what is prepared for a tool
    /// of the person's own is what would be signed here.
    pub fn request<'a>(
        &self,
        field: &'a str,
        name: &'a str,
        lines: &'a [String],
        at: DateTime<Utc>,
    ) -> Request<'a> {
        Request { field, name, reason: None, lines, signing_time: at, reserve: self.reserve() }
    }
}

/// The lines of the box.
pub fn shown(name: &str, at: DateTime<Utc>) -> [String; 2] {
    let (day, time) = (date_short(rome_date(at)), rome_time(at).format("%H:%M"));
    [format!("Firmato digitalmente da {name}"), format!("in data {day} alle ore {time}")]
}

/// What was found, in the words of the domain.
fn found(quality: Quality, level: Level) -> Assurance {
    Assurance::of(quality_of(quality), level_of(level))
}

/// A quality, in the words of the domain.
pub fn quality_of(quality: Quality) -> SignatureQuality {
    match quality {
        Quality::Development => SignatureQuality::Development,
        Quality::Advanced => SignatureQuality::Advanced,
        Quality::Qualified => SignatureQuality::Qualified,
    }
}

/// A level, in the words of the domain.
pub fn level_of(level: Level) -> SignatureLevel {
    match level {
        Level::B => SignatureLevel::B,
        Level::T => SignatureLevel::T,
        Level::Lt => SignatureLevel::Lt,
        Level::Lta => SignatureLevel::Lta,
    }
}

/// A quality, in the words of the signature crate.
pub fn quality(quality: SignatureQuality) -> Quality {
    match quality {
        SignatureQuality::Development => Quality::Development,
        SignatureQuality::Advanced => Quality::Advanced,
        SignatureQuality::Qualified => Quality::Qualified,
    }
}

fn key_error(error: SignError) -> KeyError {
    match error {
        SignError::Key(error) => error,
        other => KeyError::Other(other.to_string()),
    }
}

fn credential(service: &Service, key: &KeyConfig, who: Who<'_>) -> Result<String, KeyError> {
    match &key.key {
        Some(credential) => Ok(credential.clone()),
        None => service.credential_of(who.fiscal_code()),
    }
}

fn service(backend: &BackendConfig) -> Option<Service> {
    let BackendConfig::Csc { url, user, password_env, bearer_env, .. } = backend else {
        return None;
    };
    let password = Secret::from_env(password_env.as_ref());
    let access = match (Secret::from_env(bearer_env.as_ref()), user, password) {
        (Some(token), _, _) => Access::Bearer(token),
        (None, Some(user), Some(password)) => Access::Basic(user.clone(), password),
        _ => Access::None,
    };
    Some(Service::new(url, access))
}

fn read_pem(path: &Path, label: &str) -> Result<Vec<Vec<u8>>, KeyError> {
    let unreadable = |why: String| KeyError::Other(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
    let blocks = pem(&text, label).map_err(|e| unreadable(e.to_string()))?;
    if blocks.is_empty() {
        return Err(unreadable(format!("non contiene «{label}»")));
    }
    Ok(blocks)
}
