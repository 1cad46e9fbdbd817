// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the law wants of every path of an act: a closed table of named predicates.
//!
//! A predicate is data: the profiles it binds, what it demands, its article, its sentence. The
//! exploration (`explore.rs`) tries the demands about paths on every state; `lists.rs` tries the
//! others on the file as it stands. `rule` is the paragraph of the rulebook that cites the source.

use super::facts::{
    ACCOUNTING, CALLED, COVER, Facts, LEGITIMACY, NUMBERED, ON_AGENDA, POSTED, REVIEWED,
    SIGNED_ACT, SIGNED_PRESIDENT, SIGNED_PROPOSAL, SIGNED_VERBALIZER, SUBMITTED, TECHNICAL, VOTED,
};
use crate::registry::Role;
use crate::workflow::{Lifecycle, OpinionKind, Passage, Profile, StepKind};

/// One thing the law wants.
pub(super) struct Predicate {
    /// Name, unique in the table.
    pub name: &'static str,
    /// Act kinds it binds.
    pub profiles: &'static [Profile],
    /// What it demands.
    pub demand: Demand,
    /// Paragraph of the rulebook.
    pub rule: &'static str,
    /// Article; empty for rules of good order.
    pub article: &'static str,
    /// What is wrong where it is broken, to be read after "al passo «…»".
    pub sentence: &'static str,
}

/// What a predicate demands.
pub(super) enum Demand {
    /// One of the facts must hold when the act passes the point.
    Before(Point, Facts),
    /// The same, where the file has a step for the fact: a choice of the Comune.
    BeforeIfForeseen(Point, Facts),
    /// Once one of the facts holds, the act does not come to the point any more.
    NotAfter(Point, Facts),
    /// A passage from such a step leads only to such steps.
    Road {
        /// Where the act stands.
        from: Point,
        /// How it leaves.
        passage: Passage,
        /// True when the exit must exist.
        required: bool,
        /// Where it must arrive.
        to: Point,
    },
    /// Only these roles have the title to give the opinion.
    Giver(OpinionKind, &'static [Role]),
    /// A duty is raised at the moment.
    Duty {
        /// Token of the duty.
        name: &'static str,
        /// Moment.
        on: &'static str,
    },
    /// A notice goes out at the moment, to this recipient among others.
    Notice {
        /// Moment.
        on: &'static str,
        /// Recipient.
        to: &'static str,
    },
    /// Proposals, acts and Albo are numbered in three different registers.
    DistinctRegisters,
    /// The organ that decides.
    Organ(&'static str),
    /// No step is of another place.
    Only(&'static [Point]),
}

/// A place of the procedure, whatever its step is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// The draft.
    Freeze,
    /// Any opinion.
    AnyOpinion,
    /// An opinion of a kind.
    Opinion(OpinionKind),
    /// The first opinion step of the file.
    FirstOpinion,
    /// Any check by an office.
    Review,
    /// The agenda.
    Agenda,
    /// The discussion.
    Discussion,
    /// The vote.
    Vote,
    /// The number.
    Number,
    /// Signatures on the proposal.
    SignProposal,
    /// Signatures on the act.
    SignAct,
    /// The Albo.
    Post,
    /// The end of the ordinary course.
    End,
}

impl Point {
    /// True for a step of this place; `End` is no step and `FirstOpinion` is one of the file.
    pub(super) fn covers(self, kind: &StepKind) -> bool {
        match (self, kind) {
            (Self::Opinion(wanted), StepKind::Opinion { opinion, .. }) => wanted == *opinion,
            (Self::SignProposal, StepKind::Sign { lifecycle, .. }) => {
                *lifecycle == Lifecycle::ProposalSigning
            }
            (Self::SignAct, StepKind::Sign { lifecycle, .. }) => {
                *lifecycle != Lifecycle::ProposalSigning
            }
            (Self::Freeze, StepKind::Freeze { .. })
            | (Self::AnyOpinion, StepKind::Opinion { .. })
            | (Self::Review, StepKind::Review { .. })
            | (Self::Agenda, StepKind::Agenda)
            | (Self::Discussion, StepKind::Discussion { .. })
            | (Self::Vote, StepKind::Ballot)
            | (Self::Number, StepKind::Number { .. })
            | (Self::Post, StepKind::Post { .. }) => true,
            _ => false,
        }
    }
}

const GIUNTA: &[Profile] = &[Profile::DeliberazioneGiunta];
const MONOCRATIC: &[Profile] = &[Profile::AttoMonocratico];
const OF_OTHERS: &[Profile] = &[Profile::ContoTerzi];
const EVERY: &[Profile] = &[Profile::DeliberazioneGiunta, Profile::AttoMonocratico];

/// Builds a row of the table.
const fn row(
    name: &'static str,
    profiles: &'static [Profile],
    demand: Demand,
    cited: (&'static str, &'static str),
    sentence: &'static str,
) -> Predicate {
    Predicate { name, profiles, demand, rule: cited.0, article: cited.1, sentence }
}

use Demand::{Before, BeforeIfForeseen, Duty, Giver, NotAfter, Notice, Road};
use OpinionKind::{Accounting, Cover, Legitimacy, Technical};

/// The table.
#[rustfmt::skip]
pub(super) const STATUTE: &[Predicate] = &[
    // The text is fixed before anyone binds himself to it.
    row("submitted_before_signature", EVERY, Before(Point::SignProposal, SUBMITTED),
        ("R1.2", ""), "si firma una proposta che non è ancora presentata"),
    row("submitted_before_opinion", EVERY, Before(Point::AnyOpinion, SUBMITTED),
        ("R1.12", "art. 49, c. 1, TUEL"), "si rende un parere su un testo che può ancora cambiare"),
    row("submitted_before_act_signature", MONOCRATIC, Before(Point::SignAct, SUBMITTED),
        ("R1.2", ""), "si firma un atto il cui testo può ancora cambiare"),
    row("proposal_signed_before_opinion", GIUNTA,
        BeforeIfForeseen(Point::AnyOpinion, SIGNED_PROPOSAL),
        ("R1.1", ""), "si rende un parere su una proposta che il file vuole firmata e non lo è"),

    // The opinions: who gives them, in which order, and that they can be refused.
    row("technical_by_service", EVERY, Giver(Technical, &[Role::Direttore, Role::Segretario]),
        ("R1.3", "art. 49, cc. 1 e 2, TUEL"),
        "il parere di regolarità tecnica spetta al responsabile del servizio"),
    row("accounting_by_ragioneria", EVERY,
        Giver(Accounting, &[Role::ResponsabileRagioneria, Role::Segretario]),
        ("R1.6", "art. 49, cc. 1 e 2, TUEL"),
        "il parere di regolarità contabile spetta al responsabile di ragioneria"),
    row("legitimacy_by_segretario", EVERY, Giver(Legitimacy, &[Role::Segretario]),
        ("R2.2", "art. 97, c. 2, TUEL"), "il parere di legittimità spetta al Segretario"),
    row("cover_by_ragioneria", EVERY, Giver(Cover, &[Role::ResponsabileRagioneria]),
        ("R1.15", "artt. 153, c. 5, e 183, c. 7, TUEL"),
        "il visto di copertura spetta al responsabile del servizio finanziario"),
    row("technical_before_accounting", EVERY, NotAfter(Point::Opinion(Technical), ACCOUNTING),
        ("R1.5", "art. 49, c. 1, TUEL"),
        "il parere di regolarità contabile precede quello tecnico sulla stessa versione"),
    row("technical_before_legitimacy", EVERY, NotAfter(Point::Opinion(Technical), LEGITIMACY),
        ("R2.2", ""), "il parere di legittimità precede quello tecnico, che richiama"),
    row("accounting_before_legitimacy", EVERY, NotAfter(Point::Opinion(Accounting), LEGITIMACY),
        ("R2.2", ""), "il parere di legittimità precede quello contabile, che richiama"),
    row("cover_before_legitimacy", EVERY, NotAfter(Point::Opinion(Cover), LEGITIMACY),
        ("R2.2", ""), "il parere di legittimità precede il visto di copertura, che richiama"),
    row("opinion_returns_to_draft", EVERY,
        Road { from: Point::AnyOpinion, passage: Passage::Returned, required: true,
               to: Point::Freeze },
        ("R1.8", "art. 49, c. 1, TUEL"),
        "chi non rende il parere deve poter restituire la proposta alla bozza («returns»)"),
    row("signing_returns_to_draft", EVERY,
        Road { from: Point::SignProposal, passage: Passage::Returned, required: false,
               to: Point::Freeze },
        ("R1.1", "art. 6 L. 241/1990"),
        "chi non firma la proposta la restituisce solo alla bozza («returns»)"),
    row("review_returns_to_draft", EVERY,
        Road { from: Point::Review, passage: Passage::Returned, required: false,
               to: Point::Freeze },
        ("R1.12", ""), "una verifica restituisce solo alla bozza («returns»)"),
    row("agenda_returns_to_draft", EVERY,
        Road { from: Point::Agenda, passage: Passage::Returned, required: false,
               to: Point::Freeze },
        ("R1.12", ""), "dall'ordine del giorno si restituisce solo alla bozza («returns»)"),

    // The sitting.
    row("agenda_before_discussion", GIUNTA, Before(Point::Discussion, ON_AGENDA),
        ("R3.12", ""), "si tratta un argomento che non è passato dall'ordine del giorno"),
    row("postponed_to_agenda", EVERY,
        Road { from: Point::Discussion, passage: Passage::Postponed, required: true,
               to: Point::Agenda },
        ("R3.13", ""), "un argomento rinviato torna all'ordine del giorno («returns»)"),
    row("unvoted_to_agenda", EVERY,
        Road { from: Point::Vote, passage: Passage::Postponed, required: true,
               to: Point::Agenda },
        ("R3.13", ""), "un argomento rinviato torna all'ordine del giorno («returns»)"),
    row("amended_to_opinions", EVERY,
        Road { from: Point::Discussion, passage: Passage::Amended, required: true,
               to: Point::FirstOpinion },
        ("R1.12", "art. 49, c. 1, TUEL"),
        "un testo emendato riparte dal primo parere del file («amended»)"),
    row("called_before_vote", GIUNTA, Before(Point::Vote, CALLED),
        ("R3.5", ""), "si vota un argomento che non è stato trattato in seduta"),
    row("technical_before_vote", GIUNTA, Before(Point::Vote, TECHNICAL),
        ("R1.3", "art. 49, c. 1, TUEL"),
        "si vota senza il parere di regolarità tecnica sul testo in votazione"),
    row("accounting_before_vote", GIUNTA, Before(Point::Vote, ACCOUNTING),
        ("R1.6", "art. 49, c. 1, TUEL"),
        "si vota senza il parere di regolarità contabile, reso o non dovuto, sul testo in votazione"),
    row("cover_before_vote", GIUNTA, BeforeIfForeseen(Point::Vote, COVER),
        ("R1.15", "art. 183, c. 7, TUEL"),
        "si vota senza il visto di copertura che il file prevede"),
    row("legitimacy_before_vote", GIUNTA, BeforeIfForeseen(Point::Vote, LEGITIMACY),
        ("R2.2", "regolamento sui controlli interni"),
        "si vota senza il parere di legittimità che il file prevede"),

    // From the vote on nothing is reopened: a later act is needed (contrarius actus).
    row("voted_not_redrafted", GIUNTA, NotAfter(Point::Freeze, VOTED),
        ("R5.5", "artt. 21-quinquies e 21-nonies L. 241/1990"),
        "un atto già votato torna in bozza: dopo il voto serve un nuovo atto"),
    row("voted_no_more_opinions", GIUNTA, NotAfter(Point::AnyOpinion, VOTED),
        ("R1.3", "art. 49, c. 1, TUEL"), "un atto già votato torna ai pareri, che precedono il voto"),
    row("voted_not_on_agenda", GIUNTA, NotAfter(Point::Agenda, VOTED),
        ("R2.7", ""), "un atto già votato torna all'ordine del giorno"),
    row("voted_not_discussed", GIUNTA, NotAfter(Point::Discussion, VOTED),
        ("R2.7", ""), "un atto già votato torna in trattazione"),
    row("voted_once", GIUNTA, NotAfter(Point::Vote, VOTED),
        ("R2.7", ""), "un atto già votato torna in votazione"),
    row("signed_not_redrafted", MONOCRATIC, NotAfter(Point::Freeze, SIGNED_ACT),
        ("R5.5", "artt. 21-quinquies e 21-nonies L. 241/1990"),
        "un atto già firmato torna in bozza: dopo la firma serve un nuovo atto"),
    row("vote_before_number", GIUNTA, Before(Point::Number, VOTED),
        ("R5.2", ""), "si dà il numero a un atto che non è stato votato"),
    row("numbered_once", EVERY, NotAfter(Point::Number, NUMBERED),
        ("R5.2", ""), "un atto che ha già il suo numero ne prende un altro"),
    row("number_before_signature", GIUNTA, Before(Point::SignAct, NUMBERED),
        ("R5.2", ""), "si firma la deliberazione prima che abbia il suo numero"),

    // The Albo.
    row("technical_before_posting", GIUNTA, Before(Point::Post, TECHNICAL),
        ("R1.3", "artt. 49, c. 1, e 124, c. 1, TUEL"),
        "si pubblica un atto senza il parere di regolarità tecnica"),
    row("accounting_before_posting", GIUNTA, Before(Point::Post, ACCOUNTING),
        ("R1.6", "artt. 49, c. 1, e 124, c. 1, TUEL"),
        "si pubblica un atto senza il parere di regolarità contabile, reso o non dovuto"),
    row("vote_before_posting", GIUNTA, Before(Point::Post, VOTED),
        ("R2.7", "art. 124, c. 1, TUEL"), "si pubblica un atto che non è stato votato"),
    row("number_before_posting", EVERY, Before(Point::Post, NUMBERED),
        ("R5.2", ""), "si pubblica un atto senza numero"),
    row("president_before_posting", GIUNTA, Before(Point::Post, SIGNED_PRESIDENT),
        ("R2.8", ""), "si pubblica un atto che il presidente della seduta non ha firmato"),
    row("verbalizer_before_posting", GIUNTA, Before(Point::Post, SIGNED_VERBALIZER),
        ("R2.8", "art. 97, c. 4, lett. a), TUEL"),
        "si pubblica un atto che chi ha verbalizzato non ha firmato"),
    row("signature_before_posting", MONOCRATIC, Before(Point::Post, SIGNED_ACT),
        ("R9.1", "artt. 20 e 24 CAD"), "si pubblica un atto non firmato"),
    row("privacy_before_posting", EVERY, Before(Point::Post, REVIEWED),
        ("R6.8", "art. 6 Reg. (UE) 2016/679"),
        "si pubblica un atto senza la verifica dei dati personali"),
    row("posted_once", EVERY, NotAfter(Point::Post, POSTED),
        ("R6.6", ""), "un atto già all'Albo si pubblica di nuovo senza annullare la pubblicazione"),
    row("posted_before_end", GIUNTA, Before(Point::End, POSTED),
        ("R6.1", "art. 124, c. 1, TUEL"),
        "il procedimento finisce senza che la deliberazione sia pubblicata"),
    row("numbered_before_end", MONOCRATIC, Before(Point::End, NUMBERED),
        ("R5.2", ""), "il procedimento finisce senza che l'atto abbia un numero"),
    row("signed_before_end", MONOCRATIC, Before(Point::End, SIGNED_ACT),
        ("R9.1", "artt. 20 e 24 CAD"), "il procedimento finisce senza che l'atto sia firmato"),

    // A document of another body.
    row("only_shown", OF_OTHERS, Demand::Only(&[Point::Freeze, Point::Review, Point::Post]),
        ("R6.10", "art. 32 L. 69/2009"),
        "un documento di un altro ente si affigge e basta: non si propone, non si vota, non si numera \
         e non si firma"),
    row("request_before_posting", OF_OTHERS, Before(Point::Post, SUBMITTED),
        ("R6.10", ""), "si affigge un documento che nessuno ha chiesto di affiggere"),
    row("shown_once", OF_OTHERS, NotAfter(Point::Post, POSTED),
        ("R6.6", ""), "un documento già affisso si affigge di nuovo senza annullare la pubblicazione"),
    row("shown_before_end", OF_OTHERS, Before(Point::End, POSTED),
        ("R6.10", ""), "il procedimento finisce senza che il documento sia affisso"),
    row("report_returned", OF_OTHERS, Notice { on: "report_ready", to: "ente_richiedente" },
        ("R6.7", ""), "manca l'avviso «report_ready» all'ente richiedente, che riceve il referto"),
    row("nobody_decides", OF_OTHERS, Demand::Organ("none"),
        ("R6.10", ""), "nessun organo decide su un documento di altri: «organ» deve essere «none»"),

    // What goes with it.
    row("capigruppo_duty", GIUNTA, Duty { name: "capigruppo", on: "posted" },
        ("R8.1", "art. 125 TUEL"), "manca l'adempimento «capigruppo» al momento «posted»"),
    row("capigruppo_told", GIUNTA, Notice { on: "capigruppo_listed", to: "capigruppo" },
        ("R8.1", "art. 125 TUEL"), "manca l'avviso «capigruppo_listed» ai capigruppo"),
    row("members_convened", GIUNTA, Notice { on: "convened", to: "componenti" },
        ("R3.2", "art. 50, c. 2, TUEL"), "manca l'avviso «convened» ai componenti della Giunta"),
    row("three_registers", EVERY, Demand::DistinctRegisters,
        ("R5.1", ""), "proposte, atti e Albo si numerano in registri diversi"),
    row("giunta_decides", GIUNTA, Demand::Organ("giunta"),
        ("R1.2", "art. 48 TUEL"), "delibera la Giunta: «organ» deve essere «giunta»"),
    row("one_person_decides", MONOCRATIC, Demand::Organ("none"),
        ("R1.2", "art. 107 TUEL"), "decide una sola persona: «organ» deve essere «none»"),
];

impl Predicate {
    /// " — art. 49, c. 1, TUEL; R1.6".
    pub(super) fn cited(&self) -> String {
        match self.article {
            "" => format!(" — {}", self.rule),
            article => format!(" — {article}; {}", self.rule),
        }
    }
}
