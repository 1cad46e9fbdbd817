// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing in: local accounts, a second factor, sessions, links by mail; the identity provider.
//!
//! An account says who someone is; what he may do is in his mandates (invariant 11). Answers are
//! the same, in words and in time, whether an account exists or not.

use super::clock::Clock;
use super::oidc::{Begun, Identified, LocalAccounts};
use crate::domain::digest::sha256_hex;
use crate::domain::law::calendar::rome_time;
use crate::domain::refusal::Refusal;
use crate::domain::registry::{Person, Registry};
use crate::store::{Account, PendingSignIn, Session, Store, StoreError, parse_instant};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use thiserror::Error;
use tokio::sync::Semaphore;
use totp_rs::{Builder, Secret, Totp};

/// Wrong passwords in a row that lock an account.
const FAILURES_MAX: i64 = 5;
/// How long it stays locked.
const LOCKED_FOR: TimeDelta = TimeDelta::minutes(15);
/// A session ends after so long without use…
const IDLE: TimeDelta = TimeDelta::minutes(60);
/// …and in any case after a working day.
const LONGEST: TimeDelta = TimeDelta::hours(10);
/// Use is written down at most so often.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(2);
/// How long a link by mail is good.
const LINK_FOR: TimeDelta = TimeDelta::minutes(60);
/// How long one may stay at the identity provider.
const AWAY_FOR: TimeDelta = TimeDelta::minutes(10);
/// Least length of a password (NIST SP 800-63B: length, not odd characters).
pub const PASSWORD_MIN: usize = 12;
/// Greatest length, so that nobody makes the server hash a book.
const PASSWORD_MAX: usize = 256;
/// Hashes computed at once: each takes 19 MiB.
const HASHES_AT_ONCE: usize = 2;

/// Why someone was not signed in.
#[derive(Debug, Error)]
pub enum AccountError {
    /// No, and what to do.
    #[error("{0}")]
    Refused(Refusal),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hash could not be computed.
    #[error("la password non si può elaborare: {0}")]
    Hash(String),
}

impl From<Refusal> for AccountError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What someone typed to sign in.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Login.
    pub login: String,
    /// Password.
    pub password: String,
    /// Code of the second factor; may be empty.
    pub code: String,
}

/// Where a request comes from, as shown in the list of sessions.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The browser, as it says of itself.
    pub agent: String,
    /// Network address.
    pub address: String,
}

/// How a session began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// A password of this program, with the second factor where there is one.
    Password,
    /// The identity provider; its token ends the session there too.
    Provider {
        /// The token.
        id_token: String,
    },
    /// One click, in the sample Comune.
    Demo,
}

impl Method {
    /// Token in the table of sessions.
    fn token(&self) -> (&'static str, &str) {
        match self {
            Self::Password => ("password", ""),
            Self::Provider { id_token } => (BY_PROVIDER, id_token),
            Self::Demo => ("demo", ""),
        }
    }
}

/// Token of a session that began at the identity provider.
pub const BY_PROVIDER: &str = "oidc";

/// Accounts and sessions of one installation.
#[derive(Clone)]
pub struct Accounts {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    hashes: Arc<Semaphore>,
    compared: Arc<AtomicU64>,
    local: LocalAccounts,
}

impl Accounts {
    /// The accounts of a database.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        let hashes = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        Self { store, clock, hashes, compared: Arc::default(), local: LocalAccounts::default() }
    }

    /// The same, with who may sign in with a password.
    #[must_use]
    pub fn restricted_to(self, local: LocalAccounts) -> Self {
        Self { local, ..self }
    }

    /// Passwords compared so far: every sign-in costs one, whoever tries.
    pub fn passwords_compared(&self) -> u64 {
        self.compared.load(Ordering::Relaxed)
    }

    /// May this login use its password here?
    pub fn may_use_password(&self, login: &str) -> bool {
        self.local.allows(login)
    }

    /// Signs in: the secret of a new session, for the cookie.
    ///
    /// # Errors
    /// `sign_in_failed`, `account_locked`, `second_factor_missing`.
    pub async fn sign_in(
        &self,
        given: Credentials,
        origin: &Origin,
    ) -> Result<String, AccountError> {
        let login = given.login.trim().to_lowercase();
        let usable = |a: &Account| !a.password.is_empty() && self.local.allows(&a.login);
        let account = self.store.account(&login).await?.filter(usable);
        let phc = account.as_ref().map(|a| a.password.clone());
        let right = self.matches(given.password, phc).await?;
        let (Some(account), true) = (&account, right) else {
            if let Some(account) = &account {
                self.failed(account).await?;
                self.note("", "sign_in_failed", &account.person, "", &origin.address).await?;
            }
            return Err(failed().into());
        };
        let locked = account.locked_until.as_deref().and_then(parse_instant);
        if let Some(until) = locked.filter(|until| *until > self.clock.now()) {
            return Err(locked_until(until).into());
        }
        if let Some(secret) = &account.totp {
            self.check_code(account, secret, &given.code).await?;
        }
        self.store.sign_in_succeeded(&account.person).await?;
        self.open(&account.person, origin, Method::Password).await
    }

    /// Keeps what a sign-in at the identity provider needs when it comes back: the secret for the
    /// cookie that binds it to this browser.
    ///
    /// # Errors
    /// What the database said.
    pub async fn leave_for_provider(
        &self,
        begun: Begun,
        back: &str,
        form: &str,
    ) -> Result<String, StoreError> {
        let (secret, now) = (secret(), self.clock.now());
        let pending = PendingSignIn {
            id: sha256_hex(begun.state.as_bytes()),
            browser: sha256_hex(secret.as_bytes()),
            nonce: begun.nonce,
            verifier: begun.verifier,
            back: back.to_owned(),
            form: form.to_owned(),
        };
        self.store.begin_sign_in(&pending, now, now + AWAY_FOR).await?;
        Ok(secret)
    }

    /// What was kept for a state, once, and for the browser that began.
    ///
    /// # Errors
    /// `sign_in_stale`.
    pub async fn back_from_provider(
        &self,
        state: &str,
        browser: &str,
    ) -> Result<PendingSignIn, AccountError> {
        let (id, browser) = (sha256_hex(state.as_bytes()), sha256_hex(browser.as_bytes()));
        let taken = self.store.take_sign_in(&id, &browser, self.clock.now()).await?;
        taken.ok_or_else(|| {
            let text = "Questo accesso è scaduto, è già stato usato o è cominciato altrove";
            let next = "Tornare alla pagina di accesso e ricominciare da lì";
            Refusal::new("sign_in_stale", "", "", text).next(next).into()
        })
    }

    /// Opens the session of the person of the registry who has this fiscal code.
    ///
    /// # Errors
    /// `person_unknown`: a provider makes nobody.
    pub async fn enter_identified(
        &self,
        registry: &Registry,
        who: Identified,
        origin: &Origin,
    ) -> Result<String, AccountError> {
        let same = |p: &&Person| p.fiscal_code == who.fiscal_code;
        let person = registry.people.values().find(same).ok_or_else(|| unknown(registry))?;
        let method = Method::Provider { id_token: who.id_token };
        self.open(&person.id, origin, method).await
    }

    /// Opens a session for a person who has proved who he is.
    ///
    /// # Errors
    /// `account_suspended`, or what the database said.
    pub async fn open(
        &self,
        person: &str,
        origin: &Origin,
        method: Method,
    ) -> Result<String, AccountError> {
        if self.store.account(person).await?.is_some_and(|a| a.suspended_at.is_some()) {
            return Err(suspended().into());
        }
        let secret = secret();
        let now = self.clock.now();
        let agent: String = origin.agent.chars().take(200).collect();
        let origin = (agent.as_str(), origin.address.as_str());
        let id = sha256_hex(secret.as_bytes());
        self.store.open_session(&id, person, origin, method.token(), now, now + IDLE).await?;
        self.note(person, "signed_in", person, "", origin.1).await?;
        Ok(secret)
    }

    /// The session of a cookie, and that it was used.
    ///
    /// # Errors
    /// What the database said.
    pub async fn session(&self, secret: &str) -> Result<Option<Session>, StoreError> {
        let now = self.clock.now();
        let id = sha256_hex(secret.as_bytes());
        let Some(session) = self.store.session(&id, now).await? else { return Ok(None) };
        let seen = parse_instant(&session.seen_at).unwrap_or(now);
        if now - seen >= SEEN_EVERY {
            let end = parse_instant(&session.created_at).unwrap_or(now) + LONGEST;
            // As long as the session lasts anyway, whoever reads goes on reading on a full disk.
            let seen = self.store.session_seen(&session.id, now, end.min(now + IDLE)).await;
            if let Err(error) = seen {
                tracing::warn!(%error, "the use of a session was not noted");
            }
        }
        Ok(Some(session))
    }

    /// Adds the account of a person, or changes its login; without password until one is chosen.
    ///
    /// # Errors
    /// `login_invalid`, `login_taken`.
    pub async fn add(&self, person: &str, login: &str) -> Result<(), AccountError> {
        let login = login.trim().to_lowercase();
        let good = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
        if login.len() < 3 || login.len() > 100 || !login.chars().all(good) {
            let text = "Il nome utente ha da 3 a 100 caratteri fra lettere, cifre, . _ - @";
            return Err(Refusal::new("login_invalid", "", "", text).into());
        }
        if self.store.account(&login).await?.is_some_and(|taken| taken.person != person) {
            let text = format!("Il nome utente «{login}» è già di un'altra persona");
            return Err(Refusal::new("login_taken", "", "", text).into());
        }
        Ok(self.store.add_account(person, &login, self.clock.now()).await?)
    }

    /// A link with which a person chooses a password: its secret.
    ///
    /// # Errors
    /// What the database said.
    pub async fn link(&self, person: &str) -> Result<String, StoreError> {
        let (secret, now) = (secret(), self.clock.now());
        let id = sha256_hex(secret.as_bytes());
        self.store.add_link(&id, person, now, now + LINK_FOR).await?;
        Ok(secret)
    }

    /// The person of a link that is still good.
    ///
    /// # Errors
    /// `link_expired`.
    pub async fn link_person(&self, secret: &str) -> Result<String, AccountError> {
        let id = sha256_hex(secret.as_bytes());
        let found = self.store.link_of(&id, self.clock.now()).await?;
        found.ok_or_else(|| {
            let text = "Il collegamento è scaduto o è già stato usato";
            Refusal::new("link_expired", "", "", text)
                .next("Chiederne un altro dalla pagina di accesso")
                .into()
        })
    }

    /// Chooses the password of a link; every session of the person ends.
    ///
    /// # Errors
    /// `link_expired`, `password_weak`, `password_mismatch`.
    pub async fn choose(
        &self,
        link: &str,
        password: String,
        again: &str,
    ) -> Result<String, AccountError> {
        let person = self.link_person(link).await?;
        self.set(&person, password, again).await?;
        self.store.use_links(&person).await?;
        self.store.close_other_sessions(&person, "").await?;
        self.note(&person, "password_chosen", &person, "", "").await?;
        Ok(person)
    }

    /// Changes the password of someone signed in; his other sessions end.
    ///
    /// # Errors
    /// `password_wrong`, `password_weak`, `password_mismatch`.
    pub async fn change(
        &self,
        session: &Session,
        current: String,
        password: String,
        again: &str,
    ) -> Result<(), AccountError> {
        self.knows_password(&session.person, current).await?;
        self.set(&session.person, password, again).await?;
        self.store.close_other_sessions(&session.person, &session.id).await?;
        let person = &session.person;
        Ok(self.note(person, "password_chosen", person, "", &session.address).await?)
    }

    async fn set(&self, person: &str, password: String, again: &str) -> Result<(), AccountError> {
        let long = password.chars().count();
        if long < PASSWORD_MIN || password.len() > PASSWORD_MAX {
            let text = format!("La password deve avere almeno {PASSWORD_MIN} caratteri");
            return Err(Refusal::new("password_weak", "", "", text)
                .next("Va bene una frase facile da ricordare")
                .into());
        }
        if password != again {
            let text = "Le due password non coincidono";
            return Err(Refusal::new("password_mismatch", "", "", text).into());
        }
        let phc = self.hash(password).await?;
        Ok(self.store.set_password(person, &phc).await?)
    }

    /// Turns the second factor on: the code proves that the device has the secret, the password that
    /// it is not the device of who finds a session open.
    ///
    /// # Errors
    /// `password_wrong`, `second_factor_wrong`.
    pub async fn set_totp(
        &self,
        person: &str,
        password: String,
        secret: &str,
        code: &str,
    ) -> Result<(), AccountError> {
        self.knows_password(person, password).await?;
        let step = step_of(secret, code, self.clock.now()).ok_or_else(wrong_code)?;
        self.store.set_totp(person, Some(secret)).await?;
        self.store.use_totp_step(person, step).await?;
        Ok(self.note(person, "second_factor_on", person, "", "").await?)
    }

    /// Turns the second factor off: only who knows the password may, not who finds a session open.
    ///
    /// # Errors
    /// `password_wrong`.
    pub async fn remove_totp(&self, person: &str, password: String) -> Result<(), AccountError> {
        self.knows_password(person, password).await?;
        self.store.set_totp(person, None).await?;
        Ok(self.note(person, "second_factor_off", person, "", "").await?)
    }

    async fn knows_password(&self, person: &str, password: String) -> Result<(), AccountError> {
        let account = self.store.account(person).await?.filter(|a| self.local.allows(&a.login));
        let phc = account.as_ref().map(|a| a.password.clone());
        let right = self.matches(password, phc).await?;
        // Who finds a session open may not try passwords for ever either.
        let locked = account.as_ref().and_then(|a| a.locked_until.as_deref());
        if let Some(until) = locked.and_then(parse_instant).filter(|at| *at > self.clock.now()) {
            return Err(locked_until(until).into());
        }
        if right {
            return Ok(());
        }
        if let Some(account) = &account {
            self.failed(account).await?;
        }
        let text = "La password attuale non è corretta";
        Err(Refusal::new("password_wrong", "", "", text).into())
    }

    async fn check_code(
        &self,
        account: &Account,
        secret: &str,
        code: &str,
    ) -> Result<(), AccountError> {
        if code.trim().is_empty() {
            let text = "Per questo utente serve anche il codice di verifica";
            return Err(Refusal::new("second_factor_missing", "", "", text)
                .next("Scrivere password e codice di sei cifre")
                .into());
        }
        let step = step_of(secret, code, self.clock.now());
        // A code is good once (RFC 6238, 5.2).
        let used = match step {
            Some(step) => self.store.use_totp_step(&account.person, step).await?,
            None => false,
        };
        if !used {
            self.failed(account).await?;
            return Err(wrong_code().into());
        }
        Ok(())
    }

    async fn failed(&self, account: &Account) -> Result<(), StoreError> {
        let until = self.clock.now() + LOCKED_FOR;
        tracing::warn!(person = account.person, "sign-in failed");
        self.store.sign_in_failed(&account.person, FAILURES_MAX, until).await
    }

    async fn matches(&self, password: String, phc: Option<String>) -> Result<bool, AccountError> {
        let _turn = self.hashes.acquire().await;
        self.compared.fetch_add(1, Ordering::Relaxed);
        let verify = move || {
            // An account that does not exist costs the same time.
            let known = phc.is_some();
            let phc = phc.unwrap_or_else(|| nobody().to_owned());
            let parsed = PasswordHash::new(&phc).ok()?;
            let right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            Some(right && known)
        };
        Ok(on_a_thread(verify).await?.unwrap_or(false))
    }

    async fn hash(&self, password: String) -> Result<String, AccountError> {
        let _turn = self.hashes.acquire().await;
        let hash =
            move || Argon2::default().hash_password(password.as_bytes()).map(|h| h.to_string());
        on_a_thread(hash).await?.map_err(|error| AccountError::Hash(error.to_string()))
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AccountError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| AccountError::Hash(error.to_string()))
}

/// A hash that no password has: compared when there is no account.
fn nobody() -> &'static str {
    static NOBODY: OnceLock<String> = OnceLock::new();
    NOBODY.get_or_init(|| {
        let hash = Argon2::default().hash_password(secret().as_bytes());
        hash.map(|hash| hash.to_string()).unwrap_or_default()
    })
}

/// 244 random bits in hexadecimal.
fn secret() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// A new secret for the second factor, in base 32 (160 bits).
pub fn new_totp_secret() -> String {
    let (a, b) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let bytes: Vec<u8> = a.into_bytes().into_iter().chain(b.into_bytes()).take(20).collect();
    Secret::from(bytes).to_base32()
}

fn totp(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Builder::new().with_secret(secret).build().ok()
}

fn step_of(secret: &str, code: &str, at: DateTime<Utc>) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(at.timestamp()).ok()?;
    totp(secret)?.check(&code, seconds).and_then(|step| i64::try_from(step).ok())
}

/// The address an authenticator reads a secret from.
pub fn totp_url(secret: &str, login: &str, issuer: &str) -> Option<String> {
    let clean = |text: &str| text.replace(':', " ");
    let secret = Secret::try_from_base32(secret).ok()?;
    let totp = Builder::new()
        .with_secret(secret)
        .with_account_name(clean(login))
        .with_issuer(Some(clean(issuer)))
        .build()
        .ok()?;
    totp.to_url().ok()
}

fn unknown(registry: &Registry) -> Refusal {
    let comune = &registry.comune;
    let name = &comune.name;
    let text = format!("Il Suo codice fiscale non è fra quelli delle persone registrate ({name})");
    let next = format!(
        "Chiedere alla Segreteria di registrarLa, o di correggere il codice fiscale: {}. \
         Se ha più identità, uscire da quella usata e ripetere con l'altra",
        comune.email
    );
    Refusal::new("person_unknown", "R9.4", "", text).next(next)
}

fn failed() -> Refusal {
    Refusal::new("sign_in_failed", "", "", "Nome utente, password o codice non corretti")
        .next(format!("Dopo {FAILURES_MAX} tentativi errati l'accesso si blocca per 15 minuti"))
}

fn wrong_code() -> Refusal {
    Refusal::new(
        "second_factor_wrong",
        "",
        "",
        "Il codice di verifica non è corretto o è già stato usato",
    )
    .next("Attendere il codice successivo e controllare l'ora del dispositivo")
}

fn suspended() -> Refusal {
    Refusal::new("account_suspended", "", "", "L'utenza è stata sospesa dall'amministratore")
        .next("Rivolgersi a chi amministra il sistema")
}

fn locked_until(until: DateTime<Utc>) -> Refusal {
    let at = rome_time(until).format("%H:%M");
    let text = format!("Troppi tentativi errati: l'accesso è bloccato fino alle {at}");
    Refusal::new("account_locked", "", "", text)
        .next("Riprovare più tardi o reimpostare la password")
}
