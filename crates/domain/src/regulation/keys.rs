// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every key by which Comuni differ (law.md section 15, completed by practice.md): its type, its
//! national default, its rule, and the source of the default. One table, read top to bottom.

use super::Provision;
use super::timeline::Timeline;
use super::tokens::*;
use super::value::{Raw, Setting};
use crate::law::ballot::{IeMajority, MemberBase, QuorumStructural, TieRule, VoteBase};
use crate::law::outage::OutagePolicy;
use crate::law::presidency::{PresidencyOrder, VerbalizerFallback};
use crate::law::profile::ProfileName;
use crate::law::sitting::{OffAgendaRule, SittingDateRule};
use crate::law::terms::{ExecCount, PubCount};
use crate::papers::Assurance;
use crate::problem::Problem;
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::token::Token;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name in the file and in [`Regulation`].
    pub name: &'static str,
    /// Rule of the rulebook.
    pub rule: &'static str,
    /// Source of the default; empty where the law gives none and the Comune must choose.
    pub law: &'static str,
    /// It has no default.
    pub mandatory: bool,
    /// Checks a value; the error is in Italian.
    pub(super) check: fn(&Raw) -> Result<(), String>,
    words: fn() -> String,
    default: fn() -> Option<Raw>,
}

impl Key {
    /// What may be written.
    pub fn allowed(&self) -> String {
        match bounds(self.name) {
            Some((least, most)) => format!("un numero intero da {least} a {most}"),
            None => (self.words)(),
        }
    }

    /// The key of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The national default, as it would be written; none where the Comune must choose.
    pub fn default_value(&self) -> Option<Raw> {
        (self.default)()
    }

    /// Checks a value against type and bounds.
    ///
    /// # Errors
    /// What is wrong, in Italian.
    pub fn accepts(&self, raw: &Raw) -> Result<(), String> {
        (self.check)(raw)?;
        match (raw, bounds(self.name)) {
            (Raw::Whole(number), Some((least, most))) if !(least..=most).contains(number) => {
                Err(format!("{number} non è ammesso"))
            }
            _ => Ok(()),
        }
    }
}

/// Least and most of the keys that are numbers.
fn bounds(name: &str) -> Option<(i64, i64)> {
    match name {
        "cutoff_hour" | "capigruppo_list_hour" | "digest_hour" => Some((0, 23)),
        "outage_min_hours" => Some((1, 24)),
        "seats" => Some((2, 60)),
        "quorum_absolute_min" => Some((0, 60)),
        "quorum_wait_minutes" => Some((0, 1440)),
        "convocation_notice_hours" | "deposit_cutoff_hours" => Some((0, 720)),
        "opinion_sla_days" | "publish_within_days" => Some((1, 365)),
        "contrassegno_years" => Some((1, 100)),
        _ => None,
    }
}

macro_rules! default {
    (required) => {
        None
    };
    ($($value:tt)+) => {
        Some($($value)+)
    };
}

macro_rules! keys {
    ($( $(#[$meta:meta])* $name:ident : $kind:ty = [$($default:tt)+], $rule:literal, $law:literal; )+) => {
        /// The regulation of the Comune: every key typed, each with its provision.
        ///
        /// What [`super::parse`] gives is the last period of each key; [`Regulation::on`] gives the
        /// set in force on a civil date, which is what a decision must use.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Regulation {
            $( $(#[$meta])* pub $name: $kind, )+
            /// Source and validity of every key, national defaults included.
            pub provisions: BTreeMap<String, Provision>,
            /// SHA-256 of the text, lower-case hex.
            pub digest: String,
            /// What is lawful but deserves a second look.
            pub warnings: Vec<Problem>,
            pub(super) timeline: Arc<Timeline>,
            pub(super) on: Option<NaiveDate>,
        }

        /// Every key, in the order of the file.
        pub const KEYS: &[Key] = &[ $( Key {
            name: stringify!($name),
            rule: $rule,
            law: $law,
            mandatory: { let value: Option<fn() -> $kind> = default_fn!($kind, $($default)+); value.is_none() },
            check: |raw| <$kind as Setting>::read(raw).map(drop),
            words: <$kind as Setting>::allowed,
            default: || {
                let value: Option<$kind> = default!($($default)+);
                value.map(|value| value.written())
            },
        }, )+ ];

        impl Regulation {
            /// The set in force on a date (`None`: the last period of each key).
            pub(super) fn assemble(
                timeline: &Arc<Timeline>,
                on: Option<NaiveDate>,
                digest: &str,
                warnings: &[Problem],
            ) -> Result<Self, Refusal> {
                Ok(Self {
                    $( $name: timeline.value(stringify!($name), on, default!($($default)+))?, )+
                    provisions: timeline.provisions(on),
                    digest: digest.to_owned(),
                    warnings: warnings.to_vec(),
                    timeline: Arc::clone(timeline),
                    on,
                })
            }
        }
    };
}

macro_rules! default_fn {
    ($kind:ty, required) => { None };
    ($kind:ty, $($value:tt)+) => { Some((|| $($value)+) as fn() -> $kind) };
}

keys! {
    /// Body of law on local bodies.
    profile: ProfileName = [ProfileName::Ordinario], "R7.9", "D.Lgs. 267/2000";
    /// Seats of the Giunta, Sindaco included.
    seats: Option<u32> = [None], "R3.1", "art. 47 TUEL";

    /// Who may propose as relatore.
    proposer_roles: Vec<Role> = [vec![Role::Sindaco, Role::Assessore]],
        "R1.1", "artt. 48 e 50, c. 2, TUEL";
    /// A proposal names at least one relatore.
    relatore_required: bool = [true], "R1.1", "prassi";
    /// The relatore signs the proposal.
    political_signature_required: bool = [false], "R1.1", "nessuna norma nazionale";
    /// A proposal has a number of its own.
    proposal_number_required: bool = [true], "R5.3", "prassi";
    /// When the proposal is numbered.
    proposal_number_at: ProposalNumberAt = [ProposalNumberAt::Submission], "R5.3", "prassi";
    /// The Segretario countersigns the declaration of mere *indirizzo*.
    indirizzo_requires_segretario_ack: bool = [false], "R1.4", "art. 49, c. 1, TUEL";

    /// How several technical opinions are asked.
    tech_opinion_order: TechOpinionOrder = [TechOpinionOrder::Parallel],
        "R1.5", "art. 49, c. 1, TUEL";
    /// Who says that the accounting opinion is not due.
    accounting_gate: AccountingGate = [AccountingGate::AlwaysRagioneria],
        "R1.7", "art. 49, c. 1, TUEL; C. conti Marche 51/2013";
    /// What a contrary opinion does before the sitting.
    contrary_opinion_path: ContraryOpinionPath = [ContraryOpinionPath::AllowToAgenda],
        "R1.9", "art. 49, c. 4, TUEL";
    /// Acts of the Giunta that commit money take the visto of cover.
    giunta_visto_copertura: bool = [false], "R1.15", "art. 183, c. 7, TUEL";
    /// The visto is printed on the sheet of the accounting opinion.
    visto_on_accounting_sheet: bool = [false], "R1.15", "prassi";
    /// Further opinions by type of act.
    extra_opinions_by_type: BTreeMap<String, Vec<String>> = [BTreeMap::new()],
        "R1.16", "nessuna norma generale";
    /// Days to give an opinion, for reminders only.
    opinion_sla_days: Option<u16> = [None], "R1.17", "nessun termine nazionale";
    /// Whether the Segretario gives an opinion of legitimacy.
    legitimacy_opinion: LegitimacyOpinion = [LegitimacyOpinion::Off],
        "R2.2", "art. 17, c. 85, L. 127/1997";
    /// What a negative opinion of legitimacy does.
    legitimacy_contrary_effect: LegitimacyContraryEffect = [LegitimacyContraryEffect::Motivate],
        "R2.3", "per analogia art. 49, c. 4, TUEL";

    /// Who stands in for the Segretario, in order.
    segretario_chain: Vec<SegretarioSubstitute> = [SegretarioSubstitute::ALL.to_vec()],
        "R2.4", "art. 97, c. 5, TUEL";
    /// Who takes the minutes of an item when the Segretario cannot.
    verbalizer_fallback: Vec<VerbalizerFallback> = [VerbalizerFallback::ALL.to_vec()],
        "R2.6", "prassi statutaria";
    /// Order of the two final signatures.
    signature_order: SignatureOrder = [SignatureOrder::Parallel], "R2.8", "TUEL, nulla dispone";

    /// Form of the convening.
    convocation_form: ConvocationForm = [ConvocationForm::Free], "R3.2", "art. 50, c. 2, TUEL";
    /// Hours of notice.
    convocation_notice_hours: u16 = [0], "R3.2", "art. 50, c. 2, TUEL";
    /// How members are convened.
    convocation_channel: Channel = [Channel::Email], "R3.2", "art. 50, c. 2, TUEL";
    /// The fixed calendar, in words.
    fixed_calendar: Option<String> = [None], "R3.2", "art. 50, c. 2, TUEL";
    /// Hours before the sitting after which no proposal is put on the agenda.
    deposit_cutoff_hours: Option<u16> = [None], "R3.12", "prassi";
    /// What adding an item at the sitting takes.
    off_agenda_rule: OffAgendaRule = [OffAgendaRule::PresidentDecides],
        "R3.12", "TUEL, nulla dispone";
    /// Who presides after Sindaco and Vicesindaco.
    presidency_order: PresidencyOrder = [PresidencyOrder::Eldest], "R3.3", "prassi statutaria";

    /// Members who must be present.
    quorum_structural: QuorumStructural = [QuorumStructural::Majority],
        "R3.4", "principio generale dei collegi";
    /// N of the structural quorum.
    member_base: MemberBase = [MemberBase::InCarica], "R3.4", "principio generale dei collegi";
    /// At or below this number of members the collegial nature is in doubt.
    quorum_absolute_min: u32 = [2], "R3.4", "CdS IV 4573/2011";
    /// Minutes to wait for the quorum.
    quorum_wait_minutes: u16 = [60], "R3.4", "prassi";
    /// Base of the functional majority.
    vote_base: VoteBase = [VoteBase::Votanti], "R3.6", "TAR Lombardia-BS 680/2020";
    /// The president has a casting vote.
    casting_vote: bool = [false], "R3.7", "principio generale dei collegi";
    /// What a tie is.
    tie_rule: TieRule = [TieRule::HalfOfBase], "R3.7", "principio generale dei collegi";
    /// Types of act voted in secret.
    secret_vote_types: Vec<String> = [Vec::new()], "R3.8", "prassi statutaria";
    /// Blank and void ballots are votes cast.
    blank_ballots_count: bool = [true], "R3.8", "principio generale dei collegi";
    /// Who must abstain counts for the structural quorum.
    art78_counts_for_quorum: bool = [true],
        "R3.9", "art. 78, c. 2, TUEL; Min. Interno, parere 99252";
    /// Who must abstain leaves the room.
    art78_must_leave: bool = [false], "R3.9", "art. 78, c. 2, TUEL; CdS IV 3372/2012";
    /// Who must abstain counts among the *presenti* of the functional majority.
    art78_in_vote_base: bool = [false], "R3.9", "art. 78, c. 2, TUEL";
    /// Names of who abstained or voted against are printed (they are always recorded).
    print_nominal_votes: bool = [true], "R3.14", "prassi";

    /// The Comune's own rule on remote sittings.
    remote_regulation_ref: Option<String> = [None],
        "R3.10", "artt. 6, 7 e 38 TUEL; Min. Interno, circ. 33/2022";
    /// The president of a remote sitting is in the seat.
    remote_president_must_be_in_seat: bool = [false], "R3.10", "nessuna norma nazionale";
    /// The Segretario of a remote sitting is in the seat.
    remote_segretario_must_be_in_seat: bool = [false], "R3.10", "nessuna norma nazionale";
    /// The instrument by which who is connected votes in secret; without one he cannot.
    remote_secret_ballot_tool: Option<String> = [None],
        "R12.4", "segretezza del voto; Min. Interno, circ. 33/2022";
    /// Sittings are recorded.
    recording: bool = [false], "R3.10", "nessuna norma nazionale";
    /// Minutes of the whole sitting, beside the acts.
    minutes_wanted: bool = [false], "R3.14", "nessuna norma nazionale";

    /// Votes for immediate enforceability.
    ie_majority: IeMajority = [IeMajority::Members], "R4.2", "art. 134, c. 4, TUEL";
    /// N of immediate enforceability.
    ie_member_base: MemberBase = [MemberBase::InCarica], "R4.2", "art. 134, c. 4, TUEL";
    /// An immediately enforceable act also gets the certificate of executivity.
    ie_also_certify_executive: bool = [false], "R4.5", "prassi";

    /// Which register numbers the acts.
    number_scope: NumberScope = [NumberScope::PerBodyYear], "R5.1", "prassi";
    /// Rejected proposals are numbered as negative deliberations.
    number_rejected: bool = [false], "R5.2", "prassi";
    /// When the number is taken.
    number_assigned_at: NumberAssignedAt = [NumberAssignedAt::Proclamation], "R5.2", "prassi";
    /// The date an act takes when the sitting passes midnight.
    sitting_date_rule: SittingDateRule = [SittingDateRule::Opening], "R5.2", "prassi";
    /// How a clerical error is corrected.
    rettifica_instrument: RettificaInstrument = [RettificaInstrument::NewAct],
        "R5.5", "principio del contrarius actus";

    /// Who keeps the Albo.
    albo: Keeper = [Keeper::Internal], "R6.1", "art. 32 L. 69/2009";
    /// Whether acts take a number of the protocollo.
    protocollo: ProtocolloKeeper = [ProtocolloKeeper::None],
        "R5.4", "art. 53, c. 5, DPR 445/2000";
    /// Days from adoption within which an act is posted.
    publish_within_days: Option<u16> = [None], "R6.1", "nessun termine nazionale";
    /// Whether the day of posting counts.
    pub_count: PubCount = [PubCount::Inclusive], "R6.2", "Cass. II 2563/2009";
    /// The act is shown through D + 15 even where its certified term is shorter.
    pub_show_extra_day: bool = [false], "R6.2", "art. 124, c. 1, TUEL";
    /// A last day on a holiday moves.
    holiday_shift: bool = [false], "R6.3", "art. 124, c. 1, TUEL (giorni consecutivi)";
    /// An act shown from this hour on makes its day "day 0".
    cutoff_hour: Option<u8> = [None], "R6.4", "nessuna norma nazionale";
    /// What an interruption of the Albo does.
    outage_policy: OutagePolicy = [OutagePolicy::ExtendPerDay],
        "R6.5", "prassi (bozza ANORC); nessuna norma vincolante";
    /// Hours of availability that make a day count.
    outage_min_hours: u8 = [12], "R6.5", "prassi (bozza ANORC); nessuna norma vincolante";
    /// An interruption within the first ten days also moves executivity.
    outage_affects_executivity: bool = [false], "R6.5", "art. 134, c. 3, TUEL";
    /// Days of posting by type of document.
    term_by_type: BTreeMap<String, u16> = [BTreeMap::new()], "R6.10", "norme speciali";
    /// Who checks personal data before posting: the step of the workflow names the same, which is compared
    /// when either is adopted; the step then decides who acts.
    privacy_reviewer: PrivacyReviewer = [PrivacyReviewer::Segreteria],
        "R6.8", "Garante 15.5.2014, doc. web 3134436";
    /// Replacing a file for privacy does not interrupt the posting.
    privacy_replace_continues: bool = [true], "R6.6", "prassi";
    /// Who signs the attestation of posting.
    attestation_signers: Vec<PostingSigner> = [vec![PostingSigner::PublicationManager]],
        "R6.7", "art. 124 TUEL";
    /// Who signs the referto.
    referto_signer: PostingSigner = [PostingSigner::PublicationManager],
        "R6.7", "art. 124 TUEL";
    /// The referto adds "senza opposizioni".
    referto_states_no_opposition: bool = [false], "R6.7", "nessuna norma nazionale";
    /// What the Albo shows of an ended posting.
    albo_history: AlboHistory = [AlboHistory::None],
        "R6.8", "Garante 15.5.2014, doc. web 3134436";

    /// How the ten days of executivity are counted: the Comune must choose.
    exec_count: ExecCount = [required], "R7.2", "";

    /// How the list reaches the capigruppo.
    capigruppo_channel: Channel = [Channel::Email], "R8.2", "art. 125 TUEL";
    /// How acts are grouped in the list.
    capigruppo_batch: CapigruppoBatch = [CapigruppoBatch::PerDay], "R8.2", "art. 125 TUEL";
    /// Who keeps the register of the capigruppo.
    capigruppo_registry: Keeper = [Keeper::Internal], "R8.3", "art. 125 TUEL";
    /// Hour at which the list of the day leaves.
    capigruppo_list_hour: u8 = [18], "R8.2", "art. 125 TUEL";
    /// Hour at which who has papers to sign is told of all of them in one message.
    digest_hour: u8 = [8], "R2.8", "prassi: un riepilogo al giorno a chi firma";
    /// The control on request is in use.
    art127_enabled: bool = [false], "R8.5", "L. cost. 3/2001";
    /// Types of act communicated to the Prefetto.
    prefect_notice_types: Vec<String> = [Vec::new()], "R8.6", "art. 135, c. 2, TUEL";

    /// What the signature of each kind of paper must be worth, and the level it is raised to.
    signature_policy: BTreeMap<String, Assurance> = [BTreeMap::new()],
        "R9.5", "artt. 20 e 24 CAD";
    /// A sheet that one person signs may come back as a `.p7m` around the whole document.
    accept_p7m: bool = [true], "R9.3", "dec. (UE) 2015/1506; linee guida AgID sulla firma";
    /// What the seal closes without a personal signature.
    seal_uses: Vec<SealUse> = [vec![
        SealUse::CapigruppoList, SealUse::Extract, SealUse::AlboExport, SealUse::Receipt,
    ]], "R9.6", "artt. 35-40 reg. (UE) 910/2014";
    /// Printed copies carry the contrassegno.
    contrassegno: bool = [false], "R9.8", "art. 23, c. 2-bis, CAD";
    /// Years for which a copy can be verified by its contrassegno, posting or not.
    contrassegno_years: u16 = [10],
        "R9.8", "art. 23, c. 2-bis, CAD; nessun termine nazionale (per analogia art. 2946 c.c.)";
    /// Address of the verification page, to which case and code are added.
    verification_url: Option<String> = [None], "R9.8", "art. 23, c. 2-bis, CAD";
    /// When acts go to preservation.
    preservation_timing: PreservationTiming = [PreservationTiming::AfterPublication],
        "R9.11", "artt. 43 e 44 CAD";
    /// Authority token of the URN.
    urn_authority: Option<String> = [None], "R11.3", "RFC 9676";
    /// How the act is composed.
    act_layout: ActLayout = [ActLayout::TwoLevel], "R14", "prassi";

    /// When a determinazione is numbered.
    det_number_at: DetNumberAt = [DetNumberAt::Signature], "R12.1", "prassi";
    /// How many registers of determinazioni there are.
    det_register: DetRegister = [DetRegister::PerEnte], "R12.1", "prassi";
    /// Determinazioni are posted.
    det_publish: bool = [true], "R12.1", "CdS V 1370/2006";
    /// How a fraction of a stratum is rounded.
    rounding: Rounding = [Rounding::Up], "R12.3", "art. 147-bis TUEL";
    /// Period of the later controls.
    control_period: ControlPeriod = [ControlPeriod::HalfYearly],
        "R12.3", "art. 147-bis, c. 3, TUEL (periodicamente)";
}
