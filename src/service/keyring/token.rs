// SPDX-License-Identifier: AGPL-3.0-or-later
//! Tokens and HSMs (PKCS#11).
//!
//! The library of a token is one for the whole process and so is its login: whoever is logged in
//! signs without a PIN. So the PIN is presented for the gesture, under a lock, and the login ends
//! with it (sole control, art. 26 reg. (UE) 910/2014).
//!
//! Keys of qualified devices often want the PIN before every signature (CKA_ALWAYS_AUTHENTICATE): the
//! person gives it once for the gesture, and it is presented for each of the documents he chose.

use super::config::Secret;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use delibera_signature::{Algorithm, Holder, KeyError, SignError, Signer, ecdsa_der};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A library, used by one gesture at a time.
type Library = Arc<Mutex<Pkcs11>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The library of a path, loaded once.
fn library(path: &Path) -> Result<Library, KeyError> {
    static LOADED: OnceLock<Mutex<BTreeMap<PathBuf, Library>>> = OnceLock::new();
    let mut loaded = lock(LOADED.get_or_init(Mutex::default));
    if let Some(library) = loaded.get(path) {
        return Ok(Arc::clone(library));
    }
    let failed = |error: Error| KeyError::Library(format!("{}: {error}", path.display()));
    let context = Pkcs11::new(path).map_err(failed)?;
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(failed(error)),
    }
    let library = Arc::new(Mutex::new(context));
    loaded.insert(path.to_owned(), Arc::clone(&library));
    Ok(library)
}

/// What the device says, in words a person can act upon.
fn explain(error: Error, token: &str) -> KeyError {
    match error {
        Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
            KeyError::WrongPin
        }
        Error::Pkcs11(RvError::PinLocked | RvError::PinExpired, _) => KeyError::PinLocked,
        Error::Pkcs11(
            RvError::TokenNotPresent
            | RvError::DeviceRemoved
            | RvError::TokenNotRecognized
            | RvError::SlotIdInvalid,
            _,
        ) => KeyError::TokenAbsent(token.to_owned()),
        other => KeyError::Other(other.to_string()),
    }
}

/// A key of a token; the login lasts as long as the gesture.
pub struct TokenSigner {
    library: Library,
    token: String,
    label: String,
    pin: Secret,
    certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
    algorithm: Algorithm,
}

impl TokenSigner {
    /// Finds the certificate of a key by its label, or takes those of the configuration.
    ///
    /// # Errors
    /// The library, the token or the certificate is not there.
    pub fn new(
        path: &Path,
        token: &str,
        label: &str,
        pin: Option<Secret>,
        certificates: Option<Vec<Vec<u8>>>,
    ) -> Result<Self, KeyError> {
        let pin = pin.ok_or(KeyError::SecretMissing("il PIN"))?;
        let library = library(path)?;
        let mut certificates = match certificates {
            Some(given) => given,
            None => {
                let context = lock(&library);
                let slot = slot_of(&context, token)?;
                let session = context.open_ro_session(slot).map_err(|e| explain(e, token))?;
                read_certificate(&session, label, token)?
            }
        };
        if certificates.is_empty() {
            return Err(KeyError::KeyMissing(label.to_owned()));
        }
        let certificate = certificates.remove(0);
        let holder = Holder::read(&certificate).map_err(|e| KeyError::Other(e.to_string()))?;
        let algorithm = holder.algorithm.ok_or(KeyError::Algorithm)?;
        let (token, label) = (token.to_owned(), label.to_owned());
        Ok(Self { library, token, label, pin, certificate, chain: certificates, algorithm })
    }

    fn session(&self, context: &Pkcs11) -> Result<OpenKey, KeyError> {
        let failed = |error| explain(error, &self.token);
        let slot = slot_of(context, &self.token)?;
        let session = context.open_ro_session(slot).map_err(failed)?;
        session.login(UserType::User, Some(&self.pin())).map_err(failed)?;
        let wanted = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Label(self.label.clone().into()),
        ];
        let keys = session.find_objects(&wanted).map_err(failed)?;
        let Some(key) = keys.first().copied() else {
            return Err(KeyError::KeyMissing(self.label.clone()));
        };
        let always = wants_pin_each_time(&session, key);
        Ok(OpenKey { session, key, always })
    }

    fn pin(&self) -> AuthPin {
        AuthPin::new(self.pin.reveal().to_owned().into())
    }

    fn sign_one(&self, open: &OpenKey, attributes: &[u8]) -> Result<Vec<u8>, SignError> {
        let failed = |error| explain(error, &self.token);
        let OpenKey { session, key, always } = open;
        let rsa = self.algorithm == Algorithm::RsaPkcs1Sha256;
        if *always {
            let signed = self.sign_with_pin(open, attributes).map_err(failed)?;
            return if rsa { Ok(signed) } else { ecdsa_der(&signed) };
        }
        if rsa {
            let signed = session.sign(&Mechanism::Sha256RsaPkcs, *key, attributes);
            return Ok(signed.map_err(failed)?);
        }
        let digest = self.algorithm.hash().of(&[attributes]);
        ecdsa_der(&session.sign(&Mechanism::Ecdsa, *key, &digest).map_err(failed)?)
    }

    /// The PIN goes between the start of the operation and the data (PKCS#11 3.0, 5.6.8), so the
    /// operation is in parts and the device, or its library, computes the hash.
    fn sign_with_pin(&self, open: &OpenKey, attributes: &[u8]) -> Result<Vec<u8>, Error> {
        let mechanism = match self.algorithm {
            Algorithm::RsaPkcs1Sha256 => Mechanism::Sha256RsaPkcs,
            Algorithm::EcdsaP256Sha256 => Mechanism::EcdsaSha256,
            Algorithm::EcdsaP384Sha384 => Mechanism::EcdsaSha384,
        };
        open.session.sign_init(&mechanism, open.key)?;
        open.session.login(UserType::ContextSpecific, Some(&self.pin()))?;
        open.session.sign_update(attributes)?;
        open.session.sign_final()
    }
}

/// A key during a gesture.
struct OpenKey {
    session: Session,
    key: ObjectHandle,
    /// The device wants the PIN before each signature.
    always: bool,
}

/// Devices that do not know the attribute want the PIN once.
fn wants_pin_each_time(session: &Session, key: ObjectHandle) -> bool {
    let told = session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]);
    told.is_ok_and(|all| all.contains(&Attribute::AlwaysAuthenticate(true)))
}

fn slot_of(context: &Pkcs11, token: &str) -> Result<Slot, KeyError> {
    let failed = |error| explain(error, token);
    for slot in context.get_slots_with_token().map_err(failed)? {
        if context.get_token_info(slot).is_ok_and(|info| info.label().trim_end() == token) {
            return Ok(slot);
        }
    }
    Err(KeyError::TokenAbsent(token.to_owned()))
}

/// The certificate with a label: a public object, seen without a login.
fn read_certificate(session: &Session, label: &str, token: &str) -> Result<Vec<Vec<u8>>, KeyError> {
    let failed = |error| explain(error, token);
    let wanted =
        [Attribute::Class(ObjectClass::CERTIFICATE), Attribute::Label(label.to_owned().into())];
    let mut found = Vec::new();
    for object in session.find_objects(&wanted).map_err(failed)? {
        let values = session.get_attributes(object, &[AttributeType::Value]).map_err(failed)?;
        found.extend(values.into_iter().filter_map(|value| match value {
            Attribute::Value(der) => Some(der),
            _ => None,
        }));
    }
    Ok(found)
}

impl Signer for TokenSigner {
    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, attributes: &[u8]) -> Result<Vec<u8>, SignError> {
        let missing = || Err(KeyError::Other("nessuna firma".into()).into());
        self.sign_all(&[attributes]).pop().unwrap_or_else(missing)
    }

    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// One login, as many signatures as wanted, and the login ends: also after a failure.
    fn sign_all(&self, attributes: &[&[u8]]) -> Vec<Result<Vec<u8>, SignError>> {
        let context = lock(&self.library);
        match self.session(&context) {
            Ok(open) => {
                let signed = attributes.iter().map(|one| self.sign_one(&open, one)).collect();
                if let Err(error) = open.session.logout() {
                    tracing::warn!(%error, token = self.token, "logout");
                }
                signed
            }
            Err(error) => attributes.iter().map(|_| Err(error.clone().into())).collect(),
        }
    }
}
