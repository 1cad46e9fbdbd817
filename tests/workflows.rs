// SPDX-License-Identifier: AGPL-3.0-or-later
//! The proof that workflows are sound: what is right passes, what is broken is named exactly, and
//! what passes keeps the law on any walk.
#![expect(clippy::unwrap_used, reason = "tests stop where they fail")]

use delibera::domain::papers::PaperKind;
use delibera::domain::problem::Problem;
use delibera::domain::workflow::{
    Lifecycle, Names, Passage, Road, Step, StepKind, Workflow, check, load, mermaid, parse, prove,
};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

const DATA: &str = "tests/data/workflows";

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path.as_ref()).unwrap_or_else(|e| panic!("{}: {e}", path.as_ref().display()))
}

fn workflow(name: &str) -> Workflow {
    let problems = |found: Vec<_>| panic!("{name}: {found:#?}");
    load(&read(format!("{DATA}/{name}")), name).unwrap_or_else(problems)
}

/// One file of `broken.toml`: a sound file, a small edit, and what must be said about it.
#[derive(Deserialize)]
struct Broken {
    why: String,
    base: String,
    edits: Vec<Edit>,
    expect: Vec<String>,
}

#[derive(Deserialize)]
struct Edit {
    replace: String,
    with: String,
}

#[derive(Deserialize)]
struct Table {
    broken: Vec<Broken>,
}

fn broken() -> Vec<Broken> {
    toml::from_str::<Table>(&read(format!("{DATA}/broken.toml"))).unwrap().broken
}

impl Broken {
    fn text(&self) -> String {
        self.edits.iter().fold(read(format!("{DATA}/{}", self.base)), |text, edit| {
            assert_eq!(text.matches(&edit.replace).count(), 1, "{}: {}", self.why, edit.replace);
            text.replace(&edit.replace, &edit.with)
        })
    }

    fn said(&self) -> Vec<String> {
        let problems = load(&self.text(), "f.toml").map_or_else(|found| found, |_| Vec::new());
        problems.iter().map(ToString::to_string).collect()
    }
}

#[test]
fn every_workflow_of_the_product_is_sound() {
    let files: Vec<PathBuf> = fs::read_dir("workflows")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    assert!(!files.is_empty());
    for file in files {
        let name = file.display().to_string();
        let workflow = parse(&read(&file), &name).unwrap();
        let proof = prove(&workflow, &Names::built_in(), &name);
        assert_eq!(proof.problems, Vec::new(), "{name}");
        // A document of others is shown and nothing else: little can go wrong, and it is asked.
        let least = if workflow.organ == "none" { 5 } else { 20 };
        assert!(proof.states >= workflow.steps.len(), "{name}: {} states", proof.states);
        assert!(proof.rules > least, "{name}: {} rules", proof.rules);
    }
}

#[test]
fn both_act_kinds_of_the_tests_are_sound() {
    assert_eq!(workflow("deliberazione.toml").steps.len(), 14);
    assert_eq!(workflow("atto-monocratico.toml").steps.len(), 6);
}

#[test]
fn a_file_without_steps_is_refused() {
    let text = read(format!("{DATA}/deliberazione.toml"));
    let act = text.split("[[step]]").next().unwrap();
    let said: Vec<String> =
        load(act, "f.toml").unwrap_err().iter().map(ToString::to_string).collect();
    assert!(said.contains(&"f.toml:3: il file non ha nessun passo".to_owned()), "{said:?}");
}

#[test]
fn every_broken_file_is_refused_with_its_line_reason_and_path() {
    let table = broken();
    assert!(table.len() >= 25, "only {} broken files", table.len());
    for case in &table {
        assert!(!case.expect.is_empty(), "{}: nothing is expected", case.why);
        assert_eq!(case.said(), case.expect, "{}", case.why);
    }
}

#[test]
fn every_problem_stands_at_the_line_of_what_it_names() {
    for case in broken() {
        let text = case.text();
        for problem in load(&text, "f.toml").unwrap_err() {
            let Some((_, rest)) = problem.reason.split_once("al passo «") else { continue };
            let name = format!("name = \"{}\"", rest.split('»').next().unwrap());
            let from = problem.line.saturating_sub(1);
            let block: Vec<&str> = text.lines().skip(from).take(2).collect();
            assert_eq!(block, ["[[step]]", name.as_str()], "{}: {problem}", case.why);
        }
    }
}

/// A printed path as a walk: "a → b [restituita] → c" is a done, b returned, c done. None when the
/// engine leaps where the file has no road.
fn walk_of<'a>(workflow: &'a Workflow, path: &str) -> Option<Vec<(&'a Step, Passage)>> {
    let hops = path.trim_end_matches(')').split(" → ");
    hops.map(|hop| {
        let (name, label) = hop.trim_end_matches(']').split_once(" [").unwrap_or((hop, ""));
        let passage = match label {
            "" | "respinta" => Passage::Done,
            "restituita" => Passage::Returned,
            "rinviata" => Passage::Postponed,
            "emendata" => Passage::Amended,
            _ => return None,
        };
        Some((workflow.step(name).unwrap(), passage))
    })
    .collect()
}

/// Walks the path of a problem; how many roads it took.
fn walked(workflow: &Workflow, problem: &Problem) -> usize {
    let Some((_, path)) = problem.hint.split_once("percorso: ") else { return 0 };
    let Some(walk) = walk_of(workflow, path) else { return 0 };
    assert_eq!(walk[0].0.name, workflow.steps[0].name, "{problem}");
    for pair in walk.windows(2) {
        let Road::To(to) = workflow.route(pair[0].0, pair[0].1) else {
            panic!("{problem}: no road from {}", pair[0].0.name)
        };
        assert_eq!(to.name, pair[1].0.name, "{problem}");
    }
    // What the checker says of the law, the walk shows.
    let legal = ["si vota senza", "già votato", "non è stato votato", "precede", "prima che abbia"];
    if legal.iter().any(|words| problem.reason.contains(words)) {
        assert!(lawful(&walk).is_err(), "{problem}");
    }
    walk.len() - 1
}

#[test]
fn every_printed_path_can_be_walked() {
    let names = Names::built_in();
    let parsed = broken().into_iter().filter_map(|case| parse(&case.text(), "f.toml").ok());
    let (good, mut dice) = (workflow("deliberazione.toml"), Dice(0x0dd5));
    let shuffled: Vec<Workflow> = (0..500).map(|_| rewired(&good, &mut dice)).collect();
    let mut roads = 0;
    for other in parsed.filter(|w| w.profile == good.profile).chain(shuffled) {
        let found = check(&other, &names, "f.toml");
        roads += found.iter().map(|problem| walked(&other, problem)).sum::<usize>();
    }
    assert!(roads > 2_000, "only {roads} roads");
}

/// A small generator of numbers: the walks are the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// The good workflow with up to three exits led elsewhere.
fn rewired(good: &Workflow, dice: &mut Dice) -> Workflow {
    let mut other = good.clone();
    let names: Vec<String> = good.steps.iter().map(|s| s.name.clone()).collect();
    for _ in 0..=dice.below(3) {
        let target = names[dice.below(names.len())].clone();
        let at = dice.below(other.steps.len());
        let step = &mut other.steps[at];
        match (dice.below(3), &mut step.kind) {
            (0, StepKind::Discussion { amended }) => *amended = target,
            (1, _) if step.returns.is_some() => step.returns = Some(target),
            _ if step.next.is_some() => step.next = Some(target),
            _ => {}
        }
    }
    other
}

/// The law, read off a walk and not off the facts of the checker: what happened since the text was
/// last fixed, since the last amendment, since the beginning.
fn lawful(walk: &[(&Step, Passage)]) -> Result<(), String> {
    let last = |test: &dyn Fn(&Step, Passage) -> bool| walk.iter().rposition(|(s, p)| test(s, *p));
    let done = |token: &str| last(&|s, p| p == Passage::Done && kind_token(s) == token);
    let frozen = last(&|s, _| kind_token(s) == "freeze");
    let fixed = frozen.max(last(&|_, p| p == Passage::Amended));
    let voted = done("ballot");
    let want = |ok: bool, what: &str| if ok { Ok(()) } else { Err(what.to_owned()) };
    let current = |token: &str| done(token).filter(|at| Some(*at) > fixed);
    let order = |first: &str, then: &str| {
        current(first).zip(current(then)).is_none_or(|(first, then)| first < then)
    };
    want(order("technical", "accounting"), "accounting before technical")?;
    want(order("technical", "legitimacy"), "legitimacy before technical")?;
    want(order("accounting", "legitimacy"), "legitimacy before accounting")?;
    if voted.is_some() {
        want(done("technical") > fixed, "vote without technical opinion")?;
        want(done("accounting") > fixed, "vote without accounting opinion")?;
        want(done("legitimacy") > fixed, "vote without legitimacy opinion")?;
        want(voted > done("legitimacy") && voted > fixed, "something after the vote")?;
    }
    let count = |token: &str| {
        walk.iter().filter(|(s, p)| *p == Passage::Done && kind_token(s) == token).count()
    };
    want(count("number") <= 1, "two numbers")?;
    want(count("ballot") <= 1, "two votes")?;
    want(
        done("number").is_none() || done("number") > voted && voted.is_some(),
        "number before vote",
    )?;
    want(done("sign").is_none() || count("number") == 1, "signed before its number")?;
    if done("post").is_some() {
        want(done("sign").is_some(), "posted unsigned")?;
        want(
            done("post") > done("privacy") && done("privacy") > fixed,
            "posted without privacy check",
        )?;
    }
    Ok(())
}

fn kind_token(step: &Step) -> &'static str {
    match &step.kind {
        StepKind::Freeze { .. } => "freeze",
        StepKind::Opinion { opinion, .. } => opinion.token(),
        StepKind::Review { lifecycle: Lifecycle::PrivacyReview, .. } => "privacy",
        StepKind::Review { .. } => "review",
        StepKind::Agenda => "agenda",
        StepKind::Discussion { .. } => "discussion",
        StepKind::Ballot => "ballot",
        StepKind::Number { .. } => "number",
        StepKind::Sign { lifecycle: Lifecycle::Signing, .. } => "sign",
        StepKind::Sign { .. } => "sign_proposal",
        StepKind::Post { .. } => "post",
    }
}

/// A random walk from the first step; true when it came to an end.
fn walk(workflow: &Workflow, dice: &mut Dice) -> Result<bool, String> {
    use Passage::{Amended, Done, Postponed, Rejected, Returned};
    let mut at = workflow.first().unwrap();
    let mut trace = Vec::new();
    for _ in 0..400 {
        let passage =
            [Done, Done, Done, Done, Returned, Postponed, Amended, Rejected][dice.below(8)];
        let road = workflow.route(at, passage);
        if matches!(road, Road::Closed) {
            continue;
        }
        trace.push((at, passage));
        lawful(&trace)?;
        match road {
            Road::To(next) => at = next,
            Road::End if passage == Done => {
                let posted = trace.iter().any(|(s, _)| kind_token(s) == "post");
                return if posted { Ok(true) } else { Err("ended without posting".into()) };
            }
            Road::End | Road::Closed => return Ok(true),
        }
    }
    Ok(false)
}

#[test]
fn what_passes_keeps_the_law_on_any_walk() {
    let good = workflow("deliberazione.toml");
    let names = Names::built_in();
    let mut dice = Dice(0x5eed_2026);
    let (mut sound, mut refused, mut ended) = (0, 0, 0);
    for _ in 0..3_000 {
        let other = rewired(&good, &mut dice);
        if !check(&other, &names, "f.toml").is_empty() {
            refused += 1;
            continue;
        }
        sound += 1;
        for _ in 0..20 {
            match walk(&other, &mut dice) {
                Ok(end) => ended += usize::from(end),
                Err(broken) => panic!("{broken}: {:#?}", other.steps),
            }
        }
    }
    assert!(sound > 100 && refused > 1_000, "{sound} sound, {refused} refused");
    assert!(ended > sound * 15, "{ended} walks of {} ended", sound * 20);
}

#[test]
fn the_drawing_shows_every_road_and_the_current_step() {
    let drawn = mermaid(&workflow("atto-monocratico.toml"), Some("numerazione"));
    assert_eq!(drawn, read(format!("{DATA}/atto-monocratico.mmd")));
    let drawn = mermaid(&workflow("deliberazione.toml"), None);
    for road in [
        "trattazione -. emendata .-> pareri_tecnici",
        "votazione -. respinta .-> fine_del_procedimento",
        "parere_contabile -. restituita .-> bozza",
        "albo --> chiusura",
    ] {
        assert!(drawn.contains(road), "{road}\n{drawn}");
    }
    assert!(!drawn.contains("attuale"), "no step is current");
}

#[test]
fn a_drawing_escapes_what_mermaid_would_read() {
    let mut strange = workflow("atto-monocratico.toml");
    strange.steps[0].name = "end".into();
    strange.steps[0].title = "Bozza \"n. #1\" <b>".into();
    let drawn = mermaid(&strange, Some("end"));
    assert!(drawn.contains("end_([\"Bozza #quot;n. #35;1#quot; #lt;b#gt;"), "{drawn}");
    assert!(drawn.contains("class end_ attuale"), "{drawn}");
}

#[test]
fn the_list_of_papers_is_complete() {
    for (position, kind) in PaperKind::ALL.iter().enumerate() {
        assert_eq!(*kind as usize, position, "{}", kind.token());
    }
    // The last variant of the declaration.
    assert_eq!(PaperKind::ALL.last(), Some(&PaperKind::EstrattoConforme));
}
