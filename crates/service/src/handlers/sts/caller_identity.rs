//! Who am I.

use keyward_wire::sts;

use super::super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

impl Operate for sts::GetCallerIdentity {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::of_fixed_rule())
    }

    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<sts::GetCallerIdentityOutput>, ServiceError> {
        let caller = call.caller();
        Ok(Done::without_store(sts::GetCallerIdentityOutput {
            user_id: Some(caller.user_id().to_owned()),
            account: Some(caller.account().to_string()),
            arn: Some(caller.arn().to_owned()),
        }))
    }
}
