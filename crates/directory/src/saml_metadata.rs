//! The metadata document of a SAML identity provider.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, ParsingOptions};

use crate::limits::{
    KEYS_PER_SAML_PROVIDER, SAML_METADATA_ATTRIBUTES, SAML_METADATA_NAMESPACES,
    SAML_METADATA_NODES, SAML_RSA_KEY_BITS,
};
use crate::{Certificate, Timestamp};

const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// Characters of an entity id. SOURCE: SAML 2.0 Metadata §2.2.1.
const ENTITY_ID_LENGTH: usize = 1024;

/// What a metadata document says of its identity provider.
#[derive(Clone, Debug)]
pub struct SamlMetadata {
    /// The issuer of its assertions.
    pub entity_id: String,
    /// Until when the document is valid, where it says so; the earlier of its two places.
    pub valid_until: Option<Timestamp>,
    /// The certificates that its signatures are checked with, one to ten.
    pub signing_certificates: Vec<Certificate>,
}

/// A document is not the metadata of one SAML 2.0 identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseMetadataError {
    /// Not well-formed, with a DTD, or not what the SAML standard asks for.
    #[error("Could not parse metadata")]
    Malformed,
    /// More than ten certificates for signatures.
    #[error("Cannot exceed quota for KeysPerSAMLProvider: {KEYS_PER_SAML_PROVIDER}")]
    TooManyKeys,
}

impl SamlMetadata {
    /// Reads a document: one `EntityDescriptor` with an `IDPSSODescriptor` for SAML 2.0 that has a place to sign in and
    /// a certificate for signatures. A DTD, and with it every entity but the five of XML, is refused.
    ///
    /// # Errors
    /// [`ParseMetadataError`].
    // SOURCE: spec/iam-entities.md §6.
    pub fn parse(text: &str) -> Result<Self, ParseMetadataError> {
        if text.starts_with('\u{feff}') || !is_bounded(text) {
            return Err(ParseMetadataError::Malformed);
        }
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: SAML_METADATA_NODES,
            ..ParsingOptions::default()
        };
        let document = Document::parse_with_options(text, options)
            .map_err(|_| ParseMetadataError::Malformed)?;
        let entity = document.root_element();
        let role = Self::role(entity).ok_or(ParseMetadataError::Malformed)?;
        let signing_certificates = signing_certificates(role)?;
        let entity_id = entity
            .attribute("entityID")
            .filter(|id| !id.is_empty() && id.chars().count() <= ENTITY_ID_LENGTH)
            .ok_or(ParseMetadataError::Malformed)?;
        let ends = [entity, role].map(valid_until);
        let mut valid_until: Option<Timestamp> = None;
        for end in ends {
            let end = end?;
            valid_until = [valid_until, end].into_iter().flatten().min();
        }
        Ok(Self {
            entity_id: entity_id.to_owned(),
            valid_until,
            signing_certificates,
        })
    }

    /// Finds the description of the identity provider.
    fn role<'a, 'input>(entity: Node<'a, 'input>) -> Option<Node<'a, 'input>> {
        if !entity.has_tag_name((METADATA, "EntityDescriptor")) {
            return None;
        }
        let role = children(entity, METADATA, "IDPSSODescriptor").find(|role| {
            let protocols = role.attribute("protocolSupportEnumeration");
            protocols.is_some_and(|all| all.split_ascii_whitespace().any(|one| one == PROTOCOL))
        })?;
        let mut places = children(role, METADATA, "SingleSignOnService");
        places
            .any(|place| {
                let named = |name| place.attribute(name).is_some_and(|value| !value.is_empty());
                named("Binding") && named("Location")
            })
            .then_some(role)
    }
}

/// Returns whether the parser's work on a text stays in proportion to its length.
///
/// The parser compares the attributes of an element with one another, and the namespaces of a document, so that a
/// document of one megabyte could keep it busy for minutes. Between two `<` stands at most one tag, because `<` is
/// escaped in the values of attributes, and each attribute has two quotation marks.
fn is_bounded(text: &str) -> bool {
    let quotation_marks = |part: &str| part.bytes().filter(|byte| b"\"'".contains(byte)).count();
    text.split('<')
        .all(|part| quotation_marks(part) <= SAML_METADATA_ATTRIBUTES.saturating_mul(2))
        && text.matches("xmlns").count() <= SAML_METADATA_NAMESPACES
}

fn children<'a, 'input>(
    parent: Node<'a, 'input>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    parent
        .children()
        .filter(move |child| child.has_tag_name((namespace, name)))
}

/// Reads the certificates of the keys that are for signatures or for anything.
fn signing_certificates(role: Node<'_, '_>) -> Result<Vec<Certificate>, ParseMetadataError> {
    let for_signatures =
        |key: &Node<'_, '_>| matches!(key.attribute("use"), None | Some("signing"));
    let mut certificates = Vec::new();
    for key in children(role, METADATA, "KeyDescriptor").filter(for_signatures) {
        for element in key
            .descendants()
            .filter(|node| node.has_tag_name((SIGNATURE, "X509Certificate")))
        {
            if certificates.len() >= KEYS_PER_SAML_PROVIDER {
                return Err(ParseMetadataError::TooManyKeys);
            }
            certificates.push(certificate(element).ok_or(ParseMetadataError::Malformed)?);
        }
    }
    if certificates.is_empty() {
        return Err(ParseMetadataError::Malformed);
    }
    Ok(certificates)
}

fn certificate(element: Node<'_, '_>) -> Option<Certificate> {
    let mut encoded = element.text()?.to_owned();
    encoded.retain(|character| !character.is_ascii_whitespace());
    let certificate = Certificate::from_der(&STANDARD.decode(encoded).ok()?)?;
    let long_enough = |bits| bits >= SAML_RSA_KEY_BITS;
    certificate
        .rsa_bits()
        .is_none_or(long_enough)
        .then_some(certificate)
}

fn valid_until(element: Node<'_, '_>) -> Result<Option<Timestamp>, ParseMetadataError> {
    let text = element.attribute("validUntil");
    text.map(|text| Timestamp::parse_date_time(text.trim()).ok_or(ParseMetadataError::Malformed))
        .transpose()
}

#[cfg(test)]
mod tests;
