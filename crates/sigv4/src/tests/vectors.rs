//! The vectors of spec/signing.md §13.

use super::{NOW, credentials, secret, sha256_hex, verify};
use crate::{
    Expected, Headers, PathStyle, Payload, RequestParts, SignatureForm, SignedRequest, Signing,
    SigningKey, presign, sign,
};

#[test]
fn a_iam_post() {
    let headers = [
        ("Host", "iam.example.test"),
        (
            "Content-Type",
            "application/x-www-form-urlencoded; charset=utf-8",
        ),
    ];
    let parts = RequestParts {
        method: "POST",
        headers: &headers,
        payload: Payload::Body(b"Action=ListUsers&MaxItems=2&Version=2010-05-08"),
        ..RequestParts::get("/")
    };
    let credentials = credentials("AKIDEXAMPLE", None);
    let signing = Signing {
        credentials: &credentials,
        region: "us-east-1",
        service: "iam",
        headers: &["content-type"],
    };
    let mut sent: Vec<(&str, String)> =
        headers.map(|(name, value)| (name, value.to_owned())).into();
    sent.extend(sign(&parts, &signing, NOW));
    let parts = RequestParts {
        headers: &sent,
        ..parts
    };
    let signed = SignedRequest::parse(&parts, &Expected::new(&["iam"]), NOW).unwrap();

    assert_eq!(signed.signed_headers(), "content-type;host;x-amz-date");
    assert!(
        signed.signs_header("content-type")
            && !signed.signs_header("Host")
            && !signed.signs_header("x-amz")
    );
    assert_eq!(
        (signed.access_key_id(), signed.session_token()),
        ("AKIDEXAMPLE", None)
    );
    assert_eq!(
        (signed.date(), signed.region(), signed.service()),
        ("20260102", "us-east-1", "iam")
    );
    assert_eq!((signed.time(), signed.form()), (NOW, SignatureForm::Header));
    assert!(
        signed
            .canonical_request()
            .ends_with(b"77c2a7a9c6737bd72544dc46b217a8bdcf47ca1c6ecd9830b97ce94ffb2d12cc")
    );
    assert_eq!(
        sha256_hex(&signed.canonical_request()),
        "96bd5fa4d8a92bd08f7e7307e549f8816d9dfb3f69530c7471553b065aa6fdee"
    );
    assert_eq!(
        String::from_utf8(signed.string_to_sign()).unwrap(),
        "AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/us-east-1/iam/aws4_request\n\
         96bd5fa4d8a92bd08f7e7307e549f8816d9dfb3f69530c7471553b065aa6fdee"
    );
    let key = SigningKey::derive_bytes(&secret(), "20260102", "us-east-1", "iam");
    let key: String = crate::encode::hex(*key).map(char::from).iter().collect();
    assert_eq!(
        key,
        "1358a1062db965e739a64833b3b745061e8e9aa9ac306046b2f32cdd80bbdba2"
    );
    let authorization = String::from_utf8(sent.first("authorization").unwrap().to_vec()).unwrap();
    assert!(
        authorization.ends_with(
            "Signature=1cc1e7cb3794b2581bbdc199c25062d25b0ba2c51b13ff3de54cd9adeb41a9bb"
        )
    );
    assert_eq!(verify(&signed), Ok(()));
    assert_eq!(
        signed.refuse_unknown_key(),
        crate::SignatureError::AccessKeyUnknown
    );
    for other in [
        SigningKey::derive(&secret(), "20260103", "us-east-1", "iam"),
        SigningKey::derive(&secret(), "20260102", "us-east-2", "iam"),
        SigningKey::derive(&secret(), "20260102", "us-east-1", "sts"),
        SigningKey::unknown().clone(),
    ] {
        assert_eq!(signed.verify(&other), Err(crate::SignatureError::Mismatch));
    }
}

#[test]
fn b_presigned_sts_get() {
    let headers = [("host", "sts.example.test"), ("x-k8s-aws-id", "demo")];
    let parts = RequestParts {
        query: Some("Action=GetCallerIdentity&Version=2011-06-15"),
        headers: &headers,
        ..RequestParts::get("/")
    };
    let credentials = credentials("ASIAEXAMPLE", Some("tok/en+x=="));
    let signing = Signing {
        credentials: &credentials,
        region: "us-east-1",
        service: "sts",
        headers: &["x-k8s-aws-id"],
    };
    let query = presign(&parts, &signing, 60, NOW);
    let canonical_query = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLE%2F20260102%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-Security-Token=tok%2Fen%2Bx%3D%3D&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id";
    let signature = "0bafad49373f920da78a09f780f3a8276b8e5c80fd58ecf8e381d8e95430dc96";
    assert_eq!(
        query,
        format!("{canonical_query}&X-Amz-Signature={signature}")
    );

    let parts = RequestParts {
        query: Some(&query),
        ..parts
    };
    let signed = SignedRequest::parse(&parts, &Expected::new(&["iam", "sts"]), NOW).unwrap();
    assert_eq!(
        (signed.access_key_id(), signed.session_token()),
        ("ASIAEXAMPLE", Some("tok/en+x=="))
    );
    assert_eq!(
        (signed.service(), signed.form()),
        ("sts", SignatureForm::Query)
    );
    assert_eq!(
        sha256_hex(&signed.canonical_request()),
        "4d82ba7669eb2c1c313be85f5004179748501ab2a64be518974682eff2f0dc55"
    );
    assert_eq!(verify(&signed), Ok(()));
}

#[test]
fn c_s3_get() {
    let headers = [
        ("host", "s3.example.test"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
    ];
    let parts = RequestParts {
        query: Some("list-type&prefix=x/y"),
        headers: &headers,
        payload: Payload::Given("UNSIGNED-PAYLOAD"),
        path_style: PathStyle::Verbatim,
        ..RequestParts::get("/bkt/a%20b//c%2Bd/../%C3%A9")
    };
    let credentials = credentials("AKIDEXAMPLE", None);
    let signing = Signing {
        credentials: &credentials,
        region: "us-east-1",
        service: "s3",
        headers: &["x-amz-content-sha256"],
    };
    let mut sent: Vec<(&str, String)> =
        headers.map(|(name, value)| (name, value.to_owned())).into();
    sent.extend(sign(&parts, &signing, NOW));
    let parts = RequestParts {
        headers: &sent,
        ..parts
    };
    let signed = SignedRequest::parse(&parts, &Expected::new(&["s3"]), NOW).unwrap();
    assert_eq!(
        sha256_hex(&signed.canonical_request()),
        "78a621799c2ac742887465dec12bd826d38f37b92f47d21bb4dd4d4f94e0f8a5"
    );
    let authorization = String::from_utf8(sent.first("authorization").unwrap().to_vec()).unwrap();
    assert!(
        authorization.ends_with(
            "Signature=3e311a8df5ed2055f5a5b7f441684b5459fe68247e698c3a7eb8fc20b83c7875"
        )
    );
    assert_eq!(verify(&signed), Ok(()));
}
