// SPDX-License-Identifier: AGPL-3.0-or-later
//! The templates this program is built with: one per kind of paper, and the parts they share.

/// Name and text of one template.
pub type Source = (&'static str, &'static str);

macro_rules! embedded {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../templates/act/", $folder, $name, ".md.hbs")))),+]
    };
}

/// One template for each kind of paper, named by its token.
pub const PAPERS: &[Source] = embedded!["":
    "annotazione",
    "annullamento_pubblicazione",
    "attestazione_disservizio",
    "attestazione_impedimento",
    "attestazione_pubblicazione",
    "attestazione_ritardo",
    "brogliaccio",
    "certificato_esecutivita",
    "certificato_eseguibilita",
    "confronto_versioni",
    "convocazione",
    "revoca_convocazione",
    "scheda_istruttoria",
    "copia_conforme",
    "deliberazione",
    "dichiarazione_formale",
    "elenco_capigruppo",
    "esiti_seduta",
    "estratto_conforme",
    "estratto_verbale",
    "foglio_pareri",
    "nota_restituzione",
    "nota_ritiro",
    "parere_contabile",
    "parere_legittimita",
    "parere_tecnico",
    "proposta",
    "rapporto_firme",
    "referto_pubblicazione",
    "verbale_seduta",
    "versione_pubblicabile",
    "visto_copertura",
];

/// Parts that several templates include.
pub const PARTIALS: &[Source] = embedded!["partials/":
    "albo",
    "allegati",
    "apertura",
    "atto",
    "condizioni",
    "conformita",
    "copia_lettura",
    "corpo_atto",
    "cronaca",
    "deliberazione_due_livelli",
    "deliberazione_testo_unico",
    "eseguibilita",
    "esito_parere",
    "firme",
    "modifiche",
    "non_partecipano",
    "oggetto",
    "omissis",
    "organo",
    "originale",
    "pareri_richiamati",
    "parti",
    "proclamazione",
    "prospetto",
    "riferimenti",
    "votazione",
    "voto_seduta",
];
