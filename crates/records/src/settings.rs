//! The record of an account's settings, and that of whose an alias is.

use std::collections::BTreeMap;

use bytes::Bytes;
use keyward_arn::AccountId;
use keyward_directory::{
    AccountAlias, AccountSettings, OutboundFederation, PasswordPolicy, TokenVersion,
};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::parsed;
use crate::{DecodeError, EncodeError};

const RECORD: &str = "account settings";
const ALIAS_RECORD: &str = "account alias";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_policy: Option<RawPasswordPolicy>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<String, String>,
    token_version: RawTokenVersion,
    #[serde(skip_serializing_if = "Option::is_none")]
    outbound: Option<RawOutbound>,
}

#[derive(Serialize, Deserialize)]
struct RawPasswordPolicy {
    minimum_length: usize,
    symbols: bool,
    numbers: bool,
    uppercase: bool,
    lowercase: bool,
    allow_users_to_change: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_days: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reuse_prevention: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hard_expiry: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawTokenVersion {
    V1,
    V2,
}

#[derive(Serialize, Deserialize)]
struct RawOutbound {
    /// The id of the issuer.
    issuer: String,
    enabled: bool,
}

#[derive(Serialize, Deserialize)]
struct RawAliasOwner {
    account: String,
}

/// Writes an account's settings.
///
/// # Errors
/// [`EncodeError`] where serialization fails.
pub(crate) fn encode(settings: &AccountSettings) -> Result<Bytes, EncodeError> {
    let raw_policy = |policy: &PasswordPolicy| RawPasswordPolicy {
        minimum_length: policy.minimum_length,
        symbols: policy.require_symbols,
        numbers: policy.require_numbers,
        uppercase: policy.require_uppercase,
        lowercase: policy.require_lowercase,
        allow_users_to_change: policy.allow_users_to_change,
        max_age_days: policy.max_age_days,
        reuse_prevention: policy.reuse_prevention,
        hard_expiry: policy.hard_expiry,
    };
    let raw_outbound = |outbound: &OutboundFederation| RawOutbound {
        issuer: outbound.id.clone(),
        enabled: outbound.enabled,
    };
    write(
        VERSION,
        &RawSettings {
            alias: settings.alias.as_ref().map(AccountAlias::to_string),
            password_policy: settings.password_policy.as_ref().map(raw_policy),
            properties: settings.properties.clone(),
            token_version: match settings.token_version {
                TokenVersion::V1 => RawTokenVersion::V1,
                TokenVersion::V2 => RawTokenVersion::V2,
            },
            outbound: settings.outbound_federation.as_ref().map(raw_outbound),
        },
    )
}

/// Reads an account's settings.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record.
pub(crate) fn decode(bytes: &[u8]) -> Result<AccountSettings, DecodeError> {
    let raw: RawSettings = read(RECORD, VERSION, bytes)?;
    let alias = raw.alias.map(|alias| AccountAlias::parse(&alias));
    Ok(AccountSettings {
        alias: parsed(RECORD, alias.transpose())?,
        password_policy: raw.password_policy.map(|raw| PasswordPolicy {
            minimum_length: raw.minimum_length,
            require_symbols: raw.symbols,
            require_numbers: raw.numbers,
            require_uppercase: raw.uppercase,
            require_lowercase: raw.lowercase,
            allow_users_to_change: raw.allow_users_to_change,
            max_age_days: raw.max_age_days,
            reuse_prevention: raw.reuse_prevention,
            hard_expiry: raw.hard_expiry,
        }),
        properties: raw.properties,
        token_version: match raw.token_version {
            RawTokenVersion::V1 => TokenVersion::V1,
            RawTokenVersion::V2 => TokenVersion::V2,
        },
        outbound_federation: raw.outbound.map(|raw| OutboundFederation {
            id: raw.issuer,
            enabled: raw.enabled,
        }),
    })
}

/// Writes whose an alias is.
///
/// # Errors
/// [`EncodeError`] where serialization fails.
pub fn encode_alias_owner(account: AccountId) -> Result<Bytes, EncodeError> {
    let account = account.to_string();
    write(VERSION, &RawAliasOwner { account })
}

/// Reads whose an alias is.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record.
pub fn decode_alias_owner(bytes: &[u8]) -> Result<AccountId, DecodeError> {
    let raw: RawAliasOwner = read(ALIAS_RECORD, VERSION, bytes)?;
    parsed(ALIAS_RECORD, AccountId::parse(&raw.account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = concat!(
            "\x01",
            r#"{"alias":"my-company","password_policy":{"minimum_length":8,"symbols":true,"numbers":false,"#,
            r#""uppercase":true,"lowercase":false,"allow_users_to_change":true,"max_age_days":90,"#,
            r#""reuse_prevention":24,"hard_expiry":false},"properties":{"A/x":"1"},"token_version":"v2","#,
            r#""outbound":{"issuer":"a","enabled":true}}"#
        );
        let settings = decode(text.as_bytes()).unwrap();
        assert!(settings.users_may_change_password());
        assert_eq!(encode(&settings).unwrap(), text.as_bytes());
        let bare = "\x01{\"token_version\":\"v1\"}";
        assert_eq!(decode(bare.as_bytes()).unwrap(), AccountSettings::default());
        assert_eq!(
            encode(&AccountSettings::default()).unwrap(),
            bare.as_bytes()
        );
    }

    #[test]
    fn an_alias_names_its_account() {
        let text = "\x01{\"account\":\"111122223333\"}";
        let owner = decode_alias_owner(text.as_bytes()).unwrap();
        assert_eq!(encode_alias_owner(owner).unwrap(), text.as_bytes());
    }
}
