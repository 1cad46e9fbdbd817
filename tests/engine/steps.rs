// SPDX-License-Identifier: AGPL-3.0-or-later
//! The procedure and the sitting, step by step, as people carry an act through them.

use crate::desk::{Answer, Desk, day, opening, roll, unanimous};
use crate::people::{OFFICES, Size};
use chrono::Duration;
use delibera::domain::case::{Affects, CaseCommand, Content, Effects, Gates, OpinionOutcome};
use delibera::domain::registry::RegistryCommand;
use delibera::domain::sitting::{Mode, SittingCommand, VoteInput};
use delibera::domain::workflow::OpinionKind;

impl Desk {
    // ---- The procedure --------------------------------------------------------------------------

    /// A complete proposal of the first office, without effects on the budget.
    pub fn content(&self) -> Content {
        Content {
            subject: "Adesione alla rete dei Comuni per la lettura".into(),
            act_type: "adesione".into(),
            offices: vec!["area".into()],
            rapporteurs: vec!["ass1".into()],
            procedure_head: "rp".into(),
            competence: "art. 48, c. 2, TUEL".into(),
            text: "Premesso che la lettura giova.".into(),
            decision: vec!["di aderire alla rete;".into()],
            gates: Gates { effects: Effects::None, ..Gates::default() },
            ..Content::default()
        }
    }

    pub fn create(&mut self, id: &str, content: Content) -> Answer {
        let kind = "deliberazione-giunta".to_owned();
        self.case("rp", id, CaseCommand::Create { kind, content, again_of: None })
    }

    /// A proposal submitted and signed, waiting for its technical opinions.
    pub fn submitted(&mut self, id: &str, content: Content) {
        self.create(id, content).unwrap();
        self.case("rp", id, CaseCommand::Submit).unwrap();
        self.sign_all(id);
    }

    /// A proposal ready for the agenda, all opinions favourable (accounting: not due).
    pub fn ready(&mut self, id: &str, content: Content) {
        self.submitted(id, content);
        self.carry(id, "ordine_del_giorno");
    }

    pub fn opinion(
        &mut self,
        actor: &str,
        id: &str,
        (opinion, office): (OpinionKind, &str),
        outcome: OpinionOutcome,
        reasons: &str,
    ) -> Answer {
        let command = CaseCommand::GiveOpinion {
            opinion,
            office: office.into(),
            outcome,
            reasons: reasons.into(),
            no_conflict: true,
            paper: None,
        };
        self.case(actor, id, command)
    }

    pub fn technical(&mut self, actor: &str, id: &str, office: &str) -> Answer {
        let which = (OpinionKind::Technical, office);
        self.opinion(actor, id, which, OpinionOutcome::Favourable, "")
    }

    /// Favourable, or not due where the office declares no effects.
    /// The director of the first office finds against it.
    pub fn contrary(&mut self, id: &str) {
        let which = (OpinionKind::Technical, "area");
        self.opinion("dir_area", id, which, OpinionOutcome::Contrary, "Manca l'istruttoria.")
            .unwrap();
    }

    /// The decree of the director of the first office ends.
    pub fn director_ends(&mut self, last_day: &str) {
        let ended = RegistryCommand::EndMandate {
            mandate: "dir_area-direttore".into(),
            last_day: day(last_day),
            act: "decreto n. 9/2024".into(),
            at: None,
        };
        self.registry(ended).unwrap();
    }

    pub fn accounting(&mut self, actor: &str, id: &str) -> Answer {
        let (outcome, reasons) = match self.of(id).content.has_effects() {
            true => (OpinionOutcome::Favourable, ""),
            false => {
                (OpinionOutcome::NotDue, "non vi sono riflessi sul bilancio né sul patrimonio")
            }
        };
        self.opinion(actor, id, (OpinionKind::Accounting, ""), outcome, reasons)
    }

    pub fn legitimacy(&mut self, actor: &str, id: &str) -> Answer {
        let which = (OpinionKind::Legitimacy, "");
        self.opinion(actor, id, which, OpinionOutcome::Favourable, "")
    }

    /// Everyone does his part until the act stands at a step.
    pub fn carry(&mut self, id: &str, to: &str) {
        for _ in 0..40 {
            if self.step(id) == to {
                return;
            }
            self.one_step(id);
        }
        panic!("{id} stays at {}", self.step(id));
    }

    fn one_step(&mut self, id: &str) {
        match self.step(id).to_owned().as_str() {
            "bozza" => drop(self.case("rp", id, CaseCommand::Submit).unwrap()),
            "firma_proposta" | "firma" => self.sign_all(id),
            "pareri_tecnici" => {
                for office in self.of(id).content.offices.clone() {
                    let director = OFFICES.iter().find(|(o, _)| *o == office).unwrap().1;
                    self.technical(director, id, &office).unwrap();
                }
            }
            "parere_contabile" => drop(self.accounting("ragioniere", id).unwrap()),
            "visto_copertura" => {
                let which = (OpinionKind::Cover, "");
                drop(self.opinion("ragioniere", id, which, OpinionOutcome::Favourable, "").unwrap())
            }
            "istruttoria" => drop(self.pass("segreteria", id).unwrap()),
            "parere_legittimita" => drop(self.legitimacy("segretario", id).unwrap()),
            "verifica_privacy" => {
                self.clear_all(id);
                self.pass("segreteria", id).unwrap();
                self.sign_all(id);
            }
            "albo" => drop(self.post(id).unwrap()),
            other => panic!("{id} stays at {other}"),
        }
    }

    /// Who reviews reads every find and publishes it.
    pub fn clear_all(&mut self, id: &str) {
        for hit in delibera::domain::privacy::open_hits(self.of(id), &self.world) {
            let reason = "si può pubblicare".into();
            let command = CaseCommand::ClearPersonalData { text: hit.text, reason };
            self.case("segreteria", id, command).unwrap();
        }
    }

    pub fn mark(&mut self, actor: &str, id: &str, text: &str) -> Answer {
        let command = CaseCommand::MarkPersonalData {
            text: text.into(),
            reason: "dato personale non pertinente".into(),
            basis: "art. 5, par. 1, lett. c), Reg. (UE) 2016/679".into(),
        };
        self.case(actor, id, command)
    }

    pub fn pass(&mut self, actor: &str, id: &str) -> Answer {
        self.case(actor, id, CaseCommand::PassReview { note: "controllato".into() })
    }

    pub fn post(&mut self, id: &str) -> Answer {
        let external = self.size == Size::Small;
        let command = CaseCommand::Post {
            external_number: external.then_some(100),
            external_day: external.then(|| self.today()),
            repeats: None,
        };
        self.case("albo", id, command)
    }

    // ---- The sitting ----------------------------------------------------------------------------

    /// Schedules a sitting, puts the acts on its agenda, convenes it.
    pub fn convened(&mut self, id: &str, when: &str, cases: &[&str]) {
        self.scheduled(id, when, Mode::InSeat, cases);
        self.sitting("sindaco", id, SittingCommand::Convene { paper: None }).unwrap();
    }

    pub fn scheduled(&mut self, id: &str, when: &str, mode: Mode, cases: &[&str]) {
        let (date, time) = when.split_once(' ').unwrap();
        let command = SittingCommand::Schedule {
            organ: "giunta".into(),
            date: day(date),
            time: format!("{time}:00").parse().unwrap(),
            place: String::new(),
            mode,
        };
        self.sitting("segreteria", id, command).unwrap();
        for case in cases {
            let command = SittingCommand::AddItem { case: (*case).into() };
            self.sitting("segreteria", id, command).unwrap();
        }
    }

    pub fn open(&mut self, id: &str, present: &[String]) -> Answer {
        let command = opening(roll(present));
        let actor = self.world.registry.acting(
            delibera::domain::registry::Role::Segretario,
            None,
            self.today(),
        );
        self.sitting(&actor.unwrap().person, id, command)
    }

    /// The first `n` members.
    pub fn first(&self, n: usize) -> Vec<String> {
        self.size.members().into_iter().take(n).collect()
    }

    pub fn call(&mut self, id: &str, case: &str) -> Answer {
        self.record_in(id, SittingCommand::CallItem { case: case.into() })
    }

    /// Carried to the sitting of 6 May 2024, everybody there, and called.
    pub fn called_on_the_sixth(&mut self, id: &str) {
        self.carry(id, "ordine_del_giorno");
        self.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &[id]);
        let everyone = self.size.members();
        self.at("2024-05-06 09:00").open("s", &everyone).unwrap();
        self.call("s", id).unwrap();
    }

    pub fn vote(&mut self, id: &str, case: &str, vote: VoteInput) -> Answer {
        let case = case.to_owned();
        self.record_in(id, SittingCommand::Vote { case, vote, override_reason: String::new() })
    }

    pub fn proclaim(&mut self, id: &str, case: &str) -> Answer {
        self.record_in(id, SittingCommand::Proclaim { case: case.into() })
    }

    pub fn unanimous(&mut self, id: &str, case: &str) -> Answer {
        let case = case.to_owned();
        self.record_in(id, SittingCommand::Unanimous { case, override_reason: String::new() })
    }

    pub fn immediate(&mut self, id: &str, case: &str, vote: VoteInput) -> Answer {
        let (case, reasons) = (case.to_owned(), "la scadenza è domani".to_owned());
        self.record_in(id, SittingCommand::VoteImmediate { case, vote, reasons })
    }

    pub fn enter(&mut self, id: &str, person: &str) -> Answer {
        self.record_in(id, SittingCommand::Enter { person: person.into(), remote: false })
    }

    pub fn leave(&mut self, id: &str, person: &str) -> Answer {
        let why = delibera::domain::sitting::Leaving::Left;
        self.record_in(id, SittingCommand::Leave { person: person.into(), why })
    }

    pub fn close(&mut self, id: &str) -> Answer {
        self.record_in(id, SittingCommand::Close)
    }

    /// An act approved by everyone on 2024-05-06 and the sitting closed; immediate on request.
    pub fn adopted(&mut self, id: &str, content: Content, immediate: bool) {
        self.adopted_on(id, content, immediate, "2024-05-06");
    }

    /// An act approved by everyone on a day: submitted a week before, convened four days before.
    pub fn adopted_on(&mut self, id: &str, content: Content, immediate: bool, on: &str) {
        let (date, sitting) = (day(on), format!("s-{id}"));
        self.at(&format!("{} 08:00", date - Duration::days(7)));
        self.ready(id, content);
        self.at(&format!("{} 09:00", date - Duration::days(4)));
        self.convened(&sitting, &format!("{on} 09:00"), &[id]);
        self.at(&format!("{on} 09:00"));
        let everyone = self.size.members();
        self.open(&sitting, &everyone).unwrap();
        self.call(&sitting, id).unwrap();
        self.unanimous(&sitting, id).unwrap();
        if immediate {
            self.immediate(&sitting, id, unanimous()).unwrap();
        }
        self.close(&sitting).unwrap();
    }

    /// An act that is ready, approved by everyone on 2024-05-06.
    pub fn adopted_from_agenda(&mut self, id: &str) {
        self.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &[id]);
        let everyone = self.size.members();
        self.at("2024-05-06 09:00").open("s", &everyone).unwrap();
        self.call("s", id).unwrap();
        self.unanimous("s", id).unwrap();
        self.close("s").unwrap();
    }

    /// An act adopted on 2024-05-06, signed and posted the same day at noon.
    pub fn posted(&mut self, id: &str, content: Content, immediate: bool) {
        self.posted_on(id, content, immediate, "2024-05-06");
    }

    pub fn posted_on(&mut self, id: &str, content: Content, immediate: bool, on: &str) {
        self.adopted_on(id, content, immediate, on);
        self.at(&format!("{on} 12:00"));
        self.carry(id, "chiusura");
    }

    /// A sitting of the first `n` members opened on 2024-05-06 with these acts, all ready.
    pub fn in_sitting(&mut self, n: usize, cases: &[&str]) {
        for case in cases {
            let content = self.content();
            self.ready(case, content);
        }
        self.at("2024-05-02 09:00");
        self.convened("s", "2024-05-06 09:00", cases);
        self.at("2024-05-06 09:00");
        let present = self.first(n);
        self.open("s", &present).unwrap();
    }

    /// A proposal that does something to an earlier act.
    pub fn touching(&self, target: &str, how: delibera::domain::case::Effect) -> Content {
        let affects = vec![Affects { case: target.into(), how }];
        Content { subject: format!("Sull'atto {target}"), affects, ..self.content() }
    }
}
