//! Names of entities.

use std::fmt;
use std::sync::Arc;

use crate::limits::{
    DEVICE_NAME_LENGTH, FIDO_DEVICE_NAME_LENGTH, GROUP_NAME_LENGTH, INSTANCE_PROFILE_NAME_LENGTH,
    POLICY_NAME_LENGTH, ROLE_NAME_LENGTH, SAML_PROVIDER_NAME_LENGTH,
    SERVER_CERTIFICATE_NAME_LENGTH, USER_NAME_LENGTH,
};

/// The text is empty, too long, or has a character outside `[A-Za-z0-9_+=,.@-]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has letters, digits and _+=,.@- only, and a bounded length")]
pub struct ParseNameError;

fn fits(text: &str, longest: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=longest).contains(&text.len()) && text.bytes().all(allowed)
}

macro_rules! names {
    ($($(#[$doc:meta])+ $name:ident, $longest:expr;)*) => {$(
        $(#[$doc])+
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Reads a name.
            ///
            /// # Errors
            /// [`ParseNameError`] where it is empty, too long or has other characters.
            pub fn parse(text: &str) -> Result<Self, ParseNameError> {
                if fits(text, $longest) { Ok(Self(text.into())) } else { Err(ParseNameError) }
            }

            /// Returns the name as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Returns the form that uniqueness goes by: names that differ in case only are the same.
            #[must_use]
            pub fn folded(&self) -> String {
                self.0.to_ascii_lowercase()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

// SOURCE: spec/iam-entities.md §2.
names! {
    /// The name of a virtual MFA device; unique with its path, case counts.
    DeviceName, DEVICE_NAME_LENGTH;
    /// The name of a FIDO device: 1 to 128 characters. Need not be unique: a random part follows it in the serial number.
    FidoDeviceName, FIDO_DEVICE_NAME_LENGTH;
    /// The name of a group: 1 to 128 characters, unique in its account without regard to case.
    GroupName, GROUP_NAME_LENGTH;
    /// The name of an instance profile: 1 to 128 characters, unique in its account without regard to case.
    InstanceProfileName, INSTANCE_PROFILE_NAME_LENGTH;
    /// The name of a managed policy: 1 to 128 characters, unique in its account whatever the path, without regard to
    /// case.
    ManagedPolicyName, POLICY_NAME_LENGTH;
    /// The name of an inline policy; unique for its entity, case counts.
    PolicyName, POLICY_NAME_LENGTH;
    /// The name of a role: 1 to 64 characters, unique in its account without regard to case.
    RoleName, ROLE_NAME_LENGTH;
    /// The name of a SAML provider: 1 to 128 characters, unique in its account without regard to case.
    SamlProviderName, SAML_PROVIDER_NAME_LENGTH;
    /// The name of a server certificate: 1 to 128 characters, unique in its account without regard to case.
    ServerCertificateName, SERVER_CERTIFICATE_NAME_LENGTH;
    /// The name of a user: 1 to 64 characters, unique in its account without regard to case.
    UserName, USER_NAME_LENGTH;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_models_names_only() {
        let (longest, too_long) = ("n".repeat(64), "n".repeat(65));
        for (text, good) in [
            ("alice", true),
            ("A_b+c=d,e.f@g-h9", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("a b", false),
            ("a/b", false),
            ("é", false),
        ] {
            assert_eq!(UserName::parse(text).is_ok(), good, "{text:?}");
        }
    }
}
