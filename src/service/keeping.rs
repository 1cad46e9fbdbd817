// SPDX-License-Identifier: AGPL-3.0-or-later
//! What an administrator does to the accounts of others and to jobs that failed, each noted with
//! his name. He opens, closes, sends a link; he never sees or sets a password.

use super::accounts::{AccountError, Accounts};
use super::mail::Mailer;
use crate::domain::law::calendar::rome_date;
use crate::domain::notice_facts::{NoticeFacts, Recipient};
use crate::domain::refusal::Refusal;
use crate::domain::registry::{Person, Registry, may_keep_accounts};
use crate::store::StoreError;

impl Accounts {
    /// Notes a gesture beside the record.
    ///
    /// # Errors
    /// What the database said.
    pub async fn note(
        &self,
        actor: &str,
        what: &str,
        about: &str,
        detail: &str,
        address: &str,
    ) -> Result<(), StoreError> {
        self.store.note_activity(self.clock.now(), (actor, what, about), detail, address).await
    }

    /// Asked on fresh state, before every gesture of this file.
    fn keeper(&self, registry: &Registry, actor: &str) -> Result<(), Refusal> {
        may_keep_accounts(registry, actor, rome_date(self.clock.now()))
    }

    /// Gives a person an account, or another login.
    ///
    /// # Errors
    /// `no_registry_power`, `unknown`, `login_invalid`, `login_taken`.
    pub async fn give(
        &self,
        registry: &Registry,
        actor: &str,
        person: &str,
        login: &str,
    ) -> Result<(), AccountError> {
        self.keeper(registry, actor)?;
        known(registry, person)?;
        self.add(person, login).await?;
        Ok(self.note(actor, "account_added", person, login, "").await?)
    }

    /// Sends a person the link with which he chooses his password.
    ///
    /// # Errors
    /// `no_registry_power`, `unknown`, `no_account`, `mail_failed`.
    pub async fn send_link(
        &self,
        registry: &Registry,
        actor: &str,
        person: &str,
        mailer: Option<&Mailer>,
    ) -> Result<(), AccountError> {
        self.keeper(registry, actor)?;
        self.mail_link(registry, known(registry, person)?, mailer).await?;
        Ok(self.note(actor, "link_sent", person, "", "").await?)
    }

    /// Makes the link and hands it to the mail server.
    ///
    /// # Errors
    /// `no_account`, `mail_failed`.
    pub async fn mail_link(
        &self,
        registry: &Registry,
        person: &Person,
        mailer: Option<&Mailer>,
    ) -> Result<(), AccountError> {
        if self.store.account(&person.id).await?.is_none() {
            let text = format!("{} non ha un'utenza", person.name());
            return Err(Refusal::new("no_account", "", "", text).next("Crearla prima").into());
        }
        let secret = self.link(&person.id).await?;
        let path = format!("/accesso/password?c={secret}");
        self.mail(registry, person, "password", path, &secret, mailer).await
    }

    /// Sends a message outside the queue: the one who asks waits for the answer of the server.
    async fn mail(
        &self,
        registry: &Registry,
        person: &Person,
        message: &str,
        path: String,
        key: &str,
        mailer: Option<&Mailer>,
    ) -> Result<(), AccountError> {
        let refused = |reason: &str| {
            let text = format!("Il messaggio a {} non è partito: {reason}", person.email);
            Refusal::new("mail_failed", "", "", text)
                .next("Controllare la tabella [mail] della configurazione")
        };
        let Some(mailer) = mailer else { return Err(refused("manca la posta").into()) };
        let now = self.clock.now();
        let facts = NoticeFacts {
            message: message.into(),
            event: message.into(),
            comune: registry.comune.name.clone(),
            on: rome_date(now),
            recipient: Recipient {
                person: person.id.clone(),
                name: person.name(),
                email: person.email.clone(),
                why: Vec::new(),
                body: false,
            },
            path: Some(path),
            ..NoticeFacts::default()
        };
        let mail = mailer.compose(&facts, key, now, &[]);
        let mail = mail.map_err(|error| refused(&error.to_string()))?;
        let sent = mailer.send(&mail).await;
        Ok(sent.map_err(|error| refused(&error.to_string()))?)
    }

    /// Sends a trial message to the one who asks: the mail of the installation works, or does not.
    ///
    /// # Errors
    /// `no_registry_power`, `mail_failed`.
    pub async fn try_mail(
        &self,
        registry: &Registry,
        actor: &str,
        mailer: Option<&Mailer>,
    ) -> Result<(), AccountError> {
        self.keeper(registry, actor)?;
        let person = known(registry, actor)?;
        let key = format!("prova:{actor}:{}", self.clock.now().timestamp_micros());
        let to = "/amministrazione".to_owned();
        self.mail(registry, person, "prova", to, &key, mailer).await?;
        Ok(self.note(actor, "mail_tried", actor, &person.email, "").await?)
    }

    /// Closes an account and its sessions until it is opened again.
    ///
    /// # Errors
    /// `no_registry_power`, `own_account`.
    pub async fn suspend(
        &self,
        registry: &Registry,
        actor: &str,
        person: &str,
    ) -> Result<(), AccountError> {
        self.keeper(registry, actor)?;
        if person == actor {
            let text = "Nessuno sospende la propria utenza: resterebbe chiuso fuori";
            let next = "Lo fa un altro amministratore";
            return Err(Refusal::new("own_account", "", "", text).next(next).into());
        }
        self.store.suspend(person, Some(self.clock.now())).await?;
        self.store.close_other_sessions(person, "").await?;
        self.store.use_links(person).await?;
        Ok(self.note(actor, "account_suspended", person, "", "").await?)
    }

    /// Opens a suspended account and forgets the wrong passwords.
    ///
    /// # Errors
    /// `no_registry_power`.
    pub async fn resume(
        &self,
        registry: &Registry,
        actor: &str,
        person: &str,
    ) -> Result<(), AccountError> {
        self.keeper(registry, actor)?;
        self.store.suspend(person, None).await?;
        self.store.sign_in_succeeded(person).await?;
        Ok(self.note(actor, "account_opened", person, "", "").await?)
    }

    /// Ends every session of a person.
    ///
    /// # Errors
    /// `no_registry_power`.
    pub async fn close_sessions(
        &self,
        registry: &Registry,
        actor: &str,
        person: &str,
    ) -> Result<(), AccountError> {
        self.keeper(registry, actor)?;
        self.store.close_other_sessions(person, "").await?;
        Ok(self.note(actor, "sessions_closed", person, "", "").await?)
    }

    /// Takes the second factor of who lost his device away; his sessions end.
    ///
    /// # Errors
    /// `no_registry_power`.
    pub async fn reset_second_factor(
        &self,
        registry: &Registry,
        actor: &str,
        person: &str,
    ) -> Result<(), AccountError> {
        self.keeper(registry, actor)?;
        self.store.set_totp(person, None).await?;
        self.store.close_other_sessions(person, "").await?;
        Ok(self.note(actor, "second_factor_reset", person, "", "").await?)
    }

    /// Puts a dead letter back in the queue.
    ///
    /// # Errors
    /// `no_registry_power`, `job_not_dead`.
    pub async fn retry_job(
        &self,
        registry: &Registry,
        actor: &str,
        key: &str,
    ) -> Result<(), AccountError> {
        self.keeper(registry, actor)?;
        if !self.store.requeue(key, self.clock.now()).await? {
            let text = format!("Nessun lavoro fallito ha chiave «{key}»");
            return Err(Refusal::new("job_not_dead", "", "", text).into());
        }
        Ok(self.note(actor, "job_retried", key, "", "").await?)
    }

    /// Gives a job up by name: it stays among the failed ones, with who and why.
    ///
    /// # Errors
    /// `no_registry_power`, `reason_missing`, `job_not_waiting`.
    pub async fn give_up_job(
        &self,
        registry: &Registry,
        actor: &str,
        key: &str,
        reason: &str,
    ) -> Result<(), AccountError> {
        self.keeper(registry, actor)?;
        if reason.trim().is_empty() {
            let text = "Per rinunciare a un lavoro occorre dire perché";
            return Err(Refusal::new("reason_missing", "", "", text).into());
        }
        let note = format!("rinuncia di {}: {}", registry.name(actor), reason.trim());
        if !self.store.give_up(key, self.clock.now(), &note).await? {
            let text = format!("Il lavoro «{key}» non è in attesa né fallito");
            return Err(Refusal::new("job_not_waiting", "", "", text).into());
        }
        Ok(self.note(actor, "job_given_up", key, reason.trim(), "").await?)
    }
}

fn known<'a>(registry: &'a Registry, person: &str) -> Result<&'a Person, Refusal> {
    registry.people.get(person).ok_or_else(|| {
        let text = format!("La persona «{person}» non risulta in anagrafe");
        Refusal::new("unknown", "", "", text)
    })
}
