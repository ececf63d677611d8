//! A session of the root user of a member account.

use keyward_arn::{AccountId, Arn, Partition};
use keyward_engine::RootTask;
use keyward_wire::sts;

use super::super::{Done, Operate};
use crate::authenticate::{Caller, root_arn};
use crate::authorize::{Authorized, Belongs, Question};
use crate::{Service, ServiceError};

/// Reads an account id, or the ARN of a root user.
fn target(text: &str) -> Result<AccountId, ServiceError> {
    let invalid = || ServiceError::validation(format!("{text} is invalid"));
    if let Ok(account) = AccountId::parse(text) {
        return Ok(account);
    }
    let arn = Arn::parse(text).ok_or_else(invalid)?;
    let is_root = arn.partition == Partition::default().as_str()
        && (arn.service, arn.region, arn.resource) == ("iam", "", "root");
    arn.account_id().filter(|_| is_root).ok_or_else(invalid)
}

impl Operate for sts::AssumeRoot {
    /// Asks about a resource that grants nothing: only the management account of an organization with root sessions may,
    /// and no account here is one. SOURCE: spec/evaluation.md §4.
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let account = target(&self.target_principal)?;
        let task = self.task_policy_arn.arn.as_deref().unwrap_or_default();
        if RootTask::from_policy_arn(task).is_none() {
            return Err(ServiceError::validation(format!("{task} is invalid")));
        }
        let question =
            Question::to_assume(root_arn(account), None).key("sts:TaskPolicyArn", Some(task));
        Ok(if account == caller.account() {
            question
        } else {
            question.belonging(Belongs::Other(account))
        })
    }

    async fn apply(
        _service: &Service,
        _call: Authorized<Self>,
    ) -> Result<Done<sts::AssumeRootOutput>, ServiceError> {
        Err(ServiceError::internal(
            "a root user was assumed without an organization",
        ))
    }
}
