// SPDX-License-Identifier: AGPL-3.0-or-later
//! The keys of the regulation as people read them: their sections, their names, their values.

use super::value::Raw;

/// A part of the regulation.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// In addresses.
    pub token: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Its keys with their names, in the order of the procedure.
    pub keys: &'static [(&'static str, &'static str)],
}

/// Every key, once.
pub const SECTIONS: &[Section] = &[
    Section {
        token: "comune",
        title: "Il Comune",
        keys: &[
            ("profile", "Ordinamento regionale"),
            ("seats", "Componenti della Giunta assegnati, Sindaco compreso"),
            ("number_scope", "Registro che numera gli atti"),
            ("protocollo", "Numero di protocollo"),
            ("urn_authority", "Autorità dell'identificativo URN"),
        ],
    },
    Section {
        token: "proposta",
        title: "La proposta",
        keys: &[
            ("proposer_roles", "Chi può proporre"),
            ("relatore_required", "Il relatore è obbligatorio"),
            ("political_signature_required", "Il relatore firma la proposta"),
            ("proposal_number_required", "La proposta ha un numero proprio"),
            ("proposal_number_at", "Quando la proposta prende il numero"),
            (
                "indirizzo_requires_segretario_ack",
                "Il Segretario controfirma la dichiarazione di mero indirizzo",
            ),
        ],
    },
    Section {
        token: "pareri",
        title: "I pareri",
        keys: &[
            ("tech_opinion_order", "Come si chiedono più pareri tecnici"),
            ("accounting_gate", "Chi dichiara non dovuto il parere contabile"),
            ("contrary_opinion_path", "Che cosa fa un parere contrario"),
            ("giunta_visto_copertura", "La Giunta impegna: serve il visto di copertura"),
            ("visto_on_accounting_sheet", "Visto sul foglio del parere contabile"),
            ("extra_opinions_by_type", "Altri pareri per tipo di atto"),
            ("opinion_sla_days", "Giorni per rendere un parere (solo per i solleciti)"),
            ("legitimacy_opinion", "Parere di legittimità"),
            ("legitimacy_contrary_effect", "Effetto del parere di legittimità contrario"),
        ],
    },
    Section {
        token: "segretario",
        title: "Il Segretario e le firme",
        keys: &[
            ("segretario_chain", "Chi sostituisce il Segretario, in ordine"),
            ("verbalizer_fallback", "Chi verbalizza un argomento al posto del Segretario"),
            ("signature_order", "Ordine delle due firme sull'atto"),
            ("signature_policy", "Qualità e livello delle firme, per documento"),
            ("accept_p7m", "File p7m che racchiude il documento: accettato"),
            ("seal_uses", "Che cosa chiude il sigillo dell'ente"),
            ("contrassegno", "Contrassegno sulle copie"),
            ("contrassegno_years", "Anni in cui il contrassegno risponde"),
            ("verification_url", "Indirizzo della pagina di verifica"),
        ],
    },
    Section {
        token: "convocazione",
        title: "La convocazione",
        keys: &[
            ("convocation_form", "Forma della convocazione"),
            ("convocation_notice_hours", "Ore di preavviso"),
            ("convocation_channel", "Come si convoca"),
            ("fixed_calendar", "Calendario fisso"),
            ("deposit_cutoff_hours", "Ore prima della seduta in cui chiude il deposito"),
            ("off_agenda_rule", "Argomenti fuori sacco"),
        ],
    },
    Section {
        token: "seduta",
        title: "La seduta e il voto",
        keys: &[
            ("presidency_order", "Chi presiede dopo Sindaco e Vicesindaco"),
            ("quorum_structural", "Numero legale"),
            ("member_base", "Componenti su cui si calcola il numero legale"),
            ("quorum_absolute_min", "Presenti sotto i quali il collegio è in dubbio"),
            ("quorum_wait_minutes", "Minuti di attesa del numero legale"),
            ("vote_base", "Base della maggioranza"),
            ("casting_vote", "Voto prevalente del presidente"),
            ("tie_rule", "Che cosa è la parità"),
            ("secret_vote_types", "Tipi di atto a voto segreto"),
            ("blank_ballots_count", "Schede bianche e nulle contano fra i votanti"),
            ("art78_counts_for_quorum", "Chi deve astenersi conta per il numero legale"),
            ("art78_must_leave", "Chi deve astenersi esce dall'aula"),
            ("art78_in_vote_base", "Chi deve astenersi conta fra i presenti al voto"),
            ("print_nominal_votes", "Nomi di astenuti e contrari nell'atto"),
            ("ie_majority", "Voti per l'immediata eseguibilità"),
            ("ie_member_base", "Componenti su cui si calcola l'immediata eseguibilità"),
        ],
    },
    Section {
        token: "distanza",
        title: "Sedute a distanza e verbali",
        keys: &[
            ("remote_regulation_ref", "Norma del Comune sulle sedute a distanza"),
            ("remote_president_must_be_in_seat", "Il presidente sta in sede"),
            ("remote_segretario_must_be_in_seat", "Il Segretario sta in sede"),
            ("remote_secret_ballot_tool", "Strumento per il voto segreto a distanza"),
            ("recording", "Le sedute si registrano"),
            ("minutes_wanted", "Verbale dell'intera seduta"),
        ],
    },
    Section {
        token: "atto",
        title: "L'atto",
        keys: &[
            ("number_assigned_at", "Quando l'atto prende il numero"),
            ("number_rejected", "Le proposte respinte si numerano"),
            ("sitting_date_rule", "Data dell'atto se la seduta passa la mezzanotte"),
            ("rettifica_instrument", "Come si corregge un errore materiale"),
            ("act_layout", "Composizione dell'atto"),
        ],
    },
    Section {
        token: "albo",
        title: "L'Albo pretorio",
        keys: &[
            ("albo", "Chi tiene l'Albo"),
            ("publish_within_days", "Giorni entro cui pubblicare"),
            ("pub_count", "Il giorno di affissione conta"),
            ("pub_show_extra_day", "L'atto resta esposto fino a D + 15"),
            ("holiday_shift", "L'ultimo giorno festivo slitta"),
            ("cutoff_hour", "Ora dopo la quale il giorno non conta"),
            ("outage_policy", "Effetto di un disservizio"),
            ("outage_min_hours", "Ore di visibilità perché il giorno conti"),
            ("outage_affects_executivity", "Il disservizio sposta anche l'esecutività"),
            ("term_by_type", "Giorni di pubblicazione per tipo di documento"),
            ("attestation_signers", "Chi firma l'attestazione di pubblicazione"),
            ("referto_signer", "Chi firma il referto"),
            ("referto_states_no_opposition", "Il referto dice «senza opposizioni»"),
            ("albo_history", "Che cosa resta di una pubblicazione conclusa"),
        ],
    },
    Section {
        token: "riservatezza",
        title: "I dati personali",
        keys: &[
            ("privacy_reviewer", "Chi verifica i dati personali"),
            ("privacy_replace_continues", "La sostituzione per privacy non interrompe i giorni"),
        ],
    },
    Section {
        token: "esecutivita",
        title: "Esecutività e comunicazioni",
        keys: &[
            ("exec_count", "Computo dei dieci giorni di esecutività"),
            (
                "ie_also_certify_executive",
                "L'atto eseguibile ha anche il certificato di esecutività",
            ),
            ("capigruppo_channel", "Come arriva l'elenco ai capigruppo"),
            ("capigruppo_batch", "Quando parte l'elenco ai capigruppo"),
            ("capigruppo_registry", "Registro delle comunicazioni ai capigruppo"),
            ("capigruppo_list_hour", "Ora dell'elenco ai capigruppo"),
            ("digest_hour", "Ora del riepilogo delle firme"),
            ("art127_enabled", "Controllo eventuale (art. 127 TUEL)"),
            ("prefect_notice_types", "Tipi di atto comunicati al Prefetto"),
            ("preservation_timing", "Quando gli atti vanno in conservazione"),
        ],
    },
    Section {
        token: "altri",
        title: "Determinazioni e controlli",
        keys: &[
            ("det_number_at", "Quando la determinazione prende il numero"),
            ("det_register", "Registri delle determinazioni"),
            ("det_publish", "Le determinazioni si pubblicano"),
            ("rounding", "Arrotondamento dei campioni"),
            ("control_period", "Periodo dei controlli successivi"),
        ],
    },
];

/// The name of a key, in Italian.
pub fn label(key: &str) -> &str {
    let all = SECTIONS.iter().flat_map(|section| section.keys);
    all.into_iter().find(|(known, _)| *known == key).map_or(key, |(_, words)| words)
}

/// Words of values, beside which the page shows the token itself.
pub const WORDS: &[(&str, &str)] = &[
    ("parallel", "insieme"),
    ("hierarchical", "nell'ordine degli uffici"),
    ("always_ragioneria", "sempre la Ragioneria, con il suo foglio"),
    ("director_declares", "il direttore proponente; la Ragioneria prende atto"),
    ("allow_to_agenda", "la proposta prosegue e la Giunta motiva"),
    ("allow_with_segretario_note", "prosegue con una nota del Segretario"),
    ("return_to_proposer", "torna al proponente"),
    ("off", "non richiesto"),
    ("required", "su ogni proposta"),
    ("on_demand", "a richiesta"),
    ("motivate", "la Giunta motiva"),
    ("vicario", "Vice Segretario vicario"),
    ("vice", "Vice Segretario"),
    ("reggente", "Segretario reggente"),
    ("scavalco", "Segretario a scavalco"),
    ("youngest_member", "il componente più giovane"),
    ("president_first", "prima il presidente"),
    ("verbalizer_first", "prima il verbalizzante"),
    ("free", "libera"),
    ("written", "per iscritto"),
    ("fixed_calendar", "a calendario fisso"),
    ("email", "posta elettronica"),
    ("pec", "PEC"),
    ("portal", "area riservata"),
    ("president_decides", "decide il presidente"),
    ("unanimity_of_present", "all'unanimità dei presenti"),
    ("forbidden", "non ammessi"),
    ("eldest", "il più anziano di età"),
    ("list_order", "l'ordine dell'elenco"),
    ("majority", "la metà più uno"),
    ("half_up", "la metà, per eccesso"),
    ("in_carica", "in carica"),
    ("assegnati", "assegnati"),
    ("votanti", "i votanti"),
    ("presenti", "i presenti, astenuti compresi"),
    ("half_of_base", "favorevoli pari alla metà della base"),
    ("equal_votes", "favorevoli pari ai contrari"),
    ("majority_of_members", "la maggioranza dei componenti"),
    ("two_thirds_of_members", "i due terzi dei componenti"),
    ("two_thirds_of_voters", "i due terzi dei votanti"),
    ("per_body_year", "uno per organo e anno"),
    ("giunta_consiglio_year", "uno per Giunta e Consiglio, per anno"),
    ("proclamation", "alla proclamazione"),
    ("sitting_close", "alla chiusura della seduta"),
    ("draft", "in bozza"),
    ("submission", "alla presentazione"),
    ("opening", "quella dell'apertura"),
    ("item", "quella dell'argomento"),
    ("new_act", "con un nuovo atto"),
    ("segretario_note", "con una nota del Segretario"),
    ("office_note", "con una nota dell'ufficio"),
    ("internal", "questo programma"),
    ("external", "un altro sistema"),
    ("none", "nessuno"),
    ("extend_per_day", "proroga di un giorno per ogni giorno"),
    ("restart", "i giorni ricominciano"),
    ("segreteria", "la Segreteria"),
    ("proposing_office", "l'ufficio proponente"),
    ("dpo", "il responsabile della protezione dei dati"),
    ("publication_manager", "il responsabile della pubblicazione"),
    ("messo", "il messo"),
    ("segretario", "il Segretario"),
    ("seal", "il sigillo dell'ente"),
    ("number_and_object", "numero e oggetto"),
    ("P-INC", "sì: il giorno di affissione è il primo"),
    ("P-EXC", "no: si conta dal giorno dopo"),
    ("E-A", "dal giorno di affissione"),
    ("E-B", "dal giorno dopo l'affissione"),
    ("E-C", "dalla fine della pubblicazione"),
    ("per_day", "una volta al giorno"),
    ("referto", "referto"),
    ("certificate", "certificati"),
    ("capigruppo_list", "elenco ai capigruppo"),
    ("extract", "estratti"),
    ("copy", "copie"),
    ("albo_export", "dati dell'Albo"),
    ("receipt", "ricevute"),
    ("after_publication", "dopo la pubblicazione"),
    ("daily", "ogni giorno"),
    ("signature", "alla firma"),
    ("visto", "al visto"),
    ("per_ente", "uno per l'ente"),
    ("per_direzione", "uno per direzione"),
    ("up", "per eccesso"),
    ("nearest", "al più vicino"),
    ("down", "per difetto"),
    ("monthly", "mensile"),
    ("quarterly", "trimestrale"),
    ("four_monthly", "quadrimestrale"),
    ("half_yearly", "semestrale"),
    ("yearly", "annuale"),
    ("two_level", "proposta e deliberazione"),
    ("single_text", "testo unico"),
    ("ordinario", "statuto ordinario"),
    ("friuli_venezia_giulia", "Friuli-Venezia Giulia"),
    ("trentino_alto_adige", "Trentino-Alto Adige"),
    ("sicilia", "Sicilia"),
    ("sindaco", "il Sindaco"),
    ("vicesindaco", "il Vicesindaco"),
    ("assessore", "gli assessori"),
];

/// A value as a sentence says it; the token is shown beside it.
pub fn said(value: &Raw) -> String {
    match value {
        Raw::Bool(true) => "sì".into(),
        Raw::Bool(false) => "no".into(),
        Raw::Whole(number) => number.to_string(),
        Raw::Date(day) => day.format("%d/%m/%Y").to_string(),
        Raw::Text(word) => {
            let known = WORDS.iter().find(|(token, _)| token == word);
            known.map_or_else(|| word.clone(), |(_, words)| (*words).to_owned())
        }
        Raw::List(values) if values.is_empty() => "nessuno".into(),
        Raw::List(values) => values.iter().map(said).collect::<Vec<_>>().join(", "),
        Raw::Map(values) if values.is_empty() => "nessuno".into(),
        Raw::Map(values) => {
            let line = |(name, value): (&String, &Raw)| format!("{name}: {}", said(value));
            values.iter().map(line).collect::<Vec<_>>().join("; ")
        }
    }
}
