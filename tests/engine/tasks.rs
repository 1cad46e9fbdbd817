// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who finds what on his desk: what each step waits for, and from whom.

use crate::desk::Desk;
use delibera::domain::registry::Role;
use delibera::domain::tasks::{Holder, What, desk, of_case};

/// What an act waits for at the step it stands at, and from whom; papers and duties apart.
fn waits(desk: &Desk) -> Vec<(Holder, What)> {
    let case = desk.of("a");
    let workflow = desk.world.workflow(case).unwrap();
    let tasks = of_case(case, &workflow).into_iter();
    let of_step = tasks.filter(|t| !matches!(t.what, What::Follow | What::Sign | What::Duty));
    of_step.map(|task| (task.holder, task.what)).collect()
}

fn of(role: Role, office: Option<&str>) -> Holder {
    Holder::Role(role, office.map(str::to_owned))
}

#[test]
fn each_step_waits_for_who_is_to_act_and_for_nobody_who_has_acted() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.offices.push("casa".into());
    desk.create("a", content).unwrap();
    assert_eq!(waits(&desk), [(Holder::Person("rp".into()), What::Submit)]);
    desk.carry("a", "pareri_tecnici");
    let director = |office| (of(Role::Direttore, Some(office)), What::Opinion);
    assert_eq!(waits(&desk), [director("area"), director("casa")]);
    desk.technical("dir_area", "a", "area").unwrap();
    assert_eq!(waits(&desk), [director("casa")]);
    for (step, role, what) in [
        ("parere_contabile", Role::ResponsabileRagioneria, What::Opinion),
        ("istruttoria", Role::Segreteria, What::Review),
        ("parere_legittimita", Role::Segretario, What::Opinion),
        ("ordine_del_giorno", Role::Segreteria, What::Agenda),
    ] {
        desk.carry("a", step);
        assert_eq!(waits(&desk), [(of(role, None), what)], "{step}");
    }
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    assert_eq!(waits(&desk), [], "on an agenda");
}

#[test]
fn a_desk_holds_what_only_one_may_do_apart_from_what_others_may() {
    let mut comune = Desk::large();
    let on = comune.today();
    let seen = desk(&comune.world.registry, "dir_area", on);
    let (own, office) = (of(Role::Direttore, Some("area")), Holder::Office("area".into()));
    let himself = Holder::Person("dir_area".into());
    assert_eq!((seen.own.first(), seen.own.contains(&own)), (Some(&himself), true));
    assert_eq!(seen.followed, [himself, office]);
    // With the Segretario in service her substitutes may not act yet.
    let role = of(Role::Segretario, None);
    let holds = |comune: &Desk, person: &str| {
        let seen = desk(&comune.world.registry, person, on);
        (seen.own.contains(&role), seen.shared.contains(&role))
    };
    assert_eq!(holds(&comune, "segretario"), (true, false));
    assert_eq!(holds(&comune, "vicario"), (false, true));
    assert_eq!(holds(&comune, "segreteria"), (false, false));
    // Art. 49, c. 2, TUEL: an office without officer is the Segretario's.
    comune.director_ends("2024-04-28");
    let stands_in = |person: &str, office: &str| {
        let vacant = of(Role::Direttore, Some(office));
        desk(&comune.world.registry, person, on).own.contains(&vacant)
    };
    assert!(stands_in("segretario", "area") && !stands_in("segretario", "casa"));
    assert!(!stands_in("segreteria", "area") && !stands_in("vicario", "area"));
}
