//! What a decision was made of, kept for a while under an authorization id and shown in AWS's own shape: of every refusal, and of
//! what is allowed where the caller asks for it.
//!
//! SOURCE: spec/evaluation.md §7, the service model `iam-toolbox`. Kept on disk by the shell, within bounds; where it can
//! keep no more for the moment, the answer carries no id.

mod answer;
mod capture;
mod documents;

use keyward_wire::write_json_string as string;

pub(crate) use capture::{Captured, capture};

use crate::authenticate::Caller;
use crate::exchange::Incoming;
use crate::{Service, ServiceError};

/// The header by which a caller asks for the details of what is allowed too; its value is `true`.
const ASKS: &str = "x-keyward-authorization-details";

/// Keeps what decisions were made of.
pub trait DetailsKeeper: Send + Sync {
    /// Keeps a record and returns its id, 25 characters of `[0-9a-z]`; `None` where it can't be kept.
    fn keep(&self, record: &[u8]) -> Option<String>;

    /// Finds a record by its id, which may be any text.
    fn find(&self, id: &str) -> Option<Vec<u8>>;
}

/// How answers lead to their details.
pub struct AuthorizationDetails {
    /// Where they are kept.
    pub keeper: Box<dyn DetailsKeeper>,
    /// What the address of the page in the message begins with, such as `https://keyward.example/console`.
    pub page: String,
}

/// What is kept the details of.
#[derive(Clone, Copy)]
pub(crate) enum Decided<'a> {
    /// A request that may ask for them.
    Allowed(&'a Incoming<'a>),
    Refused,
}

impl Service {
    /// Returns whether the details of a decision about a caller are kept. Who only shows a token is told nothing of policies.
    pub(crate) fn keeps_details(&self, caller: &Caller, decided: Decided<'_>) -> bool {
        let is_asked_for = || match decided {
            Decided::Refused => true,
            Decided::Allowed(incoming) => incoming.headers.first(ASKS) == Some(b"true"),
        };
        self.ports.details.is_some() && caller.bearer().is_none() && is_asked_for()
    }

    /// Keeps what a decision was made of, and returns its authorization id.
    pub(crate) async fn keep_details(&self, caller: &Caller, captured: Captured) -> Option<String> {
        let details = self.ports.details.as_ref()?;
        let record = match self.record_of(caller, captured).await {
            Ok(record) => record,
            Err(error) => {
                tracing::warn!(%error, "the details of a decision could not be put together");
                return None;
            }
        };
        details.keeper.keep(record.as_bytes())
    }

    /// Returns what the message of a refusal says of its details.
    // SOURCE: spec/access-denied-messages.md §1: no full stop at the end.
    pub(crate) fn way_to_details(&self, id: &str) -> String {
        let details = self.ports.details.as_ref();
        let page = details.map_or("", |details| details.page.trim_end_matches('/'));
        format!(
            ". Go to {page}/authorization-details/{id} for complete details, or call the GetRequestAuthorizationDetails API \
             with the following authorization id: {id}"
        )
    }

    /// Writes a record: the account, the details as they will be answered, and the documents of the policies.
    async fn record_of(&self, caller: &Caller, captured: Captured) -> Result<String, ServiceError> {
        let mut record = format!(r#"{{"account":"{}","details":"#, caller.account());
        string(&mut record, &captured.details);
        record.push_str(r#","documents":{"#);
        let documents = documents::read(self, caller, captured.sources).await?;
        for (index, (uri, document)) in documents.iter().enumerate() {
            if index > 0 {
                record.push(',');
            }
            string(&mut record, uri);
            record.push(':');
            string(&mut record, document);
        }
        record.push_str("}}");
        Ok(record)
    }
}
