//! What the service asks of the shell around it: time, randomness, a place for audit events.

use keyward_directory::Timestamp;

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(i64);

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Returns the present moment.
    fn now(&self) -> Now;
}

/// Gives random bytes fit for secrets and ids.
pub trait Entropy: Send + Sync {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The audit trail can take no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit trail can't be written")]
pub struct AuditFull;

/// Keeps audit events.
pub trait AuditSink: Send + Sync {
    /// Says whether events can be kept; while they can't, requests are refused.
    ///
    /// # Errors
    /// [`AuditFull`] where the trail is full or broken.
    fn check(&self) -> Result<(), AuditFull>;

    /// Takes one event, a line of JSON with its line feed.
    fn record(&self, line: &[u8]);
}

impl Now {
    /// Takes milliseconds since the Unix epoch.
    #[must_use]
    pub fn from_unix_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Returns whole seconds since the Unix epoch.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Returns the moment as records keep it, to the second.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_unix_seconds(self.unix_seconds())
    }
}

impl std::fmt::Display for Now {
    /// Writes the moment to the second, such as `2026-01-02T03:04:05Z`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        keyward_wire::Timestamp(self.unix_seconds()).fmt(f)
    }
}

/// Draws a fixed number of random bytes.
pub(crate) fn draw<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
