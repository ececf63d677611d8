//! Why a request was not done, and the one table from causes to AWS's codes.

use std::borrow::Cow;

use keyward_directory::{Refusal, RefusalKind};
use keyward_records::{DecodeError, EncodeError};
use keyward_sigv4::SignatureError;
use keyward_store::{CommitError, Revision, StoreError};
use keyward_web_identity::WebIdentityError;
use keyward_wire::{ErrorCode, ErrorShape, Fault, Operation, WireError};

/// Why a request was not done.
///
/// The caller reads [`answer`](Self::answer); what is inside goes to the log only.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The policies refuse it; AWS's text.
    #[error("{0}")]
    AccessDenied(String),
    /// The audit trail can't take its event.
    #[error("the audit trail can't be written")]
    AuditUnavailable,
    /// Others changed the same records again and again.
    #[error("conflicts with other writers did not end")]
    Busy,
    /// Something here is broken.
    #[error("{0}")]
    Internal(String),
    /// The operation has no row that serves it yet.
    #[error("{} is not implemented", .0.name())]
    NotImplemented(Operation),
    /// A rule of the directory refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The node has not seen the revision that the caller asks for.
    #[error("revision {wanted} is not here yet")]
    RevisionNotReached {
        /// The one that `x-keyward-min-revision` names.
        wanted: Revision,
    },
    /// The request is not authenticated.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(String),
    /// A web identity is refused.
    #[error(transparent)]
    WebIdentity(#[from] WebIdentityError),
    /// The protocol refuses it.
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl ServiceError {
    /// Returns what the caller is told: a code with its status and fault, and a public message.
    // SOURCE: spec/access-denied-messages.md §6b, spec/iam-entities.md §8.
    #[must_use]
    pub fn answer(&self) -> WireError {
        match self {
            Self::AccessDenied(message) => {
                WireError::new(ErrorCode::ACCESS_DENIED, message.clone())
            }
            Self::AuditUnavailable | Self::Busy | Self::Store(_) => WireError::new(
                ErrorCode::SERVICE_UNAVAILABLE,
                "Service is unavailable. Try again.",
            ),
            Self::Internal(_) => WireError::new(
                ErrorCode::INTERNAL_FAILURE,
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
            Self::NotImplemented(operation) => WireError::new(
                ErrorCode::NOT_IMPLEMENTED,
                format!(
                    "{} is an operation that this version of Keyward does not serve.",
                    operation.name()
                ),
            ),
            Self::Refused(refusal) => WireError::new(refusal_code(refusal), refusal.to_string()),
            Self::RevisionNotReached { wanted } => WireError::new(
                ErrorCode::SERVICE_UNAVAILABLE,
                format!("This node has not seen revision {wanted} yet. Try again."),
            ),
            Self::Signature(error) => {
                let fault = if error.status() < 500 {
                    Fault::Sender
                } else {
                    Fault::Receiver
                };
                let code = ErrorCode {
                    code: error.code(),
                    status: error.status(),
                    fault,
                };
                WireError::new(code, error.message())
            }
            Self::WebIdentity(error) => WireError::new(web_identity_code(error), error.to_string()),
            Self::Wire(error) => error.clone(),
        }
    }

    /// Says that something here is broken; the text is logged and never sent.
    pub(crate) fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// Says that a policy can't be a permissions boundary.
    pub(crate) fn invalid_boundary(arn: &str) -> Self {
        // SOURCE: spec/iam-entities.md §8.
        let message = format!("Value ({arn}) for parameter PermissionsBoundary is invalid.");
        Self::Wire(WireError::new(ErrorCode::INVALID_PARAMETER_VALUE, message))
    }

    /// Refuses by an error of the model that no rule of the directory gives.
    pub(crate) fn shape(shape: ErrorShape, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Wire(WireError::new(shape, message))
    }

    /// Says that a text is no ARN.
    pub(crate) fn invalid_arn() -> Self {
        // SOURCE: spec/iam-entities.md §5; AWS writes two spaces.
        Self::validation("Invalid ARN:  Could not be parsed!")
    }

    /// Says that a parameter's value breaks a rule that the model does not state.
    pub(crate) fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Wire(WireError::new(ErrorCode::VALIDATION_ERROR, message))
    }
}

// SOURCE: spec/sts.md §5, §9.
fn web_identity_code(error: &WebIdentityError) -> ErrorShape {
    match error {
        WebIdentityError::CommunicationFailed => ErrorShape::IDPCommunicationError,
        WebIdentityError::Expired { .. } | WebIdentityError::TooOld { .. } => {
            ErrorShape::ExpiredToken
        }
        WebIdentityError::IncorrectAudience
        | WebIdentityError::MalformedClaim(_)
        | WebIdentityError::MissingClaim(_)
        | WebIdentityError::NotAJwt
        | WebIdentityError::NotYetValid { .. }
        | WebIdentityError::ProviderNotFound { .. }
        | WebIdentityError::RoleNotInRolesClaim
        | WebIdentityError::ThumbprintMismatch
        | WebIdentityError::VerificationKeyUnavailable => ErrorShape::InvalidIdentityToken,
    }
}

fn refusal_code(refusal: &Refusal) -> ErrorCode {
    let shape = match refusal {
        Refusal::AlreadyExists { .. } | Refusal::AlreadyExistsText { .. } => {
            ErrorShape::EntityAlreadyExists
        }
        Refusal::DeleteConflict { .. } => ErrorShape::DeleteConflict,
        Refusal::InlinePolicySize { .. }
        | Refusal::QuotaExceeded { .. }
        | Refusal::QuotaExceededText { .. } => ErrorShape::LimitExceeded,
        Refusal::InvalidInput { .. } => ErrorShape::InvalidInput,
        Refusal::MalformedPolicyDocument { .. } => ErrorShape::MalformedPolicyDocument,
        Refusal::NotFound { .. } | Refusal::NotFoundText { .. } => ErrorShape::NoSuchEntity,
        Refusal::Other { kind, .. } => match kind {
            RefusalKind::ConcurrentModification => ErrorShape::ConcurrentModification,
            RefusalKind::DuplicateCertificate => ErrorShape::DuplicateCertificate,
            RefusalKind::DuplicateSshPublicKey => ErrorShape::DuplicateSSHPublicKey,
            RefusalKind::EntityTemporarilyUnmodifiable => ErrorShape::EntityTemporarilyUnmodifiable,
            RefusalKind::FeatureDisabled => ErrorShape::FeatureDisabled,
            RefusalKind::FeatureEnabled => ErrorShape::FeatureEnabled,
            RefusalKind::InvalidAuthenticationCode => ErrorShape::InvalidAuthenticationCode,
            RefusalKind::InvalidCertificate => ErrorShape::InvalidCertificate,
            RefusalKind::InvalidPublicKey => ErrorShape::InvalidPublicKey,
            RefusalKind::InvalidUserType => ErrorShape::InvalidUserType,
            RefusalKind::KeyPairMismatch => ErrorShape::KeyPairMismatch,
            RefusalKind::MalformedCertificate => ErrorShape::MalformedCertificate,
            RefusalKind::PasswordPolicyViolation => ErrorShape::PasswordPolicyViolation,
            RefusalKind::PolicyNotAttachable => ErrorShape::PolicyNotAttachable,
            RefusalKind::UnmodifiableEntity => ErrorShape::UnmodifiableEntity,
            RefusalKind::UnrecognizedPublicKeyEncoding => ErrorShape::UnrecognizedPublicKeyEncoding,
        },
    };
    shape.into()
}

impl From<DecodeError> for ServiceError {
    fn from(error: DecodeError) -> Self {
        Self::internal(error)
    }
}

impl From<EncodeError> for ServiceError {
    fn from(error: EncodeError) -> Self {
        Self::internal(error)
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<CommitError> for ServiceError {
    fn from(error: CommitError) -> Self {
        Self::Store(error.to_string())
    }
}
