// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who finds what on his desk: what each step waits for, and from whom.

use crate::desk::Desk;
use delibera::domain::registry::Role;
use delibera::domain::tasks::{Holder, What, of_case};

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
