// SPDX-License-Identifier: AGPL-3.0-or-later
//! `--batch`: one JSON object a line in, one a line out, in step with whoever feeds the lines.
//!
//! A bad line is answered with `{"error": …}` and the batch goes on.

use super::{DONE, REFUSED};
use serde::Serialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;
use std::fmt;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;

/// A longer line is not an act of ours: it is refused without being kept in memory.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// The keys and values of one line, in their order, no key twice.
pub struct Line(Vec<(String, Value)>);

/// Answers every line of standard input with `answer`.
pub fn run<T: Serialize>(answer: impl Fn(&Line) -> Result<T, String>) -> ExitCode {
    let input = BufReader::with_capacity(1 << 16, io::stdin().lock());
    let output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match stream(input, output, answer) {
        Ok(()) => ExitCode::from(DONE),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(DONE),
        Err(error) => {
            eprintln!("errore: {error}");
            ExitCode::from(REFUSED)
        }
    }
}

fn stream<T: Serialize>(
    mut input: BufReader<impl Read>,
    mut output: impl Write,
    answer: impl Fn(&Line) -> Result<T, String>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if (&mut input).take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)? == 0 {
            return output.flush();
        }
        let whole = bytes.ends_with(b"\n") || (bytes.len() as u64) < LINE_BYTES_MAX;
        let line = if whole { parse(&bytes) } else { skip_rest(&mut input) };
        match line.and_then(|line| answer(&line)) {
            Ok(answer) => serde_json::to_writer(&mut output, &answer)?,
            Err(error) => serde_json::to_writer(&mut output, &Failed { error })?,
        }
        output.write_all(b"\n")?;
        if input.buffer().is_empty() {
            output.flush()?; // who asked waits for this answer before sending the next line
        }
    }
}

#[derive(Serialize)]
struct Failed {
    error: String,
}

fn skip_rest(input: &mut impl BufRead) -> Result<Line, String> {
    input.skip_until(b'\n').map_err(|error| error.to_string())?;
    Err(format!("riga più lunga di {LINE_BYTES_MAX} byte"))
}

fn parse(bytes: &[u8]) -> Result<Line, String> {
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        match (error.classify(), text.split_once(" at line ")) {
            (Category::Data, Some((ours, _))) if !ours.starts_with("invalid type") => ours.into(),
            _ => "la riga non è un oggetto JSON".to_owned(),
        }
    })
}

impl<'de> serde::Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("un oggetto JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
                let mut entries: Vec<(String, Value)> = Vec::with_capacity(16);
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if entries.iter().any(|(known, _)| *known == key) {
                        return Err(serde::de::Error::custom(format!("chiave ripetuta: {key}")));
                    }
                    entries.push((key, value));
                }
                Ok(Line(entries))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

impl Line {
    /// Refuses keys that are not in the list.
    pub fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.0.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            Some((key, _)) => Err(format!("chiave sconosciuta: {key}")),
            None => Ok(()),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// A whole number, not negative.
    pub fn whole(&self, key: &str) -> Result<Option<u32>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match value.as_u64().map(u32::try_from) {
                Some(Ok(number)) => Ok(Some(number)),
                Some(Err(_)) => Err(format!("{key}: numero troppo grande")),
                None => Err(format!("{key}: serve un numero intero non negativo")),
            },
        }
    }

    /// A whole number that must be there.
    pub fn required_whole(&self, key: &str) -> Result<u32, String> {
        self.whole(key)?.ok_or_else(|| missing(key))
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(format!("{key}: serve true o false")),
        }
    }

    /// A word, read by `read`; `allowed` says which words there are.
    pub fn word<T>(
        &self,
        key: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match value.as_str().and_then(read) {
                Some(value) => Ok(Some(value)),
                None => Err(format!("{key}: valore non ammesso (ammessi: {allowed})")),
            },
        }
    }

    /// A word that must be there.
    pub fn required_word<T>(
        &self,
        key: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, String> {
        self.word(key, allowed, read)?.ok_or_else(|| missing(key))
    }
}

fn missing(key: &str) -> String {
    format!("chiave mancante: {key}")
}
