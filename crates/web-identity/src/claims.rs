//! The claims of a token: those that every token has, and those that AWS defines.

use std::collections::BTreeMap;

use crate::json::{Json, Object};
use crate::limits;
use crate::token::without_scheme;
use crate::{VerifiedToken, WebIdentityError};

const ROLES: &str = "https://aws.amazon.com/roles";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";
const TAGS: &str = "https://aws.amazon.com/tags";
/// The same as members of their own, for issuers that can't nest.
const FLAT_TAG: &str = "https://aws.amazon.com/tags/principal_tags/";
const FLAT_TRANSITIVE: &str = "https://aws.amazon.com/tags/transitive_tag_keys";

/// What a token says, without a word on whether it is true.
#[derive(Clone, Debug)]
pub(crate) struct Claims {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// `aud`; never empty.
    pub(crate) audiences: Vec<String>,
    /// `azp`.
    pub(crate) authorized_party: Option<String>,
    issued_at: i64,
    expires: i64,
    not_before: Option<i64>,
    pub(crate) all: Object,
}

/// Whether the issuer itself named the role, `sts:RoleAuthorizedByIdp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleAuthorizedByIdp {
    /// The token has no claim `https://aws.amazon.com/roles`.
    NotSaid,
    /// The claim names the role.
    Yes,
}

/// The session tags that a token asks for; the rules of session tags are not checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionTags {
    /// Keys and values, in the order of the keys. No key twice, letter by letter.
    pub tags: Vec<(String, String)>,
    /// The keys that later sessions inherit.
    pub transitive_keys: Vec<String>,
}

impl Claims {
    /// Reads the claims that every token has.
    // SOURCE: spec/sts.md §5 row 3.
    pub(crate) fn read(all: Object) -> Result<Self, WebIdentityError> {
        let text = |name: &'static str| {
            all.get(name)
                .and_then(Json::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .ok_or(WebIdentityError::MissingClaim(name))
        };
        let integer = |name: &'static str| {
            all.get(name)
                .and_then(Json::as_integer)
                .ok_or(WebIdentityError::MissingClaim(name))
        };
        let issuer = text("iss")?;
        let subject = text("sub")?;
        let audiences = all
            .get("aud")
            .and_then(Json::strings)
            .filter(|audiences| !audiences.is_empty())
            .ok_or(WebIdentityError::MissingClaim("aud"))?;
        let (issued_at, expires) = (integer("iat")?, integer("exp")?);
        let not_before = match all.get("nbf") {
            None => None,
            Some(_) => Some(integer("nbf")?),
        };
        let authorized_party = match all.get("azp") {
            None => None,
            Some(party) => Some(
                party
                    .as_str()
                    .ok_or(WebIdentityError::IncorrectAudience)?
                    .to_owned(),
            ),
        };
        if subject.chars().count() > limits::SUBJECT_LENGTH {
            return Err(WebIdentityError::MalformedClaim(
                "The sub claim of the identity token has more than 255 characters".into(),
            ));
        }
        Ok(Self {
            issuer,
            subject,
            audiences,
            authorized_party,
            issued_at,
            expires,
            not_before,
            all,
        })
    }

    pub(crate) fn provider_url(&self) -> Option<&str> {
        without_scheme(&self.issuer)
    }

    // SOURCE: spec/sts.md §5 rows 7 and 8.
    pub(crate) fn check_time(&self, now: i64) -> Result<(), WebIdentityError> {
        if now >= self.expires {
            return Err(WebIdentityError::Expired {
                now,
                expires: self.expires,
            });
        }
        let valid_from = self.not_before.unwrap_or(i64::MIN).max(self.issued_at);
        if valid_from > now.saturating_add(limits::CLOCK_SKEW_SECONDS) {
            return Err(WebIdentityError::NotYetValid { now, valid_from });
        }
        let age = now.saturating_sub(self.issued_at);
        if age > limits::TOKEN_AGE_SECONDS {
            return Err(WebIdentityError::TooOld { age });
        }
        Ok(())
    }
}

impl VerifiedToken {
    /// Checks the claim `https://aws.amazon.com/roles`, by which an issuer limits a token to roles: a role's ARN or a
    /// list of them, letter by letter.
    ///
    /// # Errors
    /// [`RoleNotInRolesClaim`](WebIdentityError::RoleNotInRolesClaim) where the claim is there, whatever it holds, and
    /// does not name the role.
    // SOURCE: spec/sts.md §5 row 9.
    pub fn check_roles_claim(
        &self,
        role_arn: &str,
    ) -> Result<RoleAuthorizedByIdp, WebIdentityError> {
        let Some(roles) = self.claims.all.get(ROLES) else {
            return Ok(RoleAuthorizedByIdp::NotSaid);
        };
        let named = roles
            .strings()
            .is_some_and(|roles| roles.iter().any(|role| role == role_arn));
        if named {
            Ok(RoleAuthorizedByIdp::Yes)
        } else {
            Err(WebIdentityError::RoleNotInRolesClaim)
        }
    }

    /// Reads the source identity that the token asks for.
    ///
    /// # Errors
    /// [`MalformedClaim`](WebIdentityError::MalformedClaim) for another type or another form than
    /// `[a-zA-Z_0-9+=,.@-]{2,64}`, or one that begins with `aws:`.
    // SOURCE: spec/sts.md §5, §6 row 12 for the text.
    pub fn source_identity(&self) -> Result<Option<&str>, WebIdentityError> {
        let Some(claim) = self.claims.all.get(SOURCE_IDENTITY) else {
            return Ok(None);
        };
        let fits = |text: &&str| {
            // `aws:` needs no check of its own, as the form has no colon.
            limits::SOURCE_IDENTITY_LENGTH.contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
        };
        match claim.as_str().filter(fits) {
            Some(text) => Ok(Some(text)),
            None => Err(WebIdentityError::MalformedClaim(
                "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\""
                    .into(),
            )),
        }
    }

    /// Reads the session tags that the token asks for, nested in `https://aws.amazon.com/tags` or as members of their
    /// own below that name.
    ///
    /// # Errors
    /// [`MalformedClaim`](WebIdentityError::MalformedClaim): another shape, more than one value for a key, or a key in
    /// both forms.
    // SOURCE: spec/sts.md §5.
    pub fn session_tags(&self) -> Result<SessionTags, WebIdentityError> {
        let mut tags = BTreeMap::new();
        let mut transitive_keys = Vec::new();
        if let Some(nested) = self.claims.all.get(TAGS) {
            let nested = nested.as_object().ok_or_else(malformed_tags)?;
            if let Some(principal) = nested.get("principal_tags") {
                let principal = principal.as_object().ok_or_else(malformed_tags)?;
                for (key, value) in principal {
                    tags.insert(tag_key(key)?, one_value(value)?);
                }
            }
            if let Some(keys) = nested.get("transitive_tag_keys") {
                transitive_keys = keys.strings().ok_or_else(malformed_tags)?;
            }
        }
        for (name, value) in &self.claims.all {
            let Some(key) = name.strip_prefix(FLAT_TAG) else {
                continue;
            };
            if tags.insert(tag_key(key)?, one_value(value)?).is_some() {
                return Err(malformed_tags());
            }
        }
        if let Some(keys) = self.claims.all.get(FLAT_TRANSITIVE) {
            transitive_keys.extend(keys.strings().ok_or_else(malformed_tags)?);
        }
        transitive_keys.sort_unstable();
        transitive_keys.dedup();
        Ok(SessionTags {
            tags: tags.into_iter().collect(),
            transitive_keys,
        })
    }
}

fn one_value(value: &Json) -> Result<String, WebIdentityError> {
    match value.strings().as_deref() {
        Some([one]) if fits_tag(one, 0..=limits::TAG_VALUE_LENGTH) => Ok(one.clone()),
        Some(_) | None => Err(malformed_tags()),
    }
}

fn tag_key(key: &str) -> Result<String, WebIdentityError> {
    if fits_tag(key, 1..=limits::TAG_KEY_LENGTH) {
        Ok(key.to_owned())
    } else {
        Err(malformed_tags())
    }
}

/// Says whether a text has the form of a tag's key or value: letters, spaces, digits and `_.:/=+-@`.
// SOURCE: the service model, `tagKeyType` and `tagValueType`.
fn fits_tag(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    let fits = |letter: char| {
        letter.is_alphanumeric()
            || (letter.is_whitespace() && !letter.is_control())
            || "_.:/=+-@".contains(letter)
    };
    length.contains(&text.chars().count()) && text.chars().all(fits)
}

fn malformed_tags() -> WebIdentityError {
    WebIdentityError::MalformedClaim(
        "The session tags of the identity token are malformed: each tag has one string as its value".into(),
    )
}
