// SPDX-License-Identifier: AGPL-3.0-or-later
//! Broken regulations, and exactly what their author is told.

use delibera::domain::regulation::parse;

const EXEC: &str = "[exec_count]\nvalue = \"E-A\"\nsource = \"art. 39 Statuto\"\n";

/// The messages for a text that already has its `exec_count` in lines 1-3.
fn errors(rest: &str) -> Vec<String> {
    errors_of(&format!("{EXEC}{rest}"))
}

fn errors_of(text: &str) -> Vec<String> {
    let problems = parse(text, "regolamento.toml").expect_err("the file is broken");
    problems.iter().map(ToString::to_string).collect()
}

fn warnings(rest: &str) -> Vec<String> {
    let regulation = parse(&format!("{EXEC}{rest}"), "r.toml").expect("the file is good");
    regulation.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn text_that_is_not_toml() {
    let said = errors("[pub_count\nvalue = \"P-INC\"\n");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("regolamento.toml:4: il testo non è TOML valido (il lettore dice: ")
    );
}

#[test]
fn a_key_written_twice() {
    assert_eq!(
        errors("[exec_count]\nvalue = \"E-B\"\nsource = \"x\"\n"),
        [
            "regolamento.toml:4: la chiave è scritta due volte (per più periodi usare [[chiave]], con \
          due parentesi, ogni volta)"
        ]
    );
}

#[test]
fn an_unknown_key_gets_the_nearest() {
    assert_eq!(
        errors("\n[quorum_strutturale]\nvalue = \"majority\"\nsource = \"art. 1\"\n"),
        [
            "regolamento.toml:5: chiave sconosciuta: «quorum_strutturale» (forse «quorum_structural»?)"
        ]
    );
    assert_eq!(
        errors("[colore]\nvalue = \"blu\"\nsource = \"art. 1\"\n"),
        ["regolamento.toml:4: chiave sconosciuta: «colore»"]
    );
}

#[test]
fn an_unknown_word_in_a_table() {
    assert_eq!(
        errors("[pub_count]\nvalue = \"P-INC\"\nfonte = \"art. 5\"\nsorce = \"art. 5\"\n"),
        [
            "regolamento.toml:4: «pub_count» non ha la fonte (citare l'articolo dello statuto o \
             del regolamento: source = \"art. …\")",
            "regolamento.toml:6: in «pub_count» parola sconosciuta: «fonte»",
            "regolamento.toml:7: in «pub_count» parola sconosciuta: «sorce» (forse «source»?)",
        ]
    );
}

#[test]
fn the_missing_doctrine() {
    assert_eq!(
        errors_of("[pub_count]\nvalue = \"P-INC\"\nsource = \"art. 5\"\n"),
        [
            "regolamento.toml:1: manca la chiave obbligatoria «exec_count» (R7.2) (la legge non ha un \
          valore comune: scegliere E-A | E-B | E-C)"
        ]
    );
}

#[test]
fn a_word_that_is_not_allowed() {
    assert_eq!(
        errors("[vote_base]\nvalue = \"presente\"\nsource = \"art. 38\"\n"),
        ["regolamento.toml:5: «vote_base»: «presente» non è ammesso (valori ammessi: votanti | \
          presenti)"]
    );
    assert_eq!(
        errors("[quorum_structural]\nvalue = \"fixed:0\"\nsource = \"art. 38\"\n"),
        ["regolamento.toml:5: «quorum_structural»: «fixed:0» non è ammesso (valori ammessi: \
          majority | half_up | fixed:K)"]
    );
}

#[test]
fn a_value_of_the_wrong_type() {
    assert_eq!(
        errors("[casting_vote]\nvalue = \"no\"\nsource = \"art. 38\"\n"),
        ["regolamento.toml:5: «casting_vote»: «no» non è ammesso (valori ammessi: true | false)"]
    );
    assert_eq!(
        errors("[publish_within_days]\nvalue = 10.5\nsource = \"art. 4\"\n"),
        ["regolamento.toml:5: «publish_within_days»: questo tipo di valore non è ammesso (valori \
          ammessi: un numero intero da 1 a 365)"]
    );
    assert_eq!(
        errors("[seal_uses]\nvalue = [\"receipt\", \"sigillo\"]\nsource = \"art. 15\"\n"),
        [
            "regolamento.toml:5: «seal_uses»: «sigillo» non è ammesso (valori ammessi: un elenco di: \
          referto | certificate | capigruppo_list | extract | copy | albo_export | receipt)"
        ]
    );
}

#[test]
fn a_number_out_of_bounds() {
    assert_eq!(
        errors("[cutoff_hour]\nvalue = 24\nsource = \"art. 6\"\n"),
        [
            "regolamento.toml:5: «cutoff_hour»: 24 non è ammesso (valori ammessi: un numero intero da \
          0 a 23)"
        ]
    );
    assert_eq!(
        errors("[outage_min_hours]\nvalue = -1\nsource = \"art. 6\"\n"),
        ["regolamento.toml:5: «outage_min_hours»: -1 non è ammesso (valori ammessi: un numero \
          intero da 1 a 24)"]
    );
}

#[test]
fn a_value_without_source() {
    assert_eq!(
        errors("[casting_vote]\nvalue = true\n"),
        ["regolamento.toml:4: «casting_vote» non ha la fonte (citare l'articolo dello statuto o \
          del regolamento: source = \"art. …\")"]
    );
    assert_eq!(
        errors("[casting_vote]\nvalue = true\nsource = \"  \"\n"),
        [
            "regolamento.toml:6: la fonte di «casting_vote» è vuota (citare l'articolo dello statuto \
          o del regolamento: source = \"art. …\")"
        ]
    );
    assert_eq!(
        errors_of(&format!("casting_vote = true\n{EXEC}")),
        ["regolamento.toml:1: «casting_vote» è scritta senza la sua fonte (scrivere una tabella: \
          [casting_vote] con value = … e source = …)"]
    );
}

#[test]
fn a_source_without_value() {
    assert_eq!(
        errors("[casting_vote]\nsource = \"art. 38\"\n"),
        ["regolamento.toml:4: «casting_vote» non ha il valore (valori ammessi: true | false)"]
    );
}

#[test]
fn a_period_that_ends_before_it_begins() {
    assert_eq!(
        errors(
            "[casting_vote]\nvalue = true\nsource = \"art. 38\"\nvalid_from = 2024-02-01\n\
             valid_to = 2024-01-31\n"
        ),
        [
            "regolamento.toml:8: «casting_vote» finisce (2024-01-31) prima di cominciare (2024-02-01) \
          (controllare valid_from e valid_to)"
        ]
    );
}

#[test]
fn a_date_that_is_not_one() {
    assert_eq!(
        errors("[casting_vote]\nvalue = true\nsource = \"art. 38\"\nvalid_from = \"2024-02-01\"\n"),
        ["regolamento.toml:7: «valid_from» non è una data (scrivere la data senza virgolette: \
          2016-01-31)"]
    );
}

#[test]
fn periods_that_overlap() {
    let period = |from: &str, to: &str| {
        format!("[[casting_vote]]\nvalue = true\nsource = \"art. 38\"\n{from}{to}")
    };
    let text = period("", "valid_to = 2024-06-30\n") + &period("valid_from = 2024-06-30\n", "");
    assert_eq!(
        errors(&text),
        [
            "regolamento.toml:8: due periodi di «casting_vote» si sovrappongono (dare a ogni periodo \
          il suo valid_from, dopo la fine del precedente)"
        ]
    );
    assert_eq!(errors(&(period("", "") + &period("", ""))).len(), 1);
}

#[test]
fn who_must_leave_and_still_counts_needs_a_source() {
    let must_leave = "[art78_must_leave]\nvalue = true\nsource = \"art. 27 Statuto\"\n";
    assert_eq!(
        errors(must_leave),
        [
            "regolamento.toml:4: chi deve uscire (art. 78) conterebbe ancora per il numero legale, ma \
          nessuna fonte locale lo dice (scrivere anche [art78_counts_for_quorum] con la sua fonte, \
          oppure value = false)"
        ]
    );
    let counts = "[art78_counts_for_quorum]\nvalue = true\nsource = \"art. 27 Statuto\"\n";
    assert_eq!(warnings(&format!("{must_leave}{counts}")), Vec::<String>::new());
}

#[test]
fn remote_keys_without_a_remote_regulation() {
    assert_eq!(
        errors("[remote_president_must_be_in_seat]\nvalue = true\nsource = \"art. 4\"\n"),
        [
            "regolamento.toml:4: «remote_president_must_be_in_seat» non ha senso senza un regolamento \
          delle sedute a distanza (indicare il regolamento in [remote_regulation_ref])"
        ]
    );
}

#[test]
fn numbers_against_the_seats() {
    let seats = "[seats]\nvalue = 5\nsource = \"art. 24\"\n";
    assert_eq!(
        errors(&format!("{seats}[quorum_structural]\nvalue = \"fixed:6\"\nsource = \"art. 27\"\n")),
        ["regolamento.toml:7: il numero legale (6) supera i componenti assegnati (5) (correggere \
          quorum_structural o seats)"]
    );
    assert_eq!(
        errors(&format!("{seats}[ie_majority]\nvalue = \"fixed:2\"\nsource = \"art. 27\"\n")),
        [
            "regolamento.toml:7: per l'immediata eseguibilità 2 voti non stanno fra la maggioranza dei \
          componenti (3) e la Giunta intera (5) (la legge chiede almeno la maggioranza dei \
          componenti (art. 134, c. 4, TUEL))"
        ]
    );
    assert_eq!(
        warnings(&format!(
            "{seats}[quorum_structural]\nvalue = \"fixed:5\"\nsource = \"art. 27\"\n"
        )),
        ["r.toml:7: il numero legale è la Giunta intera: un solo assente rende illegittimo ogni \
          atto (CdS IV 4573/2011) (verificare lo statuto)"]
    );
}

#[test]
fn two_thirds_of_the_voters_only_in_sicilia() {
    let majority = "[ie_majority]\nvalue = \"two_thirds_of_voters\"\nsource = \"art. 12\"\n";
    assert_eq!(
        errors(majority),
        [
            "regolamento.toml:4: l'immediata eseguibilità chiede almeno la maggioranza dei componenti \
          (art. 134, c. 4, TUEL): i due terzi dei votanti valgono solo in Sicilia (usare \
          majority_of_members, two_thirds_of_members o fixed:K)"
        ]
    );
    let sicilia = "[profile]\nvalue = \"sicilia\"\nsource = \"L.R. 44/1991\"\n";
    assert_eq!(warnings(&format!("{majority}{sicilia}")), Vec::<String>::new());
}

#[test]
fn a_contradiction_of_one_period_only_is_found() {
    assert_eq!(
        errors(
            "[[quorum_structural]]\nvalue = \"fixed:1\"\nsource = \"art. 9\"\n\
             valid_to = 2010-12-31\n[[quorum_structural]]\nvalue = \"majority\"\n\
             source = \"art. 38\"\nvalid_from = 2011-01-01\n"
        ),
        ["regolamento.toml:4: un solo componente non è un collegio (indicare un numero legale di \
          almeno 2)"]
    );
}

#[test]
fn all_errors_at_once_in_the_order_of_the_file() {
    let said = errors(
        "[vote_base]\nvalue = 3\nsource = \"a\"\n[tie_role]\nvalue = \"x\"\nsource = \"a\"\n\
         [albo]\nvalue = \"internal\"\n",
    );
    let lines: Vec<&str> = said.iter().filter_map(|text| text.split(':').nth(1)).collect();
    assert_eq!(lines, ["5", "7", "10"], "{said:?}");
}

#[test]
fn opposite_doctrines_are_a_warning() {
    assert_eq!(
        warnings("[pub_count]\nvalue = \"P-EXC\"\nsource = \"art. 5\"\n"),
        ["r.toml:1: pub_count ed exec_count rispondono in modo opposto: il giorno di affissione \
          conta per uno dei due termini e non per l'altro (di regola P-INC con E-A, P-EXC con E-B)"]
    );
}

#[test]
fn keys_without_effect_are_warnings() {
    assert_eq!(
        warnings("[tie_rule]\nvalue = \"equal_votes\"\nsource = \"art. 27\"\n"),
        [
            "r.toml:4: «tie_rule» non ha effetto: il presidente non ha il voto prevalente (togliere la \
          chiave, oppure indicare [casting_vote])"
        ]
    );
    assert_eq!(
        warnings("[legitimacy_contrary_effect]\nvalue = \"motivate\"\nsource = \"art. 2\"\n"),
        ["r.toml:4: «legitimacy_contrary_effect» non ha effetto: il parere di legittimità non è \
          richiesto (togliere la chiave, oppure indicare [legitimacy_opinion])"]
    );
    assert_eq!(
        warnings("[holiday_shift]\nvalue = true\nsource = \"art. 7\"\n"),
        [
            "r.toml:4: i quindici giorni sono consecutivi (art. 124, c. 1, TUEL): l'ultimo non slitta \
          se festivo (togliere la chiave, salvo diversa fonte)"
        ]
    );
    assert_eq!(
        warnings("[art127_enabled]\nvalue = true\nsource = \"art. 7\"\n"),
        ["r.toml:4: il controllo eventuale dell'art. 127 TUEL è di fatto inoperante (L. cost. \
          3/2001) (tenerlo attivo solo se il Comune ha un organo di controllo)"]
    );
}

#[test]
fn a_doctrine_that_stops_is_a_warning() {
    let text = "[exec_count]\nvalue = \"E-A\"\nsource = \"art. 39\"\nvalid_to = 2025-12-31\n";
    let regulation = parse(text, "r.toml").expect("the file is good");
    let said: Vec<String> = regulation.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "r.toml:1: dal 01/01/2026 «exec_count» non ha più alcun valore (aggiungere il periodo che \
          segue)"
        ]
    );
}

#[test]
fn nobody_could_propose() {
    let said = errors("[proposer_roles]\nvalue = []\nsource = \"art. 1\"\n").join("");
    assert!(said.contains("nessuno può proporre: l'elenco è vuoto"), "{said}");
}

#[test]
fn a_policy_of_signatures_is_about_papers_that_exist() {
    let said = |policy: &str| {
        let text = format!("[signature_policy]\nvalue = {policy}\nsource = \"Manuale\"\n");
        parse(&format!("{EXEC}{text}"), "r.toml")
            .err()
            .map(|problems| problems.iter().map(ToString::to_string).collect::<String>())
    };
    assert_eq!(said("{ default = \"qualified\", deliberazione = \"qualified B-LTA\" }"), None);
    let wrong = said("{ determina = \"qualified\" }").expect("no such paper");
    assert!(wrong.contains("«determina» non è un tipo di documento"), "{wrong}");
}

#[test]
fn an_authority_is_written_as_its_register_writes_it() {
    let said = errors("[urn_authority]\nvalue = \"Comune di Milano\"\nsource = \"IPA\"\n").join("");
    assert!(said.contains("con parole minuscole separate da punti"), "{said}");
}

#[test]
fn the_seal_closes_a_referto_only_where_it_may() {
    let said = |uses: &str| {
        let text = format!(
            "[referto_signer]\nvalue = \"seal\"\nsource = \"Manuale\"\n\
             [seal_uses]\nvalue = [{uses}]\nsource = \"Manuale\"\n"
        );
        parse(&format!("{EXEC}{text}"), "r.toml").err().map(|problems| problems[0].to_string())
    };
    assert_eq!(said("\"referto\""), None);
    let wrong = said("\"extract\"").expect("not for this");
    assert!(wrong.contains("«seal_uses» non lo comprende"), "{wrong}");
}
