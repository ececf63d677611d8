//! What principals have really called, and the jobs that tell of it.

use keyward_arn::UniqueId;

use crate::limits::{ACCESS_JOB_DAYS, ACCESS_TRACKED_DAYS, SECONDS_PER_DAY};
use crate::{EntityKind, PolicyArn, Timestamp};

/// The last call of one action by one principal, allowed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Such as `iam:ListUsers`.
    pub action: String,
    /// When, to the second.
    pub at: Timestamp,
    /// The Region of the signature's scope.
    pub region: String,
}

/// The last call of each action by one principal, in the order of the actions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accesses(Vec<Access>);

impl Accesses {
    /// Takes the calls of a record.
    #[must_use]
    pub fn from_stored(accesses: Vec<Access>) -> Self {
        let mut taken = Self::default();
        taken.merge(accesses);
        taken
    }

    /// Adds calls; of two of one action the later stays.
    pub fn merge(&mut self, others: impl IntoIterator<Item = Access>) {
        for other in others {
            match self
                .0
                .binary_search_by(|access| access.action.as_str().cmp(&other.action))
            {
                Ok(place) => {
                    if let Some(known) = self.0.get_mut(place)
                        && known.at < other.at
                    {
                        *known = other;
                    }
                }
                Err(place) => self.0.insert(place, other),
            }
        }
    }

    /// Forgets what is too long ago to be told.
    pub fn forget(&mut self, now: Timestamp) {
        let oldest = days_before(now, ACCESS_TRACKED_DAYS);
        self.0.retain(|access| access.at >= oldest);
    }

    /// Returns the calls in the order of their actions.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Access> {
        self.0.iter()
    }

    /// Returns the last call to a service, named by the prefix of its actions.
    #[must_use]
    pub fn last_of_service(&self, prefix: &str) -> Option<&Access> {
        let of_service = self.0.iter().filter(|access| {
            let service = access.action.split_once(':');
            service.is_some_and(|(service, _)| service == prefix)
        });
        of_service.max_by_key(|access| access.at)
    }

    /// Returns the last call of an action.
    #[must_use]
    pub fn of_action(&self, action: &str) -> Option<&Access> {
        let found = self
            .0
            .binary_search_by(|access| access.action.as_str().cmp(action));
        self.0.get(found.ok()?)
    }
}

/// How much a last-accessed job tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// The services, and their actions.
    Action,
    /// The services.
    Service,
}

/// What a last-accessed job is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    /// A group, a role or a user, by unique id.
    Entity(EntityKind, UniqueId),
    /// A managed policy.
    Policy(PolicyArn),
}

/// A last-accessed job: the question that `GenerateServiceLastAccessedDetails` asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessJob {
    /// A UUID that begins with the time, so that jobs stand in the order of their making.
    pub id: String,
    /// What it is about.
    pub about: Reported,
    /// How much it tells.
    pub granularity: Granularity,
    /// When it was made.
    pub created: Timestamp,
    /// The `aws:userid` of its maker, who alone may read it.
    pub maker: String,
}

impl AccessJob {
    /// Makes the id of a job: a version 7 UUID of the time and random bytes.
    #[must_use]
    pub fn mint_id(now: Timestamp, random: [u8; 10]) -> String {
        let milliseconds = now.unix_seconds().saturating_mul(1_000);
        let milliseconds = u64::try_from(milliseconds).unwrap_or(0) & 0xffff_ffff_ffff;
        let [r0, r1, r2, r3, rest @ ..] = random;
        let version = (u16::from_be_bytes([r0, r1]) & 0x0fff) | 0x7000;
        let variant = (u16::from_be_bytes([r2, r3]) & 0x3fff) | 0x8000;
        let [a, b, c, d, e, f] = rest;
        let node = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let time = format!("{milliseconds:012x}");
        let (high, low) = time.split_at(8);
        format!("{high}-{low}-{version:04x}-{variant:04x}-{node:012x}")
    }

    /// Returns whether the job's answer can still be read.
    #[must_use]
    pub fn is_kept(&self, now: Timestamp) -> bool {
        self.created >= days_before(now, ACCESS_JOB_DAYS)
    }
}

fn days_before(now: Timestamp, days: i64) -> Timestamp {
    let seconds = days.saturating_mul(SECONDS_PER_DAY);
    Timestamp::from_unix_seconds(now.unix_seconds().saturating_sub(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(action: &str, at: i64) -> Access {
        Access {
            action: action.to_owned(),
            at: Timestamp::from_unix_seconds(at),
            region: format!("region-{at}"),
        }
    }

    #[test]
    fn the_later_call_stays() {
        let mut accesses = Accesses::from_stored(vec![access("sts:B", 5), access("iam:A", 3)]);
        accesses.merge([access("iam:A", 2), access("sts:B", 7), access("iam:C", 1)]);
        let all: Vec<Access> = accesses.iter().cloned().collect();
        assert_eq!(
            all,
            [access("iam:A", 3), access("iam:C", 1), access("sts:B", 7)]
        );
        assert_eq!(accesses.last_of_service("iam"), Some(&access("iam:A", 3)));
        assert_eq!(accesses.last_of_service("ia"), None);
        assert_eq!(accesses.of_action("sts:B"), Some(&access("sts:B", 7)));
        assert_eq!(accesses.of_action("sts:A"), None);
        accesses.forget(Timestamp::from_unix_seconds(400 * 86_400 + 3));
        assert_eq!(accesses.iter().len(), 2);
        accesses.forget(Timestamp::from_unix_seconds(400 * 86_400 + 8));
        assert_eq!(accesses.iter().len(), 0);
    }

    #[test]
    fn ids_are_uuids_in_the_order_of_time() {
        let id =
            |seconds, byte| AccessJob::mint_id(Timestamp::from_unix_seconds(seconds), [byte; 10]);
        assert_eq!(
            id(1_767_225_600, 0xff),
            "019b76da-a800-7fff-bfff-ffffffffffff"
        );
        assert_eq!(id(0, 0), "00000000-0000-7000-8000-000000000000");
        assert!(id(1_767_225_600, 0xff) < id(1_767_225_601, 0));
    }
}
