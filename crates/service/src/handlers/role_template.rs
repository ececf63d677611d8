//! Role templates: services publish them, and no service does here, so every one that is asked for is unknown.

use keyward_arn::{Arn, Partition, Path};
use keyward_directory::Refusal;
use keyward_wire::iam;

use super::target::entity_arn;
use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

/// Reads the ARN of a role template, `arn:aws:iam::aws:role-template/service.amazonaws.com/Name:1`.
///
/// # Errors
/// `ValidationError` for what is no ARN at all, `InvalidInput` for that of something else.
// SOURCE: spec/iam-entities.md §5, and the service authorization reference for the form. DIFFERS: the second text.
fn check(arn: &str) -> Result<(), ServiceError> {
    let parsed = Arn::parse(arn)
        .ok_or_else(|| ServiceError::validation("Invalid ARN:  Could not be parsed!"))?;
    let names = parsed.resource.strip_prefix("role-template/");
    let named = names.and_then(|names| names.split_once('/'));
    let versioned = named.and_then(|(service, name)| Some((service, name.rsplit_once(':')?)));
    let shaped = versioned.is_some_and(|(service, (name, major))| {
        !service.is_empty()
            && !name.is_empty()
            && !major.is_empty()
            && major.bytes().all(|byte| byte.is_ascii_digit())
    });
    let place = (
        parsed.partition,
        parsed.service,
        parsed.region,
        parsed.account,
    );
    if shaped && place == (Partition::default().as_str(), "iam", "", "aws") {
        return Ok(());
    }
    let message = format!("{arn} is not the ARN of a role template.");
    Err(Refusal::invalid_input(message).into())
}

// DIFFERS: AWS's text is not known.
fn unknown(arn: &str) -> ServiceError {
    Refusal::not_found_text(format!("Role template {arn} cannot be found.")).into()
}

impl Operate for iam::GetRoleTemplateVersion {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about(self.template_arn.clone()))
    }

    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetRoleTemplateVersionOutput>, ServiceError> {
        check(&call.template_arn)?;
        Err(unknown(&call.template_arn))
    }
}

impl Operate for iam::AcquireRole {
    /// Acquiring a role is creating one; what name it would have, only the template says.
    // SOURCE: the service authorization reference: no action of its own, and `iam:RoleTemplateARN` of `CreateRole`.
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let any = entity_arn(caller.account(), "role", &Path::default(), "*");
        Ok(Question::about(any).key("iam:RoleTemplateARN", Some(&self.template_arn)))
    }

    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::AcquireRoleOutput>, ServiceError> {
        check(&call.template_arn)?;
        Err(unknown(&call.template_arn))
    }
}
