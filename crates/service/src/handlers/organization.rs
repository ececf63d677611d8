//! What only an organization's management account can do. No account here is in an organization, and each of these
//! says so, once the caller may ask.

use keyward_directory::Refusal;
use keyward_wire::{ErrorShape, iam};

use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

// SOURCE: spec/iam-entities.md §6, §8 (the code); the text is that of Organizations for such an account.
fn no_organization() -> ServiceError {
    ServiceError::shape(
        ErrorShape::OrganizationNotFound,
        "Your account is not a member of an organization.",
    )
}

/// Serves an operation that is asked about the whole account and that needs an organization.
macro_rules! needs_organization {
    ($($call:ident -> $output:ident),+ $(,)?) => {$(
        impl Operate for iam::$call {
            fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
                Ok(Question::about("*".to_owned()))
            }

            async fn apply(
                _service: &Service,
                _call: Authorized<Self>,
            ) -> Result<Done<iam::$output>, ServiceError> {
                Err(no_organization())
            }
        }
    )+};
}

needs_organization! {
    DisableOrganizationsRootCredentialsManagement -> DisableOrganizationsRootCredentialsManagementOutput,
    DisableOrganizationsRootSessions -> DisableOrganizationsRootSessionsOutput,
    EnableOrganizationsRootCredentialsManagement -> EnableOrganizationsRootCredentialsManagementOutput,
    EnableOrganizationsRootSessions -> EnableOrganizationsRootSessionsOutput,
    ListOrganizationsFeatures -> ListOrganizationsFeaturesOutput,
}

impl Operate for iam::GenerateOrganizationsAccessReport {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let partition = keyward_arn::Partition::default().as_str();
        let (account, path) = (caller.account(), &self.entity_path);
        let report = format!("arn:{partition}:iam::{account}:access-report/{path}");
        let policy = self.organizations_policy_id.as_deref();
        Ok(Question::about(report).key("iam:OrganizationsPolicyId", policy))
    }

    async fn apply(
        _service: &Service,
        _call: Authorized<Self>,
    ) -> Result<Done<iam::GenerateOrganizationsAccessReportOutput>, ServiceError> {
        Err(no_organization())
    }
}

impl Operate for iam::GetOrganizationsAccessReport {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    /// Finds nothing: no such job can be made.
    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetOrganizationsAccessReportOutput>, ServiceError> {
        let job = &call.job_id;
        Err(Refusal::not_found_text(format!("The job with id {job} cannot be found.")).into())
    }
}
