//! Server certificates: a certificate, its private key and the chain to its root.

use keyward_arn::{AccountId, IdPrefix, Partition, Path, UniqueId};

use crate::{
    Certificate, Entity, KeyPair, ParsePrivateKeyError, PrivateKey, Quota, Refusal, RefusalKind,
    ServerCertificateName, Tag, Tags, Timestamp,
};

/// What AWS says of a certificate that it can't read.
const UNREADABLE: &str =
    "Unable to parse certificate. Please ensure the certificate is in PEM format.";

/// A server certificate of an account. Its chain, which may be long, is kept apart.
#[derive(Clone, Debug)]
pub struct ServerCertificate {
    /// Such as `ASCA…`; stays when the certificate is renamed.
    pub id: UniqueId,
    /// Unique in the account without regard to case.
    pub name: ServerCertificateName,
    /// Part of the certificate's ARN.
    pub path: Path,
    /// When it was uploaded.
    pub uploaded: Timestamp,
    /// When the certificate stops to be valid.
    pub expires: Timestamp,
    /// At most 50.
    pub tags: Tags,
    /// The PEM text of the certificate, as it was uploaded.
    pub body: String,
    /// Never shown again.
    pub private_key: PrivateKey,
    /// In how many parts the chain is kept; 0: there is none.
    pub chain_parts: u32,
}

/// What `UploadServerCertificate` asks for.
#[derive(Clone, Debug)]
pub struct NewServerCertificate<'a> {
    /// The name.
    pub name: ServerCertificateName,
    /// The path.
    pub path: Path,
    /// The certificate in PEM.
    pub body: &'a str,
    /// Its key in PEM.
    pub private_key: &'a str,
    /// The certificates that lead to its root, in PEM, the issuer first.
    pub chain: Option<&'a str>,
    /// The tags, as sent.
    pub tags: Vec<Tag>,
}

impl ServerCertificate {
    /// Checks a certificate, its key and its chain, and makes the record.
    ///
    /// # Errors
    /// `MalformedCertificate`, `KeyPairMismatch`, and what [`Tags::with`] refuses.
    // SOURCE: AWS, "Manage server certificates in IAM": valid at the time of upload, the key unencrypted, all PEM.
    pub fn upload(
        account: AccountId,
        request: NewServerCertificate<'_>,
        random: [u8; 8],
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let certificate = Certificate::parse(request.body).ok_or_else(|| malformed(UNREADABLE))?;
        let keys = KeyPair::parse(request.private_key)
            .map_err(|ParsePrivateKeyError| malformed("Invalid Private Key."))?;
        if !keys.fits(&certificate) {
            let message = "The public key certificate and the private key do not match.";
            return Err(Refusal::other(RefusalKind::KeyPairMismatch, message));
        }
        if !certificate.is_valid_at(now) {
            return Err(malformed(
                "The certificate is not valid yet or has expired.",
            ));
        }
        if let Some(chain) = request.chain {
            check_chain(&certificate, chain, now)?;
        }
        Ok(Self {
            id: UniqueId::mint(IdPrefix::ServerCertificate, account, random),
            name: request.name,
            path: request.path,
            uploaded: now,
            expires: certificate.not_after(),
            tags: Tags::default().with(request.tags, Quota::TagsPerServerCertificate)?,
            body: request.body.to_owned(),
            private_key: keys.into_private_key(),
            chain_parts: 0,
        })
    }

    /// Returns the certificate under a new name and path, where they are given; `taken` is the certificate that has the
    /// new name now.
    ///
    /// # Errors
    /// [`Refusal::AlreadyExists`] where that is another certificate.
    pub fn rename(
        mut self,
        name: Option<ServerCertificateName>,
        path: Option<Path>,
        taken: Option<&Self>,
    ) -> Result<Self, Refusal> {
        if let Some(name) = name {
            if taken.is_some_and(|other| other.id != self.id) {
                return Err(Refusal::already_exists(Entity::ServerCertificate, &name));
            }
            self.name = name;
        }
        if let Some(path) = path {
            self.path = path;
        }
        Ok(self)
    }

    /// Returns the certificate's ARN, `arn:aws:iam::111122223333:server-certificate/path/name`.
    #[must_use]
    pub fn arn(&self, partition: Partition, account: AccountId) -> String {
        let (partition, path, name) = (partition.as_str(), &self.path, &self.name);
        format!("arn:{partition}:iam::{account}:server-certificate{path}{name}")
    }
}

fn check_chain(certificate: &Certificate, chain: &str, now: Timestamp) -> Result<(), Refusal> {
    let chain = Certificate::parse_all(chain).ok_or_else(|| chain_refusal(0))?;
    certificate
        .check_chain(&chain, now)
        .map_err(|error| chain_refusal(error.index))
}

fn chain_refusal(index: i64) -> Refusal {
    let message = format!(
        "Unable to validate certificate chain. The certificate chain must start with the immediate signing \
         certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate \
         is: {index}"
    );
    Refusal::other(RefusalKind::MalformedCertificate, message)
}

fn malformed(message: &'static str) -> Refusal {
    Refusal::other(RefusalKind::MalformedCertificate, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::fixtures;

    fn upload(body: &str, private_key: &str, chain: Option<&str>, now: Timestamp) -> String {
        let request = NewServerCertificate {
            name: ServerCertificateName::parse("web").unwrap(),
            path: Path::parse("/cloudfront/").unwrap(),
            body,
            private_key,
            chain,
            tags: Vec::new(),
        };
        let account = AccountId::parse("111122223333").unwrap();
        match ServerCertificate::upload(account, request, [1; 8], now) {
            Ok(uploaded) => uploaded.arn(Partition::Aws, account),
            Err(refusal) => refusal.to_string(),
        }
    }

    #[test]
    fn a_certificate_needs_its_own_key_and_its_own_chain() {
        let (leaf, key, now) = (fixtures::LEAF, fixtures::LEAF_KEY, fixtures::NOW);
        let arn = "arn:aws:iam::111122223333:server-certificate/cloudfront/web";
        let chain = |blocks: &[&str]| blocks.concat();
        let whole = chain(&[fixtures::INTERMEDIATE, fixtures::ROOT]);
        assert_eq!(upload(leaf, key, None, now), arn);
        assert_eq!(upload(leaf, key, Some(&whole), now), arn);
        assert_eq!(upload(leaf, key, Some(fixtures::INTERMEDIATE), now), arn);
        let wrong = |blocks: &[&str], index: i64| {
            let refused = upload(leaf, key, Some(&chain(blocks)), now);
            assert!(
                refused.ends_with(&format!("certificate is: {index}")),
                "{refused}"
            );
        };
        wrong(&[fixtures::ROOT], -1);
        wrong(&[fixtures::ROOT, fixtures::INTERMEDIATE], -1);
        wrong(&[fixtures::LEAF], -1);
        wrong(&["nonsense"], 0);
        assert_eq!(
            upload(leaf, fixtures::EC_KEY, None, now),
            "The public key certificate and the private key do not match."
        );
        assert_eq!(upload("x", key, None, now), UNREADABLE);
        assert_eq!(upload(leaf, leaf, None, now), "Invalid Private Key.");
        assert_eq!(
            upload(leaf, key, None, Timestamp::from_unix_seconds(0)),
            "The certificate is not valid yet or has expired."
        );
    }
}
