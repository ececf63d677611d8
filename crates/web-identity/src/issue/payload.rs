//! The claims of a token that we issue.

use serde_json::{Map, Value, json};

use crate::limits;

/// What a token of `GetWebIdentityToken` says.
// SOURCE: spec/sts.md §8.
#[derive(Clone, Debug, Default)]
pub struct IdentityToken<'a> {
    /// `iss`: the account's issuer.
    pub issuer: &'a str,
    /// `aud`: one is written as a string, several as a list.
    pub audience: &'a [String],
    /// `sub` and `principal_id`: the ARN of the user, or of the role behind a session.
    pub subject: &'a str,
    /// `iat`, seconds since 1970.
    pub issued_at: i64,
    /// `exp`, seconds since 1970.
    pub expires: i64,
    /// `jti`, unique.
    pub id: &'a str,
    /// `aws_account`.
    pub account: &'a str,
    /// `source_region`.
    pub region: &'a str,
    /// `org_id`, in an organization.
    pub organization_id: Option<&'a str>,
    /// `ou_path`, in an organization: `o-x/r-x/ou-x/`.
    pub organization_path: Option<&'a str>,
    /// `principal_tags`: keys and values, of the principal and its session.
    pub principal_tags: &'a [(String, String)],
    /// `request_tags`.
    pub request_tags: &'a [(String, String)],
    /// `source_identity`.
    pub source_identity: Option<&'a str>,
    /// `federated_provider`: the ARN of the provider behind a federated session.
    pub federated_provider: Option<&'a str>,
    /// `ec2_source_instance_arn`: the machine that a session was made for.
    pub machine: Option<&'a str>,
    /// `original_session_exp`: when the session ends, `2026-01-02T03:04:05Z`.
    pub session_expires: Option<&'a str>,
}

/// The claims are larger than a token may carry.
// DIFFERS: AWS's text and bound are not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "The payload of the token has {size} bytes, more than the limit of {} bytes. Pass fewer or shorter audiences and tags.",
    limits::PAYLOAD_BYTES
)]
pub struct PayloadTooLarge {
    /// Bytes of the claims as JSON.
    pub size: usize,
}

impl IdentityToken<'_> {
    /// Writes the claims as JSON.
    ///
    /// # Errors
    /// [`PayloadTooLarge`] above [`limits::PAYLOAD_BYTES`].
    pub fn payload(&self) -> Result<String, PayloadTooLarge> {
        let mut ours = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                ours.insert(name.to_owned(), value);
            }
        };
        let text = |value: Option<&str>| value.map(Value::from);
        add("aws_account", text(Some(self.account)));
        add("source_region", text(Some(self.region)));
        add("principal_id", text(Some(self.subject)));
        add("org_id", text(self.organization_id));
        add("ou_path", self.organization_path.map(|path| json!([path])));
        add("principal_tags", tags(self.principal_tags));
        add("request_tags", tags(self.request_tags));
        add("source_identity", text(self.source_identity));
        add("ec2_source_instance_arn", text(self.machine));
        add("federated_provider", text(self.federated_provider));
        add("original_session_exp", text(self.session_expires));
        let audience = match self.audience {
            [one] => json!(one),
            several => json!(several),
        };
        let payload = json!({
            "iss": self.issuer,
            "aud": audience,
            "sub": self.subject,
            "iat": self.issued_at,
            "exp": self.expires,
            "jti": self.id,
            "https://sts.amazonaws.com/": ours,
        })
        .to_string();
        if payload.len() > limits::PAYLOAD_BYTES {
            return Err(PayloadTooLarge {
                size: payload.len(),
            });
        }
        Ok(payload)
    }
}

fn tags(tags: &[(String, String)]) -> Option<Value> {
    if tags.is_empty() {
        return None;
    }
    let members = tags
        .iter()
        .map(|(key, value)| (key.clone(), Value::from(value.as_str())));
    Some(Value::Object(members.collect()))
}
