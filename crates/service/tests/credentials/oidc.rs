use keyward_testkit::InProcess;
use keyward_wire::iam;

use crate::{all, ok, refused, tag, user_with};

const ARN: &str = "arn:aws:iam::111122223333:oidc-provider/idp.example/a";

fn create(url: &str) -> iam::CreateOpenIDConnectProvider {
    iam::CreateOpenIDConnectProvider {
        url: url.to_owned(),
        client_id_list: Some(vec!["sts.amazonaws.com".to_owned()]),
        thumbprint_list: Some(vec!["990F4193972F2BECF12DDEDA5237F9C952F20D9E".to_owned()]),
        tags: None,
    }
}

fn get(arn: &str) -> iam::GetOpenIDConnectProvider {
    iam::GetOpenIDConnectProvider {
        open_id_connect_provider_arn: arn.to_owned(),
    }
}

fn delete(arn: &str) -> iam::DeleteOpenIDConnectProvider {
    iam::DeleteOpenIDConnectProvider {
        open_id_connect_provider_arn: arn.to_owned(),
    }
}

fn thumbprints(all: Vec<String>) -> iam::UpdateOpenIDConnectProviderThumbprint {
    iam::UpdateOpenIDConnectProviderThumbprint {
        open_id_connect_provider_arn: ARN.to_owned(),
        thumbprint_list: all,
    }
}

#[tokio::test]
async fn a_provider_lives() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    let call = iam::CreateOpenIDConnectProvider {
        tags: Some(vec![tag("b", "2"), tag("a", "1")]),
        ..create("https://idp.example/a")
    };
    let made = ok(&server, root, &call).await;
    assert_eq!(made.element("OpenIDConnectProviderArn"), Some(ARN));
    assert_eq!(all(&made, "Key"), ["a", "b"]);
    let exists = "409 EntityAlreadyExists: Provider with url https://idp.example/a already exists.";
    assert_eq!(refused(&server, root, &call).await, exists);
    let got = ok(&server, root, &get(ARN)).await;
    assert_eq!(got.element("Url"), Some("idp.example/a"));
    assert_eq!(got.element("CreateDate"), Some("2026-01-02T03:04:05Z"));
    let members = all(&got, "member");
    assert!(members.starts_with(&[
        "sts.amazonaws.com",
        "990F4193972F2BECF12DDEDA5237F9C952F20D9E"
    ]));
    for id in ["other", "other"] {
        let add = iam::AddClientIDToOpenIDConnectProvider {
            open_id_connect_provider_arn: ARN.to_owned(),
            client_id: id.to_owned(),
        };
        ok(&server, root, &add).await;
    }
    for id in ["sts.amazonaws.com", "absent"] {
        let remove = iam::RemoveClientIDFromOpenIDConnectProvider {
            open_id_connect_provider_arn: ARN.to_owned(),
            client_id: id.to_owned(),
        };
        ok(&server, root, &remove).await;
    }
    ok(
        &server,
        root,
        &thumbprints(vec!["a".repeat(40), "b".repeat(40)]),
    )
    .await;
    let got = ok(&server, root, &get(ARN)).await;
    let members = all(&got, "member");
    assert_eq!(&members[..3], ["other", &"a".repeat(40), &"b".repeat(40)]);
    let plain = iam::CreateOpenIDConnectProvider {
        url: "https://b.example".to_owned(),
        ..iam::CreateOpenIDConnectProvider::default()
    };
    ok(&server, root, &plain).await;
    let bare = ok(
        &server,
        root,
        &get("arn:aws:iam::111122223333:oidc-provider/b.example"),
    )
    .await;
    assert!(bare.body.contains("<ClientIDList/>") || bare.element("ClientIDList") == Some(""));
    assert_eq!(bare.element("Tags"), None);
    let list = iam::ListOpenIDConnectProviders {};
    let listed = ok(&server, root, &list).await;
    let second = "arn:aws:iam::111122223333:oidc-provider/b.example";
    assert_eq!(all(&listed, "Arn"), [second, ARN]);
    ok(&server, root, &delete(ARN)).await;
    ok(&server, root, &delete(ARN)).await;
    let gone = format!("404 NoSuchEntity: OpenIDConnect Provider not found for arn {ARN}");
    assert_eq!(refused(&server, root, &get(ARN)).await, gone);
    assert_eq!(refused(&server, root, &thumbprints(Vec::new())).await, gone);
    assert_eq!(all(&ok(&server, root, &list).await, "Arn"), [second]);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    for url in [
        "example.com",
        "http://example.com",
        "https://example.com:1",
        "https://e.com?x",
    ] {
        let answer = refused(&server, root, &create(url)).await;
        assert_eq!(
            answer,
            "400 ValidationError: Invalid Open ID Connect Provider URL"
        );
    }
    let good = create("https://idp.example/a");
    let six = iam::CreateOpenIDConnectProvider {
        thumbprint_list: Some(vec!["a".repeat(40); 6]),
        ..good.clone()
    };
    let too_many = "400 InvalidInput: Thumbprint list must contain fewer than 5 entries.";
    assert_eq!(refused(&server, root, &six).await, too_many);
    let not_hexadecimal = iam::CreateOpenIDConnectProvider {
        thumbprint_list: Some(vec!["z".repeat(40)]),
        ..good.clone()
    };
    let answer = refused(&server, root, &not_hexadecimal).await;
    assert!(answer.starts_with("400 InvalidInput: "), "{answer}");
    let audiences = iam::CreateOpenIDConnectProvider {
        client_id_list: Some((0..101).map(|number| number.to_string()).collect()),
        ..good.clone()
    };
    assert_eq!(
        refused(&server, root, &audiences).await,
        "409 LimitExceeded: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"
    );
    ok(&server, root, &good).await;
    assert_eq!(
        refused(&server, root, &thumbprints(vec!["a".repeat(40); 6])).await,
        too_many
    );
    let text = "400 ValidationError: Invalid ARN:  Could not be parsed!";
    assert_eq!(
        refused(&server, root, &get("no-arn-at-all-in-here")).await,
        text
    );
    for arn in [
        "arn:aws:iam::111122223333:user/alice",
        "arn:aws:iam::999999999999:oidc-provider/idp.example/a",
        "arn:aws:iam::111122223333:oidc-provider/IDP.example/a",
        "arn:aws:iam::111122223333:oidc-provider/",
    ] {
        let gone = format!("404 NoSuchEntity: OpenIDConnect Provider not found for arn {arn}");
        assert_eq!(refused(&server, root, &get(arn)).await, gone);
    }
}

#[tokio::test]
async fn a_hundred_fit() {
    let server = InProcess::start().await.unwrap();
    for number in 0..100 {
        let call = create(&format!("https://idp{number}.example"));
        ok(&server, &server.root, &call).await;
    }
    let more = refused(&server, &server.root, &create("https://more.example")).await;
    let text = "409 LimitExceeded: Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100";
    assert_eq!(more, text);
}

#[tokio::test]
async fn tags_are_kept_and_decide() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    ok(&server, root, &create("https://idp.example/a")).await;
    let statement = r#"{"Effect":"Allow","Action":"iam:*OpenIDConnectProvider*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"x"}}}"#;
    let alice = user_with(&server, "alice", statement).await;
    let denied = refused(&server, &alice, &get(ARN)).await;
    assert!(denied.contains(&format!(
        "iam:GetOpenIDConnectProvider on resource: {ARN} because"
    )));
    let list = refused(&server, &alice, &iam::ListOpenIDConnectProviders {}).await;
    let everything = "on resource: arn:aws:iam::111122223333:oidc-provider/* because";
    assert!(list.contains(everything), "{list}");
    let add = iam::TagOpenIDConnectProvider {
        open_id_connect_provider_arn: ARN.to_owned(),
        tags: vec![tag("team", "x"), tag("b", "1")],
    };
    ok(&server, root, &add).await;
    ok(&server, &alice, &get(ARN)).await;
    let untag = iam::UntagOpenIDConnectProvider {
        open_id_connect_provider_arn: ARN.to_owned(),
        tag_keys: vec!["b".to_owned()],
    };
    ok(&server, &alice, &untag).await;
    let tags = iam::ListOpenIDConnectProviderTags {
        open_id_connect_provider_arn: ARN.to_owned(),
        marker: None,
        max_items: None,
    };
    assert_eq!(all(&ok(&server, &alice, &tags).await, "Key"), ["team"]);
    ok(&server, &alice, &delete(ARN)).await;
    let answer = refused(&server, &alice, &delete(ARN)).await;
    assert!(answer.starts_with("403 AccessDenied: "), "{answer}");
}
