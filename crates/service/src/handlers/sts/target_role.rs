//! The role that a call wants a session of.

use std::sync::Arc;

use keyward_arn::{AccountId, Arn, Partition};
use keyward_directory::RoleName;
use keyward_view::View;

use crate::ServiceError;
use crate::authenticate::Caller;
use crate::authorize::{Belongs, FoundRole, Question};

/// A role as a call names it, which may not be there.
pub(crate) struct TargetRole {
    pub(crate) arn: String,
    pub(crate) account: AccountId,
    pub(crate) found: Option<FoundRole>,
}

impl TargetRole {
    /// Reads the ARN of a role, and looks the role up under exactly this ARN.
    ///
    /// # Errors
    /// `ValidationError` for what is no ARN of a role.
    // SOURCE: spec/sts.md §2, RoleArn.
    pub(crate) fn read(view: &View, text: &str) -> Result<Self, ServiceError> {
        let invalid = || ServiceError::validation(format!("{text} is invalid"));
        let arn = Arn::parse(text).ok_or_else(invalid)?;
        let of_role = arn.partition == Partition::default().as_str()
            && arn.service == "iam"
            && arn.region.is_empty();
        let path = arn.resource.strip_prefix("role/").filter(|_| of_role);
        let path = path.ok_or_else(invalid)?;
        let account = arn.account_id().ok_or_else(invalid)?;
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let name = RoleName::parse(name).map_err(|_| invalid())?;
        let found = view.cell(account).and_then(|cell| {
            let role = cell.role(&name).filter(|role| role.arn == text);
            let role = Arc::clone(role?);
            Some(FoundRole { cell, role })
        });
        Ok(Self {
            arn: text.to_owned(),
            account,
            found,
        })
    }

    /// Asks to assume the role.
    pub(crate) fn question(&self, caller: &Caller) -> Question {
        let found = self.found.as_ref();
        let belongs = if self.account == caller.account() {
            Belongs::Own
        } else {
            Belongs::Other(self.account)
        };
        let question = Question::to_assume(self.arn.clone(), found).belonging(belongs);
        match found {
            Some(found) => question.resource_tags(&found.role.tags),
            None => question,
        }
    }
}
