//! A running server, asked with the caller's own credentials as the AWS CLI would.
//!
//! What commands that explain take from a server is gathered here: an account's details page by page, and what stands
//! beside them. Start at [`Server`].

mod beside;
pub(crate) mod credentials;
mod keys;
mod response;

use std::time::Duration;

use keyward_analysis::BadQuestion;
use keyward_arn::AccountId;
use keyward_export::{Account, Export, Piece};
use keyward_wire::{Call, Element, encode, iam, sts};

use self::credentials::{Environment, Identity};
pub(crate) use self::response::text;
use crate::client::{CallError, Client, Form};
use crate::terminal::Progress;

/// More pages than any account has: 1,000,000 entities by quota at most, 1,000 a page.
const PAGES: usize = 10_000;

/// Entities asked for at a time.
const PAGE: i32 = 1_000;

/// How long it may take until the server says what it is.
const LOOK: Duration = Duration::from_secs(5);

/// A server and who asks it.
pub(crate) struct Server {
    client: Client,
    identity: Identity,
    runtime: tokio::runtime::Runtime,
    now: i64,
}

impl Server {
    /// Gets ready to ask, with the credentials of the environment or of `~/.aws/credentials`; nothing is sent yet. `now`
    /// is in seconds since the Unix epoch.
    pub(crate) fn connect(endpoint: &str, now: i64) -> Result<Self, BadQuestion> {
        Self::connect_with(endpoint, now, &|name| std::env::var(name).ok())
    }

    /// As [`connect`](Self::connect), with another environment.
    pub(crate) fn connect_with(
        endpoint: &str,
        now: i64,
        environment: Environment<'_>,
    ) -> Result<Self, BadQuestion> {
        let client = Client::new(endpoint, environment)?;
        let identity = credentials::find(environment)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| BadQuestion::new(format!("can't start: {error}")))?;
        Ok(Self {
            client,
            identity,
            runtime,
            now,
        })
    }

    /// Returns where requests go.
    pub(crate) fn uri(&self) -> String {
        self.client.uri().to_string()
    }

    /// Calls an operation and returns its result.
    pub(crate) fn ask<C: Call>(&self, call: &C) -> Result<Element, CallError> {
        let form = Form {
            service: C::OPERATION.service().signing_name(),
            text: encode(call),
        };
        let asked = self.client.post(form, Some(&self.identity), self.now);
        let body = self.runtime.block_on(asked)?;
        let root = Element::parse(&body)
            .map_err(|error| self.malformed(format!("is not XML: {error}")))?;
        let name = C::OPERATION.name();
        let result = format!("{name}Result");
        let found = root.children.into_iter().find(|it| it.name == result);
        found.ok_or_else(|| self.malformed(format!("is not one to {name}")))
    }

    /// Gets what is at a path, signed as IAM.
    pub(crate) fn get(&self, path: &str) -> Result<String, CallError> {
        let asked = self.client.get(path, "iam", &self.identity, self.now);
        self.runtime.block_on(asked)
    }

    fn malformed(&self, what: String) -> CallError {
        CallError::Malformed {
            uri: self.uri(),
            what,
        }
    }

    /// Asks whose account it is: one without a single user or role does not say so itself.
    pub(crate) fn account_id(&self) -> Result<AccountId, BadQuestion> {
        let result = self.ask(&sts::GetCallerIdentity {}).map_err(told)?;
        let id = result.child_text("Account").map(AccountId::parse);
        id.and_then(Result::ok).ok_or_else(|| {
            BadQuestion::new(format!("{} does not say whose account it is", self.uri()))
        })
    }

    /// Asks for the details of the caller's account, page by page.
    pub(crate) fn export(&self) -> Result<Export, BadQuestion> {
        self.of_account(self.account().map_err(told)?)
    }

    /// As [`export`](Self::export), where the caller may do without.
    pub(crate) fn export_if_allowed(&self) -> Result<Result<Export, BadQuestion>, CallError> {
        Ok(self.of_account(self.account()?))
    }

    fn of_account(&self, account: Account) -> Result<Export, BadQuestion> {
        let mut export = Export::of([Piece::Account {
            account,
            continues: false,
        }])?;
        if export.accounts.is_empty() {
            export
                .accounts
                .insert(self.account_id()?, Account::default());
        }
        export.stands_alone = self.is_keyward();
        Ok(export)
    }

    /// Returns whether the server is a Keyward, which has neither organizations nor VPC endpoints; AWS may be behind the
    /// same commands.
    fn is_keyward(&self) -> bool {
        let looked = self.client.look("/readyz", LOOK);
        let answer = self.runtime.block_on(looked);
        answer.is_ok_and(|answer| answer.revision.is_some())
    }

    fn account(&self) -> Result<Account, CallError> {
        let mut account = Account::default();
        let mut progress = Progress::new("users, groups, roles and policies");
        self.pages(|marker| {
            let result = self.ask(&iam::GetAccountAuthorizationDetails {
                filter: None,
                max_items: Some(PAGE),
                marker,
            })?;
            response::add(&result, &mut account);
            progress.so_far(
                account.users.len()
                    + account.groups.len()
                    + account.roles.len()
                    + account.policies.len(),
            );
            Ok(result)
        })?;
        Ok(account)
    }

    /// Asks for one page after another.
    fn pages(
        &self,
        mut ask: impl FnMut(Option<String>) -> Result<Element, CallError>,
    ) -> Result<(), CallError> {
        let mut marker = None;
        for _ in 0..PAGES {
            let result = ask(marker)?;
            if result.child_text("IsTruncated") != Some("true") {
                return Ok(());
            }
            let next = result.child_text("Marker").map(str::to_owned);
            let next = next
                .ok_or_else(|| self.malformed("says that there is more, but not where".to_owned()));
            marker = Some(next?);
        }
        Err(self.malformed("does not come to an end: more pages follow".to_owned()))
    }
}

/// Makes a failed call a reason not to answer.
pub(crate) fn told(error: CallError) -> BadQuestion {
    match error.missing_permission() {
        None => BadQuestion::new(error.to_string()),
        Some(action) => {
            BadQuestion::new(format!("you may not {action}, which this needs: {error}"))
        }
    }
}

#[cfg(test)]
mod tests;
