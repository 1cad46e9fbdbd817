// SPDX-License-Identifier: AGPL-3.0-or-later
//! Closed lists of words: each enum value has exactly one token, the same in TOML, JSON and code.

/// A value written as one word of a closed list.
pub trait Token: Copy + 'static {
    /// Every value, in the order people should read them.
    const ALL: &'static [Self];

    /// The word that stands for the value in files and streams.
    fn token(self) -> &'static str;

    /// The value a word stands for.
    fn from_token(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.token() == word)
    }

    /// The words allowed, as a person should see them in a message.
    fn allowed() -> String {
        let words: Vec<&str> = Self::ALL.iter().map(|value| value.token()).collect();
        words.join(" | ")
    }
}

/// Declares an enum of tokens with its serde names and its [`Token`] implementation.
#[macro_export]
macro_rules! tokens {
    ($( $(#[$meta:meta])* $name:ident {
        $( $(#[$value_meta:meta])* $value:ident = $token:literal, )+
    } )+) => { $(
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            ::serde::Serialize, ::serde::Deserialize,
        )]
        pub enum $name {
            $( $(#[$value_meta])* #[serde(rename = $token)] $value, )+
        }

        // The derive does not see a word that a macro writes.
        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema> {
                ::utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(::utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$( $token, )+]))
                    .into()
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl $crate::token::Token for $name {
            const ALL: &'static [Self] = &[$( Self::$value, )+];

            fn token(self) -> &'static str {
                match self { $( Self::$value => $token, )+ }
            }
        }
    )+ };
}
pub use tokens;
