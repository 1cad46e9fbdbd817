// SPDX-License-Identifier: AGPL-3.0-or-later
//! The closed lists of words of `regolamento.toml` that no rule of law needs elsewhere.

use crate::token::tokens;

tokens! {
    /// How several technical opinions are asked (R1.5).
    TechOpinionOrder {
        /// All at once.
        Parallel = "parallel",
        /// In the order of the offices.
        Hierarchical = "hierarchical",
    }

    /// Who says that the accounting opinion is not due (R1.7).
    AccountingGate {
        /// Ragioneria, with its own signed sheet.
        AlwaysRagioneria = "always_ragioneria",
        /// The proposing director; Ragioneria takes note.
        DirectorDeclares = "director_declares",
    }

    /// What a contrary opinion does before the sitting (R1.9).
    ContraryOpinionPath {
        /// The proposal goes on; the Giunta gives reasons (art. 49, c. 4, TUEL).
        AllowToAgenda = "allow_to_agenda",
        /// It goes on with a note of the Segretario.
        AllowWithSegretarioNote = "allow_with_segretario_note",
        /// It goes back to the proposer.
        ReturnToProposer = "return_to_proposer",
    }

    /// Whether the Segretario gives an opinion of legitimacy (R2.2).
    LegitimacyOpinion {
        /// Never.
        Off = "off",
        /// On every proposal.
        Required = "required",
        /// When the Sindaco or the Giunta asks.
        OnDemand = "on_demand",
    }

    /// What a negative opinion of legitimacy does (R2.3).
    LegitimacyContraryEffect {
        /// As art. 49, c. 4: the Giunta gives reasons.
        Motivate = "motivate",
        /// The proposal goes back.
        ReturnToProposer = "return_to_proposer",
    }

    /// Who stands in for the Segretario, in order (art. 97, c. 5, TUEL; R2.4).
    SegretarioSubstitute {
        /// Vice Segretario vicario.
        Vicario = "vicario",
        /// Another Vice Segretario.
        Vice = "vice",
        /// A Segretario in charge for the time being (*reggente*).
        Reggente = "reggente",
        /// A Segretario shared with another Comune (*a scavalco*).
        Scavalco = "scavalco",
    }

    /// Order of the two final signatures (practice.md 1.12).
    SignatureOrder {
        /// Any.
        Parallel = "parallel",
        /// President, then verbalizer.
        PresidentFirst = "president_first",
        /// Verbalizer, then president.
        VerbalizerFirst = "verbalizer_first",
    }

    /// Form of the convening (R3.2).
    ConvocationForm {
        /// No particular form.
        Free = "free",
        /// A written notice.
        Written = "written",
        /// A fixed calendar, without notice.
        FixedCalendar = "fixed_calendar",
    }

    /// How people are reached (R3.2, R8.2).
    Channel {
        /// Ordinary mail.
        Email = "email",
        /// Certified mail.
        Pec = "pec",
        /// A reserved area.
        Portal = "portal",
    }

    /// Which register numbers the acts of the Giunta (R5.1).
    NumberScope {
        /// One for each body and year.
        PerBodyYear = "per_body_year",
        /// One series for Giunta and Consiglio.
        GiuntaConsiglioYear = "giunta_consiglio_year",
    }

    /// When the number of the act is taken (R5.2).
    NumberAssignedAt {
        /// With the proclamation.
        Proclamation = "proclamation",
        /// When the sitting closes.
        SittingClose = "sitting_close",
    }

    /// When a proposal is numbered (R5.3).
    ProposalNumberAt {
        /// When the draft is made.
        Draft = "draft",
        /// When it is submitted for opinions.
        Submission = "submission",
    }

    /// How a clerical error of a signed act is corrected (R5.5).
    RettificaInstrument {
        /// A new deliberation.
        NewAct = "new_act",
        /// A note of the Segretario.
        SegretarioNote = "segretario_note",
        /// A note of the proposing office.
        OfficeNote = "office_note",
    }

    /// Who keeps a register: we, or another system that gives us the numbers.
    Keeper {
        /// This program.
        Internal = "internal",
        /// Another system: number and dates are received.
        External = "external",
    }

    /// Whether acts also take a number of the protocollo (R5.4).
    ProtocolloKeeper {
        /// No: the register of deliberations is enough.
        None = "none",
        /// Yes, from another system.
        External = "external",
    }

    /// Who checks personal data before posting (R6.8; practice.md 1.13).
    PrivacyReviewer {
        /// The Segreteria.
        Segreteria = "segreteria",
        /// The proposing office.
        ProposingOffice = "proposing_office",
        /// The data protection officer.
        Dpo = "dpo",
    }

    /// Who signs what concerns the posting (R6.7).
    PostingSigner {
        /// The person in charge of publication.
        PublicationManager = "publication_manager",
        /// The messo comunale.
        Messo = "messo",
        /// The Segretario.
        Segretario = "segretario",
        /// The seal of the Comune, no person.
        Seal = "seal",
    }

    /// What the Albo shows of an ended posting (R6.8).
    AlboHistory {
        /// Nothing.
        None = "none",
        /// Number and object.
        NumberAndObject = "number_and_object",
    }

    /// How acts are grouped in the list to the capigruppo (art. 125 TUEL; practice.md 1.11).
    CapigruppoBatch {
        /// One list for each day of posting: the law says *contestualmente*.
        PerDay = "per_day",
    }

    /// What the seal of the Comune may close without a personal signature (R9.6).
    SealUse {
        /// Referto of posting.
        Referto = "referto",
        /// Certificate of executivity (only by local rule, practice.md 1.17).
        Certificate = "certificate",
        /// List of the capigruppo.
        CapigruppoList = "capigruppo_list",
        /// Extracts.
        Extract = "extract",
        /// Copies.
        Copy = "copy",
        /// Exports of the Albo.
        AlboExport = "albo_export",
        /// Receipts.
        Receipt = "receipt",
    }

    /// When acts are sent to preservation (R9.11).
    PreservationTiming {
        /// When the posting has ended.
        AfterPublication = "after_publication",
        /// Every day.
        Daily = "daily",
    }

    /// When a determinazione is numbered (law.md 12.1).
    DetNumberAt {
        /// With the manager's signature.
        Signature = "signature",
        /// With the accounting visto.
        Visto = "visto",
    }

    /// How many registers of determinazioni there are (law.md 12.1).
    DetRegister {
        /// One for the whole Comune.
        PerEnte = "per_ente",
        /// One for each Direzione.
        PerDirezione = "per_direzione",
    }

    /// How a fraction of a stratum is rounded when acts are drawn (law.md 12.3, T-99).
    Rounding {
        /// Up.
        Up = "up",
        /// To the nearest.
        Nearest = "nearest",
        /// Down.
        Down = "down",
    }

    /// Period of the later controls (law.md 12.3).
    ControlPeriod {
        /// Every month.
        Monthly = "monthly",
        /// Every three months.
        Quarterly = "quarterly",
        /// Every four months.
        FourMonthly = "four_monthly",
        /// Every six months.
        HalfYearly = "half_yearly",
        /// Every year.
        Yearly = "yearly",
    }

    /// How the act is composed (law.md 14).
    ActLayout {
        /// Minutes of the deliberation, then the proposal.
        TwoLevel = "two_level",
        /// One text.
        SingleText = "single_text",
    }
}
