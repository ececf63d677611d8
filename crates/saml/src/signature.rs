//! XML signatures: the one form that SAML has, and nothing else of the standard.
//!
//! A signature stands as a child inside the element that it signs and names it by its id. It says how the element was
//! canonicalized (exclusively), what its digest is, and signs that. Whatever the standard allows beside it (other
//! references, transforms, keys inside the message, shared keys, SHA-1) is refused before any of it is computed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_directory::{Certificate, SignatureAlgorithm};
use roxmltree::Node;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::canonical::{Form, canonicalize};
use crate::limits::INCLUSIVE_PREFIXES;
use crate::names::{DSIG, EXCLUSIVE};
use crate::xml;

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Checks the signature that stands inside of an element, by the keys of the certificates and no other, and returns the
/// element's canonical form without the signature. Read that text, and nothing else: it is what was signed, byte by byte.
///
/// `None` where anything is wrong or not of the one form.
// SOURCE: SAML 2.0 Core §5.4. DIFFERS: SHA-1 is refused, RSA with SHA-384 below 2,048 bits is not known.
pub(crate) fn verify(
    signed: Node<'_, '_>,
    signature: Node<'_, '_>,
    certificates: &[Certificate],
) -> Option<String> {
    if signature.parent() != Some(signed) {
        return None;
    }
    let [info, value, rest @ ..] = &*elements(signature) else {
        return None;
    };
    // The key that the message names is not looked at. An `Object` would be a place to hide other elements in.
    let in_form = info.has_tag_name((DSIG, "SignedInfo"))
        && value.has_tag_name((DSIG, "SignatureValue"))
        && rest.len() <= 1
        && rest.iter().all(|key| key.has_tag_name((DSIG, "KeyInfo")));
    if !in_form {
        return None;
    }
    let method = xml::only_child(*info, DSIG, "CanonicalizationMethod")?;
    let inclusive_prefixes = exclusive_prefixes(method)?;
    let form = Form {
        without: None,
        inclusive_prefixes: &inclusive_prefixes,
    };
    let info = canonicalize(*info, form)?;
    let facts = SignedInfo::read(&info)?;
    let value = decode(*value)?;
    let is_signed = facts.canonicalization_prefixes == inclusive_prefixes
        && certificates
            .iter()
            .any(|certificate| certificate.verifies(facts.algorithm, info.as_bytes(), &value));
    // From here on what `facts` say is what the identity provider said.
    if !is_signed || signed.attribute("ID") != Some(&facts.id) {
        return None;
    }
    let form = Form {
        without: Some(signature.id()),
        inclusive_prefixes: &facts.reference_prefixes,
    };
    let text = canonicalize(signed, form)?;
    (facts.digest.of(text.as_bytes()) == facts.digest_value).then_some(text)
}

#[derive(Clone, Copy)]
enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// What a `SignedInfo` says, read from its canonical form.
struct SignedInfo {
    canonicalization_prefixes: Vec<String>,
    algorithm: SignatureAlgorithm,
    /// The id of the element that is signed.
    id: String,
    reference_prefixes: Vec<String>,
    digest: Digest,
    digest_value: Vec<u8>,
}

impl SignedInfo {
    fn read(text: &str) -> Option<Self> {
        let document = xml::parse(text)?;
        let [canonicalization, method, reference] = *elements(document.root_element()) else {
            return None;
        };
        let in_form = canonicalization.has_tag_name((DSIG, "CanonicalizationMethod"))
            && method.has_tag_name((DSIG, "SignatureMethod"))
            && elements(method).is_empty()
            && reference.has_tag_name((DSIG, "Reference"));
        if !in_form {
            return None;
        }
        let algorithm = match method.attribute("Algorithm")? {
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" => {
                SignatureAlgorithm::EcdsaSha256
            }
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" => {
                SignatureAlgorithm::EcdsaSha384
            }
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512" => {
                SignatureAlgorithm::EcdsaSha512
            }
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => SignatureAlgorithm::RsaSha256,
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => SignatureAlgorithm::RsaSha384,
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => SignatureAlgorithm::RsaSha512,
            _ => return None,
        };
        let [transforms, digest, digest_value] = *elements(reference) else {
            return None;
        };
        let digest_method = match digest.attribute("Algorithm")? {
            "http://www.w3.org/2001/04/xmlenc#sha256" => Digest::Sha256,
            "http://www.w3.org/2001/04/xmldsig-more#sha384" => Digest::Sha384,
            "http://www.w3.org/2001/04/xmlenc#sha512" => Digest::Sha512,
            _ => return None,
        };
        let in_form = transforms.has_tag_name((DSIG, "Transforms"))
            && digest.has_tag_name((DSIG, "DigestMethod"))
            && elements(digest).is_empty()
            && digest_value.has_tag_name((DSIG, "DigestValue"));
        if !in_form {
            return None;
        }
        let id = reference.attribute("URI")?.strip_prefix('#')?;
        if id.is_empty() {
            return None;
        }
        Some(Self {
            canonicalization_prefixes: exclusive_prefixes(canonicalization)?,
            algorithm,
            id: id.to_owned(),
            reference_prefixes: reference_prefixes(transforms)?,
            digest: digest_method,
            digest_value: decode(digest_value)?,
        })
    }
}

/// Reads the transforms: the signature itself is left out, then what remains is canonicalized.
fn reference_prefixes(transforms: Node<'_, '_>) -> Option<Vec<String>> {
    let [enveloped, exclusive] = *elements(transforms) else {
        return None;
    };
    let in_form = [enveloped, exclusive]
        .iter()
        .all(|transform| transform.has_tag_name((DSIG, "Transform")))
        && enveloped.attribute("Algorithm") == Some(ENVELOPED)
        && elements(enveloped).is_empty();
    in_form.then(|| exclusive_prefixes(exclusive)).flatten()
}

/// Reads the prefixes of an exclusive canonicalization without comments, mostly none.
fn exclusive_prefixes(method: Node<'_, '_>) -> Option<Vec<String>> {
    if method.attribute("Algorithm") != Some(EXCLUSIVE) {
        return None;
    }
    let list = match *elements(method) {
        [] => return Some(Vec::new()),
        [list] if list.has_tag_name((EXCLUSIVE, "InclusiveNamespaces")) => list,
        _ => return None,
    };
    let prefixes = list.attribute("PrefixList")?.split_ascii_whitespace();
    let prefixes: Vec<String> = prefixes.map(str::to_owned).collect();
    (prefixes.len() <= INCLUSIVE_PREFIXES && elements(list).is_empty()).then_some(prefixes)
}

/// Returns the child elements of an element.
pub(crate) fn elements<'a, 'input>(parent: Node<'a, 'input>) -> Vec<Node<'a, 'input>> {
    parent.children().filter(Node::is_element).collect()
}

/// Reads base64 that may be broken into lines.
pub(crate) fn decode(element: Node<'_, '_>) -> Option<Vec<u8>> {
    let mut encoded = xml::text(element)?;
    encoded.retain(|character| !character.is_ascii_whitespace());
    STANDARD.decode(encoded).ok()
}
