//! The clock of the operating system.

use std::time::{SystemTime, UNIX_EPOCH};

use keyward_service::{Clock, Now};

/// The operating system's clock.
#[derive(Debug, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Now::from_unix_milliseconds(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
