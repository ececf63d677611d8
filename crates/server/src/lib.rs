//! Sockets, TLS, HTTP, the operator's unix socket, metrics and the audit file.
//!
//! A thin shell around `keyward-service`: it owns what the operating system gives (files, sockets, clock, randomness)
//! and decides nothing. Start at [`start`].

mod admin;
mod audit;
mod clock;
mod connection;
mod container;
mod data;
mod details;
mod entropy;
mod http;
mod imds;
mod lanes;
mod limits;
mod listen;
mod local;
mod metrics;
mod start;
mod tls;

pub use admin::{AdminClient, AdminRequest};
pub use container::{
    ContainerCredentials, ContainerError, ContainerSource, serve_container_credentials,
};
pub use imds::ImdsConfig;
pub use start::{Config, FirstStart, IssuerOptions, MasterKeySource, Running, reachable, start};

// What the options name.
pub use keyward_issuers::AllowedIssuer;
