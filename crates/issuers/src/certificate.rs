//! Whether a server's certificate is vouched for: by a trust store, else by the provider's thumbprints.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor, verify_server_name,
};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha1::{Digest as _, Sha1};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// What vouched for an issuer's certificate, as CloudTrail names it.
// SOURCE: spec/sts.md §5: `identityProviderConnectionVerificationMethod`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationMethod {
    /// No certificate was asked for: a loopback issuer without TLS, which the operator allowed.
    Loopback,
    /// The provider's list of thumbprints.
    Thumbprint,
    /// The trust store of the system, or the operator's certificates.
    TrustStore,
}

impl VerificationMethod {
    /// Returns the name in CloudTrail records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loopback => "None",
            Self::Thumbprint => "Thumbprint",
            Self::TrustStore => "IAMTrustStore",
        }
    }
}

/// Verifies the certificate of one connection and remembers how.
#[derive(Debug)]
pub(crate) struct Verifier {
    provider: Arc<CryptoProvider>,
    /// `None` where the trust store is empty.
    trust_store: Option<Arc<WebPkiServerVerifier>>,
    thumbprints: Vec<String>,
    outcome: Mutex<Option<Result<VerificationMethod, ()>>>,
}

impl Verifier {
    pub(crate) fn new(
        provider: Arc<CryptoProvider>,
        trust_store: Option<Arc<WebPkiServerVerifier>>,
        thumbprints: &[String],
    ) -> Self {
        Self {
            provider,
            trust_store,
            thumbprints: thumbprints.to_vec(),
            outcome: Mutex::new(None),
        }
    }

    /// Returns how the certificate was verified; an error where nobody vouches for it, and `None` before it came.
    pub(crate) fn outcome(&self) -> Option<Result<VerificationMethod, ()>> {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<VerificationMethod, Error> {
        let vouched = self.trust_store.as_ref().is_some_and(|verifier| {
            verifier
                .verify_server_cert(end_entity, intermediates, server_name, &[], now)
                .is_ok()
        });
        if vouched {
            return Ok(VerificationMethod::TrustStore);
        }
        self.by_thumbprint(end_entity, intermediates, server_name, now)?;
        Ok(VerificationMethod::Thumbprint)
    }

    /// Checks the chain against the thumbprints.
    ///
    /// A listed certificate counts as the root of a trust store of its own: the chain must lead to it by signatures, as
    /// anybody can send a certificate along that others trust. The server's own certificate may be the listed one.
    fn by_thumbprint(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let listed = |certificate: &CertificateDer<'_>| {
            let digest = Sha1::digest(certificate);
            let is = |text: &String| is_hexadecimal_of(text, &digest);
            self.thumbprints.iter().any(is) && is_current(certificate, now)
        };
        let parsed = ParsedCertificate::try_from(end_entity)?;
        verify_server_name(&parsed, server_name)?;
        if listed(end_entity) {
            return Ok(());
        }
        let algorithms = self.provider.signature_verification_algorithms.all;
        for certificate in intermediates.iter().filter(|one| listed(one)) {
            let mut roots = RootCertStore::empty();
            if roots.add(certificate.clone().into_owned()).is_err() {
                continue;
            }
            let led = verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &roots,
                intermediates,
                now,
                algorithms,
            );
            if led.is_ok() {
                return Ok(());
            }
        }
        Err(CertificateError::UnknownIssuer.into())
    }
}

fn is_hexadecimal_of(text: &str, digest: &[u8]) -> bool {
    let written: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    text.eq_ignore_ascii_case(&written)
}

fn is_current(certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return false;
    };
    let validity = certificate.tbs_certificate().validity();
    let (from, until) = (
        validity.not_before.to_unix_duration().as_secs(),
        validity.not_after.to_unix_duration().as_secs(),
    );
    (from..=until).contains(&now.as_secs())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.judge(end_entity, intermediates, server_name, now);
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        *outcome = Some(judged.as_ref().map(|method| *method).map_err(|_| ()));
        judged.map(|_| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
