// SPDX-License-Identifier: AGPL-3.0-or-later
//! The pages over HTTP, on both engines: who gets in, what is refused and how, what is never lost.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "web/actions.rs"]
mod actions;
#[path = "web/admin.rs"]
mod admin;
#[path = "web/affissioni.rs"]
mod affissioni;
#[path = "web/albo.rs"]
mod albo;
#[path = "support/answer.rs"]
mod answer;
#[path = "web/api.rs"]
mod api;
#[path = "web/api_act.rs"]
mod api_act;
#[path = "web/comune.rs"]
mod comune;
#[path = "web/hosts.rs"]
mod hosts;
#[path = "support/http.rs"]
mod http;
#[path = "web/matrix.rs"]
mod matrix;
#[path = "web/oidc.rs"]
mod oidc;
#[path = "web/papers.rs"]
mod papers;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "web/privacy.rs"]
mod privacy;
#[path = "web/probes.rs"]
mod probes;
#[path = "web/proposal.rs"]
mod proposal;
#[path = "support/proposed.rs"]
mod proposed;
#[path = "web/provider.rs"]
mod provider;
#[path = "web/registers.rs"]
mod registers;
#[path = "web/security.rs"]
mod security;
#[path = "web/server.rs"]
mod server;
#[path = "web/sittings.rs"]
mod sittings;
#[path = "web/strangers.rs"]
mod strangers;
#[path = "web/worker.rs"]
mod worker;

/// Makes a test of each engine out of a function that takes a server.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        crate::of_each_engine!(crate::server::sqlite(), crate::server::postgres(); $($name),+);
    };
}
pub(crate) use on_both_engines;

/// Makes a test of each engine out of a function that is told whether it is PostgreSQL.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => { crate::of_each_engine!(false, true; $($name),+); };
}
pub(crate) use on_both_databases;

macro_rules! of_each_engine {
    ($sqlite:expr, $postgres:expr; $($name:ident),+) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name($sqlite); })+
        }
        mod postgres {
            $(#[test] fn $name() { super::$name($postgres); })+
        }
    };
}
pub(crate) use of_each_engine;
