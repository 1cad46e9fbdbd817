// SPDX-License-Identifier: AGPL-3.0-or-later
//! Votes, proclamation, second ballot: quorum at each of them, on the presence of that instant.

use super::command::{SittingCommand, VoteInput};
use super::decide::{rules, status};
use super::event::{Ballot, SittingEvent};
use super::items::current;
use super::opening::no_quorum;
use super::proclamation::{correct_proclamation, proclaim};
use super::treatment::{Anomaly, ConflictStance};
use super::{Chair, Conflict, Item, Sitting, Status, own};
use crate::case::{self, CaseEvent, Content};
use crate::changes::{Changes, Stop};
use crate::law::ballot::{
    Casting, Count, Outcome, counted_for_quorum, has_quorum, immediate_effect, immediate_required,
    outcome, structural_quorum,
};
use crate::law::calendar::rome_date;
use crate::refusal::Refusal;
use crate::regulation::Regulation;
use crate::workflow::{Passage, StepKind};
use crate::world::World;
use std::sync::Arc;

/// Decides the commands of voting.
///
/// # Errors
/// A refusal, or what must be loaded first.
pub(super) fn decide(
    changes: &mut Changes,
    id: &str,
    command: &SittingCommand,
) -> Result<(), Stop> {
    use SittingCommand as C;
    match command {
        C::Vote { case, vote, override_reason } => {
            take_vote(changes, id, case, vote, override_reason)
        }
        C::CorrectVote { case, vote, reason } => correct_vote(changes, id, case, vote, reason),
        C::Proclaim { case } => proclaim(changes, id, case),
        C::CorrectProclamation { case, vote, present, reason } => {
            correct_proclamation(changes, id, case, (vote, present.as_deref()), reason)
        }
        C::VoteImmediate { case, vote, reasons } => immediate(changes, id, case, vote, reasons),
        C::Unanimous { case, override_reason } => {
            let vote = VoteInput { unanimous: true, ..VoteInput::default() };
            take_vote(changes, id, case, &vote, override_reason)?;
            proclaim(changes, id, case)
        }
        C::UnanimousImmediate { case, reasons } => {
            let vote = VoteInput { unanimous: true, ..VoteInput::default() };
            immediate(changes, id, case, &vote, reasons)
        }
        _ => Ok(()),
    }
}

/// The count of presence at an item: who must abstain and left still counts where the rule says so.
pub(super) fn presence_count(
    sitting: &Sitting,
    item: Option<&Item>,
    regulation: &Regulation,
) -> Count {
    let conflicts = item.map_or(&[][..], |i| i.conflicts.as_slice());
    let is_here = |person: &str| sitting.is_present(person);
    let stays = conflicts.iter().filter(|c| is_here(&c.person)).count();
    let left = conflicts
        .iter()
        .filter(|c| c.stance == ConflictStance::Leaves && !is_here(&c.person))
        .count();
    // must_leave with counts = true: gone from the room, still in the quorum (practice.md 1.14).
    let left = if regulation.art78_counts_for_quorum { left } else { 0 };
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Count {
        members: small(sitting.members.len()),
        seats: sitting.seats,
        present: small(sitting.present_now().count() + left),
        conflicted: small(stays + left),
        ..Count::default()
    }
}

/// Whether they may vote now, with the numbers and the rule it follows from (R3.4, R3.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumNow {
    /// The quorum is there.
    pub reached: bool,
    /// Members counted.
    pub counted: u32,
    /// Members needed.
    pub required: u32,
    /// Members in office.
    pub members: u32,
    /// Seats by statute.
    pub seats: u32,
    /// Present, and must abstain.
    pub conflicted: u32,
    /// Where the rule is written.
    pub source: String,
}

impl QuorumNow {
    fn of(count: &Count, regulation: &Regulation) -> Self {
        let rules = regulation.vote_rules();
        Self {
            reached: has_quorum(&rules, count),
            counted: counted_for_quorum(&rules, count.present, count.conflicted),
            required: structural_quorum(&rules, count.members, count.seats),
            members: count.members,
            seats: count.seats,
            conflicted: count.conflicted,
            source: regulation.source("quorum_structural").to_owned(),
        }
    }
}

/// The quorum of an opened sitting at this moment, on the item in hand.
///
/// # Errors
/// `no_regulation` of the day of the opening.
pub fn quorum_now(world: &World, sitting: &Sitting) -> Result<QuorumNow, Refusal> {
    let day = sitting.opened.map(rome_date).or(sitting.date).unwrap_or_default();
    let regulation = world.regulation(day)?;
    let count = presence_count(sitting, sitting.under_discussion(), &regulation);
    Ok(QuorumNow::of(&count, &regulation))
}

/// Turns what the verbalizer wrote into a ballot, on who is present now.
fn ballot(sitting: &Sitting, item: &Item, input: &VoteInput) -> Result<Ballot, Refusal> {
    let voters: Vec<String> = sitting
        .members
        .iter()
        .map(|m| m.person.clone())
        .filter(|p| sitting.is_present(p) && !item.must_abstain(p))
        .collect();
    let mut ballot = Ballot {
        conflicted: conflicted(sitting, item),
        casting: input.casting,
        statements: input.statements.clone(),
        ..Ballot::default()
    };
    if voters.is_empty() {
        let text = "Nessuno dei presenti può votare: tutti devono astenersi";
        return Err(Refusal::new("nobody_votes", "R3.9", "art. 78, c. 2, TUEL", text)
            .next("Rinviare l'argomento"));
    }
    let by_name =
        !input.against.is_empty() || !input.abstained.is_empty() || input.favour.is_some();
    if let Some(totals) = input.totals {
        if by_name || input.unanimous {
            let text = "Nello scrutinio segreto si registrano solo i totali, mai i nomi";
            return Err(Refusal::new("names_in_secret_ballot", "R3.8", "", text));
        }
        ballot.totals = Some(totals);
        return Ok(ballot);
    }
    let empty = Vec::new();
    let named = [&input.against, &input.abstained, input.favour.as_ref().unwrap_or(&empty)];
    let mut seen: Vec<&String> = Vec::new();
    for person in named.into_iter().flatten() {
        may_vote(sitting, item, person)?;
        if seen.contains(&person) {
            return Err(Refusal::new(
                "voted_twice",
                "R3.6",
                "",
                format!("{} risulta due volte nel voto", member_name(sitting, person)),
            ));
        }
        seen.push(person);
    }
    if input.unanimous && by_name {
        return Err(Refusal::new(
            "not_unanimous",
            "R3.6",
            "",
            "Il voto non è unanime se vi sono contrari o astenuti",
        ));
    }
    ballot.against.clone_from(&input.against);
    ballot.abstained.clone_from(&input.abstained);
    match &input.favour {
        Some(favour) => {
            ballot.favour.clone_from(favour);
            // Present people not accounted for count as abstained (design.md section 7).
            ballot.abstained.extend(voters.into_iter().filter(|p| !seen.contains(&p)));
        }
        None => ballot.favour = voters.into_iter().filter(|p| !seen.contains(&p)).collect(),
    }
    Ok(ballot)
}

/// Who is there and must abstain (R3.9).
pub(super) fn conflicted(sitting: &Sitting, item: &Item) -> Vec<String> {
    let there = item.conflicts.iter().filter(|c| sitting.is_present(&c.person));
    there.map(|c| c.person.clone()).collect()
}

fn member_name(sitting: &Sitting, person: &str) -> String {
    sitting
        .members
        .iter()
        .find(|m| m.person == person)
        .map_or_else(|| person.to_owned(), |m| m.name.clone())
}

fn may_vote(sitting: &Sitting, item: &Item, person: &str) -> Result<(), Refusal> {
    let name = member_name(sitting, person);
    if item.must_abstain(person) {
        return Err(Refusal::new(
            "must_abstain",
            "R3.9",
            "art. 78, c. 2, TUEL",
            format!("{name} ha dichiarato di dover astenersi: non prende parte al voto"),
        ));
    }
    if !sitting.is_present(person) {
        return Err(Refusal::new(
            "voter_absent",
            "R3.11",
            "",
            format!("{name} non è presente in questo momento e non può votare"),
        )
        .next("Registrare prima il suo ingresso o ripetere l'appello"));
    }
    Ok(())
}

/// Why the ballot on an act is secret: for itself, or for its type (R3.8).
pub fn secret_reason(content: &Content, regulation: &Regulation) -> Option<String> {
    let by_type = regulation
        .secret_vote_types
        .contains(&content.act_type)
        .then(|| format!("{}, {}", content.act_type, regulation.source("secret_vote_types")));
    content.gates.secret_ballot.clone().or(by_type)
}

/// Open or secret as the act requires, and within the number of those who may vote (R3.8).
fn check_secrecy(
    changes: &Changes,
    case_id: &str,
    input: &VoteInput,
    regulation: &Regulation,
) -> Result<Option<String>, Stop> {
    let reason = secret_reason(&changes.case(case_id)?.content, regulation);
    match (&reason, input.totals) {
        (Some(_), None) => Err(Refusal::new(
            "secret_ballot_due",
            "R3.8",
            regulation.source("secret_vote_types"),
            "La votazione su questo argomento è segreta: si registrano solo i totali",
        )
        .into()),
        (None, Some(_)) => Err(Refusal::new(
            "open_ballot_due",
            "R3.8",
            "",
            "La votazione è palese: occorrono i nomi di chi è contrario o si astiene",
        )
        .into()),
        _ => Ok(reason),
    }
}

/// Who is connected votes in secret only by an instrument that keeps the secret: by voice, or by a device
/// that says who chose, everybody would know (law.md 12.4).
fn secrecy_at_a_distance(
    sitting: &Sitting,
    item: &Item,
    regulation: &Regulation,
) -> Result<(), Refusal> {
    let connected = sitting.present_now().find(|i| i.remote && !item.must_abstain(&i.person));
    let Some(connected) = connected.filter(|_| regulation.remote_secret_ballot_tool.is_none())
    else {
        return Ok(());
    };
    let name = member_name(sitting, &connected.person);
    let text = format!(
        "La votazione è segreta e {name} è in collegamento: il regolamento non indica uno strumento \
         che garantisca la segretezza del voto a distanza"
    );
    let source = regulation.source("remote_secret_ballot_tool");
    Err(Refusal::new("secret_ballot_remote", "R12.4", source, text).next(
        "Rinviare l'argomento a una seduta in presenza, o indicare nel regolamento lo strumento",
    ))
}

/// Whether those who are there can vote an item, whatever they vote: the legal number, who presides
/// (R3.3, R3.4).
pub(super) fn can_vote(
    sitting: &Sitting,
    item: &Item,
    regulation: &Regulation,
) -> Result<(Count, Chair), Refusal> {
    let count = presence_count(sitting, Some(item), regulation);
    let quorum = QuorumNow::of(&count, regulation);
    if !quorum.reached {
        return Err(no_quorum(quorum.counted, quorum.required, regulation));
    }
    Ok((count, presided(sitting)?))
}

pub(super) fn judge(
    sitting: &Sitting,
    item: &Item,
    ballot: &Ballot,
    regulation: &Regulation,
) -> Result<(Count, Outcome), Refusal> {
    verbalizer_there(sitting, item)?;
    let (presence, chair) = can_vote(sitting, item, regulation)?;
    let mut count = ballot.count(presence.members, presence.seats, presence.present);
    count.conflicted = presence.conflicted;
    let rules = regulation.vote_rules();
    let judged = outcome(&rules, &count, ballot.casting).map_err(Refusal::from)?;
    if ballot.casting.is_some() && !judged.tie {
        return Err(Refusal::new(
            "no_tie",
            "R3.7",
            regulation.source("casting_vote"),
            "Il voto prevalente del presidente vale solo in caso di parità",
        ));
    }
    gone_are_out(sitting, item)?;
    casting_is_his(&chair, ballot, regulation)?;
    Ok((count, judged))
}

/// Somebody who need not abstain himself presides every vote (R3.3, R3.9).
fn presided(sitting: &Sitting) -> Result<Chair, Refusal> {
    sitting.chair().filter(|chair| !chair.must_abstain).ok_or_else(|| {
        let text = "Nessuno dei presenti può presiedere la votazione";
        Refusal::new("no_chair", "R3.3", "artt. 50, c. 2, 53, c. 2, e 78, c. 2, TUEL", text)
            .next("Rinviare l'argomento")
    })
}

/// The casting vote is the vote of who presides, which prevails: it cannot differ from the one he
/// cast, and cannot be told where votes are secret (R3.7, R3.8).
fn casting_is_his(chair: &Chair, ballot: &Ballot, regulation: &Regulation) -> Result<(), Refusal> {
    let Some(casting) = ballot.casting else { return Ok(()) };
    let his = match casting {
        Casting::Favour => &ballot.favour,
        Casting::Against => &ballot.against,
    };
    let text = match ballot.totals {
        Some(_) => "Nello scrutinio segreto il voto di chi presiede non si conosce e non prevale",
        None if his.contains(&chair.person) => return Ok(()),
        None => {
            "Il voto prevalente è quello che chi presiede ha espresso: qui ha votato altrimenti"
        }
    };
    let source = regulation.source("casting_vote");
    Err(Refusal::new("casting_not_his", "R3.7", source, text)
        .next("A parità la proposta non è approvata, se non prevale il voto di chi presiede"))
}

/// A member who takes the minutes of an item must be there when it is voted (R2.6; I8).
fn verbalizer_there(sitting: &Sitting, item: &Item) -> Result<(), Refusal> {
    let verbalizer = item.verbalizer.as_ref().map_or("", |v| v.person.as_str());
    let a_member = sitting.members.iter().find(|m| m.person == verbalizer);
    match a_member.filter(|m| !sitting.is_present(&m.person)) {
        None => Ok(()),
        Some(gone) => {
            let text = format!("{}, che verbalizza l'argomento, non è presente", gone.name);
            Err(Refusal::new("verbalizer_absent", "R2.6", "art. 97, c. 4, lett. a), TUEL", text)
                .next("Attendere il suo rientro o indicare chi verbalizza al suo posto"))
        }
    }
}

/// What was written down becomes a ballot, open or secret as the act requires, and is judged on who
/// was there when it was taken: one way for a vote, its correction and a corrected proclamation.
pub(super) fn counted(
    changes: &Changes,
    then: &Sitting,
    item: &Item,
    input: &VoteInput,
) -> Result<(Ballot, Outcome, Arc<Regulation>), Stop> {
    let regulation = rules(changes, then)?;
    let secret = check_secrecy(changes, &item.case, input, &regulation)?;
    if secret.is_some() {
        secrecy_at_a_distance(then, item, &regulation)?;
    }
    let mut ballot = ballot(then, item, input)?;
    own::agrees(then, item, &ballot)?;
    ballot.secret = secret;
    let (_, judged) = judge(then, item, &ballot, &regulation)?;
    Ok((ballot, judged, regulation))
}

/// "Mette ai voti": the gate of art. 49 stands here, before the vote (practice.md 1.1).
fn take_vote(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    input: &VoteInput,
    override_reason: &str,
) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    if item.ballot.is_some() {
        return Err(Refusal::new("already_voted", "R3.6", "", "L'argomento è già stato votato")
            .next("Correggere il voto prima della proclamazione, o proclamare")
            .into());
    }
    let (ballot, _, regulation) = counted(changes, changes.sitting(id)?, &item, input)?;
    let anomalies = pass_gate(changes, id, case_id, override_reason, &regulation)?;
    if matches!(changes.position(case_id)?.1.kind, StepKind::Discussion { .. }) {
        case::leave(changes, case_id, Passage::Done)?;
    }
    changes.push_sitting(id, SittingEvent::Voted { case: case_id.into(), ballot, anomalies });
    Ok(())
}

/// The gate, or its override by president and verbalizer with a recorded reason: an *anomalia*.
fn pass_gate(
    changes: &Changes,
    id: &str,
    case_id: &str,
    override_reason: &str,
    regulation: &Regulation,
) -> Result<Vec<Anomaly>, Stop> {
    let case = changes.case(case_id)?;
    let workflow = changes.world.workflow(case)?;
    let registry = &changes.world.registry;
    let mut stops = case::gate(case, &workflow, regulation, registry, changes.ctx.happened);
    let reason = override_reason.trim();
    // What is reserved to the Consiglio no reason makes the Giunta's.
    let hard = stops.iter().position(|s| s.refusal.code == "council_matter");
    let refusal = hard.or_else(|| (reason.is_empty() && !stops.is_empty()).then_some(0));
    match refusal {
        Some(first) => Err(stops.swap_remove(first).refusal.into()),
        None if stops.is_empty() => Ok(Vec::new()),
        None => {
            let (chair, verbalizer) = overriding(changes, id, case_id)?;
            let reason = format!(
                "{reason} – disposto da {chair}, che presiede, d'intesa con {verbalizer}, che \
                 verbalizza"
            );
            Ok(stops.into_iter().map(|stop| Anomaly::overridden(stop, &reason)).collect())
        }
    }
}

/// Who goes on in spite of an irregularity: president and verbalizer together. The verbalizer
/// himself records it, and takes down who presided (practice.md 1.1; R2.1).
fn overriding(changes: &Changes, id: &str, case_id: &str) -> Result<(String, String), Stop> {
    let sitting = changes.sitting(id)?;
    let item = sitting.item(case_id).and_then(|i| i.verbalizer.as_ref());
    let verbalizer = item.or(sitting.verbalizer.as_ref());
    let own = verbalizer.filter(|v| v.person == changes.ctx.actor);
    let Some(verbalizer) = own else {
        let text = "Sull'irregolarità decide chi presiede, d'intesa con chi verbalizza, che la \
                    registra di persona";
        return Err(Refusal::new(
            "not_the_verbalizer",
            "R2.1",
            "art. 97, c. 4, lett. a, TUEL",
            text,
        )
        .next("Far registrare il voto a chi verbalizza, o acquisire ciò che manca")
        .into());
    };
    Ok((member_name(sitting, &presided(sitting)?.person), verbalizer.name.clone()))
}

fn correct_vote(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    input: &VoteInput,
    reason: &str,
) -> Result<(), Stop> {
    let item = current(changes, id, case_id)?;
    if item.ballot.is_none() {
        return Err(not_voted().into());
    }
    let then = changes.sitting(id)?.when_voted(&item);
    let (ballot, ..) = counted(changes, &then, &item, input)?;
    let (case, reason) = (case_id.to_owned(), reason.trim().to_owned());
    changes.push_sitting(id, SittingEvent::VoteCorrected { case, ballot, reason });
    Ok(())
}

pub(super) fn not_voted() -> Refusal {
    Refusal::new("not_voted", "R2.7", "", "L'argomento non è stato ancora votato")
}

/// The second ballot: same sitting, right after approval, members' majority, reasons (R4.2, R4.3).
fn immediate(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    input: &VoteInput,
    reasons: &str,
) -> Result<(), Stop> {
    let sitting = changes.sitting(id)?;
    status(sitting, &[Status::Open], "votare l'immediata eseguibilità")?;
    let item = approved_item(sitting, case_id)?;
    let requested = changes.case(case_id)?.content.gates.immediate_request.clone();
    let reasons = match reasons.trim() {
        "" => requested.unwrap_or_default().trim().to_owned(),
        given => given.to_owned(),
    };
    if reasons.is_empty() {
        return Err(Refusal::new(
            "urgency_not_motivated",
            "R4.3",
            "art. 134, c. 4, TUEL",
            "L'immediata eseguibilità richiede una propria motivazione dell'urgenza",
        )
        .next("Indicare i motivi dell'urgenza")
        .into());
    }
    let regulation = rules(changes, changes.sitting(id)?)?;
    open_ballot(input)?;
    let ballot = ballot(changes.sitting(id)?, &item, input)?;
    let (count, _) = judge(changes.sitting(id)?, &item, &ballot, &regulation)?;
    let rules = regulation.vote_rules();
    let declared = immediate_effect(&rules, &count).map_err(Refusal::from)?;
    let required = immediate_required(&rules, &count);
    let on = changes.case(case_id)?.treatment.as_ref().map_or(changes.day(), |t| t.date);
    let case = case_id.to_owned();
    changes
        .push_sitting(id, SittingEvent::ImmediateVoted { case, ballot: ballot.clone(), declared });
    changes.push(case_id, CaseEvent::ImmediateVoted { ballot, declared, required, reasons, on });
    if declared { case::tell_affected(changes, case_id, true) } else { Ok(()) }
}

/// Urgency appraises no person: the second ballot is open (R3.8).
fn open_ballot(input: &VoteInput) -> Result<(), Refusal> {
    if input.totals.is_some() {
        let text = "La votazione sull'immediata eseguibilità è palese: occorrono i nomi di chi è \
                    contrario o si astiene";
        return Err(Refusal::new("open_ballot_due", "R3.8", "art. 134, c. 4, TUEL", text));
    }
    Ok(())
}

/// Who left for the item is out at its votes, as the act prints; after a suspension he may have
/// answered the new roll call (R3.9).
fn gone_are_out(sitting: &Sitting, item: &Item) -> Result<(), Refusal> {
    let back = |c: &&Conflict| item.left_for(&c.person).is_some() && sitting.is_present(&c.person);
    let Some(back) = item.conflicts.iter().find(back) else { return Ok(()) };
    let name = member_name(sitting, &back.person);
    let text = format!("{name} si è allontanato per la durata dell'argomento, che non è concluso");
    Err(Refusal::new("left_for_the_item", "R3.9", "art. 78, c. 2, TUEL", text)
        .next("Registrarne l'uscita prima della votazione"))
}

fn approved_item(sitting: &Sitting, case_id: &str) -> Result<Item, Refusal> {
    let refuse = |text: &str| {
        Err(Refusal::new("immediate_out_of_turn", "R4.2", "art. 134, c. 4, TUEL", text))
    };
    let Some(item) = sitting.item(case_id).cloned() else {
        return refuse("L'argomento non è di questa seduta");
    };
    let Some((outcome, _)) = item.outcome else {
        return refuse("La seconda votazione segue la proclamazione dell'approvazione");
    };
    if !outcome.is_approval() {
        return refuse("Un atto non approvato non può essere dichiarato immediatamente eseguibile");
    }
    if item.immediate.is_some() {
        return refuse("L'immediata eseguibilità è già stata votata");
    }
    if sitting.last_called != case_id {
        return refuse(
            "La seconda votazione si tiene subito dopo l'approvazione: è già stato chiamato un altro argomento",
        );
    }
    Ok(item)
}
