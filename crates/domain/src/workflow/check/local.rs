// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the regulation of a Comune wants of a procedure: a key that asks for something no step does
//! would be obeyed by nobody.

use crate::problem::Problem;
use crate::registry::Role;
use crate::regulation::Regulation;
use crate::regulation::tokens::{ContraryOpinionPath, LegitimacyOpinion, PrivacyReviewer};
use crate::workflow::{Lifecycle, OpinionKind, Profile, Signer, StepKind, Workflow};

/// One thing a set of rules asks of the procedure: the key, what is missing, what would be right.
struct Want {
    key: &'static str,
    reason: String,
    hint: &'static str,
}

/// What a workflow lacks for one set of the regulation, at the lines of its keys in `file`. Only
/// acts of the Giunta are bound: these keys are about them.
pub fn fits(workflow: &Workflow, regulation: &Regulation, file: &str) -> Vec<Problem> {
    if workflow.profile != Profile::DeliberazioneGiunta {
        return Vec::new();
    }
    let wants = opinions(workflow, regulation).into_iter().chain(steps(workflow, regulation));
    wants
        .map(|Want { key, reason, hint }| {
            let kind = &workflow.kind;
            let reason = format!("«{key}» {reason} (procedimento «{kind}»)");
            Problem::at(file, regulation.line(key), reason).hint(hint)
        })
        .collect()
}

/// Opinions the regulation wants and the file has no step for (R1.15, R1.16, R2.2).
fn opinions(workflow: &Workflow, r: &Regulation) -> Vec<Want> {
    let lacks = |kind| workflow.opinion_step(kind).is_none();
    let mut found = Vec::new();
    if r.legitimacy_opinion != LegitimacyOpinion::Off && lacks(OpinionKind::Legitimacy) {
        found.push(Want {
            key: "legitimacy_opinion",
            reason: "vuole il parere di legittimità, ma nessun passo lo chiede".into(),
            hint: "aggiungere un passo «opinion» con opinion = \"legitimacy\", o togliere la chiave",
        });
    }
    if r.giunta_visto_copertura && lacks(OpinionKind::Cover) {
        found.push(Want {
            key: "giunta_visto_copertura",
            reason: "vuole il visto di copertura, ma nessun passo lo chiede".into(),
            hint: "aggiungere un passo «opinion» con opinion = \"cover\", o togliere la chiave",
        });
    }
    let listed = r.extra_opinions_by_type.values().any(|names| !names.is_empty());
    if listed && !has_inquiry(workflow) {
        found.push(Want {
            key: "extra_opinions_by_type",
            reason: "vuole altri pareri, ma nessuna istruttoria li verifica".into(),
            hint: "aggiungere un passo «review» con lifecycle = \"inquiry\"",
        });
    }
    found
}

/// Signatures and checks (R1.1, R1.9, R6.8).
fn steps(workflow: &Workflow, r: &Regulation) -> Vec<Want> {
    let mut found = Vec::new();
    let signs = |k: &StepKind| {
        matches!(k, StepKind::Sign { lifecycle: Lifecycle::ProposalSigning, signers }
            if signers.contains(&Signer::Relatori))
    };
    if r.political_signature_required && workflow.find(signs).is_none() {
        found.push(Want {
            key: "political_signature_required",
            reason: "vuole la firma dei relatori sulla proposta, ma nessun passo la raccoglie"
                .into(),
            hint: "aggiungere «relatori» ai firmatari del passo «proposal_signing»",
        });
    }
    let note = r.contrary_opinion_path == ContraryOpinionPath::AllowWithSegretarioNote;
    if note && !has_inquiry(workflow) {
        found.push(Want {
            key: "contrary_opinion_path",
            reason: "vuole una nota sul parere contrario, ma nessuna istruttoria la raccoglie"
                .into(),
            hint: "aggiungere un passo «review» con lifecycle = \"inquiry\"",
        });
    }
    let reviewer = match r.privacy_reviewer {
        PrivacyReviewer::Segreteria => Role::Segreteria,
        PrivacyReviewer::ProposingOffice => Role::ResponsabileProcedimento,
        PrivacyReviewer::Dpo => Role::ResponsabilePrivacy,
    };
    let other = workflow.steps.iter().find_map(|s| match s.kind {
        StepKind::Review { who, lifecycle: Lifecycle::PrivacyReview } if who != reviewer => {
            Some(who)
        }
        _ => None,
    });
    if let Some(who) = other {
        found.push(Want {
            key: "privacy_reviewer",
            reason: format!(
                "affida la verifica dei dati personali a «{}», il procedimento a «{}»",
                reviewer.token(),
                who.token()
            ),
            hint: "indicare lo stesso ufficio nella chiave e nel «who» del passo",
        });
    }
    found
}

fn has_inquiry(workflow: &Workflow) -> bool {
    let inquiry =
        |k: &StepKind| matches!(k, StepKind::Review { lifecycle: Lifecycle::Inquiry, .. });
    workflow.find(inquiry).is_some()
}
