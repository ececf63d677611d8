//! What a browser tells of a new credential, read without trust: nothing in it is signed by anybody that we know.
// SOURCE: WebAuthn Level 3: §5.1.8 `RegistrationResponseJSON`, §6.1 authenticator data, §7.1 registration.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{FidoCredential, KeyBackup};
use crate::limits::{
    CREDENTIAL_ID_BYTES, FIDO_REGISTRATION_BYTES, FIDO_TRANSPORT_LENGTH, FIDO_TRANSPORTS,
};
use crate::{CoseAlgorithm, CredentialKey};

/// The user touched the authenticator.
const USER_PRESENT: u8 = 1;
/// The authenticator asked for a PIN or a fingerprint.
const USER_VERIFIED: u8 = 1 << 2;
/// The private key may be copied to other devices.
const BACKUP_ELIGIBLE: u8 = 1 << 3;
/// It is.
const BACKED_UP: u8 = 1 << 4;
/// A credential stands in the authenticator data.
const ATTESTED_CREDENTIAL: u8 = 1 << 6;
/// Extensions stand behind it.
const EXTENSIONS: u8 = 1 << 7;
/// Characters of what the JSON library says of a text.
const EXPLANATION: usize = 200;

/// A text is not the registration of a credential that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseRegistrationError {
    /// None of the three.
    #[error("the registration's algorithm {0} is not ES256 (-7), EdDSA (-8) or RS256 (-257)")]
    Algorithm(i64),
    /// The layout of the authenticator data is another, or something is left.
    #[error("the registration's authenticatorData is cut short or holds something else")]
    AuthenticatorData,
    /// A member is not base64url without padding.
    #[error("the registration's {0} is not base64url without padding")]
    Base64(&'static str),
    /// The browser collected something else.
    #[error("the registration's clientDataJSON is not of a webauthn.create")]
    ClientData,
    /// The authenticator data hold none.
    #[error("the registration's authenticatorData holds no credential")]
    NoCredential,
    /// The id has the wrong length, or is not the same in all places.
    #[error(
        "the registration's credential id is not 1 to 1023 bytes, the same in id, rawId and authenticatorData"
    )]
    CredentialId,
    /// A key that is copied, and can't be.
    #[error("the registration's authenticatorData says that a key is backed up that can't be")]
    Backup,
    /// Not a public key of the algorithm.
    #[error("the registration's publicKey is no {0} key")]
    Key(&'static str),
    /// Not JSON, or a member is missing or of another kind.
    #[error("not what JSON.stringify gives of a new credential: {0}")]
    NotRegistration(String),
    /// The authenticator made another key.
    #[error("the registration's publicKey is not the key in its authenticatorData")]
    OtherKey,
    /// More than [`FIDO_REGISTRATION_BYTES`].
    #[error("the registration is longer than {FIDO_REGISTRATION_BYTES} bytes")]
    TooLong,
    /// Too many, or not words.
    #[error("the registration's transports are not a few words such as usb")]
    Transports,
    /// Another kind of credential.
    #[error("the registration's type is not public-key")]
    Type,
    /// Nobody touched the authenticator.
    #[error("the registration was made without the user being present")]
    UserNotPresent,
}

use ParseRegistrationError as Error;

/// Members that are not named here, such as the attestation, are not looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRegistration {
    id: String,
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: RawResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    #[serde(default)]
    transports: Vec<String>,
    public_key: String,
    public_key_algorithm: i64,
}

/// What the browser says it asked for. Its challenge is not known to us, and its origin says less than the digest of the
/// domain in the authenticator data.
#[derive(Deserialize)]
struct RawClientData {
    #[serde(rename = "type")]
    kind: String,
}

/// Reads a registration.
pub(super) fn parse(text: &str) -> Result<FidoCredential, Error> {
    if text.len() > FIDO_REGISTRATION_BYTES {
        return Err(Error::TooLong);
    }
    let raw: RawRegistration = json(text.as_bytes()).map_err(Error::NotRegistration)?;
    if raw.kind != "public-key" {
        return Err(Error::Type);
    }
    let response = raw.response;
    let client_data = decoded("clientDataJSON", &response.client_data)?;
    let client_data: RawClientData = json(&client_data).map_err(|_| Error::ClientData)?;
    if client_data.kind != "webauthn.create" {
        return Err(Error::ClientData);
    }
    let id = decoded("rawId", &raw.raw_id)?;
    if raw.id != raw.raw_id || !CREDENTIAL_ID_BYTES.contains(&id.len()) {
        return Err(Error::CredentialId);
    }
    let number = response.public_key_algorithm;
    let algorithm = CoseAlgorithm::from_number(number).ok_or(Error::Algorithm(number))?;
    let spki = decoded("publicKey", &response.public_key)?;
    let key =
        CredentialKey::parse(algorithm, &spki).ok_or_else(|| Error::Key(algorithm.as_str()))?;
    let data = decoded("authenticatorData", &response.authenticator_data)?;
    let data = AuthenticatorData::read(&data)?;
    if data.id != id {
        return Err(Error::CredentialId);
    }
    let behind = data.rest.strip_prefix(key.cose()).ok_or(Error::OtherKey)?;
    // Extensions are one map of CBOR, which nothing here needs to know.
    if behind.is_empty() != (data.flags & EXTENSIONS == 0) {
        return Err(Error::AuthenticatorData);
    }
    Ok(FidoCredential {
        id,
        key,
        aaguid: data.aaguid,
        sign_count: data.sign_count,
        rp_id_hash: data.rp_id_hash,
        transports: transports(response.transports)?,
        user_verified: data.flags & USER_VERIFIED != 0,
        backup: backup(data.flags)?,
    })
}

fn json<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    serde_json::from_slice(text)
        .map_err(|error| error.to_string().chars().take(EXPLANATION).collect())
}

fn decoded(member: &'static str, text: &str) -> Result<Vec<u8>, Error> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(text);
    decoded.map_err(|_| Error::Base64(member))
}

fn backup(flags: u8) -> Result<KeyBackup, Error> {
    match (flags & BACKUP_ELIGIBLE != 0, flags & BACKED_UP != 0) {
        (true, true) => Ok(KeyBackup::BackedUp),
        (true, false) => Ok(KeyBackup::Eligible),
        (false, false) => Ok(KeyBackup::Never),
        (false, true) => Err(Error::Backup),
    }
}

/// Checks words that later ask the browser for the same authenticator; unknown ones are kept, as the standard asks.
fn transports(sent: Vec<String>) -> Result<Vec<String>, Error> {
    let is_word = |word: &String| {
        (1..=FIDO_TRANSPORT_LENGTH).contains(&word.len())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if sent.len() > FIDO_TRANSPORTS || !sent.iter().all(is_word) {
        return Err(Error::Transports);
    }
    Ok(sent)
}

/// The authenticator data up to the key.
struct AuthenticatorData<'a> {
    rp_id_hash: [u8; 32],
    flags: u8,
    sign_count: u32,
    aaguid: [u8; 16],
    id: &'a [u8],
    /// The key, and extensions.
    rest: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    fn read(data: &'a [u8]) -> Result<Self, Error> {
        let cut = Error::AuthenticatorData;
        let (rp_id_hash, rest) = data.split_first_chunk::<32>().ok_or(cut.clone())?;
        let (flags, rest) = rest.split_first().ok_or(cut.clone())?;
        let (sign_count, rest) = rest.split_first_chunk::<4>().ok_or(cut.clone())?;
        if flags & USER_PRESENT == 0 {
            return Err(Error::UserNotPresent);
        }
        if flags & ATTESTED_CREDENTIAL == 0 {
            return Err(Error::NoCredential);
        }
        let (aaguid, rest) = rest.split_first_chunk::<16>().ok_or(cut.clone())?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(cut.clone())?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, rest) = rest.split_at_checked(length).ok_or(cut)?;
        Ok(Self {
            rp_id_hash: *rp_id_hash,
            flags: *flags,
            sign_count: u32::from_be_bytes(*sign_count),
            aaguid: *aaguid,
            id,
            rest,
        })
    }
}

#[cfg(test)]
mod tests;
