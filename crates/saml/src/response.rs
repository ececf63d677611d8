//! From the bytes of a response to the assertion in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_arn::AccountId;
use keyward_directory::{AssertionEncryption, PrivateKey, SamlMetadata, SamlProvider, Timestamp};
use roxmltree::Node;

use crate::assertion::{self, Assertion};
use crate::endpoints::Endpoints;
use crate::error::AssertionError;
use crate::limits::ENCODED_LENGTH;
use crate::names::{DSIG, PROTOCOL, SAML, SUCCESS};
use crate::{encryption, signature, xml};

/// A response that was read and not yet believed.
#[derive(Clone, Debug)]
pub struct Response {
    text: String,
}

/// The provider that is to have signed.
#[derive(Clone, Copy, Debug)]
pub struct Provider<'a> {
    /// The account that trusts it.
    pub account: AccountId,
    /// Its record, with the keys that open encrypted assertions.
    pub record: &'a SamlProvider,
    /// Its metadata, with the certificates of its signatures.
    pub metadata: &'a SamlMetadata,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The ARN of the role that is to be assumed.
    pub role_arn: &'a str,
    /// The ARN of the provider, as the caller gave it.
    pub provider_arn: &'a str,
}

/// Where the assertion stands in a response.
enum Carried<'a, 'input> {
    Encrypted(Node<'a, 'input>),
    Nothing,
    Plain(Node<'a, 'input>),
}

/// Canonical text that a signature of the provider covers.
struct Signed {
    text: String,
}

impl Response {
    /// Reads the parameter `SAMLAssertion`: base64, which may be broken into lines, of an XML document whose root is a
    /// `Response` of SAML 2.0.
    ///
    /// # Errors
    /// [`AssertionError::Base64`], [`AssertionError::Malformed`].
    pub fn parse(encoded: &str) -> Result<Self, AssertionError> {
        if !ENCODED_LENGTH.contains(&encoded.len()) {
            return Err(AssertionError::Base64);
        }
        let mut encoded = encoded.to_owned();
        encoded.retain(|character| !character.is_ascii_whitespace());
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| AssertionError::Base64)?;
        let text = String::from_utf8(bytes).map_err(|_| AssertionError::Malformed)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        let document = xml::parse(&text).ok_or(AssertionError::Malformed)?;
        let root = document.root_element();
        let is_response =
            root.has_tag_name((PROTOCOL, "Response")) && root.attribute("Version") == Some("2.0");
        drop(document);
        if is_response {
            Ok(Self { text })
        } else {
            Err(AssertionError::Malformed)
        }
    }

    /// Checks the response against its provider, in the order of AWS, and returns what its assertion says.
    ///
    /// Cost: linear in the text, and at most twenty checks of a signature.
    ///
    /// # Errors
    /// The first that is wrong.
    // SOURCE: spec/sts.md §6, rows 3 to 12.
    pub fn check(
        &self,
        provider: &Provider<'_>,
        request: &Request<'_>,
        endpoints: &Endpoints,
        now: Timestamp,
    ) -> Result<Assertion, AssertionError> {
        let document = xml::parse(&self.text).ok_or(AssertionError::Malformed)?;
        let response = document.root_element();
        // DIFFERS: AWS does not say what the end of a metadata document means.
        if provider.record.valid_until <= now {
            return Err(AssertionError::MetadataExpired);
        }
        let carried = carried(response)?;
        check_issuers(response, &carried, provider)?;
        check_places(response, &carried)?;
        let whole = signature_of(response, provider)?;
        let assertion = signed_assertion(&carried, whole.as_ref(), provider)?;
        check_status(response, whole.as_ref())?;
        let assertion = assertion.ok_or(AssertionError::Malformed)?;
        let document = xml::parse(&assertion.text).ok_or(AssertionError::Signature)?;
        let assertion = assertion_in(document.root_element()).ok_or(AssertionError::Signature)?;
        if assertion.attribute("Version") != Some("2.0") {
            return Err(AssertionError::Malformed);
        }
        assertion::read(assertion, provider, request, endpoints, now)
    }
}

/// Finds the one assertion of a response.
fn carried<'a, 'input>(response: Node<'a, 'input>) -> Result<Carried<'a, 'input>, AssertionError> {
    let mut plain = xml::children(response, SAML, "Assertion");
    let mut encrypted = xml::children(response, SAML, "EncryptedAssertion");
    match (
        plain.next(),
        encrypted.next(),
        plain.next(),
        encrypted.next(),
    ) {
        (Some(assertion), None, None, None) => Ok(Carried::Plain(assertion)),
        (None, Some(assertion), None, None) => Ok(Carried::Encrypted(assertion)),
        (None, None, None, None) => Ok(Carried::Nothing),
        _ => Err(AssertionError::Signature),
    }
}

/// Checks the issuers that can be read without a key. This is no proof of anything; it is what AWS says first.
fn check_issuers(
    response: Node<'_, '_>,
    carried: &Carried<'_, '_>,
    provider: &Provider<'_>,
) -> Result<(), AssertionError> {
    let is_other = |element: Node<'_, '_>| {
        let mut issuers = xml::children(element, SAML, "Issuer").map(xml::text);
        issuers.any(|issuer| issuer.as_deref() != Some(&provider.metadata.entity_id))
    };
    let assertion_is_other = match carried {
        Carried::Plain(assertion) => {
            is_other(*assertion) || xml::only_child(*assertion, SAML, "Issuer").is_none()
        }
        Carried::Encrypted(_) | Carried::Nothing => false,
    };
    if is_other(response) || assertion_is_other {
        return Err(AssertionError::Issuer);
    }
    Ok(())
}

/// Checks that assertions and signatures stand only where they belong: whoever moves signed elements about needs others.
// SOURCE: Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be", 2012.
fn check_places(response: Node<'_, '_>, carried: &Carried<'_, '_>) -> Result<(), AssertionError> {
    let assertion = match carried {
        Carried::Encrypted(assertion) | Carried::Plain(assertion) => Some(*assertion),
        Carried::Nothing => None,
    };
    let in_place = response.descendants().all(|node| {
        let is_assertion = node.has_tag_name((SAML, "Assertion"))
            || node.has_tag_name((SAML, "EncryptedAssertion"));
        let may_have_signature = node.parent() == Some(response)
            || (node.parent().is_some() && node.parent() == assertion);
        let is_response = node.has_tag_name((PROTOCOL, "Response"));
        (!is_assertion || Some(node) == assertion)
            && (!node.has_tag_name((DSIG, "Signature")) || may_have_signature)
            && (!is_response || node == response)
    });
    if in_place {
        Ok(())
    } else {
        Err(AssertionError::Signature)
    }
}

/// Checks the signature of an element where it has one.
fn signature_of(
    element: Node<'_, '_>,
    provider: &Provider<'_>,
) -> Result<Option<Signed>, AssertionError> {
    let Some(signature) =
        xml::signature(element).map_err(|xml::SeveralSignatures| AssertionError::Signature)?
    else {
        return Ok(None);
    };
    let certificates = &provider.metadata.signing_certificates;
    let text = signature::verify(element, signature, certificates);
    text.map(|text| Some(Signed { text }))
        .ok_or(AssertionError::Signature)
}

/// Returns a signed text that the assertion stands in; nothing where the response carries none and is signed itself.
fn signed_assertion(
    carried: &Carried<'_, '_>,
    whole: Option<&Signed>,
    provider: &Provider<'_>,
) -> Result<Option<Signed>, AssertionError> {
    let of_whole = || {
        whole.map(|signed| Signed {
            text: signed.text.clone(),
        })
    };
    let signed = match carried {
        Carried::Nothing => return whole.map(|_| None).ok_or(AssertionError::Signature),
        Carried::Plain(assertion) => {
            if provider.record.encryption == Some(AssertionEncryption::Required) {
                return Err(AssertionError::EncryptionRequired);
            }
            signature_of(*assertion, provider)?.or_else(of_whole)
        }
        Carried::Encrypted(assertion) => {
            let keys: Vec<&PrivateKey> = provider
                .record
                .private_keys
                .iter()
                .map(|key| &key.key)
                .collect();
            if keys.is_empty() {
                return Err(AssertionError::NoPrivateKey);
            }
            Some(opened_assertion(*assertion, whole, &keys, provider)?)
        }
    };
    signed.map(Some).ok_or(AssertionError::Signature)
}

/// Opens an encrypted assertion and returns its signed text: signed by itself, or as part of a response that is.
fn opened_assertion(
    place: Node<'_, '_>,
    whole: Option<&Signed>,
    keys: &[&PrivateKey],
    provider: &Provider<'_>,
) -> Result<Signed, AssertionError> {
    let text = match whole {
        // What is opened is what the signature of the response covers, not what stands in the document.
        Some(signed) => {
            let document = xml::parse(&signed.text).ok_or(AssertionError::Signature)?;
            let place = xml::only_child(document.root_element(), SAML, "EncryptedAssertion");
            encryption::open(place.ok_or(AssertionError::Signature)?, keys)
        }
        None => encryption::open(place, keys),
    };
    let text = text.ok_or(AssertionError::Signature)?;
    let document = xml::parse(&text).ok_or(AssertionError::Signature)?;
    let assertion = assertion_in(document.root_element()).ok_or(AssertionError::Signature)?;
    check_places(document.root_element(), &Carried::Plain(assertion))?;
    match (signature_of(assertion, provider)?, whole) {
        (Some(signed), _) => Ok(signed),
        (None, Some(_)) => {
            drop(document);
            Ok(Signed { text })
        }
        (None, None) => Err(AssertionError::Signature),
    }
}

/// Returns the assertion of a signed text: its root, or the one child of its root.
fn assertion_in<'a, 'input>(root: Node<'a, 'input>) -> Option<Node<'a, 'input>> {
    if root.has_tag_name((SAML, "Assertion")) {
        return Some(root);
    }
    xml::only_child(root, SAML, "Assertion")
}

/// Checks that the identity provider reports success, in the signed text where there is one.
fn check_status(response: Node<'_, '_>, whole: Option<&Signed>) -> Result<(), AssertionError> {
    let is_success = |response: Node<'_, '_>| {
        let code = xml::only_child(response, PROTOCOL, "Status")
            .and_then(|status| xml::only_child(status, PROTOCOL, "StatusCode"));
        code.and_then(|code| code.attribute("Value")) == Some(SUCCESS)
    };
    let succeeded = match whole {
        Some(signed) => {
            xml::parse(&signed.text).is_some_and(|document| is_success(document.root_element()))
        }
        None => is_success(response),
    };
    if succeeded {
        Ok(())
    } else {
        Err(AssertionError::Rejected)
    }
}
