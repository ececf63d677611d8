//! Other tricks that are known: texts cut by comments, documents that explode, entities.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::idp::{KNOWN, Signer, assertion, check_changed, response, signed};
use crate::{AssertionError, Response};

#[test]
fn comments_do_not_cut_texts() {
    // Comments are not signed, so that anybody may add them. What is signed is read whole.
    let original = assertion().replace(">alice<", ">admin@idp.example.evil.example<");
    let signed = signed(&original);
    let cut = signed.replace("admin@idp.example.evil", "admin@idp.example<!-- -->.evil");
    assert_ne!(cut, signed);
    let read = KNOWN.check(&cut).unwrap();
    assert_eq!(read.subject, "admin@idp.example.evil.example");
    let pair = "arn:aws:iam::111122223333:role/Reader,arn:aws:iam::111122223333:saml-provider/Idp";
    let longer = assertion().replace(pair, &format!("{pair}2"));
    let cut = super::idp::signed(&longer).replace(&format!("{pair}2"), &format!("{pair}<!-- -->2"));
    assert_eq!(
        KNOWN.check(&cut).unwrap_err(),
        AssertionError::NotAuthorized
    );
    // The same in the digest: the text that was signed counts, not what stands before the comment.
    let good = super::idp::signed(&assertion());
    let evil = good.replace(">alice<", ">admin<");
    let digest = |xml: &str| {
        let start = xml.find("<saml:Assertion").unwrap();
        let unsigned = &xml[start..].replace("</samlp:Response>", "");
        let (before, rest) = unsigned.split_once("<ds:Signature ").unwrap();
        let (_, after) = rest.split_once("</ds:Signature>").unwrap();
        STANDARD.encode(<sha2::Sha256 as sha2::Digest>::digest(format!(
            "{before}{after}"
        )))
    };
    let with_comment = evil.replace(
        "<ds:DigestValue>",
        &format!("<ds:DigestValue><!--{}-->", digest(&evil)),
    );
    assert_eq!(
        KNOWN.check(&with_comment).unwrap_err(),
        AssertionError::Signature
    );
    assert!(
        KNOWN
            .check(&good.replace("<ds:DigestValue>", "<ds:DigestValue><!--x-->"))
            .is_ok()
    );
}

#[test]
fn elements_inside_of_texts_are_refused() {
    let denied = AssertionError::NotAuthorized;
    assert_eq!(
        check_changed(">alice<", ">admin<saml:x></saml:x>.evil<").unwrap_err(),
        denied
    );
}

#[test]
fn entities_and_instructions_are_refused() {
    let good = signed(&assertion());
    let check = |xml: &str| {
        let encoded = STANDARD.encode(xml);
        assert_eq!(
            Response::parse(&encoded).unwrap_err(),
            AssertionError::Malformed,
            "{xml:.80}"
        );
    };
    check(&format!("<!DOCTYPE samlp:Response>{good}"));
    check(&format!(
        "<!DOCTYPE r [<!ENTITY a 'b'>]>{}",
        good.replace("alice", "&a;")
    ));
    check(&format!("<!DOCTYPE r SYSTEM \"file:///etc/passwd\">{good}"));
    check(&format!(
        "<!DOCTYPE r [<!ENTITY x SYSTEM \"http://127.0.0.1/x\">]>{}",
        good.replace("alice", "&x;")
    ));
    let mut laughs = String::from("<!DOCTYPE r [<!ENTITY a0 'ha'>");
    for level in 1..10 {
        let ten = format!("&a{};", level - 1).repeat(10);
        laughs.push_str(&format!("<!ENTITY a{level} '{ten}'>"));
    }
    check(&format!("{laughs}]>{}", good.replace("alice", "&a9;")));
    check(&good.replace(">alice<", ">al<?x y?>ice<"));
    check(&format!("{good}<?x y?>"));
    check(&good.replace("alice", "&nbsp;"));
}

/// Each of these makes careless code work for long. They are as large as the parameter may be.
#[test]
fn large_documents_are_bounded() {
    const ROOM: usize = 74_000;
    let good = signed(&assertion());
    let padded = |what: &str| {
        let fits = ROOM.saturating_sub(good.len()) / what.len().max(1);
        good.replacen(
            "<samlp:Status>",
            &format!("{}<samlp:Status>", what.repeat(fits)),
            1,
        )
    };
    let check = |xml: &str| {
        let began = std::time::Instant::now();
        let answer = KNOWN.check(xml).map(|assertion| assertion.subject);
        assert!(
            began.elapsed().as_secs() < 2,
            "{:?} for {xml:.300}",
            began.elapsed()
        );
        assert!(answer.is_err() || answer == Ok("alice".to_owned()));
        answer
    };
    let _ = check(&padded("<a/>"));
    let _ = check(&padded("<a>"));
    let _ = check(&padded("<!---->"));
    let _ = check(&padded("&#65;"));
    let _ = check(&padded("<a xmlns='b'/>"));
    let _ = check(&padded("<![CDATA[]]>"));
    let attributes: String = (0..7_000).map(|n| format!(" a{n}=''")).collect();
    assert!(
        check(&good.replacen(" Destination", &format!("{attributes} Destination"), 1)).is_err()
    );
    let namespaces: String = (0..5_000).map(|n| format!(" xmlns:a{n}='b'")).collect();
    assert!(
        check(&good.replacen(" Destination", &format!("{namespaces} Destination"), 1)).is_err()
    );
    // Namespaces that grow with each level.
    let levels: String = (0..35)
        .map(|level| {
            let all: String = (0..60)
                .map(|n| format!(" xmlns:a{level}x{n}='{level}{n}'"))
                .collect();
            format!("<a{all}>")
        })
        .collect();
    let _ = check(&padded("").replacen(
        "<samlp:Status>",
        &format!("{levels}{}<samlp:Status>", "</a>".repeat(35)),
        1,
    ));
    // A long namespace that each of many elements writes out again, in the element that claims to be signed.
    let long = "n".repeat(30_000);
    let many = "<b:c/>".repeat(5_000);
    let signature = Signer::default().signature(&assertion());
    let bomb = response(&format!("<saml:x xmlns:saml='y'>{many}</saml:x>"))
        .replacen(" Destination", &format!(" xmlns:b='{long}' Destination"), 1)
        .replacen(
            "</saml:Issuer>",
            &format!("</saml:Issuer>{}", signature.replace("#_a1", "#_r1")),
            1,
        );
    assert!(check(&bomb).is_err());
    // The same in the part that is canonicalized before anything is known to be signed.
    let inside = signature.replacen("<ds:Reference", &format!("{many}<ds:Reference"), 1);
    let bomb =
        response(&assertion().replacen("</saml:Issuer>", &format!("</saml:Issuer>{inside}"), 1))
            .replacen(" Destination", &format!(" xmlns:b='{long}' Destination"), 1);
    assert!(check(&bomb).is_err());
    let prefixes = "p ".repeat(30_000);
    let listed = format!(
        "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{prefixes}\"/></ds:CanonicalizationMethod>"
    );
    assert!(check(&good.replace("</ds:CanonicalizationMethod>", &listed)).is_err());
}
