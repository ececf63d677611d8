//! The eight published ways to wrap a signature, each made from a response that is validly signed.
//!
//! The names are those of SAML Raider. In each, the signed element goes somewhere where its signature still finds it by its
//! id, and a forged element stands where a careless reader looks.
// SOURCE: Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be", USENIX Security 2012.

use super::idp::{KNOWN, Signer, assertion, response};
use crate::AssertionError;

const OBJECT: (&str, &str) = ("<ds:Object>", "</ds:Object></ds:Signature>");
const SIGNATURE_END: &str = "</ds:Signature>";

/// What an attacker has: a signed element, cut into its parts.
struct Captured {
    /// The element without its signature.
    original: String,
    /// The signature that belongs to it.
    signature: String,
    /// The element with other contents, and its own id or the same.
    forged: String,
}

impl Captured {
    fn new(original: String, id: Option<(&str, &str)>) -> Self {
        let (from, to) = id.unwrap_or_default();
        Self {
            signature: Signer::default().signature(&original),
            forged: original.replace(">alice<", ">admin<").replace(from, to),
            original,
        }
    }

    /// Puts something behind the issuer of an element.
    fn inside(element: &str, what: &str) -> String {
        element.replacen("</saml:Issuer>", &format!("</saml:Issuer>{what}"), 1)
    }

    /// Puts something at the end of an element of a name.
    fn at_end(element: &str, name: &str, what: &str) -> String {
        let end = format!("</{name}>");
        let (before, after) = element.rsplit_once(&end).unwrap();
        format!("{before}{what}{end}{after}")
    }

    /// Puts something into the signature, the one place whose contents are open.
    fn in_signature(&self, what: &str) -> String {
        self.signature
            .replace(SIGNATURE_END, &format!("{}{what}{}", OBJECT.0, OBJECT.1))
    }
}

/// Runs an attack on a signed response or assertion, with the forged element's id changed and unchanged.
fn check(original: &str, attack: impl Fn(&Captured) -> String) {
    let id = if original.starts_with("<samlp") {
        "_r1"
    } else {
        "_a1"
    };
    for forged_id in [None, Some((id, "_evil"))] {
        let captured = Captured::new(original.to_owned(), forged_id);
        let document = attack(&captured);
        assert!(document.contains("admin"));
        let refused = KNOWN.check(&document).unwrap_err();
        let refusals = [AssertionError::Signature, AssertionError::Malformed];
        assert!(refusals.contains(&refused), "{refused:?}: {document}");
    }
}

fn check_response(attack: impl Fn(&Captured) -> String) {
    let original = response(&assertion());
    assert!(KNOWN.check(&Signer::default().sign(&original)).is_ok());
    check(&original, attack);
}

fn check_assertion(attack: impl Fn(&Captured) -> String) {
    assert!(
        KNOWN
            .check(&response(&Signer::default().sign(&assertion())))
            .is_ok()
    );
    check(&assertion(), attack);
}

/// The forged response has the signature, and the signature has the original response inside.
#[test]
fn xsw1() {
    check_response(|it| Captured::inside(&it.forged, &it.in_signature(&it.original)));
    let direct = |it: &Captured| {
        it.signature
            .replace(SIGNATURE_END, &format!("{}{SIGNATURE_END}", it.original))
    };
    check_response(|it| Captured::inside(&it.forged, &direct(it)));
}

/// The forged response has the original one before the signature, which is detached.
#[test]
fn xsw2() {
    check_response(|it| Captured::inside(&it.forged, &format!("{}{}", it.original, it.signature)));
}

/// The forged assertion stands before the original.
#[test]
fn xsw3() {
    let signed = |it: &Captured| Captured::inside(&it.original, &it.signature);
    check_assertion(|it| response(&format!("{}{}", it.forged, signed(it))));
    check_assertion(|it| response(&format!("{}{}", signed(it), it.forged)));
}

/// The forged assertion has the original inside.
#[test]
fn xsw4() {
    let signed = |it: &Captured| Captured::inside(&it.original, &it.signature);
    check_assertion(|it| response(&Captured::at_end(&it.forged, "saml:Assertion", &signed(it))));
    check_assertion(|it| response(&Captured::inside(&it.forged, &signed(it))));
}

/// The forged assertion has the signature; the original, without it, stands at the end of the response.
#[test]
fn xsw5() {
    check_assertion(|it| {
        response(&format!(
            "{}{}",
            Captured::inside(&it.forged, &it.signature),
            it.original
        ))
    });
}

/// The forged assertion has the signature, and the signature has the original inside.
#[test]
fn xsw6() {
    let direct = |it: &Captured| {
        it.signature
            .replace(SIGNATURE_END, &format!("{}{SIGNATURE_END}", it.original))
    };
    check_assertion(|it| response(&Captured::inside(&it.forged, &direct(it))));
}

/// The forged assertion stands in the response's extensions, before the original.
#[test]
fn xsw7() {
    let signed = |it: &Captured| Captured::inside(&it.original, &it.signature);
    let extensions = |what: &str| format!("<samlp:Extensions>{what}</samlp:Extensions>");
    check_assertion(|it| response(&format!("{}{}", extensions(&it.forged), signed(it))));
    check_assertion(|it| response(&format!("{}{}", it.forged, extensions(&signed(it)))));
}

/// The forged assertion has the signature, and an `Object` of the signature has the original inside.
#[test]
fn xsw8() {
    check_assertion(|it| {
        response(&Captured::inside(
            &it.forged,
            &it.in_signature(&it.original),
        ))
    });
}

/// The same with the whole response around: whatever is inside of a signed response is signed, the rest is not.
#[test]
fn a_signed_response_inside_of_another() {
    let signed = Signer::default().sign(&response(&assertion()));
    let forged = assertion().replace("alice", "admin").replace("_a1", "_a2");
    let outer = |inside: &str| response(inside).replacen("_r1", "_r2", 1);
    for inside in [format!("{signed}{forged}"), format!("{forged}{signed}")] {
        assert_eq!(
            KNOWN.check(&outer(&inside)).unwrap_err(),
            AssertionError::Signature
        );
    }
    assert_eq!(
        KNOWN.check(&outer(&signed)).unwrap_err(),
        AssertionError::Signature
    );
}
