// SPDX-License-Identifier: AGPL-3.0-or-later
//! A value of `regolamento.toml`: as written, and as the type its key wants.

use crate::law::ballot::{IeMajority, QuorumStructural};
use crate::papers::{Assurance, SignatureLevel, SignatureQuality};
use crate::registry::Role;
use crate::token::Token;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt;

/// A TOML value, stripped of what no key can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Whole(i64),
    /// A word or a text.
    Text(String),
    /// A civil date.
    Date(NaiveDate),
    /// A list.
    List(Vec<Raw>),
    /// Names with values.
    Map(BTreeMap<String, Raw>),
}

impl Raw {
    fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "un sì/no",
            Self::Whole(_) => "un numero",
            Self::Text(_) => "un testo",
            Self::Date(_) => "una data",
            Self::List(_) => "un elenco",
            Self::Map(_) => "una tabella",
        }
    }
}

impl fmt::Display for Raw {
    /// One spelling for one value: digests are taken on it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Whole(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Date(value) => write!(f, "{value}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (i, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Map(values) => {
                f.write_str("{")?;
                for (i, (name, value)) in values.iter().enumerate() {
                    write!(f, "{}{name:?} = {value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A type a key can have.
pub trait Setting: Sized {
    /// What may be written, in words a person understands.
    fn allowed() -> String;

    /// Reads what was written; the error says what is wrong with it, in Italian.
    fn read(raw: &Raw) -> Result<Self, String>;

    /// The value as it would be written.
    fn written(&self) -> Raw;
}

fn wrong(raw: &Raw) -> String {
    match raw {
        Raw::Text(word) => format!("«{word}» non è ammesso"),
        Raw::Whole(number) => format!("{number} non è ammesso"),
        _ => format!("{} non è ammesso", raw.kind()),
    }
}

impl<T: Token> Setting for T {
    fn allowed() -> String {
        <T as Token>::allowed()
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Text(word) => T::from_token(word).ok_or_else(|| wrong(raw)),
            _ => Err(wrong(raw)),
        }
    }

    fn written(&self) -> Raw {
        Raw::Text(self.token().to_owned())
    }
}

impl Setting for bool {
    fn allowed() -> String {
        "true | false".to_owned()
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Bool(value) => Ok(*value),
            _ => Err(wrong(raw)),
        }
    }

    fn written(&self) -> Raw {
        Raw::Bool(*self)
    }
}

/// Whole numbers; the bounds that a key adds are in [`super::keys`].
macro_rules! whole {
    ($($number:ty),+) => { $(
        impl Setting for $number {
            fn allowed() -> String {
                "un numero intero non negativo".to_owned()
            }

            fn read(raw: &Raw) -> Result<Self, String> {
                match raw {
                    Raw::Whole(number) => {
                        Self::try_from(*number).map_err(|_| wrong(raw))
                    }
                    _ => Err(wrong(raw)),
                }
            }

            fn written(&self) -> Raw {
                Raw::Whole(i64::from(*self))
            }
        }
    )+ };
}
whole!(u8, u16, u32);

impl Setting for String {
    fn allowed() -> String {
        "un testo non vuoto".to_owned()
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Text(text) if text.trim().is_empty() => Err("il testo è vuoto".to_owned()),
            Raw::Text(text) => Ok(text.clone()),
            _ => Err(wrong(raw)),
        }
    }

    fn written(&self) -> Raw {
        Raw::Text(self.clone())
    }
}

impl Setting for QuorumStructural {
    fn allowed() -> String {
        Self::ALLOWED.to_owned()
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Text(word) => Self::from_token(word).ok_or_else(|| wrong(raw)),
            _ => Err(wrong(raw)),
        }
    }

    fn written(&self) -> Raw {
        Raw::Text(self.to_string())
    }
}

impl Setting for Role {
    fn allowed() -> String {
        let words: Vec<&str> = Self::ALL.iter().map(|(_, token, _)| *token).collect();
        words.join(" | ")
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Text(word) => Self::parse(word).ok_or_else(|| wrong(raw)),
            _ => Err(wrong(raw)),
        }
    }

    fn written(&self) -> Raw {
        Raw::Text(self.token().to_owned())
    }
}

impl Setting for Assurance {
    fn allowed() -> String {
        format!(
            "{} seguito, se serve, dal livello {}",
            <SignatureQuality as Token>::allowed(),
            <SignatureLevel as Token>::allowed()
        )
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Text(text) => Self::parse(text).ok_or_else(|| wrong(raw)),
            _ => Err(wrong(raw)),
        }
    }

    fn written(&self) -> Raw {
        Raw::Text(format!("{} {}", self.quality.token(), self.level.token()))
    }
}

impl Setting for IeMajority {
    fn allowed() -> String {
        Self::ALLOWED.to_owned()
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Text(word) => Self::from_token(word).ok_or_else(|| wrong(raw)),
            _ => Err(wrong(raw)),
        }
    }

    fn written(&self) -> Raw {
        Raw::Text(self.to_string())
    }
}

/// The word that says "there is none" where a key may have no value.
pub const NONE: &str = "none";

/// A value that may be absent: left out, or written `"none"` to end an earlier period.
impl<T: Setting> Setting for Option<T> {
    fn allowed() -> String {
        format!("{}, oppure \"{NONE}\"", T::allowed())
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Text(word) if word == NONE => Ok(None),
            _ => T::read(raw).map(Some),
        }
    }

    fn written(&self) -> Raw {
        self.as_ref().map_or_else(|| Raw::Text(NONE.to_owned()), T::written)
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn allowed() -> String {
        format!("un elenco di: {}", T::allowed())
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::List(values) => values.iter().map(T::read).collect(),
            _ => Err(wrong(raw)),
        }
    }

    fn written(&self) -> Raw {
        Raw::List(self.iter().map(T::written).collect())
    }
}

impl<T: Setting> Setting for BTreeMap<String, T> {
    fn allowed() -> String {
        format!("una tabella nome = valore, ogni valore {}", T::allowed())
    }

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Map(values) => values
                .iter()
                .map(|(name, value)| {
                    T::read(value)
                        .map(|value| (name.clone(), value))
                        .map_err(|reason| format!("{name}: {reason}"))
                })
                .collect(),
            _ => Err(wrong(raw)),
        }
    }

    fn written(&self) -> Raw {
        Raw::Map(self.iter().map(|(name, value)| (name.clone(), value.written())).collect())
    }
}
