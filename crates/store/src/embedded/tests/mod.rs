//! Tests of the embedded store beyond the contract: damage, crashes, what is left on the disk.

mod contract;
mod crash;
mod damage;
mod files;
mod kill;
mod sim;
mod snapshot;
mod writer;
