//! Unique ids of entities and access key ids; both carry their account.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::AccountId;
use crate::base32::{character, encode, value};
use crate::limits::{ACCESS_KEY_ID_BOUNDS, ACCESS_KEY_ID_LENGTH, UNIQUE_ID_LENGTH};

/// Added to half of the account number before it is encoded. SOURCE: spec/iam-entities.md §1.
const ACCOUNT_OFFSET: u64 = 0x80_0000_0000;

/// The four letters that say what kind of entity an id belongs to.
// SOURCE: spec/iam-entities.md §1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdPrefix {
    /// `AGPA`: a group.
    Group,
    /// `AIPA`: an instance profile.
    InstanceProfile,
    /// `ANPA`: a managed policy.
    ManagedPolicy,
    /// `APKA`: a public (SSH) key.
    PublicKey,
    /// `AROA`: a role.
    Role,
    /// `ASCA`: a server certificate.
    ServerCertificate,
    /// `ACCA`: a service-specific credential.
    ServiceSpecificCredential,
    /// `AIDA`: a user.
    User,
}

impl IdPrefix {
    /// Returns the four letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Group => "AGPA",
            Self::InstanceProfile => "AIPA",
            Self::ManagedPolicy => "ANPA",
            Self::PublicKey => "APKA",
            Self::Role => "AROA",
            Self::ServerCertificate => "ASCA",
            Self::ServiceSpecificCredential => "ACCA",
            Self::User => "AIDA",
        }
    }
}

/// The unique id of an entity, such as `AIDAQRSTUVWXYZ2345678`: never given twice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueId(Arc<str>);

/// The id of an access key, 16 to 128 characters of `[A-Za-z0-9_]`.
///
/// The ids that Keyward makes carry the account, so that a node finds the account's data from the
/// id alone; see [`AccessKeyId::account`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessKeyId(Arc<str>);

/// Whether an access key id names a long-term or a temporary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessKeyKind {
    /// `AKIA…` and whatever an operator chose.
    LongTerm,
    /// `ASIA…`, from STS.
    Temporary,
}

/// The text is not an id of the wanted shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseIdError;

impl UniqueId {
    /// Makes an id for an entity of an account from 8 random bytes, of which each gives one character.
    #[must_use]
    pub fn mint(prefix: IdPrefix, account: AccountId, random: [u8; 8]) -> Self {
        Self(mint(prefix.as_str(), account, &random, UNIQUE_ID_LENGTH).into())
    }

    /// Takes an id as it was stored: 16 to 128 ASCII letters and digits.
    ///
    /// # Errors
    /// [`ParseIdError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, ParseIdError> {
        check(text).map(|()| Self(text.into()))
    }

    /// Returns the account that a text would carry as an id that [`mint`](Self::mint) made; `None` where it has no such
    /// shape.
    ///
    /// A claim, not a proof: anyone can write an id, and older ones carry none.
    #[must_use]
    pub fn account_in(text: &str) -> Option<AccountId> {
        account_of(text)
    }

    /// Returns the id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AccessKeyId {
    /// Makes the id of a new key of an account from 8 random bytes, of which seven are used.
    #[must_use]
    pub fn mint(kind: AccessKeyKind, account: AccountId, random: [u8; 8]) -> Self {
        let prefix = match kind {
            AccessKeyKind::LongTerm => "AKIA",
            AccessKeyKind::Temporary => "ASIA",
        };
        Self(mint(prefix, account, &random, ACCESS_KEY_ID_LENGTH).into())
    }

    /// Takes an id as a caller names it or an operator chose it.
    ///
    /// # Errors
    /// [`ParseIdError`] unless it is 16 to 128 characters of `[A-Za-z0-9_]`.
    pub fn parse(text: &str) -> Result<Self, ParseIdError> {
        check(text).map(|()| Self(text.into()))
    }

    /// Returns the id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the account that the characters 5 to 13 carry; `None` where the text has no such shape.
    ///
    /// A claim, not a proof: anyone can write an id.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        account_of(&self.0)
    }

    /// Returns the account that a text would carry as an access key id, as [`account`](Self::account), without a copy.
    #[must_use]
    pub fn account_in(text: &str) -> Option<AccountId> {
        account_of(text)
    }

    /// Returns whether the id names a long-term or a temporary key.
    #[must_use]
    pub fn kind(&self) -> AccessKeyKind {
        if self.0.starts_with("ASIA") {
            AccessKeyKind::Temporary
        } else {
            AccessKeyKind::LongTerm
        }
    }
}

fn mint(prefix: &str, account: AccountId, random: &[u8; 8], length: usize) -> String {
    let number = account.as_u64();
    let [_, _, _, packed @ ..] = ((number >> 1) | ACCOUNT_OFFSET).to_be_bytes();
    let mut text = format!("{prefix}{}", encode(&packed));
    let mut random = random.iter().copied();
    // The half of the alphabet that the ninth character comes from says whether the account is odd.
    let parity = if number.is_multiple_of(2) { 0 } else { 16 };
    text.push(character(parity | (random.next_back().unwrap_or(0) & 15)));
    let missing = length.saturating_sub(text.len());
    text.extend(random.cycle().take(missing).map(character));
    text
}

fn account_of(id: &str) -> Option<AccountId> {
    let packed = id
        .get(4..12)?
        .bytes()
        .try_fold(0_u64, |packed, character| {
            value(character).map(|bits| (packed << 5) | u64::from(bits))
        })?;
    let odd = u64::from(value(*id.as_bytes().get(12)?)? >= 16);
    let half = packed.checked_sub(ACCOUNT_OFFSET)?;
    AccountId::from_number((half << 1) | odd)
}

fn check(text: &str) -> Result<(), ParseIdError> {
    let fits = ACCESS_KEY_ID_BOUNDS.contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits { Ok(()) } else { Err(ParseIdError) }
}

macro_rules! text_traits {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

text_traits!(AccessKeyId, UniqueId);

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is 16 to 128 letters, digits and underscores")
    }
}

impl std::error::Error for ParseIdError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> AccountId {
        AccountId::parse(text).unwrap()
    }

    #[test]
    fn ids_have_the_shape_of_aws() {
        let user = UniqueId::mint(
            IdPrefix::User,
            account("111122223333"),
            [1, 2, 3, 4, 5, 6, 7, 8],
        );
        assert_eq!(user.as_str().len(), 21);
        assert!(user.as_str().starts_with("AIDA"));
        assert_eq!(
            UniqueId::account_in(user.as_str()),
            Some(account("111122223333"))
        );
        let key = AccessKeyId::mint(AccessKeyKind::LongTerm, account("111122223333"), [9; 8]);
        assert_eq!(key.as_str().len(), 20);
        assert!(key.as_str().bytes().all(|byte| value(byte).is_some()));
    }

    #[test]
    fn access_key_ids_carry_their_account() {
        for text in [
            "000000000000",
            "000000000001",
            "111122223333",
            "123456789012",
            "999999999999",
        ] {
            for random in [[0; 8], [255; 8], [0x5a; 8]] {
                let key = AccessKeyId::mint(AccessKeyKind::Temporary, account(text), random);
                assert_eq!(key.account(), Some(account(text)), "{key}");
            }
        }
    }

    #[test]
    fn foreign_ids_carry_none() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "my_own_access_key_1",
            "AKIA1111111111111111",
        ] {
            let _ = AccessKeyId::parse(text).unwrap().account();
        }
        assert_eq!(
            AccessKeyId::parse("AKIA0000000000000000")
                .unwrap()
                .account(),
            None
        );
        assert_eq!(
            AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA")
                .unwrap()
                .account(),
            None
        );
    }

    #[test]
    fn refuses_what_the_model_refuses() {
        let long = "A".repeat(129);
        for text in ["", "AKIA", "AKIA/OSFODNN7EXAMPLE", long.as_str()] {
            assert_eq!(AccessKeyId::parse(text), Err(ParseIdError), "{text}");
        }
    }
}
