//! Error messages: AWS's forms, in whatever wrapping the AWS CLI, the SDKs, Terraform or HTTP put around them.
//!
//! Nothing is guessed: what a message does not say is `None`. Start at [`parse`].
// SOURCE: spec/access-denied-messages.md.

mod refusal;
mod unwrap;

use crate::error::ReadError;
use crate::limits::MESSAGE_BYTES;

/// An error message, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorMessage {
    /// The error code, such as `AccessDenied`; `None` where the text has none.
    pub code: Option<String>,
    /// The operation that was called, such as `GetObject`, where the wrapping names it.
    pub operation: Option<String>,
    /// The service, as the wrapping names it: `S3`, `Iam`.
    pub service: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The request's id.
    pub request_id: Option<String>,
    /// AWS's own words, without the wrapping.
    pub text: String,
    /// What was refused, where it is a refusal that says so.
    pub refusal: Option<Refusal>,
}

/// A refusal in the words of an `AccessDenied` message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The ARN behind `User:`; `None` for unsigned calls of STS.
    pub principal: Option<String>,
    /// Such as `s3:GetObject`, as printed: SQS prints lower case.
    pub action: String,
    /// What stands behind `on resource:`.
    pub resource: Printed,
    /// Whether a Deny matched or an Allow was missing, where the message says.
    pub deny: Option<Deny>,
    /// The type of policy that is named.
    pub layer: Option<Layer>,
    /// The ARN of the policy that denied.
    pub policy_arn: Option<String>,
    /// The id of the authorization's details.
    pub authorization_id: Option<String>,
    /// The encoded message that `sts:DecodeAuthorizationMessage` opens.
    pub encoded: Option<String>,
    /// The setting of S3 Block Public Access that refused.
    pub public_access_block: Option<String>,
}

/// A resource as a message prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Printed {
    /// An ARN, without quotes.
    Arn(String),
    /// What IAM calls an entity that exists: `user bob`.
    Entity {
        /// `user`, `role`, `group`, `instance profile`.
        kind: String,
        /// Its name, without path.
        name: String,
    },
    /// `*`.
    Everything,
    /// Nothing: the operation has no resource, or the message does not say.
    #[default]
    None,
    /// Any other text.
    Other(String),
    /// `on this resource`, as KMS says.
    This,
}

/// How a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deny {
    /// A statement with `"Effect": "Deny"`.
    Explicit,
    /// No Allow.
    Implicit,
}

/// The types of policy that a message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// `VPC endpoint policy`.
    Endpoint,
    /// `identity-based policy`.
    Identity,
    /// `permissions boundary`.
    PermissionsBoundary,
    /// `resource-based policy`.
    Resource,
    /// `resource control policy`.
    ResourceControl,
    /// `service control policy`.
    ServiceControl,
    /// `session policy`.
    Session,
    /// `role trust policy`.
    Trust,
}

/// Takes an error message apart, with or without what a tool printed around it; an HTTP response may be pasted whole.
///
/// # Errors
/// Where it is not an error message of AWS that this knows.
///
/// # Examples
/// ```
/// use keyward_export::{Deny, Layer, parse_message};
///
/// let message = parse_message(
///     "An error occurred (AccessDenied) when calling the GetRole operation: User: arn:aws:iam::111122223333:user/bob is not \
///      authorized to perform: iam:GetRole on resource: role Deploy because no identity-based policy allows the iam:GetRole \
///      action",
/// )
/// .unwrap();
/// assert_eq!((message.code.as_deref(), message.operation.as_deref()), (Some("AccessDenied"), Some("GetRole")));
/// let refusal = message.refusal.unwrap();
/// assert_eq!((refusal.deny, refusal.layer), (Some(Deny::Implicit), Some(Layer::Identity)));
/// ```
pub fn parse(text: &str) -> Result<ErrorMessage, ReadError> {
    if text.len() > MESSAGE_BYTES {
        return Err(ReadError::new(
            "the message is longer than 1 MiB, which no answer of AWS is",
        ));
    }
    let mut message = unwrap::unwrapped(text);
    if message.text.trim().is_empty() && message.code.is_none() {
        return Err(ReadError::new(
            "the message is empty: paste what the tool printed, from the error code on",
        ));
    }
    message.refusal = refusal::read(&message.text);
    // Keyward sends the encoded message beside the text.
    if let Some(refusal) = &mut message.refusal
        && refusal.encoded.is_none()
    {
        refusal.encoded = unwrap::header(text, "x-keyward-authorization-message");
    }
    if message.refusal.is_none() && message.code.is_none() {
        return Err(ReadError::new(
            "the message has none of the forms in which AWS refuses: paste it whole and in English, as the AWS CLI prints it \
             (An error occurred (AccessDenied) when calling …); messages of other services than AWS's cannot be read",
        ));
    }
    Ok(message)
}

#[cfg(test)]
mod tests;
