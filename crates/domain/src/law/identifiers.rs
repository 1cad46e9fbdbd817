// SPDX-License-Identifier: AGPL-3.0-or-later
//! Persistent names of an act: URN NIR, URN LEX (RFC 9676), Akoma Ntoso IRI (R11.3, R11.4). They are
//! aliases: an act is known by its key here, and each name can be made from the key and read back.

use chrono::NaiveDate;

/// What names an act: who issued it, which organ, what kind, when, with which number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActKey {
    /// Authority as the Italian register writes it, "comune.milano" (key `urn_authority`).
    pub authority: String,
    /// Organ, "giunta".
    pub organ: String,
    /// Kind of measure, "deliberazione".
    pub measure: String,
    /// Day of adoption.
    pub date: NaiveDate,
    /// Number in the register of its year.
    pub number: i64,
}

const NIR: &str = "urn:nir:";
const LEX: &str = "urn:lex:it:";
const AKN: &str = "/akn/it/act/";

impl ActKey {
    /// `urn:nir:comune.milano;giunta:deliberazione:2020-07-24;838`.
    pub fn nir(&self) -> String {
        format!("{NIR}{}", self.local())
    }

    /// `urn:lex:it:comune.milano;giunta:deliberazione:2020-07-24;838` (RFC 9676).
    pub fn lex(&self) -> String {
        format!("{LEX}{}", self.local())
    }

    /// `/akn/it/act/deliberazione/giunta-comune-milano/2020-07-24/838`, in the order of Normattiva.
    pub fn akn(&self) -> String {
        let Self { authority, organ, measure, date, number } = self;
        format!("{AKN}{measure}/{organ}-{}/{date}/{number}", authority.replace('.', "-"))
    }

    fn local(&self) -> String {
        let Self { authority, organ, measure, date, number } = self;
        format!("{authority};{organ}:{measure}:{date};{number}")
    }

    /// Reads any of the three names; a version or an annex after them is not of the key.
    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix(AKN) {
            Some(rest) => Self::from_path(rest),
            None => Self::from_urn(name.strip_prefix(NIR).or_else(|| name.strip_prefix(LEX))?),
        }
    }

    fn from_urn(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (authority, organ) = parts.next()?.split_once(';')?;
        let measure = parts.next()?;
        let (date, number) = parts.next()?.split_once(';')?;
        let number = number.split('@').next()?;
        Self::new(authority, organ, measure, date, number)
    }

    fn from_path(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let measure = parts.next()?;
        let (organ, authority) = parts.next()?.split_once('-')?;
        let (date, number) = (parts.next()?, parts.next()?);
        Self::new(&authority.replace('-', "."), organ, measure, date, number)
    }

    fn new(authority: &str, organ: &str, measure: &str, date: &str, number: &str) -> Option<Self> {
        let word = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        let digits = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        let fits = is_authority(authority) && word(organ) && word(measure) && digits;
        Some(Self {
            authority: authority.to_owned(),
            organ: organ.to_owned(),
            measure: measure.to_owned(),
            date: date.parse().ok()?,
            number: number.parse().ok()?,
        })
        .filter(|_| fits)
    }
}

/// An authority the three names can carry and give back: words of lower-case letters and digits with
/// dots between them. A hyphen would be lost in the path of Akoma Ntoso.
pub fn is_authority(text: &str) -> bool {
    text.split('.').all(|word| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}
