//! Session policies and tags as calls send them.

use keyward_arn::AccountId;
use keyward_directory::{PolicyOwner, Tag};
use keyward_sts::{
    DurationError, PackedTooLarge, SessionPolicies, SessionPolicyError, SessionTagError,
};
use keyward_wire::{ErrorCode, ErrorShape, WireError, sts};

use crate::{Service, ServiceError};

/// Reads the session policies of a call for a session in an account, and checks that managed ones exist.
// SOURCE: spec/sts.md §2, PolicyArns: what is missing or foreign is refused, and nothing is issued.
pub(crate) fn policies(
    service: &Service,
    account: AccountId,
    inline: Option<&str>,
    arns: Option<&Vec<sts::PolicyDescriptorType>>,
) -> Result<SessionPolicies, ServiceError> {
    let arns: Vec<&str> = arns
        .into_iter()
        .flatten()
        .filter_map(|descriptor| descriptor.arn.as_deref())
        .collect();
    let policies = SessionPolicies::of_call(inline, &arns, account)?;
    let cell = service.view().cell(account);
    for arn in &policies.managed {
        let exists = match arn.owner() {
            PolicyOwner::Aws => service.view().aws_managed(arn).is_some(),
            PolicyOwner::Account(_) => cell
                .as_ref()
                .is_some_and(|cell| cell.managed_policy(arn).is_some()),
        };
        if !exists {
            return Err(SessionPolicyError::NotUsable(arn.to_string()).into());
        }
    }
    Ok(policies)
}

/// Reads the tags of a call.
pub(super) fn tags(tags: Option<&Vec<sts::Tag>>) -> Vec<Tag> {
    let tags = tags.into_iter().flatten().map(|tag| Tag {
        key: tag.key.clone(),
        value: tag.value.clone(),
    });
    tags.collect()
}

/// Reads the tags of a token or assertion.
pub(super) fn pairs(tags: Vec<(String, String)>) -> Vec<Tag> {
    let tags = tags.into_iter();
    tags.map(|(key, value)| Tag { key, value }).collect()
}

/// Reads a duration, which the model bounds.
pub(super) fn seconds(sent: Option<i32>) -> Option<u32> {
    sent.and_then(|seconds| u32::try_from(seconds).ok())
}

impl From<SessionPolicyError> for ServiceError {
    fn from(error: SessionPolicyError) -> Self {
        match error {
            SessionPolicyError::Malformed(text) => {
                Self::shape(ErrorShape::MalformedPolicyDocument, text)
            }
            SessionPolicyError::NotUsable(_)
            | SessionPolicyError::TooLong
            | SessionPolicyError::TooMany => Self::validation(error.to_string()),
        }
    }
}

impl From<SessionTagError> for ServiceError {
    fn from(error: SessionTagError) -> Self {
        match error {
            SessionTagError::TooMany => Self::validation(error.to_string()),
            SessionTagError::Duplicate
            | SessionTagError::Inherited
            | SessionTagError::Reserved
            | SessionTagError::TransitiveWithoutTag => Self::Wire(WireError::new(
                ErrorCode::INVALID_PARAMETER_VALUE,
                error.to_string(),
            )),
        }
    }
}

impl From<DurationError> for ServiceError {
    fn from(error: DurationError) -> Self {
        Self::validation(error.to_string())
    }
}

impl From<PackedTooLarge> for ServiceError {
    fn from(error: PackedTooLarge) -> Self {
        Self::shape(ErrorShape::PackedPolicyTooLarge, error.to_string())
    }
}
