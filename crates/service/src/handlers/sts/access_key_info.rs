//! Whose an access key is.

use keyward_arn::AccessKeyId;
use keyward_wire::sts;

use super::super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

impl Operate for sts::GetAccessKeyInfo {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    /// Reads the account off the id: it says nothing of whether the key exists, or ever did.
    // SOURCE: spec/sts.md §1. DIFFERS: what AWS answers for an id that carries no account is not known.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<sts::GetAccessKeyInfoOutput>, ServiceError> {
        let id = call.access_key_id.as_str();
        // A key whose id an operator chose carries no account; it is looked up.
        let found = service.view().key(id).map(|found| found.cell.account());
        let account = found.or_else(|| AccessKeyId::account_in(id));
        let account = account.ok_or_else(|| {
            ServiceError::validation(format!("The access key id {id} is not valid."))
        })?;
        Ok(Done::without_store(sts::GetAccessKeyInfoOutput {
            account: Some(account.to_string()),
        }))
    }
}
