//! What a test gives the service instead of the operating system.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use keyward_service::{AuditFull, AuditSink, Clock, Entropy, Now};

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// Makes a clock at seconds since the Unix epoch.
    #[must_use]
    pub fn at(seconds: i64) -> Self {
        Self(AtomicI64::new(seconds))
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Now {
        Now::from_unix_milliseconds(self.0.load(Ordering::SeqCst) * 1000)
    }
}

/// Bytes that are the same in every run: a counter, spread (SplitMix64).
#[derive(Debug, Default)]
pub struct SeededEntropy(AtomicU64);

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut spread = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            spread = (spread ^ (spread >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            spread = (spread ^ (spread >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let drawn = (spread ^ (spread >> 31)).to_le_bytes();
            chunk
                .iter_mut()
                .zip(drawn)
                .for_each(|(to, from)| *to = from);
        }
    }
}

/// Audit events kept in memory.
#[derive(Debug, Default)]
pub struct AuditLines(Mutex<Vec<String>>);

impl AuditLines {
    /// Takes all lines that were recorded.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AuditSink for AuditLines {
    fn check(&self) -> Result<(), AuditFull> {
        Ok(())
    }

    fn record(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line).into_owned();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }
}
