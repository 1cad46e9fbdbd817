// SPDX-License-Identifier: AGPL-3.0-or-later
//! The actions of a sitting that is being held, in the order in which they come.

use super::Action;
use super::ballot::{ballot, called, corrected, irregularities, places, present, roll, vote};
use super::reasons;
use super::sitting::SittingAction;
use crate::domain::sitting::{Choice, ConflictStance, Leaving, Member, Mode, SittingCommand};
use crate::web::forms::Field;

/// Points that an amendment may add.
const NEW_POINTS: usize = 2;

/// The points of a text as they may be amended: one field each, so that none is cut in two.
fn points(decision: &[String]) -> Vec<Field> {
    let field = |n: usize| {
        let area = Field::new("area", &format!("punto-{n}"), format!("Punto {n} del dispositivo"));
        match decision.get(n - 1) {
            Some(point) => area.value(point),
            None => area.help("Vuoto se non si aggiunge nulla."),
        }
    };
    (1..=decision.len() + NEW_POINTS).map(field).collect()
}

/// Every action of the room.
pub const ACTIONS: &[SittingAction] = &[
    Action {
        slug: "apertura",
        token: "open",
        title: "Appello e apertura della seduta",
        button: "Apri la seduta",
        done: "Seduta aperta",
        fields: |subject| {
            let mut fields = roll(subject);
            if subject.sitting.mode != Mode::InSeat {
                let label = "Chi verbalizza è collegato a distanza";
                fields.push(Field::new("tick", "verbalizzante_remoto", label));
            }
            fields
        },
        read: |subject, form| {
            Some(SittingCommand::Open {
                present: called(subject, form),
                verbalizer: None,
                verbalizer_remote: form.ticked("verbalizzante_remoto"),
                assisting: Vec::new(),
            })
        },
    },
    Action {
        slug: "deserta",
        token: "desert",
        title: "Dichiarare deserta la seduta",
        button: "Dichiara deserta",
        done: "Seduta deserta: gli argomenti tornano in attesa",
        fields: roll,
        read: |subject, form| Some(SittingCommand::Desert { present: called(subject, form) }),
    },
    Action {
        slug: "chiamata",
        token: "call_item",
        title: "Chiamare l'argomento",
        button: "Chiama",
        done: "Argomento chiamato",
        fields: |_| Vec::new(),
        read: |subject, _| Some(SittingCommand::CallItem { case: subject.about.clone() }),
    },
    Action {
        slug: "fuori-sacco",
        token: "call_off_agenda",
        title: "Trattare un argomento fuori sacco",
        button: "Chiama fuori sacco",
        done: "Argomento chiamato fuori sacco",
        fields: |subject| {
            let help = match subject.waiting.is_empty() {
                true => "Nessuna proposta è pronta: non ne manca una che attende i pareri?",
                false => "Sono qui quelle pronte per la Giunta e non comunicate per questa seduta.",
            };
            let mut fields = vec![
                Field::new("choice", "fascicolo", "Proposta")
                    .required()
                    .value(&subject.about)
                    .options(subject.waiting.iter().cloned())
                    .help(help),
            ];
            fields.extend(present(subject).map(|m| {
                Field::new("tick", &format!("o-{}", m.person), format!("Si oppone: {}", m.name))
            }));
            fields
        },
        read: |subject, form| {
            let case = form.needed("fascicolo");
            let objects = |m: &&Member| form.ticked(&format!("o-{}", m.person));
            let objections = present(subject).filter(objects).map(|m| m.person.clone()).collect();
            Some(SittingCommand::CallOffAgenda { case, objections })
        },
    },
    Action {
        slug: "entra",
        token: "enter",
        title: "Registrare un ingresso in sala",
        button: "Entra",
        done: "Ingresso registrato",
        fields: |_| Vec::new(),
        read: |subject, _| {
            Some(SittingCommand::Enter { person: subject.about.clone(), remote: false })
        },
    },
    Action {
        slug: "collega",
        token: "enter",
        title: "Registrare un collegamento a distanza",
        button: "Si collega",
        done: "Collegamento registrato",
        fields: |_| Vec::new(),
        read: |subject, _| {
            Some(SittingCommand::Enter { person: subject.about.clone(), remote: true })
        },
    },
    Action {
        slug: "esce",
        token: "leave",
        title: "Registrare un'uscita",
        button: "Esce",
        done: "Uscita registrata",
        fields: |_| Vec::new(),
        read: |subject, _| {
            Some(SittingCommand::Leave { person: subject.about.clone(), why: Leaving::Left })
        },
    },
    Action {
        slug: "linea",
        token: "leave",
        title: "Registrare la caduta della linea",
        button: "Linea caduta",
        done: "Caduta della linea registrata",
        fields: |_| Vec::new(),
        read: |subject, _| {
            Some(SittingCommand::Leave { person: subject.about.clone(), why: Leaving::LineLost })
        },
    },
    Action {
        slug: "presenza",
        token: "correct_presence",
        title: "Correggere una presenza",
        button: "Correggi",
        done: "Presenza corretta",
        fields: |subject| {
            let people = subject.members.iter().map(|m| (m.person.clone(), m.name.clone()));
            vec![
                Field::new("choice", "persona", "Componente").required().options(people),
                Field::new("radio", "stato", "Era").required().options(places(subject)),
                reasons("Che cosa era sbagliato"),
            ]
        },
        read: |_, form| {
            let (person, state) = (form.needed("persona"), form.needed("stato"));
            let (present, remote) = (state != "assente", state == "remoto");
            let reason = form.needed("motivazione");
            Some(SittingCommand::CorrectPresence { person, present, remote, reason })
        },
    },
    Action {
        slug: "astensione",
        token: "declare_conflict",
        title: "Dichiarare l'obbligo di astensione",
        button: "Registra",
        done: "Dichiarazione registrata",
        fields: |subject| {
            let people = present(subject).map(|m| (m.person.clone(), m.name.clone()));
            let stances = [("leaves", "Lascia la seduta"), ("stays", "Resta, senza partecipare")];
            vec![
                Field::new("choice", "persona", "Chi deve astenersi")
                    .required()
                    .options(people)
                    .help("Art. 78, c. 2, TUEL."),
                Field::new("radio", "modo", "Che cosa fa").required().options(stances),
                Field::new("area", "motivazione", "Motivo, per il verbale"),
            ]
        },
        read: |subject, form| {
            let (case, person) = (subject.about.clone(), form.needed("persona"));
            let stance: ConflictStance = form.word("modo")?;
            let reason = form.text("motivazione");
            Some(SittingCommand::DeclareConflict { case, person, stance, reason })
        },
    },
    Action {
        slug: "verbalizzante",
        token: "replace_verbalizer",
        title: "Affidare ad altri la verbalizzazione dell'argomento",
        button: "Registra",
        done: "Verbalizzante sostituito per l'argomento",
        fields: |subject| {
            let registry = &subject.world.registry;
            let vices = registry.segretari(subject.today);
            let vices = vices.into_iter().map(|m| (m.person.clone(), registry.name(&m.person)));
            let members = present(subject).map(|m| (m.person.clone(), m.name.clone()));
            vec![
                Field::new("choice", "persona", "Chi verbalizza")
                    .required()
                    .options(vices.chain(members)),
                reasons("Perché"),
            ]
        },
        read: |subject, form| {
            let (case, person) = (subject.about.clone(), form.needed("persona"));
            let reason = form.needed("motivazione");
            Some(SittingCommand::ReplaceVerbalizer { case, person, reason })
        },
    },
    Action {
        slug: "emendamento",
        token: "amend",
        title: "Emendare il testo in seduta",
        button: "Registra l'emendamento",
        done: "Testo emendato: i pareri resi sul testo precedente sono da rendere di nuovo",
        fields: |subject| {
            let Some(case) = subject.world.cases.get(&subject.about) else { return Vec::new() };
            let content = &case.content;
            let mut fields = vec![
                Field::new("text", "oggetto", "Oggetto").required().value(&content.subject),
                Field::new("area", "testo", "Premesse").value(&content.text),
            ];
            fields.extend(points(&content.decision));
            fields.push(
                Field::new("tick", "formale", "La modifica è solo formale")
                    .help("Il Segretario firma la dichiarazione: i pareri restano."),
            );
            fields
        },
        read: |subject, form| {
            let mut content = subject.world.cases.get(&subject.about)?.content.clone();
            content.subject = form.needed("oggetto");
            content.text = form.text("testo");
            let points = 1..=content.decision.len() + NEW_POINTS;
            let points = points.map(|n| form.text(&format!("punto-{n}")));
            content.decision = points.filter(|point| !point.trim().is_empty()).collect();
            if content.decision.is_empty() {
                form.needed("punto-1");
            }
            let (case, formal) = (subject.about.clone(), form.ticked("formale"));
            Some(SittingCommand::Amend { case, content, formal, paper: None })
        },
    },
    Action {
        slug: "rinvio-pareri",
        token: "send_back",
        title: "Rinviare agli uffici per i pareri sul testo emendato",
        button: "Rinvia per i pareri",
        done: "Argomento rinviato per i pareri",
        fields: |_| vec![reasons("Perché")],
        read: |subject, form| {
            let (case, reason) = (subject.about.clone(), form.needed("motivazione"));
            Some(SittingCommand::SendBack { case, reason })
        },
    },
    Action {
        slug: "unanime",
        token: "unanimous",
        title: "Unanime",
        button: "Unanime",
        done: "Voto unanime registrato e proclamato",
        fields: |_| Vec::new(),
        read: |subject, _| {
            let (case, override_reason) = (subject.about.clone(), String::new());
            Some(SittingCommand::Unanimous { case, override_reason })
        },
    },
    Action {
        slug: "ie-unanime",
        token: "unanimous_immediate",
        title: "Immediata eseguibilità unanime",
        button: "IE unanime",
        done: "Immediata eseguibilità dichiarata all'unanimità",
        fields: |_| Vec::new(),
        read: |subject, _| {
            let (case, reasons) = (subject.about.clone(), String::new());
            Some(SittingCommand::UnanimousImmediate { case, reasons })
        },
    },
    Action {
        slug: "voto",
        token: "vote",
        title: "Registrare il voto",
        button: "Registra il voto",
        done: "Voto registrato: resta da proclamare",
        fields: |subject| {
            let mut fields = ballot(subject);
            fields.extend(irregularities(subject));
            fields
        },
        read: |subject, form| {
            let (case, vote) = (subject.about.clone(), vote(subject, form));
            let override_reason = form.text("procedere");
            Some(SittingCommand::Vote { case, vote, override_reason })
        },
    },
    Action {
        slug: "correzione-voto",
        token: "correct_vote",
        title: "Correggere il voto prima della proclamazione",
        button: "Correggi il voto",
        done: "Voto corretto",
        fields: corrected,
        read: |subject, form| {
            let (case, vote) = (subject.about.clone(), vote(subject, form));
            let reason = form.needed("motivazione");
            Some(SittingCommand::CorrectVote { case, vote, reason })
        },
    },
    Action {
        slug: "proclamazione",
        token: "proclaim",
        title: "Proclamare il risultato",
        button: "Proclama",
        done: "Risultato proclamato",
        fields: |_| Vec::new(),
        read: |subject, _| Some(SittingCommand::Proclaim { case: subject.about.clone() }),
    },
    Action {
        slug: "correzione-proclamazione",
        token: "correct_proclamation",
        title: "Correggere una proclamazione errata",
        button: "Correggi la proclamazione",
        done: "Proclamazione corretta: il numero resta",
        fields: corrected,
        read: |subject, form| {
            let (case, vote) = (subject.about.clone(), vote(subject, form));
            let reason = form.needed("motivazione");
            Some(SittingCommand::CorrectProclamation { case, vote, present: None, reason })
        },
    },
    Action {
        slug: "ie",
        token: "vote_immediate",
        title: "Votare l'immediata eseguibilità",
        button: "Registra la seconda votazione",
        done: "Seconda votazione registrata",
        fields: |subject| {
            let case = subject.world.cases.get(&subject.about);
            let asked = case.and_then(|c| c.content.gates.immediate_request.clone());
            let mut fields = ballot(subject);
            let urgency = Field::new("area", "urgenza", "Motivi dell'urgenza").required();
            fields.push(urgency.value(asked.unwrap_or_default()).help("Art. 134, c. 4, TUEL."));
            fields
        },
        read: |subject, form| {
            let (case, vote) = (subject.about.clone(), vote(subject, form));
            let reasons = form.needed("urgenza");
            Some(SittingCommand::VoteImmediate { case, vote, reasons })
        },
    },
    Action {
        slug: "rinvio",
        token: "postpone",
        title: "Rinviare l'argomento",
        button: "Rinvia",
        done: "Argomento rinviato",
        fields: |_| {
            let to = Field::new("date", "seduta", "Alla seduta del");
            vec![reasons("Perché"), to.help("Vuoto: a data da destinare.")]
        },
        read: |subject, form| {
            let (case, reason) = (subject.about.clone(), form.needed("motivazione"));
            let next_sitting = form.maybe_day("seduta");
            Some(SittingCommand::Postpone { case, reason, next_sitting })
        },
    },
    Action {
        slug: "ritiro",
        token: "withdraw_item",
        title: "Ritiro da parte del relatore",
        button: "Registra il ritiro",
        done: "Argomento ritirato",
        fields: |subject| {
            let case = subject.world.cases.get(&subject.about);
            let people = case.map(|c| c.content.rapporteurs.clone()).unwrap_or_default();
            let registry = &subject.world.registry;
            let people: Vec<_> =
                people.into_iter().map(|p| (p.clone(), registry.name(&p))).collect();
            let relatore = Field::new("choice", "relatore", "Relatore che lo ritira").required();
            vec![relatore.options(people), reasons("Perché lo ritira")]
        },
        read: |subject, form| {
            let (case, reason) = (subject.about.clone(), form.needed("motivazione"));
            let by = form.needed("relatore");
            Some(SittingCommand::WithdrawItem { case, by, reason })
        },
    },
    Action {
        slug: "presa-d-atto",
        token: "take_note",
        title: "Prendere atto dell'informativa",
        button: "Presa d'atto",
        done: "Presa d'atto registrata: nessun numero",
        fields: |_| Vec::new(),
        read: |subject, _| Some(SittingCommand::TakeNote { case: subject.about.clone() }),
    },
    Action {
        slug: "sospensione",
        token: "suspend",
        title: "Sospendere la seduta",
        button: "Sospendi",
        done: "Seduta sospesa",
        fields: |_| vec![reasons("Perché")],
        read: |_, form| Some(SittingCommand::Suspend { reason: form.needed("motivazione") }),
    },
    Action {
        slug: "ripresa",
        token: "resume",
        title: "Riprendere la seduta: nuovo appello",
        button: "Riprendi la seduta",
        done: "Seduta ripresa",
        fields: roll,
        read: |subject, form| Some(SittingCommand::Resume { present: called(subject, form) }),
    },
    Action {
        slug: "chiusura",
        token: "close",
        title: "Chiudere la seduta",
        button: "Chiudi la seduta",
        done: "Seduta chiusa: esiti e brogliaccio si compongono da soli",
        fields: |subject| {
            let open = subject.sitting.items.iter().filter(|i| i.outcome.is_none()).count();
            let said = match open {
                0 => "Tutti gli argomenti sono conclusi".to_owned(),
                1 => "Un argomento risulterà non trattato".to_owned(),
                n => format!("{n} argomenti risulteranno non trattati"),
            };
            vec![Field::new("tick", "conferma", "Confermo la chiusura").required().help(said)]
        },
        read: |_, form| {
            if !form.ticked("conferma") {
                form.wrong("conferma", "La chiusura va confermata");
            }
            Some(SittingCommand::Close)
        },
    },
    Action {
        slug: "voto-proprio",
        token: "choose",
        title: "Il mio voto",
        button: "Vota",
        done: "Il Suo voto è arrivato a chi verbalizza",
        fields: |_| Vec::new(),
        read: |subject, form| {
            let choice: Choice = form.word("scelta")?;
            Some(SittingCommand::Choose { case: subject.about.clone(), choice })
        },
    },
];
