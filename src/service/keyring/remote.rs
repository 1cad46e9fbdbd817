// SPDX-License-Identifier: AGPL-3.0-or-later
//! Remote signing (Cloud Signature Consortium, API 1.0.4): the key is at a provider, the person
//! activates it with a code. One authorization names every hash of the gesture (SCAL2), so that
//! one code signs these documents and no others.

use super::config::{Activation, Secret};
use super::network::{Access, Http};
use base64ct::{Base64, Encoding};
use delibera_signature::{Algorithm, Holder, KeyError, SignError, Signer, ecdsa_der};
use serde_json::{Value, json};

/// Documents of one authorization where the service does not say (API 1.0.4, 11.5).
const ONE: u64 = 1;
/// `rsaEncryption`: the hash is named apart.
const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";

/// A remote service and how to enter it.
#[derive(Debug, Clone)]
pub struct Service {
    http: Http,
    url: String,
    access: Access,
}

impl Service {
    /// A service at an address that ends with `/csc/v1`.
    pub fn new(url: &str, access: Access) -> Self {
        Self { http: Http::default(), url: url.trim_end_matches('/').to_owned(), access }
    }

    /// User and password become a token of access (`auth/login`, 11.2).
    fn enter(&self) -> Result<Access, KeyError> {
        let Access::Basic(..) = self.access else { return Ok(self.access.clone()) };
        let answer = self.ask("auth/login", &self.access, &json!({}))?;
        let token = answer.get("access_token").and_then(Value::as_str).and_then(Secret::new);
        token.map(Access::Bearer).ok_or_else(|| unexpected("auth/login"))
    }

    fn ask(&self, method: &str, access: &Access, body: &Value) -> Result<Value, KeyError> {
        let url = format!("{}/{method}", self.url);
        let answer = self.http.post_json(&url, access, body).map_err(KeyError::Unreachable)?;
        match answer {
            (200..=299, body) => Ok(body),
            (status @ 500..=599, _) => Err(KeyError::Unreachable(format!("HTTP {status}"))),
            (status, body) => Err(refused(status, &body)),
        }
    }

    /// Asks the service to send a one-time code to the person (`credentials/sendOTP`, 11.9).
    ///
    /// # Errors
    /// What the service says.
    pub fn send_code(&self, credential: &str) -> Result<(), KeyError> {
        let access = self.enter()?;
        self.ask("credentials/sendOTP", &access, &json!({ "credentialID": credential })).map(drop)
    }

    /// The credentials of this access (`credentials/list`, 11.4).
    ///
    /// # Errors
    /// What the service says.
    pub fn credentials(&self) -> Result<Vec<String>, KeyError> {
        let access = self.enter()?;
        let answer = self.ask("credentials/list", &access, &json!({}))?;
        let list = answer.get("credentialIDs").and_then(Value::as_array);
        let list = list.ok_or_else(|| unexpected("credentials/list"))?;
        Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The credential of a person, among those of this access: the one whose certificate is his.
    ///
    /// # Errors
    /// None is, or what the service says.
    pub fn credential_of(&self, fiscal_code: &str) -> Result<String, KeyError> {
        let access = self.enter()?;
        for credential in self.credentials()? {
            let Ok(info) = self.information(&access, &credential) else { continue };
            if info.enabled && info.holder.is_of(fiscal_code).is_ok() {
                return Ok(credential);
            }
        }
        Err(KeyError::NotConfigured(fiscal_code.to_owned()))
    }

    fn information(&self, access: &Access, credential: &str) -> Result<Information, KeyError> {
        let body = json!({ "credentialID": credential, "certificates": "chain" });
        let answer = self.ask("credentials/info", access, &body)?;
        Information::read(&answer).ok_or_else(|| unexpected("credentials/info"))?
    }

    /// Opens a credential; the code is used when it signs.
    ///
    /// # Errors
    /// What the service says.
    pub fn open(
        &self,
        credential: &str,
        activation: &Activation,
    ) -> Result<RemoteSigner, KeyError> {
        let access = self.enter()?;
        let information = self.information(&access, credential)?;
        if !information.enabled {
            return Err(KeyError::ServiceRefused("la credenziale è disabilitata".into()));
        }
        if information.wants_code && activation.code.is_none() {
            return Err(KeyError::SecretMissing("il codice OTP"));
        }
        if information.wants_pin && activation.pin.is_none() {
            return Err(KeyError::SecretMissing("il PIN"));
        }
        let (service, credential) = (self.clone(), credential.to_owned());
        Ok(RemoteSigner {
            service,
            access,
            credential,
            information,
            activation: activation.clone(),
        })
    }
}

fn unexpected(method: &str) -> KeyError {
    KeyError::ServiceRefused(format!("risposta inattesa a {method}"))
}

/// An error of the service (API 1.0.4, 10.1 and the tables of each method).
fn refused(status: u16, body: &Value) -> KeyError {
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    let (code, said) = (text("error"), text("error_description"));
    let lower = said.to_lowercase();
    match code {
        _ if lower.contains("expired") || code.contains("expired") => KeyError::CodeExpired,
        "invalid_otp" => KeyError::WrongCode,
        "invalid_pin" => KeyError::WrongPin,
        "pin_locked" | "otp_locked" => KeyError::PinLocked,
        _ if lower.contains("otp") && lower.contains("invalid") => KeyError::WrongCode,
        _ if lower.contains("pin") && lower.contains("invalid") => KeyError::WrongPin,
        _ if status == 401 => KeyError::ServiceRefused(
            "accesso negato: controllare le credenziali del servizio".into(),
        ),
        _ if said.is_empty() => KeyError::ServiceRefused(format!("HTTP {status} {code}")),
        _ => KeyError::ServiceRefused(said.to_owned()),
    }
}

/// What `credentials/info` says (API 1.0.4, 11.5).
#[derive(Debug)]
struct Information {
    enabled: bool,
    certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
    holder: Holder,
    algorithm: Algorithm,
    /// Object identifier to ask signatures with.
    named: String,
    most: usize,
    wants_pin: bool,
    wants_code: bool,
}

impl Information {
    fn read(answer: &Value) -> Option<Result<Self, KeyError>> {
        let key = answer.get("key")?;
        let list = answer.get("cert")?.get("certificates")?.as_array()?;
        let mut chain = list
            .iter()
            .map(|c| Base64::decode_vec(c.as_str()?).ok())
            .collect::<Option<Vec<_>>>()?;
        if chain.is_empty() {
            return None;
        }
        let certificate = chain.remove(0);
        let holder = Holder::read(&certificate).ok()?;
        let Some(algorithm) = holder.algorithm else { return Some(Err(KeyError::Algorithm)) };
        let names: Vec<&str> =
            key.get("algo")?.as_array()?.iter().filter_map(Value::as_str).collect();
        let whole = algorithm.dotted();
        let named = [whole.as_str(), RSA_ENCRYPTION].into_iter().find(|name| names.contains(name));
        let Some(named) = named else { return Some(Err(KeyError::Algorithm)) };
        let presence = |part: &str| {
            let presence = answer.get(part).and_then(|p| p.get("presence"));
            presence.and_then(Value::as_str) == Some("true")
        };
        let most = answer.get("multisign").and_then(Value::as_u64).unwrap_or(ONE).max(ONE);
        Some(Ok(Self {
            enabled: key.get("status").and_then(Value::as_str) == Some("enabled"),
            named: named.to_owned(),
            certificate,
            chain,
            holder,
            algorithm,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            wants_pin: presence("PIN"),
            wants_code: presence("OTP"),
        }))
    }
}

/// A credential with the code that activates it.
pub struct RemoteSigner {
    service: Service,
    access: Access,
    credential: String,
    information: Information,
    activation: Activation,
}

impl RemoteSigner {
    /// One authorization for all these hashes, then their signatures.
    fn sign_hashes(&self, hashes: &[String]) -> Result<Vec<Vec<u8>>, KeyError> {
        let mut request = json!({
            "credentialID": self.credential, "numSignatures": hashes.len(), "hash": hashes,
        });
        if let Some(pin) = &self.activation.pin {
            request["PIN"] = json!(pin.reveal());
        }
        if let Some(code) = &self.activation.code {
            request["OTP"] = json!(code.reveal());
        }
        let answer = self.service.ask("credentials/authorize", &self.access, &request)?;
        let data = answer.get("SAD").and_then(Value::as_str);
        let data = data.ok_or_else(|| unexpected("credentials/authorize"))?;
        let request = json!({
            "credentialID": self.credential,
            "SAD": data,
            "hash": hashes,
            "hashAlgo": self.information.algorithm.hash().dotted(),
            "signAlgo": self.information.named,
        });
        let answer = self.service.ask("signatures/signHash", &self.access, &request)?;
        let list = answer.get("signatures").and_then(Value::as_array);
        let list = list.ok_or_else(|| unexpected("signatures/signHash"))?;
        let decoded = list.iter().map(|s| Base64::decode_vec(s.as_str()?).ok());
        let decoded = decoded.collect::<Option<Vec<_>>>();
        decoded
            .filter(|signatures| signatures.len() == hashes.len())
            .ok_or_else(|| unexpected("signatures/signHash"))
    }

    /// ECDSA comes as the DER pair or as r and s side by side, by service.
    fn shaped(&self, signature: Vec<u8>) -> Result<Vec<u8>, SignError> {
        let side_by_side = match self.information.algorithm {
            Algorithm::RsaPkcs1Sha256 => false,
            Algorithm::EcdsaP256Sha256 => signature.len() == 64,
            Algorithm::EcdsaP384Sha384 => signature.len() == 96,
        };
        if side_by_side { ecdsa_der(&signature) } else { Ok(signature) }
    }
}

impl Signer for RemoteSigner {
    fn certificate(&self) -> &[u8] {
        &self.information.certificate
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.information.chain
    }

    fn sign(&self, attributes: &[u8]) -> Result<Vec<u8>, SignError> {
        let missing = || Err(unexpected("signatures/signHash").into());
        self.sign_all(&[attributes]).pop().unwrap_or_else(missing)
    }

    fn algorithm(&self) -> Algorithm {
        self.information.algorithm
    }

    /// As many as one code allows; the others are left for another code.
    fn sign_all(&self, attributes: &[&[u8]]) -> Vec<Result<Vec<u8>, SignError>> {
        let most = self.information.most;
        let hash =
            |one: &&[u8]| Base64::encode_string(&self.information.algorithm.hash().of(&[one]));
        let hashes: Vec<String> = attributes.iter().take(most).map(hash).collect();
        let mut results: Vec<Result<Vec<u8>, SignError>> = match self.sign_hashes(&hashes) {
            Ok(signatures) => signatures.into_iter().map(|s| self.shaped(s)).collect(),
            Err(error) => hashes.iter().map(|_| Err(error.clone().into())).collect(),
        };
        results.resize_with(attributes.len(), || Err(KeyError::TooMany(most).into()));
        results
    }
}
