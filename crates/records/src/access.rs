//! The records of what principals have called, and of the jobs that tell it.

use bytes::Bytes;
use keyward_arn::UniqueId;
use keyward_directory::{
    Access, AccessJob, Accesses, EntityKind, Granularity, PolicyArn, Reported, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::codec::{malformed, read, write};
use crate::parts::parsed;
use crate::{DecodeError, EncodeError};

const RECORD: &str = "access";
const JOB_RECORD: &str = "access job";
const VERSION: u8 = 1;

/// Action, time, Region.
type RawAccess = (String, i64, String);

#[derive(Serialize, Deserialize)]
struct RawJob {
    id: String,
    /// `group`, `role`, `user` or `policy`.
    kind: String,
    /// A unique id, or the ARN of a policy.
    about: String,
    actions: bool,
    created: i64,
    maker: String,
}

/// Writes what a principal has called.
///
/// # Errors
/// [`EncodeError`] where serialization fails.
pub fn encode_accesses(accesses: &Accesses) -> Result<Bytes, EncodeError> {
    let raw = accesses.iter().map(|access| {
        let at = access.at.unix_seconds();
        (access.action.clone(), at, access.region.clone())
    });
    write(VERSION, &raw.collect::<Vec<RawAccess>>())
}

/// Reads what a principal has called.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record.
pub fn decode_accesses(bytes: &[u8]) -> Result<Accesses, DecodeError> {
    let raw: Vec<RawAccess> = read(RECORD, VERSION, bytes)?;
    let accesses = raw.into_iter().map(|(action, at, region)| Access {
        action,
        at: Timestamp::from_unix_seconds(at),
        region,
    });
    Ok(Accesses::from_stored(accesses.collect()))
}

/// Writes a job.
///
/// # Errors
/// [`EncodeError`] where serialization fails.
pub(crate) fn encode_job(job: &AccessJob) -> Result<Bytes, EncodeError> {
    let (kind, about) = match &job.about {
        Reported::Entity(kind, id) => (kind.as_str(), id.to_string()),
        Reported::Policy(arn) => ("policy", arn.to_string()),
    };
    write(
        VERSION,
        &RawJob {
            id: job.id.clone(),
            kind: kind.to_owned(),
            about,
            actions: job.granularity == Granularity::Action,
            created: job.created.unix_seconds(),
            maker: job.maker.clone(),
        },
    )
}

/// Reads a job.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record.
pub(crate) fn decode_job(bytes: &[u8]) -> Result<AccessJob, DecodeError> {
    let raw: RawJob = read(JOB_RECORD, VERSION, bytes)?;
    let about = if raw.kind == "policy" {
        Reported::Policy(parsed(JOB_RECORD, PolicyArn::parse(&raw.about))?)
    } else {
        let kind = EntityKind::parse(&raw.kind);
        let kind = kind.ok_or_else(|| malformed(JOB_RECORD, "it is about no known kind"))?;
        Reported::Entity(kind, parsed(JOB_RECORD, UniqueId::parse(&raw.about))?)
    };
    Ok(AccessJob {
        id: raw.id,
        about,
        granularity: if raw.actions {
            Granularity::Action
        } else {
            Granularity::Service
        },
        created: Timestamp::from_unix_seconds(raw.created),
        maker: raw.maker,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_formats_read_and_write_back() {
        let text =
            "\x01[[\"iam:GetUser\",7,\"us-east-1\"],[\"sts:GetCallerIdentity\",8,\"eu-west-1\"]]";
        let accesses = decode_accesses(text.as_bytes()).unwrap();
        assert_eq!(encode_accesses(&accesses).unwrap(), text.as_bytes());
        for (kind, about, actions) in [
            ("user", "AIDAIOSFODNN7EXAMPLE1", true),
            ("policy", "arn:aws:iam::aws:policy/ReadOnlyAccess", false),
        ] {
            let text = format!(
                "\x01{{\"id\":\"j\",\"kind\":\"{kind}\",\"about\":\"{about}\",\"actions\":{actions},\
                 \"created\":9,\"maker\":\"111122223333\"}}"
            );
            let job = decode_job(text.as_bytes()).unwrap();
            assert_eq!(encode_job(&job).unwrap(), text.as_bytes());
        }
        assert!(decode_job(b"\x01{\"id\":\"j\",\"kind\":\"x\",\"about\":\"y\",\"actions\":true,\"created\":9,\"maker\":\"z\"}").is_err());
    }
}
