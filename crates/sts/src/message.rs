//! Encoded authorization messages: what decided a refused request, for those who may decode it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::limits::MESSAGE_CHARACTERS;
use crate::packed::{deflate, inflate};
use crate::{SealTokenError, SealingKeys};

const KIND: &str = "authorization-message";

/// A text is no encoded message of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is not one that was encoded for this account")]
pub struct OpenMessageError;

/// Encodes a message for an account, with a nonce that was drawn for it.
///
/// # Errors
/// [`SealTokenError::Failed`], also where it would be longer than anyone may send it back.
pub fn seal_message(
    keys: &SealingKeys,
    message: &str,
    nonce: [u8; 12],
) -> Result<String, SealTokenError> {
    let sealed = keys.seal_other(KIND, deflate(message.as_bytes()), nonce)?;
    let text = URL_SAFE_NO_PAD.encode(sealed);
    if text.len() > MESSAGE_CHARACTERS {
        return Err(SealTokenError::Failed);
    }
    Ok(text)
}

/// Decodes a message of an account.
///
/// # Errors
/// [`OpenMessageError`], whatever is wrong with it.
pub fn open_message(keys: &SealingKeys, text: &str) -> Result<String, OpenMessageError> {
    if text.len() > MESSAGE_CHARACTERS {
        return Err(OpenMessageError);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| OpenMessageError)?;
    let packed = keys.open_other(KIND, &bytes).ok_or(OpenMessageError)?;
    let message = inflate(&packed).ok_or(OpenMessageError)?;
    String::from_utf8(message).map_err(|_| OpenMessageError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyNumber;

    #[test]
    fn opens_for_its_account_alone() {
        let keys = SealingKeys::new((KeyNumber(3), &[1; 32]), []).unwrap();
        let text = seal_message(&keys, r#"{"allowed":false}"#, [2; 12]).unwrap();
        assert_eq!(
            open_message(&keys, &text).as_deref(),
            Ok(r#"{"allowed":false}"#)
        );
        let other = SealingKeys::new((KeyNumber(3), &[2; 32]), []).unwrap();
        assert_eq!(open_message(&other, &text), Err(OpenMessageError));
        for bad in ["", "x", "é", text.get(1..).unwrap(), &"A".repeat(20_000)] {
            assert_eq!(open_message(&keys, bad), Err(OpenMessageError));
        }
    }
}
