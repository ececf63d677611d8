//! The one form of signatures: everything that the standards allow beside it is refused, also when it is validly signed.

use super::idp::{KNOWN, Signer, assertion, response, signed};
use crate::AssertionError;

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>"#;

/// Signs with changes in the canonical `SignedInfo`.
fn check(from: &str, to: &str) {
    let signer = Signer {
        replace: vec![(from, to)],
        ..Signer::default()
    };
    let answer = KNOWN.check(&response(&signer.sign(&assertion())));
    assert_eq!(
        answer.unwrap_err(),
        AssertionError::Signature,
        "{from} → {to}"
    );
}

/// Changes the document after it was signed.
fn check_after(from: &str, to: &str) {
    let good = signed(&assertion());
    assert!(good.contains(from), "{from}");
    let answer = KNOWN.check(&good.replacen(from, to, 1));
    assert_eq!(
        answer.unwrap_err(),
        AssertionError::Signature,
        "{from} → {to}"
    );
}

#[test]
fn other_algorithms() {
    let rsa = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    for algorithm in [
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "none",
        "",
    ] {
        check(rsa, algorithm);
    }
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    for algorithm in [
        "http://www.w3.org/2000/09/xmldsig#sha1",
        "http://www.w3.org/2001/04/xmlenc#sha512",
        "",
    ] {
        check(sha256, algorithm);
    }
    for algorithm in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "http://www.w3.org/2006/12/xml-c14n11",
        "",
    ] {
        check(EXCLUSIVE, algorithm);
    }
}

/// A shared-key signature whose key is the text or the bytes of the certificate, which everybody knows.
#[test]
fn a_certificate_is_no_shared_key() {
    use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let pem = include_str!("fixtures/idp.pem");
    let encoded: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(&encoded).unwrap();
    let signer = Signer {
        replace: vec![("#rsa-sha256", "#hmac-sha256")],
        ..Signer::default()
    };
    let signature = signer.signature(&assertion());
    let declared = "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">";
    let start = signature.find("<ds:SignedInfo").unwrap();
    let end = signature.find("<ds:SignatureValue>").unwrap();
    for key in [pem.as_bytes(), encoded.as_bytes(), &der] {
        let info = signature[start..end].replacen("<ds:SignedInfo>", declared, 1);
        let value = sign(&Key::new(HMAC_SHA256, key), info.as_bytes());
        let forged = format!(
            "{}<ds:SignatureValue>{}</ds:SignatureValue></ds:Signature>",
            &signature[..end],
            STANDARD.encode(value)
        );
        let document = response(&assertion().replacen(
            "</saml:Issuer>",
            &format!("</saml:Issuer>{forged}"),
            1,
        ));
        assert_eq!(
            KNOWN.check(&document).unwrap_err(),
            AssertionError::Signature
        );
    }
}

#[test]
fn keys_in_the_message_are_not_looked_at() {
    let pem = include_str!("fixtures/other.pem");
    let certificate: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let info = format!(
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>\
         <ds:RetrievalMethod URI=\"http://127.0.0.1/\"></ds:RetrievalMethod></ds:KeyInfo>"
    );
    let with_key = |signer: &Signer<'_>| {
        let signature = signer
            .signature(&assertion())
            .replace("</ds:Signature>", &format!("{info}</ds:Signature>"));
        response(&assertion().replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1))
    };
    assert!(KNOWN.check(&with_key(&Signer::default())).is_ok());
    assert_eq!(
        KNOWN.check(&with_key(&Signer::other())).unwrap_err(),
        AssertionError::Signature
    );
}

#[test]
fn other_references() {
    for uri in [
        "URI=\"\"",
        "URI=\"#\"",
        "URI=\"#_r1\"",
        "URI=\"#_a2\"",
        "URI=\"_a1\"",
        "URI=\"#xpointer(id('_a1'))\"",
        "URI=\"#xpointer(/)\"",
        "URI=\"http://127.0.0.1/\"",
        "URI=\"file:///etc/passwd\"",
        "URI=\"fixture.xml\"",
        "Type=\"x\"",
    ] {
        check("URI=\"#_a1\"", uri);
    }
    check(
        "</ds:Reference>",
        "</ds:Reference><ds:Reference URI=\"#_r1\"></ds:Reference>",
    );
    check(
        "<ds:Reference ",
        "<ds:Manifest></ds:Manifest><ds:Reference ",
    );
    check("ds:Reference", "ds:Other");
}

#[test]
fn other_transforms() {
    let exclusive =
        r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>"#;
    check(ENVELOPED, "");
    check(exclusive, "");
    check(ENVELOPED, &format!("{ENVELOPED}{ENVELOPED}"));
    check(exclusive, &format!("{exclusive}{exclusive}"));
    check(
        &format!("{ENVELOPED}{exclusive}"),
        &format!("{exclusive}{ENVELOPED}"),
    );
    for algorithm in [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#base64",
    ] {
        check(
            exclusive,
            &format!("{exclusive}<ds:Transform Algorithm=\"{algorithm}\"></ds:Transform>"),
        );
        check(
            "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
            algorithm,
        );
    }
}

#[test]
fn other_structures() {
    check_after("<ds:SignatureValue>", "<ds:SignatureValue>A");
    check_after("<ds:SignatureValue>", "<ds:SignatureValue><x/>");
    check_after(
        "<ds:SignatureValue>",
        "<ds:SignatureValue></ds:SignatureValue><ds:SignatureValue>",
    );
    check_after("<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>");
    check_after("</ds:Signature>", "<ds:Object/></ds:Signature>");
    check_after(
        "</ds:Signature>",
        "<ds:KeyInfo/><ds:KeyInfo/></ds:Signature>",
    );
    check_after(
        "</ds:Signature>",
        "</ds:Signature><ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>",
    );
    check_after(
        "<samlp:Status>",
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/><samlp:Status>",
    );
    check_after(" ID=\"_a1\"", " Id=\"_a1\"");
    check_after(" ID=\"_a1\"", "");
    // Another element with the id, of whichever attribute, is refused before anything else.
    for attribute in ["ID", "Id", "id", "AssertionID", "xml:id"] {
        let doubled = signed(&assertion()).replacen(
            "<samlp:Status>",
            &format!("<samlp:Status {attribute}='_a1'>"),
            1,
        );
        assert_eq!(
            KNOWN.check(&doubled).unwrap_err(),
            AssertionError::Malformed
        );
    }
}

#[test]
fn white_space_around_what_is_signed_is_free() {
    let good = signed(&assertion());
    let spaced = good
        .replace("<samlp:Status>", "\n  <!-- x --><samlp:Status>")
        .replace("<ds:SignatureValue>", "\n<ds:SignatureValue>\n  ")
        .replace("<saml:Assertion ", "\n<saml:Assertion\n  ")
        .replace("<saml:Issuer>", "<saml:Issuer\n>")
        .replace("Format=\"", "Format = \"");
    assert!(KNOWN.check(&spaced).is_ok());
    // Inside of what is signed it is not.
    check_after("<saml:Subject>", "<saml:Subject> ");
    check_after("<ds:Transforms>", "<ds:Transforms> ");
}
