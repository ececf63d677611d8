//! An in-process server, a fake clock and seeded randomness for tests.
//!
//! Nothing here opens a socket or a file, reads the clock or draws real randomness: a test that fails, fails again.

pub mod exports;
mod fido;
mod issuers;
mod ports;
mod server;

pub use fido::fido_registration;
pub use issuers::FakeIssuers;
pub use ports::{AuditLines, FakeClock, SeededEntropy};
pub use server::{ACCOUNT, Answer, InProcess, NOW, PUBLIC_URL};
