//! A session as the bytes that its token seals.
//!
//! The format has a number, which stands outside of the sealed part. What was ever released stays readable as long as a
//! session of it can live, 36 hours.

use keyward_arn::{AccessKeyId, UniqueId};
use keyward_directory::{PolicyArn, Tag, Timestamp};
use keyward_sigv4::SecretKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::packed::{deflate, inflate};
use crate::{
    ClaimValue, FederatedBy, Federation, Machine, RoleDelivery, Session, SessionPolicies,
    SessionPrincipal, SessionTag, SessionTags,
};

/// The number of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Knows no machines.
    V1,
    /// The one that is written.
    V2,
}

impl Format {
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            2 => Some(Self::V2),
            _ => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct RawSession<'a> {
    secret: &'a str,
    issued: i64,
    /// Seconds after `issued`.
    lasts: u32,
    /// Seconds before `issued`.
    mfa: Option<i64>,
    principal: RawPrincipal<'a>,
    /// The rest, deflated; empty where there is none.
    packed: &'a [u8],
}

#[derive(Serialize, Deserialize)]
enum RawPrincipal<'a> {
    Root,
    User(&'a str),
    Role(&'a str, &'a str),
    FederatedByRoot(&'a str),
    FederatedByUser(&'a str, &'a str),
}

/// Format 2 has the machine behind what format 1 has.
#[derive(Default, Serialize, Deserialize)]
struct RawPacked<'a> {
    #[serde(borrow)]
    rest: RawPackedV1<'a>,
    #[serde(borrow)]
    machine: Option<(&'a str, RawDelivery)>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum RawDelivery {
    Version1,
    Version2,
}

#[derive(Default, Serialize, Deserialize)]
struct RawPackedV1<'a> {
    #[serde(borrow)]
    inline: Option<&'a str>,
    #[serde(borrow)]
    managed: Vec<&'a str>,
    /// Key, value, whether it is transitive.
    #[serde(borrow)]
    tags: Vec<(&'a str, &'a str, bool)>,
    #[serde(borrow)]
    source_identity: Option<&'a str>,
    #[serde(borrow)]
    federation: Option<(&'a str, Vec<(&'a str, RawClaim<'a>)>)>,
}

#[derive(Serialize, Deserialize)]
enum RawClaim<'a> {
    Single(&'a str),
    Multiple(#[serde(borrow)] Vec<&'a str>),
}

/// Writes a session; `None` where it has a time that no session has.
pub(crate) fn encode(session: &Session) -> Option<Zeroizing<Vec<u8>>> {
    let packed = if has_rest(session) {
        deflate(&postcard::to_allocvec(&raw_packed(session)).ok()?)
    } else {
        Vec::new()
    };
    let issued = session.issued.unix_seconds();
    let after = |moment: Timestamp| moment.unix_seconds().checked_sub(issued);
    let raw = RawSession {
        secret: session.secret.expose(),
        issued,
        lasts: u32::try_from(after(session.expires)?).ok()?,
        mfa: match session.mfa {
            None => None,
            Some(moment) => Some(after(moment)?.checked_neg()?),
        },
        principal: raw_principal(&session.principal),
        packed: &packed,
    };
    postcard::to_allocvec(&raw).ok().map(Zeroizing::new)
}

fn has_rest(session: &Session) -> bool {
    !session.policies.is_empty()
        || !session.tags.is_empty()
        || session.source_identity.is_some()
        || session.federation.is_some()
        || session.machine.is_some()
}

fn raw_principal(principal: &SessionPrincipal) -> RawPrincipal<'_> {
    match principal {
        SessionPrincipal::Root => RawPrincipal::Root,
        SessionPrincipal::User(id) => RawPrincipal::User(id.as_str()),
        SessionPrincipal::Role { role, name } => RawPrincipal::Role(role.as_str(), name),
        SessionPrincipal::FederatedUser { name, by } => match by {
            FederatedBy::Root => RawPrincipal::FederatedByRoot(name),
            FederatedBy::User(id) => RawPrincipal::FederatedByUser(name, id.as_str()),
        },
    }
}

fn raw_packed(session: &Session) -> RawPacked<'_> {
    RawPacked {
        rest: raw_packed_v1(session),
        machine: session.machine.as_ref().map(|machine| {
            let delivery = match machine.delivery {
                RoleDelivery::Version1 => RawDelivery::Version1,
                RoleDelivery::Version2 => RawDelivery::Version2,
            };
            (machine.arn.as_str(), delivery)
        }),
    }
}

fn raw_packed_v1(session: &Session) -> RawPackedV1<'_> {
    let tags = session.tags.iter();
    RawPackedV1 {
        inline: session.policies.inline.as_deref(),
        managed: session
            .policies
            .managed
            .iter()
            .map(PolicyArn::as_str)
            .collect(),
        tags: tags
            .map(|own| (own.tag.key.as_str(), own.tag.value.as_str(), own.transitive))
            .collect(),
        source_identity: session.source_identity.as_deref(),
        federation: session.federation.as_ref().map(|federation| {
            let keys = federation.keys.iter();
            let keys = keys.map(|(key, value)| (key.as_str(), raw_claim(value)));
            (federation.provider.as_str(), keys.collect())
        }),
    }
}

/// Reads what [`encode`] wrote; zeros may follow, which fill a token up to a size.
pub(crate) fn decode(format: Format, bytes: &[u8], access_key_id: AccessKeyId) -> Option<Session> {
    let (raw, rest) = postcard::take_from_bytes::<RawSession<'_>>(bytes).ok()?;
    if rest.iter().any(|byte| *byte != 0) {
        return None;
    }
    let unpacked = if raw.packed.is_empty() {
        None
    } else {
        Some(inflate(raw.packed)?)
    };
    let RawPacked {
        rest: packed,
        machine,
    } = match (&unpacked, format) {
        (None, _) => RawPacked::default(),
        (Some(bytes), Format::V1) => RawPacked {
            rest: postcard::from_bytes(bytes).ok()?,
            machine: None,
        },
        (Some(bytes), Format::V2) => postcard::from_bytes(bytes).ok()?,
    };
    let at = |seconds: i64| {
        raw.issued
            .checked_add(seconds)
            .map(Timestamp::from_unix_seconds)
    };
    let managed = packed.managed.iter().map(|arn| PolicyArn::parse(arn).ok());
    Some(Session {
        access_key_id,
        secret: SecretKey::new(raw.secret.to_owned()),
        issued: Timestamp::from_unix_seconds(raw.issued),
        expires: at(i64::from(raw.lasts))?,
        mfa: match raw.mfa {
            None => None,
            Some(before) => Some(at(before.checked_neg()?)?),
        },
        principal: principal(&raw.principal)?,
        policies: SessionPolicies {
            inline: packed.inline.map(str::to_owned),
            managed: managed.collect::<Option<_>>()?,
        },
        tags: tags(&packed.tags),
        source_identity: packed.source_identity.map(str::to_owned),
        federation: packed.federation.map(federation),
        machine: machine.map(|(arn, delivery)| Machine {
            arn: arn.to_owned(),
            delivery: match delivery {
                RawDelivery::Version1 => RoleDelivery::Version1,
                RawDelivery::Version2 => RoleDelivery::Version2,
            },
        }),
    })
}

fn principal(raw: &RawPrincipal<'_>) -> Option<SessionPrincipal> {
    let id = |text: &str| UniqueId::parse(text).ok();
    Some(match raw {
        RawPrincipal::Root => SessionPrincipal::Root,
        RawPrincipal::User(user) => SessionPrincipal::User(id(user)?),
        RawPrincipal::Role(role, name) => SessionPrincipal::Role {
            role: id(role)?,
            name: (*name).to_owned(),
        },
        RawPrincipal::FederatedByRoot(name) => SessionPrincipal::FederatedUser {
            name: (*name).to_owned(),
            by: FederatedBy::Root,
        },
        RawPrincipal::FederatedByUser(name, user) => SessionPrincipal::FederatedUser {
            name: (*name).to_owned(),
            by: FederatedBy::User(id(user)?),
        },
    })
}

fn tags(raw: &[(&str, &str, bool)]) -> SessionTags {
    let tags = raw.iter().map(|(key, value, transitive)| SessionTag {
        tag: Tag {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        },
        transitive: *transitive,
    });
    SessionTags::from_token(tags.collect())
}

fn raw_claim(value: &ClaimValue) -> RawClaim<'_> {
    match value {
        ClaimValue::Multiple(values) => {
            RawClaim::Multiple(values.iter().map(String::as_str).collect())
        }
        ClaimValue::Single(value) => RawClaim::Single(value),
    }
}

fn federation((provider, keys): (&str, Vec<(&str, RawClaim<'_>)>)) -> Federation {
    let keys = keys.into_iter().map(|(key, value)| {
        let value = match value {
            RawClaim::Multiple(values) => {
                ClaimValue::Multiple(values.into_iter().map(str::to_owned).collect())
            }
            RawClaim::Single(value) => ClaimValue::Single(value.to_owned()),
        };
        (key.to_owned(), value)
    });
    Federation {
        provider: provider.to_owned(),
        keys: keys.collect(),
    }
}
