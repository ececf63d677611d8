//! Typed calls: reading one from parameters, writing one into a form.

use std::borrow::Cow;

use crate::field::Field;
use crate::generated::operation::Operation;
use crate::parameters::Parameters;
use crate::sink::FormSink;
use crate::validate::validate;
use crate::value::{Decode, Output, Value};

/// A call of an operation: the input, which knows its operation and the shape of its answer.
///
/// Implemented by the generated inputs ([`iam::CreateUser`](crate::iam::CreateUser) …). To handle any operation by its
/// value, see [`for_operation!`](crate::for_operation).
pub trait Call: Value + Decode {
    /// The operation that is called.
    const OPERATION: Operation;
    /// What a successful call answers.
    type Output: Output;
}

/// Why parameters are not a call of the operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A parameter has the wrong type or form. Code `MalformedInput`.
    #[error("{message}")]
    Malformed {
        /// The public text.
        message: Cow<'static, str>,
    },
    /// Parameters break constraints of the model. Code `ValidationError`.
    #[error("{message}")]
    Validation {
        /// The public text, which lists every violation.
        message: String,
    },
}

/// Reads a call from parameters: checks every constraint of the model, then builds the value.
///
/// Parameters that the operation does not have are ignored, as AWS does. `Action` and `Version` are not looked at.
///
/// # Errors
/// [`DecodeError`], with AWS's text.
///
/// # Examples
/// ```
/// use keyward_wire::{Parameters, decode, iam};
///
/// let body = b"Action=CreateUser&Version=2010-05-08&UserName=diego";
/// let parameters = Parameters::parse(None, body)?;
/// let call: iam::CreateUser = decode(&parameters)?;
/// assert_eq!(call.user_name, "diego");
/// assert_eq!(call.path, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decode<C: Call>(parameters: &Parameters<'_>) -> Result<C, DecodeError> {
    let root: Field<'_> = parameters.root();
    validate(C::OPERATION, root)?;
    C::decode(root)
}

/// Writes a call as a form body, `Action` and `Version` first.
///
/// # Examples
/// ```
/// let call = keyward_wire::sts::GetCallerIdentity {};
/// assert_eq!(keyward_wire::encode(&call), "Action=GetCallerIdentity&Version=2011-06-15");
/// ```
#[must_use]
pub fn encode<C: Call>(call: &C) -> String {
    let mut sink = FormSink::new(C::OPERATION);
    call.write(&mut sink);
    sink.finish()
}
