use keyward_testkit::InProcess;
use keyward_wire::{Sensitive, iam};

use crate::{
    EC, EC_KEY, GARBAGE, INTERMEDIATE, LEAF, LEAF_KEY, ROOT, all, ok, refused, tag, user_with,
};

fn upload(name: &str) -> iam::UploadServerCertificate {
    iam::UploadServerCertificate {
        path: None,
        server_certificate_name: name.to_owned(),
        certificate_body: LEAF.to_owned(),
        private_key: Sensitive::new(LEAF_KEY.to_owned()),
        certificate_chain: None,
        tags: None,
    }
}

fn get(name: &str) -> iam::GetServerCertificate {
    iam::GetServerCertificate {
        server_certificate_name: name.to_owned(),
    }
}

fn delete(name: &str) -> iam::DeleteServerCertificate {
    iam::DeleteServerCertificate {
        server_certificate_name: name.to_owned(),
    }
}

fn rename(name: &str, to: Option<&str>, path: Option<&str>) -> iam::UpdateServerCertificate {
    iam::UpdateServerCertificate {
        server_certificate_name: name.to_owned(),
        new_path: path.map(str::to_owned),
        new_server_certificate_name: to.map(str::to_owned),
    }
}

fn missing(name: &str) -> String {
    format!("404 NoSuchEntity: The Server Certificate with name {name} cannot be found.")
}

#[tokio::test]
async fn a_certificate_lives_and_its_key_is_never_shown() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    let chain = format!("{INTERMEDIATE}{ROOT}");
    let call = iam::UploadServerCertificate {
        path: Some("/cloudfront/".to_owned()),
        certificate_chain: Some(chain.clone()),
        tags: Some(vec![tag("b", "2"), tag("a", "1")]),
        ..upload("Web")
    };
    let uploaded = ok(&server, root, &call).await;
    let id = uploaded.element("ServerCertificateId").unwrap();
    assert!(id.starts_with("ASCA") && id.len() == 21, "{id}");
    assert_eq!(uploaded.element("ServerCertificateName"), Some("Web"));
    assert_eq!(uploaded.element("Path"), Some("/cloudfront/"));
    let arn = "arn:aws:iam::111122223333:server-certificate/cloudfront/Web";
    assert_eq!(uploaded.element("Arn"), Some(arn));
    assert_eq!(uploaded.element("UploadDate"), Some("2026-01-02T03:04:05Z"));
    assert_eq!(uploaded.element("Expiration"), Some("2125-01-01T00:00:00Z"));
    assert_eq!(all(&uploaded, "Key"), ["a", "b"]);
    assert!(!uploaded.body.contains("BEGIN"), "{}", uploaded.body);
    let got = ok(&server, root, &get("web")).await;
    assert_eq!(got.element("CertificateBody"), Some(LEAF));
    assert_eq!(got.element("CertificateChain"), Some(chain.as_str()));
    assert_eq!(all(&got, "Key"), ["a", "b"]);
    assert!(!got.body.contains("PRIVATE KEY"));
    let lines = server.audit.take().concat();
    assert!(!lines.contains("PRIVATE KEY"), "{lines}");
    ok(&server, root, &rename("web", Some("Site"), Some("/"))).await;
    let got = ok(&server, root, &get("site")).await;
    assert_eq!(got.element("ServerCertificateId"), Some(id));
    assert_eq!(got.element("CertificateChain"), Some(chain.as_str()));
    let arn = "arn:aws:iam::111122223333:server-certificate/Site";
    assert_eq!(got.element("Arn"), Some(arn));
    assert_eq!(refused(&server, root, &get("Web")).await, missing("Web"));
    ok(&server, root, &delete("site")).await;
    assert_eq!(
        refused(&server, root, &delete("site")).await,
        missing("site")
    );
    assert_eq!(
        refused(&server, root, &rename("site", None, None)).await,
        missing("site")
    );
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    let mismatch = iam::UploadServerCertificate {
        private_key: Sensitive::new(EC_KEY.to_owned()),
        ..upload("web")
    };
    assert_eq!(
        refused(&server, root, &mismatch).await,
        "400 KeyPairMismatch: The public key certificate and the private key do not match."
    );
    let chain = |chain: &str| iam::UploadServerCertificate {
        certificate_chain: Some(chain.to_owned()),
        ..upload("web")
    };
    let text = "400 MalformedCertificate: Unable to validate certificate chain. The certificate chain must start \
                with the immediate signing certificate, followed by any intermediaries in order. The index within the \
                chain of the invalid certificate is: ";
    assert_eq!(
        refused(&server, root, &chain(ROOT)).await,
        format!("{text}-1")
    );
    assert_eq!(
        refused(&server, root, &chain(LEAF_KEY)).await,
        format!("{text}0")
    );
    for garbage in GARBAGE {
        let body = iam::UploadServerCertificate {
            certificate_body: garbage.to_owned(),
            ..upload("web")
        };
        assert_eq!(
            refused(&server, root, &body).await,
            "400 MalformedCertificate: Unable to parse certificate. Please ensure the certificate is in PEM format."
        );
        let key = iam::UploadServerCertificate {
            private_key: Sensitive::new(garbage.to_owned()),
            ..upload("web")
        };
        let invalid = "400 MalformedCertificate: Invalid Private Key.";
        assert_eq!(refused(&server, root, &key).await, invalid);
        assert_eq!(
            refused(&server, root, &chain(garbage)).await,
            format!("{text}0")
        );
    }
    server.clock.advance(-2 * 366 * 86_400);
    assert_eq!(
        refused(&server, root, &upload("web")).await,
        "400 MalformedCertificate: The certificate is not valid yet or has expired."
    );
}

#[tokio::test]
async fn names_are_unique_and_twenty_fit() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    for number in 0..20 {
        let path = if number < 5 { "/a/" } else { "/" };
        let call = iam::UploadServerCertificate {
            path: Some(path.to_owned()),
            certificate_body: EC.to_owned(),
            private_key: Sensitive::new(EC_KEY.to_owned()),
            ..upload(&format!("Web{number:02}"))
        };
        ok(&server, root, &call).await;
    }
    assert_eq!(
        refused(&server, root, &upload("web07")).await,
        "409 EntityAlreadyExists: The Server Certificate with name web07 already exists."
    );
    assert_eq!(
        refused(&server, root, &rename("web06", Some("WEB07"), None)).await,
        "409 EntityAlreadyExists: The Server Certificate with name WEB07 already exists."
    );
    ok(&server, root, &rename("web06", Some("WEB06"), None)).await;
    assert_eq!(
        refused(&server, root, &upload("more")).await,
        "409 LimitExceeded: Cannot exceed quota for ServerCertificatesPerAccount: 20"
    );
    ok(&server, root, &delete("web19")).await;
    ok(&server, root, &upload("more")).await;
    let list = |prefix: Option<&str>, marker: Option<&str>| iam::ListServerCertificates {
        path_prefix: prefix.map(str::to_owned),
        marker: marker.map(str::to_owned),
        max_items: Some(3),
    };
    let first = ok(&server, root, &list(Some("/a/"), None)).await;
    assert_eq!(
        all(&first, "ServerCertificateName"),
        ["Web00", "Web01", "Web02"]
    );
    assert!(!first.body.contains("CertificateBody"));
    let last = ok(&server, root, &list(Some("/a/"), first.element("Marker"))).await;
    assert_eq!(all(&last, "ServerCertificateName"), ["Web03", "Web04"]);
    assert_eq!(last.element("IsTruncated"), Some("false"));
    let first = ok(&server, root, &list(None, None)).await;
    assert_eq!(
        all(&first, "ServerCertificateName"),
        ["more", "Web00", "Web01"]
    );
}

#[tokio::test]
async fn tags_are_kept_and_decide() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    ok(&server, root, &upload("web")).await;
    let statements = r#"{"Effect":"Allow","Action":"iam:*ServerCertificate*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"x"}}},
        {"Effect":"Allow","Action":["iam:TagServerCertificate","iam:UploadServerCertificate"],"Resource":"arn:aws:iam::111122223333:server-certificate/a/*","Condition":{"StringEquals":{"aws:RequestTag/team":"x"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}}"#;
    let alice = user_with(&server, "alice", statements).await;
    let denied = refused(&server, &alice, &get("web")).await;
    assert_eq!(
        denied,
        "403 AccessDenied: User: arn:aws:iam::111122223333:user/alice is not authorized to perform: \
         iam:GetServerCertificate on resource: server certificate web because no identity-based policy allows the \
         iam:GetServerCertificate action"
    );
    let add = |tags: Vec<iam::Tag>| iam::TagServerCertificate {
        server_certificate_name: "web".to_owned(),
        tags,
    };
    ok(&server, root, &add(vec![tag("team", "x"), tag("b", "")])).await;
    ok(&server, &alice, &get("web")).await;
    let untag = iam::UntagServerCertificate {
        server_certificate_name: "web".to_owned(),
        tag_keys: vec!["b".to_owned(), "Team".to_owned(), "absent".to_owned()],
    };
    ok(&server, &alice, &untag).await;
    let list = iam::ListServerCertificateTags {
        server_certificate_name: "web".to_owned(),
        marker: None,
        max_items: None,
    };
    let listed = ok(&server, &alice, &list).await;
    assert_eq!(
        (all(&listed, "Key"), all(&listed, "Value")),
        (vec!["team"], vec!["x"])
    );
    let many = (0..50)
        .map(|number| tag(&format!("k{number}"), "v"))
        .collect();
    assert_eq!(
        refused(&server, root, &add(many)).await,
        "409 LimitExceeded: Cannot exceed quota for TagsPerServerCertificate: 50"
    );
    let tagged = |path: &str, value: &str| iam::UploadServerCertificate {
        path: Some(path.to_owned()),
        tags: Some(vec![tag("team", value)]),
        ..upload("new")
    };
    for (path, value) in [("/", "x"), ("/a/", "y")] {
        let answer = refused(&server, &alice, &tagged(path, value)).await;
        assert!(answer.starts_with("403 AccessDenied: "), "{answer}");
    }
    ok(&server, &alice, &tagged("/a/", "x")).await;
    // Renaming asks for the old name and for the new.
    let only_old = r#"{"Effect":"Allow","Action":"iam:UpdateServerCertificate","Resource":"arn:aws:iam::111122223333:server-certificate/web"}"#;
    let bob = user_with(&server, "bob", only_old).await;
    let answer = refused(&server, &bob, &rename("web", Some("other"), None)).await;
    assert!(
        answer.contains("on resource: server certificate other because"),
        "{answer}"
    );
}
