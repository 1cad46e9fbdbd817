// SPDX-License-Identifier: AGPL-3.0-or-later
//! From a recipient token to people: by role and date, never by a list someone keeps up.

use crate::case::{Case, Change, needs, standing};
use crate::registry::{Person, Registry, Role};
use crate::regulation::tokens::Keeper;
use crate::sitting::Sitting;
use crate::workflow::{OpinionKind, Step, StepKind};
use crate::world::World;
use chrono::NaiveDate;

/// Roles of who works in an office below its director.
const BELOW_A_DIRECTOR: [Role; 5] = [
    Role::ResponsabileProcedimento,
    Role::ResponsabileRagioneria,
    Role::Segreteria,
    Role::Gabinetto,
    Role::ResponsabilePubblicazione,
];

/// Stands for the body that asked for a posting (R6.10): its address is in the request, not among
/// the people of the Comune.
pub const REQUESTER: &str = "ente_richiedente";

/// Who a mail is for: a person of the registry, or the body whose request the act is.
pub fn addressee(registry: &Registry, case: Option<&Case>, id: &str) -> Option<Person> {
    if id != REQUESTER {
        return registry.people.get(id).cloned();
    }
    let request = case?.content.request.as_ref()?;
    Some(Person {
        id: id.to_owned(),
        given_name: String::new(),
        surname: request.body.clone(),
        fiscal_code: String::new(),
        email: request.email.clone(),
        born: None,
    })
}

/// What a moment is about.
#[derive(Debug, Clone, Copy)]
pub struct RecipientContext<'a> {
    /// The Comune, and the cases of the sitting.
    pub world: &'a World,
    /// The act.
    pub case: Option<&'a Case>,
    /// The sitting.
    pub sitting: Option<&'a Sitting>,
    /// The day roles are looked up on.
    pub on: NaiveDate,
    /// The step the act stands at.
    pub step: Option<&'a Step>,
}

/// People (ids) a recipient token stands for, each once, in a fixed order; nobody for an unknown
/// token or a post that is vacant.
pub fn recipients(token: &str, context: &RecipientContext<'_>) -> Vec<String> {
    let found = match token {
        "responsabile_procedimento" => context.procedure_head(),
        "direttori" => context.directors(),
        "relatori" => context.rapporteurs(),
        "autori_pareri" => context.authors_of_opinions(),
        REQUESTER => context.requester(),
        "firmatari" => context.signers(),
        "incaricati" => context.charged(),
        "superiori" => context.superiors(),
        "componenti" => context.members(),
        "capigruppo" => context.capigruppo(),
        "proponenti" => context.of_items(|case| vec![case.content.procedure_head.clone()]),
        "segretari" => context.holders(Role::Segretario, context.on),
        "relatori_seduta" => context.of_items(|case| case.content.rapporteurs.clone()),
        role => Role::parse(role).map_or_else(Vec::new, |role| context.in_role(role)),
    };
    let mut people: Vec<String> = Vec::new();
    for person in found {
        if !person.is_empty() && !people.contains(&person) {
            people.push(person);
        }
    }
    people
}

impl RecipientContext<'_> {
    fn procedure_head(&self) -> Vec<String> {
        self.case.map(|case| case.content.procedure_head.clone()).into_iter().collect()
    }

    fn requester(&self) -> Vec<String> {
        let asked = self.case.is_some_and(|case| case.content.request.is_some());
        asked.then(|| REQUESTER.to_owned()).into_iter().collect()
    }

    fn rapporteurs(&self) -> Vec<String> {
        self.case.map_or_else(Vec::new, |case| case.content.rapporteurs.clone())
    }

    fn directors(&self) -> Vec<String> {
        let offices = self.case.map_or(&[][..], |case| &case.content.offices);
        offices.iter().filter_map(|office| self.acting(Role::Direttore, Some(office))).collect()
    }

    /// Who acts in a role, for an office where the role has one.
    fn acting(&self, role: Role, office: Option<&str>) -> Option<String> {
        self.world.registry.acting(role, office, self.on).map(|signatory| signatory.person)
    }

    /// Everyone in a role on a day, in the order of the mandates.
    fn holders(&self, role: Role, on: NaiveDate) -> Vec<String> {
        self.world.registry.holders(role, None, on).iter().map(|m| m.person.clone()).collect()
    }

    /// The capigruppo where their register is kept here; else the Segreteria, which hands the list on
    /// to who keeps it (R8.3).
    fn capigruppo(&self) -> Vec<String> {
        match self.world.regulation(self.on).map(|r| r.capigruppo_registry) {
            Ok(Keeper::External) => self.in_role(Role::Segreteria),
            _ => self.world.registry.capigruppo(self.on),
        }
    }

    /// A role held by many and a role that is an office are told to all who are in service, a post
    /// of one to who acts in it.
    fn in_role(&self, role: Role) -> Vec<String> {
        match role {
            Role::Assessore | Role::Consigliere | Role::Capogruppo => self.holders(role, self.on),
            Role::Direttore => self.directors(),
            Role::ResponsabileProcedimento => self.procedure_head(),
            Role::Segreteria
            | Role::Gabinetto
            | Role::ResponsabilePubblicazione
            | Role::Amministratore => {
                let people = self.world.registry.in_service(role, None, self.on);
                people.map(|signatory| signatory.person).collect()
            }
            _ => self.acting(role, None).into_iter().collect(),
        }
    }

    /// The Giunta on the day of the sitting, or on the day of the moment: Sindaco, Vicesindaco,
    /// assessori.
    fn members(&self) -> Vec<String> {
        let day = self.sitting.and_then(|sitting| sitting.date).unwrap_or(self.on);
        [Role::Sindaco, Role::Vicesindaco, Role::Assessore]
            .into_iter()
            .flat_map(|role| self.holders(role, day))
            .collect()
    }

    fn of_items(&self, people: impl Fn(&Case) -> Vec<String>) -> Vec<String> {
        let items = self.sitting.map_or(&[][..], |sitting| &sitting.items);
        let acts = items.iter().filter_map(|item| self.world.cases.get(&item.case));
        acts.flat_map(|case| people(case)).collect()
    }

    /// Signers of the open fields of papers that are ready, of the act and of the sitting.
    fn signers(&self) -> Vec<String> {
        let of_case = self.case.map_or(&[][..], |case| &case.papers);
        let of_sitting = self.sitting.map_or(&[][..], |sitting| &sitting.papers);
        of_case
            .iter()
            .chain(of_sitting)
            .filter(|paper| paper.sha256.is_some())
            .flat_map(|paper| paper.open_slots())
            .filter_map(|slot| slot.signer.as_ref().map(|signer| signer.person.clone()))
            .collect()
    }

    /// Who is expected to act at the current step.
    fn charged(&self) -> Vec<String> {
        let Some(step) = self.step else { return Vec::new() };
        match &step.kind {
            StepKind::Freeze { who } | StepKind::Review { who, .. } | StepKind::Post { who } => {
                self.in_role(*who)
            }
            StepKind::Opinion { opinion, who } => self.opinion_givers(*opinion, *who),
            StepKind::Sign { .. } => self.signers(),
            StepKind::Agenda => self.in_role(Role::Segreteria),
            StepKind::Discussion { .. } | StepKind::Ballot | StepKind::Number { .. } => Vec::new(),
        }
    }

    /// The director whom each of those charged answers to; nobody for a director, who has the
    /// Direttore generale or the Segretario above him (practice.md 3, row 7).
    fn superiors(&self) -> Vec<String> {
        let charged = self.charged();
        let above = |late: &String| -> Vec<String> {
            let offices = self.offices_of(late).into_iter();
            let directors = offices.filter_map(|o| self.acting(Role::Direttore, Some(o)));
            directors.filter(|director| director != late).collect()
        };
        charged.iter().flat_map(above).collect()
    }

    /// The offices a person works in below a director. Where no mandate names one, who heads the
    /// procedure works in the office that leads.
    fn offices_of(&self, person: &str) -> Vec<&str> {
        let registry = &self.world.registry;
        let mandates =
            BELOW_A_DIRECTOR.iter().flat_map(|role| registry.holders(*role, None, self.on));
        let own = mandates.filter(|mandate| mandate.person == person);
        let mut offices: Vec<&str> = own.filter_map(|mandate| mandate.office.as_deref()).collect();
        if offices.is_empty() {
            let heads = self.case.filter(|case| case.content.procedure_head == person);
            let leading = heads.and_then(|case| case.content.offices.first());
            offices.extend(leading.map(String::as_str));
        }
        offices
    }

    /// Who acts for the offices whose opinion is still open; the Segretario where an office has
    /// nobody (TUEL 49 c. 2).
    fn opinion_givers(&self, opinion: OpinionKind, who: Role) -> Vec<String> {
        let (Some(case), Ok(regulation)) = (self.case, self.world.regulation(self.on)) else {
            return Vec::new();
        };
        needs(&case.content, opinion, &regulation)
            .unwrap_or_default()
            .iter()
            .filter(|need| standing(case, need).is_none())
            .filter_map(|need| {
                let office = Some(need.office.as_str()).filter(|office| !office.is_empty());
                self.acting(who, office).or_else(|| self.acting(Role::Segretario, None))
            })
            .collect()
    }

    /// Who gave the opinions on the text before its last change: void after one of substance, standing
    /// after one of form, which they read too (R1.12, row 6).
    fn authors_of_opinions(&self) -> Vec<String> {
        let Some((last, earlier)) = self.case.and_then(|case| case.versions.split_last()) else {
            return Vec::new();
        };
        // The versions an opinion may have been given on: back to the last change of substance.
        let since = earlier
            .iter()
            .rev()
            .find(|version| !matches!(version.change, Some(Change::Formal { .. })))
            .map_or(0, |version| version.number);
        self.case
            .map_or(&[][..], |case| &case.opinions)
            .iter()
            .filter(|opinion| (since..last.number).contains(&opinion.version))
            .map(|opinion| opinion.giver.person.clone())
            .collect()
    }
}
