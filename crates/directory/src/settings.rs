//! What an account sets for itself as a whole.

use std::collections::BTreeMap;
use std::fmt;

use crate::limits::{ACCOUNT_ALIAS_LENGTH, ACCOUNT_PROPERTIES};
use crate::{PasswordPolicy, Refusal, RefusalKind};

/// The settings of an account: all that is not an entity of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSettings {
    /// The name that stands for the account's number in its sign-in address.
    pub alias: Option<AccountAlias>,
    /// What passwords must be like; `None`: as AWS's default says.
    pub password_policy: Option<PasswordPolicy>,
    /// Properties by their keys, `Namespace/Property`.
    pub properties: BTreeMap<String, String>,
    /// The kind of token that the global STS endpoint gives.
    pub token_version: TokenVersion,
    /// The issuer of web identity tokens to services outside; `None` until it was first enabled.
    pub outbound_federation: Option<OutboundFederation>,
}

/// The kind of token that the global STS endpoint gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenVersion {
    /// Good in the Regions that are enabled by default.
    #[default]
    V1,
    /// Good in all Regions, and longer.
    V2,
}

/// The issuer of an account's web identity tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundFederation {
    /// A UUID, with which the issuer's URL ends; stays when it is disabled and enabled again. What comes before it
    /// depends on where the server is reached.
    pub id: String,
    /// Whether tokens are given.
    pub enabled: bool,
}

/// An alias of an account: 3 to 63 of `a-z`, `0-9` and single hyphens inside, and not twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountAlias(String);

/// The text is not an account alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an account alias has 3 to 63 lower-case letters, digits and single hyphens inside, and is not a number of 12 digits"
)]
pub struct ParseAliasError;

impl AccountAlias {
    /// Reads an alias.
    ///
    /// # Errors
    /// [`ParseAliasError`] for any other text.
    // SOURCE: spec/iam-entities.md §2.
    pub fn parse(text: &str) -> Result<Self, ParseAliasError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let mut parts = text.split('-');
        let shaped = parts.all(|part| !part.is_empty() && part.bytes().all(plain));
        let number = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if shaped && !number && ACCOUNT_ALIAS_LENGTH.contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseAliasError)
        }
    }

    /// Returns the alias.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AccountSettings {
    /// Returns whether every user may change its own password without a policy that says so.
    // SOURCE: spec/evaluation.md §5.
    #[must_use]
    pub fn users_may_change_password(&self) -> bool {
        let policy = self.password_policy.as_ref();
        policy.is_some_and(|policy| policy.allow_users_to_change)
    }

    /// Sets properties, which are all of one namespace; others stay.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] where there is none, one without a namespace, several namespaces, or too many in the
    /// end.
    // SOURCE: spec/iam-entities.md §6; the texts are not documented.
    pub fn put_properties(&mut self, properties: &BTreeMap<String, String>) -> Result<(), Refusal> {
        let mut namespaces = properties.keys().map(|key| namespace(key));
        let first = namespaces.next().flatten();
        if first.is_none() || namespaces.any(|namespace| namespace != first) {
            return Err(Refusal::invalid_input(
                "Properties must have keys of the form Namespace/Property, all of one namespace.",
            ));
        }
        let mut all = self.properties.clone();
        all.extend(properties.clone());
        if all.len() > ACCOUNT_PROPERTIES {
            return Err(Refusal::invalid_input(format!(
                "An account can have at most {ACCOUNT_PROPERTIES} properties."
            )));
        }
        self.properties = all;
        Ok(())
    }

    /// Lets the account give web identity tokens, and returns the id of its issuer; `id` is taken where there was none
    /// before.
    ///
    /// # Errors
    /// `FeatureEnabled` where it does already.
    pub fn enable_outbound_federation(&mut self, id: String) -> Result<&str, Refusal> {
        let federation = self
            .outbound_federation
            .get_or_insert(OutboundFederation { id, enabled: false });
        if federation.enabled {
            return Err(Refusal::other(
                RefusalKind::FeatureEnabled,
                "Outbound web identity federation is already enabled for this account.",
            ));
        }
        federation.enabled = true;
        Ok(&federation.id)
    }

    /// Returns the issuer of the account's web identity tokens.
    ///
    /// # Errors
    /// `FeatureDisabled` where it gives none.
    pub fn enabled_federation(&mut self) -> Result<&mut OutboundFederation, Refusal> {
        let federation = self.outbound_federation.as_mut();
        federation
            .filter(|federation| federation.enabled)
            .ok_or_else(|| {
                Refusal::other(
                    RefusalKind::FeatureDisabled,
                    "Outbound web identity federation is not enabled for this account.",
                )
            })
    }
}

/// Returns the namespace of a property: what stands before the first slash.
fn namespace(key: &str) -> Option<&str> {
    let (namespace, property) = key.split_once('/')?;
    (!namespace.is_empty() && !property.is_empty()).then_some(namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_like_host_names() {
        for (text, good) in [
            ("abc", true),
            ("my-company-1", true),
            ("1234567890123", true),
            ("12345678901", true),
            ("123456789012", false),
            ("ab", false),
            ("-ab", false),
            ("ab-", false),
            ("a--b", false),
            ("Abc", false),
            ("a.b", false),
            ("", false),
        ] {
            assert_eq!(AccountAlias::parse(text).is_ok(), good, "{text:?}");
        }
        assert!(AccountAlias::parse(&"a".repeat(63)).is_ok());
        assert!(AccountAlias::parse(&"a".repeat(64)).is_err());
    }

    fn properties(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn properties_are_put_one_namespace_at_a_time() {
        let mut settings = AccountSettings::default();
        settings
            .put_properties(&properties(&[("A/x", "1"), ("A/y", "2")]))
            .unwrap();
        settings
            .put_properties(&properties(&[("B/x", "3")]))
            .unwrap();
        settings
            .put_properties(&properties(&[("A/x", "4")]))
            .unwrap();
        assert_eq!(
            settings.properties,
            properties(&[("A/x", "4"), ("A/y", "2"), ("B/x", "3")])
        );
        for refused in [
            &[][..],
            &[("A", "1")],
            &[("A/", "1")],
            &[("A/x", "1"), ("B/x", "1")],
            &[("A/x", "1"), ("B", "1")],
        ] {
            let before = settings.clone();
            assert!(settings.put_properties(&properties(refused)).is_err());
            assert_eq!(settings, before, "{refused:?}");
        }
        let many = (0..ACCOUNT_PROPERTIES).map(|number| (format!("C/{number}"), "1".to_owned()));
        assert!(settings.put_properties(&many.collect()).is_err());
    }

    #[test]
    fn the_issuer_stays() {
        let mut settings = AccountSettings::default();
        assert!(settings.enabled_federation().is_err());
        let id = settings.enable_outbound_federation("one".to_owned());
        assert_eq!(id, Ok("one"));
        assert!(
            settings
                .enable_outbound_federation("two".to_owned())
                .is_err()
        );
        settings.enabled_federation().unwrap().enabled = false;
        assert!(settings.enabled_federation().is_err());
        let id = settings.enable_outbound_federation("three".to_owned());
        assert_eq!(id, Ok("one"));
    }
}
