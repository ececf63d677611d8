//! Errors as they go over the wire.

use std::borrow::Cow;
use std::fmt;

use crate::call::DecodeError;
use crate::generated::error_shape::ErrorShape;
use crate::operation::ActionError;
use crate::parameters::ParametersError;

/// Whose fault an error is: the `Type` of an error answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The server's.
    Receiver,
    /// The caller's.
    Sender,
}

impl Fault {
    /// `Receiver` or `Sender`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receiver => "Receiver",
            Self::Sender => "Sender",
        }
    }
}

/// An error code with the HTTP status and the fault that always go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode {
    /// The `Code` of the answer, such as `NoSuchEntity`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Whose fault it is.
    pub fault: Fault,
}

/// Codes that any operation can answer and no model names.
// SOURCE: spec/access-denied-messages.md §6b, spec/iam-entities.md §8
impl ErrorCode {
    /// 403: the caller may not do this.
    pub const ACCESS_DENIED: Self = Self::sender("AccessDenied", 403);
    /// 403: the session token has expired.
    pub const EXPIRED_TOKEN: Self = Self::sender("ExpiredToken", 403);
    /// 400: the `Authorization` header or the query signature is malformed.
    pub const INCOMPLETE_SIGNATURE: Self = Self::sender("IncompleteSignature", 400);
    /// 500: the server failed.
    pub const INTERNAL_FAILURE: Self = Self::receiver("InternalFailure", 500);
    /// 400: there is no such operation in this version.
    pub const INVALID_ACTION: Self = Self::sender("InvalidAction", 400);
    /// 403: no such access key, or a session token that is none.
    pub const INVALID_CLIENT_TOKEN_ID: Self = Self::sender("InvalidClientTokenId", 403);
    /// 400: parameters that do not go together.
    pub const INVALID_PARAMETER_COMBINATION: Self =
        Self::sender("InvalidParameterCombination", 400);
    /// 400: a value that the operation cannot use.
    pub const INVALID_PARAMETER_VALUE: Self = Self::sender("InvalidParameterValue", 400);
    /// 400: a parameter of the wrong type or form.
    pub const MALFORMED_INPUT: Self = Self::sender("MalformedInput", 400);
    /// 400: the query or the form is not well-formed.
    pub const MALFORMED_QUERY_STRING: Self = Self::sender("MalformedQueryString", 400);
    /// 400: no `Action`.
    pub const MISSING_ACTION: Self = Self::sender("MissingAction", 400);
    /// 403: no credentials.
    pub const MISSING_AUTHENTICATION_TOKEN: Self = Self::sender("MissingAuthenticationToken", 403);
    /// 501: an operation that Keyward does not have yet.
    /// DIFFERS: AWS has no such code.
    pub const NOT_IMPLEMENTED: Self = Self::receiver("NotImplemented", 501);
    /// 403: the account may not use the service.
    pub const OPT_IN_REQUIRED: Self = Self::sender("OptInRequired", 403);
    /// 413: the body is too large.
    pub const REQUEST_ENTITY_TOO_LARGE: Self = Self::sender("RequestEntityTooLarge", 413);
    /// 408: the request took too long to arrive. Clients try again.
    pub const REQUEST_TIMEOUT: Self = Self::sender("RequestTimeout", 408);
    /// 503: try again.
    pub const SERVICE_UNAVAILABLE: Self = Self::receiver("ServiceUnavailable", 503);
    /// 403: the signature, its time or its scope is wrong.
    pub const SIGNATURE_DOES_NOT_MATCH: Self = Self::sender("SignatureDoesNotMatch", 403);
    /// 400: too many requests.
    pub const THROTTLING: Self = Self::sender("Throttling", 400);
    /// 400: a parameter breaks a constraint of the model.
    pub const VALIDATION_ERROR: Self = Self::sender("ValidationError", 400);

    /// A code whose fault is the caller's.
    #[must_use]
    pub const fn sender(code: &'static str, status: u16) -> Self {
        Self {
            code,
            status,
            fault: Fault::Sender,
        }
    }

    /// A code whose fault is the server's.
    #[must_use]
    pub const fn receiver(code: &'static str, status: u16) -> Self {
        Self {
            code,
            status,
            fault: Fault::Receiver,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)
    }
}

impl From<ErrorShape> for ErrorCode {
    fn from(shape: ErrorShape) -> Self {
        shape.code()
    }
}

/// An error answer before it is printed: a code and the public message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct WireError {
    /// Code, status and fault.
    pub code: ErrorCode,
    /// The text that the caller reads. It is sent as it is: nothing internal belongs here.
    pub message: Cow<'static, str>,
}

impl WireError {
    /// Makes an error from a code, or from an [`ErrorShape`] of the models, and its message.
    #[must_use]
    pub fn new(code: impl Into<ErrorCode>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }
}

impl From<ParametersError> for WireError {
    fn from(error: ParametersError) -> Self {
        let code = match error {
            ParametersError::Duplicate { .. } | ParametersError::TooMany => {
                ErrorCode::MALFORMED_INPUT
            }
            ParametersError::IllegalEscape { .. }
            | ParametersError::IncompleteEscape
            | ParametersError::NotUtf8 => ErrorCode::MALFORMED_QUERY_STRING,
        };
        Self::new(code, error.to_string())
    }
}

impl From<ActionError> for WireError {
    fn from(error: ActionError) -> Self {
        let code = match error {
            ActionError::Missing => ErrorCode::MISSING_ACTION,
            ActionError::Unknown { .. } => ErrorCode::INVALID_ACTION,
        };
        Self::new(code, error.to_string())
    }
}

impl From<DecodeError> for WireError {
    fn from(error: DecodeError) -> Self {
        let code = match error {
            DecodeError::Malformed { .. } => ErrorCode::MALFORMED_INPUT,
            DecodeError::Validation { .. } => ErrorCode::VALIDATION_ERROR,
        };
        Self::new(code, error.to_string())
    }
}
