// SPDX-License-Identifier: AGPL-3.0-or-later
//! publiccode.yml against the core schema 0.5: mandatory keys, closed lists, lengths (R11.7, T-94).
//!
//! The official validator is a Go program; what it asks of a file without the network is here.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use yaml_serde::Value;

const PLATFORMS: [&str; 6] = ["web", "windows", "mac", "linux", "ios", "android"];
const STATUSES: [&str; 5] = ["concept", "development", "beta", "stable", "obsolete"];
const TYPES: [&str; 8] = [
    "standalone/mobile",
    "standalone/iot",
    "standalone/desktop",
    "standalone/web",
    "standalone/backend",
    "standalone/other",
    "addon",
    "library",
];

/// Words that the standard closes in lists of their own pages, with their source.
#[derive(serde::Deserialize)]
struct Lists {
    categories: Vec<String>,
    scope: Vec<String>,
}

fn lists() -> Lists {
    toml::from_str(&std::fs::read_to_string("tests/data/publiccode.toml").unwrap()).unwrap()
}

fn file() -> Value {
    yaml_serde::from_str(&std::fs::read_to_string("publiccode.yml").unwrap()).unwrap()
}

/// What is wrong with a file: the key, and why.
fn problems(file: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut want = |ok: bool, key: &str, why: &str| {
        if !ok {
            found.push(format!("{key}: {why}"));
        }
    };
    let one_of = |key: &str, list: &[&str]| text(file, key).is_some_and(|t| list.contains(&t));
    want(one_of("publiccodeYmlVersion", &["0.5", "0.5.0"]), "publiccodeYmlVersion", "0.5");
    want(text(file, "name").is_some_and(|n| !n.is_empty()), "name", "mandatory");
    want(text(file, "url").is_some_and(|u| u.starts_with("https://")), "url", "an https address");
    let platforms = texts(file, "platforms");
    let known = platforms.iter().all(|p| PLATFORMS.contains(p));
    want(!platforms.is_empty() && known, "platforms", "one or more of the closed list");
    want(!texts(file, "categories").is_empty(), "categories", "at least one");
    let lists = lists();
    let strange = |key: &str, list: &[String]| {
        texts(file, key).into_iter().find(|word| !list.iter().any(|known| known == word))
    };
    let category = strange("categories", &lists.categories);
    want(category.is_none(), "categories", &format!("{category:?} is not of the closed list"));
    let scope = strange("intendedAudience/scope", &lists.scope);
    want(
        scope.is_none(),
        "intendedAudience/scope",
        &format!("{scope:?} is not of the closed list"),
    );
    want(one_of("developmentStatus", &STATUSES), "developmentStatus", "one of the closed list");
    want(one_of("softwareType", &TYPES), "softwareType", "one of the closed list");
    want(text(file, "legal/license") == Some("AGPL-3.0-or-later"), "legal/license", "ours");
    let ready = at(file, "localisation/localisationReady").and_then(Value::as_bool);
    want(ready.is_some(), "localisation/localisationReady", "true or false");
    let languages = texts(file, "localisation/availableLanguages");
    want(languages.contains(&"it"), "localisation/availableLanguages", "what people read");
    let country = ["it", "IT"].iter().any(|key| file.get(key).is_some());
    want(!country, "IT", "the Italian section is deprecated");
    found.extend(maintenance(file));
    found.extend(descriptions(file));
    found
}

/// `community` and `internal` want people, `contract` wants contractors with an end.
fn maintenance(file: &Value) -> Vec<String> {
    let entries = |key: &str| at(file, key).and_then(Value::as_sequence).cloned();
    let all = |key: &str, has: &[&str]| {
        entries(key).is_some_and(|list| {
            !list.is_empty() && list.iter().all(|e| has.iter().all(|key| text(e, key).is_some()))
        })
    };
    let complete = match text(file, "maintenance/type") {
        Some("community" | "internal") => all("maintenance/contacts", &["name"]),
        Some("contract") => all("maintenance/contractors", &["name", "until"]),
        Some("none") => true,
        _ => false,
    };
    if complete { Vec::new() } else { vec!["maintenance: type, contacts or contractors".into()] }
}

fn descriptions(file: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let languages = at(file, "description").and_then(Value::as_mapping);
    let languages: Vec<_> = languages.into_iter().flatten().collect();
    if !languages.iter().any(|(language, _)| language.as_str() == Some("it")) {
        found.push("description/it: mandatory for a Comune".to_owned());
    }
    for (language, description) in languages {
        let language = language.as_str().unwrap_or("?");
        let mut length = |key: &str, least: usize, most: usize| {
            let length = text(description, key).map_or(0, |t| t.trim().chars().count());
            if !(least..=most).contains(&length) {
                let range = format!("{length} characters, {least} to {most} wanted");
                found.push(format!("description/{language}/{key}: {range}"));
            }
        };
        length("shortDescription", 1, 150);
        length("longDescription", 150, 10_000);
        if texts(description, "features").is_empty() {
            found.push(format!("description/{language}/features: at least one"));
        }
    }
    found
}

fn at<'a>(file: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(file, |value, key| value.get(key))
}

fn text<'a>(file: &'a Value, path: &str) -> Option<&'a str> {
    at(file, path)?.as_str()
}

fn texts<'a>(file: &'a Value, path: &str) -> Vec<&'a str> {
    let list = at(file, path).and_then(Value::as_sequence);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn publiccode_is_valid() {
    assert_eq!(problems(&file()), Vec::<String>::new());
}

#[test]
fn publiccode_agrees_with_the_package() {
    let file = file();
    assert_eq!(text(&file, "softwareVersion"), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(text(&file, "legal/license"), Some(env!("CARGO_PKG_LICENSE")));
}

#[test]
fn t_94_a_file_without_features_or_contacts_is_refused() {
    let mut without_features = file();
    let description = &mut without_features["description"]["it"];
    description.as_mapping_mut().unwrap().remove("features").unwrap();
    assert_eq!(problems(&without_features), ["description/it/features: at least one"]);

    let mut without_contacts = file();
    without_contacts["maintenance"].as_mapping_mut().unwrap().remove("contacts").unwrap();
    assert_eq!(problems(&without_contacts), ["maintenance: type, contacts or contractors"]);
}

#[test]
fn a_word_outside_the_closed_lists_is_refused() {
    for (key, said) in [
        ("categories", "categories: Some(\"atti\") is not of the closed list"),
        ("scope", "intendedAudience/scope: Some(\"atti\") is not of the closed list"),
    ] {
        let mut file = file();
        let place = match key {
            "scope" => &mut file["intendedAudience"][key],
            _ => &mut file[key],
        };
        place.as_sequence_mut().unwrap().push(Value::from("atti"));
        assert_eq!(problems(&file), [said]);
    }
}
