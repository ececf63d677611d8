//! Sealing and opening session tokens.
//!
//! A token is base64 of: the format, the number of the sealing key, a nonce, and the session under AES-256-GCM-SIV. What
//! stands in the clear, the access key id and the account in it are authenticated too, so a token opens for its own
//! access key only. The cipher keeps its promises even where a nonce should come twice.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_arn::AccessKeyId;
use keyward_directory::Timestamp;
use zeroize::Zeroizing;

use crate::codec::{Format, decode, encode};
use crate::limits::{LONGEST_SECONDS, TOKEN_CHARACTERS};
use crate::{PackedSize, PackedTooLarge, Session};

/// The format of the sealed session; those before it are read as long as a session of theirs can live.
const FORMAT: u8 = 2;
/// The format of what else is sealed.
const OTHER_FORMAT: u8 = 1;
/// Bytes in the clear: format, key number, nonce.
const CLEAR_BYTES: usize = 1 + 4 + NONCE_LEN;

/// Which of an account's sealing keys: they are numbered from 0, and a rotation makes the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyNumber(pub u32);

/// The keys that seal and open the session tokens of one account.
pub struct SealingKeys {
    current: KeyNumber,
    keys: Vec<SealingKey>,
}

struct SealingKey {
    number: KeyNumber,
    key: LessSafeKey,
    /// When a younger one took its place.
    retired: Option<Timestamp>,
}

/// A token, and how full it is.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedToken {
    /// What the client sends as `X-Amz-Security-Token`.
    pub text: String,
    /// How much of the space for policies and tags is used.
    pub packed: PackedSize,
}

/// A session can't be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealTokenError {
    /// The cipher failed, or the session has a time that none has.
    #[error("the session can't be sealed")]
    Failed,
    /// Policies and tags need too much space.
    #[error(transparent)]
    TooLarge(#[from] PackedTooLarge),
}

/// A token does not open: it is malformed, changed, another access key's, or its key was rotated away long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session token does not open")]
pub struct OpenTokenError;

impl SealingKeys {
    /// Takes the key that seals, and those before it that still open: each with the moment when it stopped sealing.
    ///
    /// # Errors
    /// [`SealTokenError::Failed`] where the cipher refuses a key.
    pub fn new(
        (current, bytes): (KeyNumber, &[u8; 32]),
        retired: impl IntoIterator<Item = (KeyNumber, Zeroizing<[u8; 32]>, Timestamp)>,
    ) -> Result<Self, SealTokenError> {
        let mut keys = vec![SealingKey::new(current, bytes, None)?];
        for (number, bytes, moment) in retired {
            keys.push(SealingKey::new(number, &bytes, Some(moment))?);
        }
        Ok(Self { current, keys })
    }

    fn current(&self) -> Result<&SealingKey, SealTokenError> {
        let found = self.keys.iter().find(|key| key.number == self.current);
        found.ok_or(SealTokenError::Failed)
    }

    /// Seals a session with a nonce that was drawn for it; a token shorter than `least` characters is filled up.
    ///
    /// # Errors
    /// [`SealTokenError`].
    pub fn seal(
        &self,
        session: &Session,
        nonce: [u8; NONCE_LEN],
        least: usize,
    ) -> Result<SealedToken, SealTokenError> {
        let packed = PackedSize::measure(&session.policies, &session.tags)?;
        let mut sealed = encode(session).ok_or(SealTokenError::Failed)?;
        let key = self.current()?;
        let overhead = CLEAR_BYTES.saturating_add(AES_256_GCM_SIV.tag_len());
        let wanted = least.div_ceil(4).saturating_mul(3).saturating_sub(overhead);
        if sealed.len() < wanted {
            sealed.resize(wanted, 0);
        }
        let clear = clear(FORMAT, key.number, &nonce);
        let aad = Aad::from(authenticated(&clear, &session.access_key_id));
        key.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *sealed)
            .map_err(|_| SealTokenError::Failed)?;
        Ok(SealedToken {
            text: STANDARD.encode([clear.as_slice(), &sealed].concat()),
            packed,
        })
    }

    /// Opens the token of an access key. Whether the session has expired is not asked.
    ///
    /// Cost: linear in the token, which is bounded.
    ///
    /// # Errors
    /// [`OpenTokenError`], whatever is wrong with it.
    pub fn open(
        &self,
        token: &str,
        access_key_id: &AccessKeyId,
        now: Timestamp,
    ) -> Result<Session, OpenTokenError> {
        if token.len() > TOKEN_CHARACTERS {
            return Err(OpenTokenError);
        }
        let bytes = STANDARD.decode(token).map_err(|_| OpenTokenError)?;
        let (clear, sealed) = bytes
            .split_first_chunk::<CLEAR_BYTES>()
            .ok_or(OpenTokenError)?;
        let (format, rest) = clear.split_first().ok_or(OpenTokenError)?;
        let (number, nonce) = rest.split_first_chunk::<4>().ok_or(OpenTokenError)?;
        let format = Format::from_number(*format).ok_or(OpenTokenError)?;
        let number = KeyNumber(u32::from_be_bytes(*number));
        let key = self
            .keys
            .iter()
            .find(|key| key.number == number && key.opens(now));
        let key = key.ok_or(OpenTokenError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenTokenError)?;
        let aad = Aad::from(authenticated(clear, access_key_id));
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let opened = key.key.open_in_place(nonce, aad, &mut sealed);
        let opened = opened.map_err(|_| OpenTokenError)?;
        decode(format, opened, access_key_id.clone()).ok_or(OpenTokenError)
    }

    /// Seals bytes of another kind for the account, with a nonce that was drawn for them.
    pub(crate) fn seal_other(
        &self,
        kind: &str,
        mut bytes: Vec<u8>,
        nonce: [u8; NONCE_LEN],
    ) -> Result<Vec<u8>, SealTokenError> {
        let key = self.current()?;
        let clear = clear(OTHER_FORMAT, key.number, &nonce);
        let aad = Aad::from([clear.as_slice(), kind.as_bytes()].concat());
        key.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut bytes)
            .map_err(|_| SealTokenError::Failed)?;
        Ok([clear.as_slice(), &bytes].concat())
    }

    /// Opens what [`seal_other`](Self::seal_other) sealed, by any key that is still kept.
    pub(crate) fn open_other(&self, kind: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        let (clear, sealed) = bytes.split_first_chunk::<CLEAR_BYTES>()?;
        let (format, rest) = clear.split_first()?;
        let (number, nonce) = rest.split_first_chunk::<4>()?;
        let number = KeyNumber(u32::from_be_bytes(*number));
        let key = self.keys.iter().find(|key| key.number == number)?;
        if *format != OTHER_FORMAT {
            return None;
        }
        let aad = Aad::from([clear.as_slice(), kind.as_bytes()].concat());
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = key.key.open_in_place(nonce, aad, &mut sealed).ok()?;
        Some(opened.to_vec())
    }
}

impl SealingKey {
    fn new(
        number: KeyNumber,
        bytes: &[u8; 32],
        retired: Option<Timestamp>,
    ) -> Result<Self, SealTokenError> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, bytes).map_err(|_| SealTokenError::Failed)?;
        Ok(Self {
            number,
            key: LessSafeKey::new(key),
            retired,
        })
    }

    /// Returns whether a session that it sealed can still live.
    fn opens(&self, now: Timestamp) -> bool {
        self.retired.is_none_or(|moment| {
            let age = now.unix_seconds().saturating_sub(moment.unix_seconds());
            age < i64::from(LONGEST_SECONDS)
        })
    }
}

fn clear(format: u8, number: KeyNumber, nonce: &[u8; NONCE_LEN]) -> Vec<u8> {
    [&[format], number.0.to_be_bytes().as_slice(), nonce].concat()
}

fn authenticated(clear: &[u8], access_key_id: &AccessKeyId) -> Vec<u8> {
    [clear, b"session/", access_key_id.as_str().as_bytes()].concat()
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKeys(current {})", self.current.0)
    }
}

impl fmt::Debug for SealedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedToken(…)")
    }
}

#[cfg(test)]
mod tests;
