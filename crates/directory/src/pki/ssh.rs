//! SSH public keys: the `ssh-rsa` line, PEM, and the way from one to the other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::{RsaPublicKey, pem};
use crate::limits::SSH_PUBLIC_KEY_BITS;

/// The name of RSA keys, in the line and again inside of the encoded key. SOURCE: RFC 4253 §6.6.
const ALGORITHM: &str = "ssh-rsa";
/// Characters of a line of PEM. SOURCE: RFC 7468 §2.
const PEM_LINE: usize = 64;

/// A text is not a public key that can be used for SSH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParsePublicKeyError {
    /// It says that it is one, but it is malformed or too short.
    Invalid,
    /// It is neither an `ssh-rsa` line nor PEM of an RSA key.
    Unrecognized,
}

impl RsaPublicKey {
    /// Reads an `ssh-rsa` line, with or without a comment, or PEM (`PUBLIC KEY` or `RSA PUBLIC KEY`).
    ///
    /// # Errors
    /// [`ParsePublicKeyError`].
    pub fn parse(text: &str) -> Result<Self, ParsePublicKeyError> {
        let text = text.trim();
        let key = if text.starts_with("-----BEGIN ") {
            from_pem(text)?
        } else {
            from_line(text)?
        };
        if key.bits() < SSH_PUBLIC_KEY_BITS {
            return Err(ParsePublicKeyError::Invalid);
        }
        Ok(key)
    }

    /// Returns the `ssh-rsa` line, without a comment.
    #[must_use]
    pub fn to_ssh(&self) -> String {
        format!("{ALGORITHM} {}", STANDARD.encode(self.blob()))
    }

    /// Returns PEM with the label `PUBLIC KEY`; `None` for a key that no 4 GiB hold.
    #[must_use]
    pub fn to_pem(&self) -> Option<String> {
        let encoded = STANDARD.encode(self.to_spki()?);
        let mut text = String::from("-----BEGIN PUBLIC KEY-----\n");
        for line in encoded.as_bytes().chunks(PEM_LINE) {
            text.extend(line.iter().map(|byte| char::from(*byte)));
            text.push('\n');
        }
        text.push_str("-----END PUBLIC KEY-----\n");
        Some(text)
    }

    /// Returns the MD5 fingerprint as `ssh-keygen -l -E md5` writes it: 16 bytes in hexadecimal, with colons between.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Md5::digest(self.blob());
        let bytes: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(":")
    }

    /// Returns the encoded key: name, exponent, modulus, each with its length. SOURCE: RFC 4253 §6.6.
    fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        write_string(&mut blob, ALGORITHM.as_bytes());
        write_number(&mut blob, self.exponent());
        write_number(&mut blob, self.modulus());
        blob
    }
}

fn from_pem(text: &str) -> Result<RsaPublicKey, ParsePublicKeyError> {
    let block = pem::only_block(text).map_err(|pem::PemError| ParsePublicKeyError::Invalid)?;
    let key = match block.label {
        "PUBLIC KEY" => RsaPublicKey::from_spki(&block.bytes),
        "RSA PUBLIC KEY" => RsaPublicKey::from_pkcs1(&block.bytes),
        _ => return Err(ParsePublicKeyError::Unrecognized),
    };
    key.ok_or(ParsePublicKeyError::Invalid)
}

fn from_line(text: &str) -> Result<RsaPublicKey, ParsePublicKeyError> {
    if text.contains(['\n', '\r']) {
        return Err(ParsePublicKeyError::Unrecognized);
    }
    let mut words = text.split_ascii_whitespace();
    if words.next() != Some(ALGORITHM) {
        return Err(ParsePublicKeyError::Unrecognized);
    }
    let encoded = words.next().ok_or(ParsePublicKeyError::Invalid)?;
    let blob = STANDARD
        .decode(encoded)
        .map_err(|_| ParsePublicKeyError::Invalid)?;
    from_blob(&blob).ok_or(ParsePublicKeyError::Invalid)
}

fn from_blob(blob: &[u8]) -> Option<RsaPublicKey> {
    let (name, rest) = read_string(blob)?;
    let (exponent, rest) = read_string(rest)?;
    let (modulus, rest) = read_string(rest)?;
    // A number whose first bit is set is negative. SOURCE: RFC 4251 §5.
    let negative = |number: &[u8]| number.first().is_some_and(|byte| byte & 0x80 != 0);
    let sound = name == ALGORITHM.as_bytes()
        && rest.is_empty()
        && !negative(exponent)
        && !negative(modulus);
    sound
        .then(|| RsaPublicKey::new(modulus, exponent))
        .flatten()
}

fn read_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn write_string(blob: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    blob.extend(length.to_be_bytes());
    blob.extend(bytes);
}

/// Writes a positive number: one whose first bit is set gets a zero before it.
fn write_number(blob: &mut Vec<u8>, digits: &[u8]) {
    if digits.first().is_some_and(|byte| byte & 0x80 != 0) {
        let mut padded = vec![0];
        padded.extend(digits);
        write_string(blob, &padded);
    } else {
        write_string(blob, digits);
    }
}
