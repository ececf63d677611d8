//! Encrypted assertions.
//!
//! A content key, encrypted by RSA-OAEP for a key of the provider, opens the assertion itself, encrypted by AES. Whatever
//! fails has one answer, the same as that to a signature that is wrong: telling apart what failed would decrypt, question
//! by question, for whoever asks.

use aws_lc_rs::aead::{self, LessSafeKey, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use keyward_directory::{Oaep, PrivateKey};
use roxmltree::Node;
use zeroize::Zeroizing;

use crate::names::{DSIG, ENCRYPTION, ENCRYPTION_11};
use crate::signature::{decode, elements};
use crate::xml;

/// The element around an opened assertion; it declares the namespaces of the place where the assertion stood.
pub(crate) const WRAPPER: &str = "opened";
/// Bytes of the initialization vector and of the authentication tag of AES-GCM. SOURCE: XML Encryption 1.1 §5.2.4.
const GCM_NONCE: usize = 12;
/// Bytes of a block of AES, and of the initialization vector of AES-CBC.
const BLOCK: usize = 16;

#[derive(Clone, Copy)]
enum Content {
    Cbc(&'static aws_lc_rs::cipher::Algorithm),
    Gcm(&'static aead::Algorithm),
}

/// Opens an `EncryptedAssertion` by any of the keys. What comes back is the plain text inside a [`WRAPPER`] element.
pub(crate) fn open(encrypted: Node<'_, '_>, keys: &[&PrivateKey]) -> Option<String> {
    let data = xml::only_child(encrypted, ENCRYPTION, "EncryptedData")?;
    let content = match data_method(data)? {
        "http://www.w3.org/2001/04/xmlenc#aes128-cbc" => Content::Cbc(&AES_128),
        "http://www.w3.org/2001/04/xmlenc#aes256-cbc" => Content::Cbc(&AES_256),
        "http://www.w3.org/2009/xmlenc11#aes128-gcm" => Content::Gcm(&aead::AES_128_GCM),
        "http://www.w3.org/2009/xmlenc11#aes256-gcm" => Content::Gcm(&aead::AES_256_GCM),
        _ => return None,
    };
    let ciphertext = cipher_value(data)?;
    let plain = content_keys(encrypted, data)
        .into_iter()
        .filter_map(|key| Some((oaep(key)?, cipher_value(key)?)))
        .flat_map(|(oaep, sealed)| {
            keys.iter()
                .filter_map(move |key| key.open_oaep(oaep, &sealed))
        })
        .find_map(|key| open_content(content, &key, &ciphertext))?;
    let plain = str::from_utf8(&plain).ok()?;
    Some(wrap(encrypted, plain))
}

fn data_method<'a>(element: Node<'a, '_>) -> Option<&'a str> {
    xml::only_child(element, ENCRYPTION, "EncryptionMethod")?.attribute("Algorithm")
}

fn cipher_value(element: Node<'_, '_>) -> Option<Vec<u8>> {
    let data = xml::only_child(element, ENCRYPTION, "CipherData")?;
    decode(xml::only_child(data, ENCRYPTION, "CipherValue")?)
}

/// Returns the encrypted keys: inside of the data's own key information or beside the data.
fn content_keys<'a, 'input>(
    encrypted: Node<'a, 'input>,
    data: Node<'a, 'input>,
) -> Vec<Node<'a, 'input>> {
    let inside = xml::children(data, DSIG, "KeyInfo");
    inside
        .chain([encrypted])
        .flat_map(|place| xml::children(place, ENCRYPTION, "EncryptedKey"))
        // There is one for each party that can open it, and we are one party with at most two keys.
        .take(4)
        .collect()
}

/// Reads how a key was encrypted: OAEP whose digest and mask agree, without a label.
// SOURCE: XML Encryption 1.1 §5.5.2. DIFFERS: RSA of PKCS#1 1.5 is refused, and a mask of another digest.
fn oaep(key: Node<'_, '_>) -> Option<Oaep> {
    let method = xml::only_child(key, ENCRYPTION, "EncryptionMethod")?;
    let mut digest = Oaep::Sha1;
    let mut mask = Oaep::Sha1;
    for parameter in elements(method) {
        let algorithm = parameter.attribute("Algorithm");
        if parameter.has_tag_name((DSIG, "DigestMethod")) {
            digest = match algorithm? {
                "http://www.w3.org/2000/09/xmldsig#sha1" => Oaep::Sha1,
                "http://www.w3.org/2001/04/xmlenc#sha256" => Oaep::Sha256,
                "http://www.w3.org/2001/04/xmldsig-more#sha384" => Oaep::Sha384,
                "http://www.w3.org/2001/04/xmlenc#sha512" => Oaep::Sha512,
                _ => return None,
            };
        } else if parameter.has_tag_name((ENCRYPTION_11, "MGF")) {
            mask = match algorithm? {
                "http://www.w3.org/2009/xmlenc11#mgf1sha1" => Oaep::Sha1,
                "http://www.w3.org/2009/xmlenc11#mgf1sha256" => Oaep::Sha256,
                "http://www.w3.org/2009/xmlenc11#mgf1sha384" => Oaep::Sha384,
                "http://www.w3.org/2009/xmlenc11#mgf1sha512" => Oaep::Sha512,
                _ => return None,
            };
        } else {
            return None;
        }
    }
    let fits = match method.attribute("Algorithm")? {
        "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p" => {
            mask == Oaep::Sha1 && digest == Oaep::Sha1
        }
        "http://www.w3.org/2009/xmlenc11#rsa-oaep" => mask == digest,
        _ => false,
    };
    fits.then_some(digest)
}

fn open_content(content: Content, key: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    match content {
        Content::Cbc(algorithm) => {
            let (vector, body) = ciphertext.split_at_checked(BLOCK)?;
            let vector: [u8; BLOCK] = vector.try_into().ok()?;
            let key = UnboundCipherKey::new(algorithm, key).ok()?;
            let key = PaddedBlockDecryptingKey::cbc_iso10126(key).ok()?;
            let mut body = Zeroizing::new(body.to_vec());
            let length = key
                .decrypt(&mut body, DecryptionContext::Iv128(vector.into()))
                .ok()?
                .len();
            body.truncate(length);
            Some(body)
        }
        Content::Gcm(algorithm) => {
            let (nonce, body) = ciphertext.split_at_checked(GCM_NONCE)?;
            let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
            let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
            let mut body = Zeroizing::new(body.to_vec());
            let length = key
                .open_in_place(nonce, aead::Aad::empty(), &mut body)
                .ok()?
                .len();
            body.truncate(length);
            Some(body)
        }
    }
}

/// Puts an element's text where it was encrypted, with the namespaces that were in force there.
fn wrap(place: Node<'_, '_>, plain: &str) -> String {
    let mut wrapped = format!("<{WRAPPER}");
    for namespace in place.namespaces().filter(|it| it.name() != Some("xml")) {
        let name = namespace.name().map(|name| format!(":{name}"));
        let uri = namespace
            .uri()
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;");
        wrapped.push_str(&format!(" xmlns{}=\"{uri}\"", name.unwrap_or_default()));
    }
    wrapped.push('>');
    wrapped.push_str(plain);
    wrapped.push_str(&format!("</{WRAPPER}>"));
    wrapped
}
