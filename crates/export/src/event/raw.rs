//! CloudTrail records as they are written.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// One record, or a file of them.
#[derive(Deserialize)]
pub(super) struct RawFile {
    #[serde(rename = "Records")]
    pub(super) records: Option<Vec<RawEvent>>,
    #[serde(rename = "Events")]
    pub(super) events: Option<Vec<RawLookedUp>>,
    #[serde(flatten)]
    pub(super) one: RawEvent,
}

/// What `lookup-events` wraps a record in.
#[derive(Deserialize)]
pub(super) struct RawLookedUp {
    #[serde(rename = "CloudTrailEvent")]
    pub(super) cloud_trail_event: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawEvent {
    #[serde(rename = "eventID")]
    pub(super) event_id: Option<String>,
    pub(super) event_time: Option<String>,
    pub(super) event_source: String,
    pub(super) event_name: String,
    pub(super) aws_region: Option<String>,
    #[serde(rename = "sourceIPAddress")]
    pub(super) source_ip_address: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) error_code: Option<String>,
    pub(super) error_message: Option<String>,
    pub(super) user_identity: Option<RawIdentity>,
    pub(super) resources: Option<Vec<RawResource>>,
    pub(super) vpc_endpoint_id: Option<String>,
    pub(super) request_parameters: Option<Texts>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawIdentity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) arn: Option<String>,
    pub(super) account_id: Option<String>,
    pub(super) principal_id: Option<String>,
    pub(super) access_key_id: Option<String>,
    pub(super) invoked_by: Option<String>,
    pub(super) session_context: Option<RawSession>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawSession {
    pub(super) session_issuer: Option<RawIssuer>,
    pub(super) attributes: Option<RawAttributes>,
    pub(super) source_identity: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawIssuer {
    pub(super) arn: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawAttributes {
    pub(super) mfa_authenticated: Option<String>,
    pub(super) creation_date: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawResource {
    #[serde(rename = "ARN")]
    pub(super) arn: Option<String>,
    #[serde(rename = "arn")]
    pub(super) arn_capital: Option<String>,
}

/// The text members of an object; all others are passed over.
#[derive(Default)]
pub(super) struct Texts(pub(super) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_unit<E>(self) -> Result<Texts, E> {
                Ok(Texts::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if let Text(Some(value)) = map.next_value()? {
                        texts.insert(name, value);
                    }
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_any(Members)
    }
}

/// A text, or anything else.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Any {
            Text(String),
            Other(IgnoredAny),
        }
        Ok(Self(match Any::deserialize(deserializer)? {
            Any::Text(text) => Some(text),
            Any::Other(IgnoredAny) => None,
        }))
    }
}
