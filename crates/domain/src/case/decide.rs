// SPDX-License-Identifier: AGPL-3.0-or-later
//! The only place that says yes or no to a command on an act.

use super::advance::{leave, owe, paper_key};
use super::command::CaseCommand;
use super::draft::{acknowledge, create, edit, rework, submit, withdraw};
use super::event::CaseEvent;
use super::opinion_commands::{give_opinion, motivate, send_back};
use super::record::OpinionOutcome;
use super::revision::revise_in_office;
use super::{
    Case, Ending, control, copies, further, posting, powers, privacy, protocollo, request, signing,
};
use crate::changes::{Changes, Stop};
use crate::papers::{PaperKind, SignedPaper, carried_by_case};
use crate::refusal::Refusal;
use crate::registry::{Role, Signatory};
use crate::regulation::tokens::ContraryOpinionPath;
use crate::stream::StreamId;
use crate::workflow::{Lifecycle, Passage, Step, StepKind};

/// Decides a command on a case.
///
/// # Errors
/// A refusal, or what must be loaded first.
pub fn decide(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    if let CaseCommand::Create { kind, content, again_of } = command {
        return create(changes, id, kind, content, again_of.as_deref());
    }
    still_open(changes.case(id)?, command)?;
    not_backdated(changes, id, command)?;
    match command {
        CaseCommand::Edit { content } => edit(changes, id, content),
        CaseCommand::Submit => submit(changes, id),
        CaseCommand::GiveOpinion { .. } => give_opinion(changes, id, command),
        CaseCommand::RecordFurtherOpinion { .. } => further::record(changes, id, command),
        CaseCommand::Return { .. } => send_back(changes, id, command),
        CaseCommand::Rework => rework(changes, id),
        CaseCommand::Revise { content, formal, paper } => {
            revise_in_office(changes, id, content, *formal, paper.as_ref(), command)
        }
        CaseCommand::MotivateDeparture { reasons } => motivate(changes, id, reasons),
        CaseCommand::AcknowledgeDirection => acknowledge(changes, id),
        CaseCommand::PassReview { note } => pass_review(changes, id, note),
        CaseCommand::Withdraw { reason, paper } => {
            withdraw(changes, id, reason, paper.as_ref(), command)
        }
        CaseCommand::Sign { .. }
        | CaseCommand::AttestImpediment { .. }
        | CaseCommand::RecallPaper { .. }
        | CaseCommand::PreparePaper { .. }
        | CaseCommand::SealPaper { .. }
        | CaseCommand::Augment(_) => signing::decide(changes, id, command),
        CaseCommand::MarkPersonalData { .. }
        | CaseCommand::ClearPersonalData { .. }
        | CaseCommand::ComposePublic => privacy::decide(changes, id, command),
        CaseCommand::CorrectRequest { content } => request::correct(changes, id, content),
        CaseCommand::RequestControl { .. } => control::request(changes, id, command),
        CaseCommand::RecordProtocollo { .. } => protocollo::record(changes, id, command),
        CaseCommand::RequestCopy { .. } => copies::request(changes, id, command),
        _ => posting::decide(changes, id, command),
    }
}

/// What is over takes no more commands, except those on its papers, efficacy and duties.
fn still_open(case: &Case, command: &CaseCommand) -> Result<(), Refusal> {
    let procedural = matches!(
        command,
        CaseCommand::Edit { .. }
            | CaseCommand::Submit
            | CaseCommand::GiveOpinion { .. }
            | CaseCommand::RecordFurtherOpinion { .. }
            | CaseCommand::Return { .. }
            | CaseCommand::Rework
            | CaseCommand::Revise { .. }
            | CaseCommand::PassReview { .. }
            | CaseCommand::Withdraw { .. }
            | CaseCommand::CorrectRequest { .. }
            | CaseCommand::MotivateDeparture { .. }
            | CaseCommand::AcknowledgeDirection
            | CaseCommand::AdoptAsCommissioner { .. }
    );
    let how = match case.ending {
        Some(Ending::Withdrawn) => "è stata ritirata",
        Some(Ending::Rejected) if matches!(command, CaseCommand::PassReview { .. }) => {
            return Ok(());
        }
        Some(Ending::Rejected) => "è stata respinta",
        Some(Ending::Archived) => "è chiusa",
        None => return Ok(()),
    };
    if !procedural {
        return Ok(());
    }
    Err(Refusal::new("case_over", "R3.13", "", format!("La proposta {how}"))
        .next("Presentare una nuova proposta, collegata a questa"))
}

/// Only what is put on record about a fact of elsewhere may have happened before: an opinion given
/// in a sitting entered later, an outage, a ratification, an order. A signature has its own
/// instant, so nobody acts with a mandate that has ended (R1.10).
fn not_backdated(changes: &Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    if changes.ctx.happened == changes.ctx.now {
        return Ok(());
    }
    let allowed = match command {
        CaseCommand::GiveOpinion { .. } | CaseCommand::MotivateDeparture { .. } => {
            matches!(changes.position(id)?.1.kind, StepKind::Discussion { .. })
        }
        CaseCommand::RecordOutage { .. }
        | CaseCommand::MeetCondition { .. }
        | CaseCommand::SettleDuty { .. }
        | CaseCommand::RecordOrder { .. }
        | CaseCommand::RequestControl { .. }
        | CaseCommand::LiftSuspension { .. }
        | CaseCommand::AdoptAsCommissioner { .. } => true,
        // It has its own refusal.
        CaseCommand::Post { .. } => true,
        _ => false,
    };
    let frozen = changes.case(id)?.current().is_none_or(|v| v.at <= changes.ctx.happened);
    if allowed && frozen {
        return Ok(());
    }
    let text = "Questa operazione ha la data di quando si compie: non si registra a posteriori";
    Err(Refusal::new("backdated", "R3.14", "", text).into())
}

/// A refusal when the act does not stand at the right kind of step.
pub(crate) fn wrong_step(step: &Step, what: &str) -> Refusal {
    Refusal::new("wrong_step", "R13", "", format!("Al passo «{}» non si può {what}", step.title))
}

/// The actor in a role, on the day of the fact.
pub(super) fn actor_as(
    changes: &Changes,
    role: Role,
    office: Option<&str>,
) -> Result<Signatory, Refusal> {
    powers::acting_as(&changes.ctx, &changes.world, role, office)
}

/// The actor as proposer of this case.
pub(super) fn proposer(changes: &Changes, case: &Case) -> Result<Signatory, Refusal> {
    powers::proposer(&changes.ctx, &changes.world, case)
}

/// Checks the signed paper a command carries: composed from these facts, signed by this person.
pub(super) fn signed(
    changes: &Changes,
    id: &str,
    command: &CaseCommand,
    paper: Option<&SignedPaper>,
    signer: &Signatory,
) -> Result<SignedPaper, Stop> {
    changes.read_related(&StreamId::case(id))?;
    let facts = carried_by_case(id, command, &changes.ctx, &changes.world)?;
    let paper = check_signed(paper, facts.map(|f| (f.kind, f.sha256())), signer)?;
    super::signing::check_form(changes, &paper)?;
    super::signing::worth(changes, paper.kind, paper.assurance.as_ref())?;
    Ok(paper)
}

/// The checks common to every carried paper.
pub fn check_signed(
    paper: Option<&SignedPaper>,
    expected: Option<(PaperKind, String)>,
    signer: &Signatory,
) -> Result<SignedPaper, Refusal> {
    let Some(paper) = paper else {
        return Err(Refusal::new(
            "signature_missing",
            "R9.1",
            "artt. 20 e 24 CAD",
            format!("Manca il documento firmato da {}", signer.name),
        )
        .next("Firmare il documento proposto e ripetere l'operazione"));
    };
    let Some((kind, facts)) = expected else {
        return Err(Refusal::new(
            "paper_unexpected",
            "R9.1",
            "",
            "Questa operazione non ha documenti",
        ));
    };
    if paper.kind != kind || paper.facts != facts {
        return Err(Refusal::new(
            "paper_outdated",
            "R1.12",
            "",
            "Il documento firmato non corrisponde ai fatti attuali: nel frattempo qualcosa è cambiato",
        )
        .next("Rileggere il documento aggiornato e firmarlo di nuovo"));
    }
    let known = !signer.fiscal_code.trim().is_empty();
    if !known || !paper.fiscal_code.eq_ignore_ascii_case(&signer.fiscal_code) {
        return Err(Refusal::new(
            "wrong_signer",
            "R9.4",
            "art. 28 Reg. (UE) 910/2014",
            format!(
                "La firma è di {}, ma deve firmare {} ({})",
                paper.fiscal_code, signer.name, signer.fiscal_code
            ),
        ));
    }
    Ok(paper.clone())
}

fn pass_review(changes: &mut Changes, id: &str, note: &str) -> Result<(), Stop> {
    let (_, step) = changes.position(id)?;
    let StepKind::Review { who, lifecycle } = &step.kind else {
        return Err(wrong_step(&step, "chiudere una verifica").into());
    };
    let by = powers::checker(&changes.ctx, &changes.world, changes.case(id)?, *who)?;
    if *lifecycle == Lifecycle::PostingEnded {
        return Err(wrong_step(&step, "passare oltre: il fascicolo si chiude con «close»").into());
    }
    let private = *lifecycle == Lifecycle::PrivacyReview;
    if private {
        privacy::all_decided(changes, id)?;
    }
    if note.trim().is_empty() && contrary_needs_note(changes, id)? {
        return Err(Refusal::new(
            "note_on_contrary_missing",
            "R1.9",
            "art. 49, c. 4, TUEL",
            "C'è un parere contrario: la norma locale chiede una nota prima dell'iscrizione",
        )
        .into());
    }
    if *lifecycle == Lifecycle::Inquiry
        && let Some(missing) = further::missing(changes.case(id)?, &*changes.regulation()?).pop()
    {
        return Err(missing.into());
    }
    let event =
        CaseEvent::ReviewPassed { step: step.name.clone(), by, note: note.trim().to_owned() };
    changes.push(id, event);
    if private {
        privacy::owe_rendition(changes, id)?;
    }
    if *lifecycle == Lifecycle::Inquiry {
        let case = changes.case(id)?;
        let (kind, version) = (PaperKind::SchedaIstruttoria, case.versions.len());
        let key = paper_key(case, kind);
        owe(changes, id, kind, key, Vec::new(), &version.to_string());
    }
    leave(changes, id, Passage::Done)
}

/// `allow_with_segretario_note`: a contrary opinion goes on only with a note of the check.
fn contrary_needs_note(changes: &Changes, id: &str) -> Result<bool, Stop> {
    let regulation = changes.regulation()?;
    let case = changes.case(id)?;
    let contrary = case.treatment.is_none()
        && case.opinions.iter().any(|o| o.outcome == OpinionOutcome::Contrary);
    Ok(contrary && regulation.contrary_opinion_path == ContraryOpinionPath::AllowWithSegretarioNote)
}
