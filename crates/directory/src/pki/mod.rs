//! Certificates and keys as callers upload them: PEM, X.509, RSA and elliptic curve keys, SSH public keys,
//! public keys of WebAuthn credentials.
//!
//! Whatever is malformed is an error and never a panic: the input comes from the network. What is parsed is described
//! in `docs/decisions/0006-parsing-keys-and-certificates.md`. Start at [`Certificate`] and [`KeyPair`].

mod certificate;
mod chain;
mod credential_key;
mod decryption;
mod pem;
mod private_key;
mod rsa;
mod signature;
mod ssh;

#[cfg(test)]
pub(crate) use credential_key::tests as credential_key_tests;
#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;

pub use certificate::Certificate;
pub use chain::ChainError;
pub use credential_key::{CoseAlgorithm, CredentialKey};
pub use decryption::Oaep;
pub use private_key::{KeyPair, ParsePrivateKeyError, PrivateKey};
pub use rsa::RsaPublicKey;
pub use signature::SignatureAlgorithm;
pub use ssh::ParsePublicKeyError;

/// Returns how many bits a number has that stands in bytes; zeros before it don't count.
fn bits(number: &[u8]) -> usize {
    let mut digits = number.iter().skip_while(|byte| **byte == 0);
    let Some(first) = digits.next() else {
        return 0;
    };
    let whole = digits.count().saturating_mul(8);
    let top = u8::BITS.saturating_sub(first.leading_zeros());
    whole.saturating_add(usize::try_from(top).unwrap_or(0))
}
