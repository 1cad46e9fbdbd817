// SPDX-License-Identifier: AGPL-3.0-or-later
//! One way to make a page: a typed context, a template, the shell around it.

use super::App;
use super::assets;
use super::error::WebError;
use super::visitor::Visitor;
use crate::domain::registry::Role;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, TemplateError};
use rust_embed::RustEmbed;
use serde::Serialize;

#[derive(RustEmbed)]
#[folder = "templates/page/"]
struct Embedded;

/// What a page says about itself; the struct itself is the context of its template.
pub trait Page: Serialize {
    /// Template of `templates/page`, without `.hbs`.
    const TEMPLATE: &'static str;
    /// Entry of the navigation that is current; empty for none.
    const SECTION: &'static str = "";

    /// Title: of the window and of the page.
    fn title(&self) -> String;

    /// The way to it, after «Scrivania» and before the page itself.
    fn trail(&self) -> Vec<Link> {
        Vec::new()
    }
}

/// A link with its words.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    /// Where.
    pub href: String,
    /// Words.
    pub label: String,
    /// The page one is on.
    pub current: bool,
}

impl Link {
    /// A link.
    pub fn new(href: impl Into<String>, label: impl Into<String>) -> Self {
        Self { href: href.into(), label: label.into(), current: false }
    }
}

/// What surrounds every page.
#[derive(Debug, Clone, Serialize)]
pub struct Shell {
    title: String,
    comune: String,
    /// Name of the person; none for a stranger.
    person: Option<String>,
    /// His title, as printed.
    person_title: String,
    nav: Vec<Link>,
    trail: Vec<Link>,
    /// What the action before has to say.
    notice: Option<String>,
    training: bool,
    demo: bool,
    accessibility_url: String,
    /// A page for everybody: the Comune's own head, no work navigation.
    public: bool,
    home: &'static str,
    brand: String,
    tagline: &'static str,
    /// The institutional site.
    site_url: Option<String>,
    version: &'static str,
}

/// Entries of the pages that everybody reads.
const PUBLIC_NAV: &[(&str, &str, &str)] =
    &[("albo", "/albo", "Albo pretorio"), ("verifica", "/verifica", "Verifica un documento")];

/// Entries of the navigation and who sees them; an empty list is everyone. A page of another
/// helper adds its line here.
const NAV: &[(&str, &str, &str, &[Role])] = &[
    ("scrivania", "/scrivania", "Scrivania", &[]),
    ("proposta", "/proposte/nuova", "Nuova proposta", &crate::domain::case::powers::DRAFTERS),
    ("sedute", "/sedute", "Sedute", &crate::domain::visibility::AT_WORK),
    ("affissioni", "/affissioni", "Affissioni", &FOR_OTHERS),
    ("registri", "/registri", "Registri", &crate::domain::visibility::READERS),
    ("amministrazione", "/amministrazione", "Amministrazione", &KEEPERS),
];
/// Who takes in documents of other bodies, and who posts them.
const FOR_OTHERS: [Role; 3] = [Role::ResponsabilePubblicazione, Role::Segretario, Role::Segreteria];
/// Who sees how the Comune is set up; each page asks the registry again.
const KEEPERS: [Role; 3] = [Role::Amministratore, Role::Segretario, Role::Segreteria];

/// The templates of the pages.
pub struct Templates(Handlebars<'static>);

impl Templates {
    /// The templates this program was built with.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn embedded() -> Result<Self, Box<TemplateError>> {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.set_prevent_indent(true);
        registry.register_helper("asset", Box::new(asset));
        registry.register_helper("icona", Box::new(icon));
        for name in Embedded::iter() {
            let Some(file) = Embedded::get(&name) else { continue };
            let text = String::from_utf8_lossy(&file.data).into_owned();
            let name = name.trim_end_matches(".hbs");
            registry.register_template_string(name, text).map_err(Box::new)?;
        }
        Ok(Self(registry))
    }

    fn text(&self, template: &str, context: &impl Serialize) -> Result<String, WebError> {
        let text = self.0.render(template, context);
        text.map_err(|error| WebError::internal("template", error))
    }

    /// Names of all templates.
    pub fn names(&self) -> Vec<String> {
        self.0.get_templates().keys().cloned().collect()
    }
}

fn asset(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let name = helper.param(0).and_then(|p| p.value().as_str()).unwrap_or_default();
    out.write(&assets::url(name))?;
    Ok(())
}

/// `{{icona "it-check"}}`: an ornament beside words. A partial would copy the whole page for each.
fn icon(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let name = helper.param(0).and_then(|p| p.value().as_str()).unwrap_or_default();
    out.write(r#"<svg class="icon" aria-hidden="true" focusable="false"><use href=""#)?;
    out.write(&assets::url("icone.svg"))?;
    out.write(&format!("#{name}\"></use></svg>"))?;
    Ok(())
}

#[derive(Serialize)]
struct Whole<'a, P> {
    shell: &'a Shell,
    page: &'a P,
}

/// The frame around a page that is made. As a block of the page's own template it would cost a copy
/// of everything the page knows, and one more of every line.
#[derive(Serialize)]
struct Framed<'a> {
    shell: &'a Shell,
    body: String,
}
const LAYOUT: &str = "layout";

impl App {
    /// The page of a signed-in person.
    ///
    /// # Errors
    /// When the template wants what the context does not have.
    pub fn show<P: Page>(&self, visitor: &Visitor, page: &P) -> Result<Response, WebError> {
        self.render(StatusCode::OK, Some(visitor), page)
    }

    /// A page with its status, of a person or of a stranger.
    ///
    /// # Errors
    /// As [`App::show`].
    pub fn render<P: Page>(
        &self,
        status: StatusCode,
        visitor: Option<&Visitor>,
        page: &P,
    ) -> Result<Response, WebError> {
        self.whole(status, &self.shell(visitor, page), page)
    }

    /// A page for everybody, signed in or not: what the Comune shows to its citizens.
    ///
    /// # Errors
    /// As [`App::show`].
    pub fn public<P: Page>(
        &self,
        status: StatusCode,
        comune: &str,
        page: &P,
    ) -> Result<Response, WebError> {
        let link = |(token, href, label): &(&str, &str, &str)| Link {
            current: *token == P::SECTION,
            ..Link::new(*href, *label)
        };
        let mut trail = page.trail();
        if !trail.is_empty() {
            trail.push(Link { current: true, ..Link::new("", page.title()) });
        }
        let comune = if comune.is_empty() { "Comune" } else { comune };
        let shell = Shell {
            comune: comune.to_owned(),
            nav: PUBLIC_NAV.iter().map(link).collect(),
            trail,
            public: true,
            home: "/albo",
            brand: comune.to_owned(),
            tagline: "Albo pretorio on line",
            ..self.shell(None, page)
        };
        self.whole(status, &shell, page)
    }

    fn whole<P: Page>(
        &self,
        status: StatusCode,
        shell: &Shell,
        page: &P,
    ) -> Result<Response, WebError> {
        let body = self.pages.text(P::TEMPLATE, &Whole { shell, page })?;
        let html = self.pages.text(LAYOUT, &Framed { shell, body })?;
        Ok((status, Html(html)).into_response())
    }

    /// A part of a page, without the shell: what a script puts in its place.
    ///
    /// # Errors
    /// As [`App::show`].
    pub fn fragment<P: Page>(&self, part: &P) -> Result<Response, WebError> {
        Ok(Html(self.pages.text(P::TEMPLATE, part)?).into_response())
    }

    fn shell<P: Page>(&self, visitor: Option<&Visitor>, page: &P) -> Shell {
        let settings = &self.settings;
        let comune = visitor.map(|v| v.registry.comune.name.clone());
        let mut trail = Vec::new();
        if visitor.is_some() {
            trail = vec![Link::new("/scrivania", "Scrivania")];
            trail.extend(page.trail());
            if P::SECTION != "scrivania" {
                trail.push(Link { current: true, ..Link::new("", page.title()) });
            } else {
                trail.clear();
            }
        }
        Shell {
            title: page.title(),
            comune: comune.filter(|name| !name.is_empty()).unwrap_or_else(|| "Delibera".into()),
            person: visitor.map(|v| v.person.name()),
            person_title: visitor.map(|v| v.title.clone()).unwrap_or_default(),
            nav: visitor.map(|v| nav(v, P::SECTION)).unwrap_or_default(),
            trail,
            notice: visitor.and_then(|v| v.notice.clone()),
            training: settings.training,
            demo: settings.demo,
            accessibility_url: settings
                .accessibility_url
                .clone()
                .unwrap_or_else(|| "/accessibilita".into()),
            public: false,
            home: "/scrivania",
            brand: "Delibera".into(),
            tagline: "Atti della Giunta, dalla proposta all'esecutività",
            site_url: settings.albo.site_url.clone(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

fn nav(visitor: &Visitor, section: &str) -> Vec<Link> {
    let sees = |roles: &[Role]| roles.is_empty() || visitor.roles.iter().any(|r| roles.contains(r));
    let entries = NAV.iter().filter(|(_, _, _, roles)| sees(roles));
    entries
        .map(|(token, href, label, _)| Link {
            current: *token == section,
            ..Link::new(*href, *label)
        })
        .collect()
}
