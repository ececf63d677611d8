//! Who may call, by the condition keys of tags and of policies, and what is asked.

use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::iam;

use crate::support::*;

#[tokio::test]
async fn each_operation_asks_for_its_action_on_the_policy() {
    let server = InProcess::start().await.unwrap();
    let nobody = user_with(
        &server,
        "nobody",
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
    )
    .await;
    let text = |action: &str, resource: &str| {
        format!(
            "User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: iam:{action} on resource: \
             {resource} because no identity-based policy allows the iam:{action} action"
        )
    };
    let work = arn("Work");
    let got = server.call(&nobody, &new_policy("Work", "s3:*")).await;
    check(&got, "AccessDenied", &text("CreatePolicy", "policy Work"));
    let got = server.call(&nobody, &get(&work)).await;
    check(
        &got,
        "AccessDenied",
        &text("GetPolicy", &format!("policy {work}")),
    );
    let got = server.call(&nobody, &iam::ListPolicies::default()).await;
    check(&got, "AccessDenied", &text("ListPolicies", "policy path /"));

    // A maker of policies who may not tag makes none with tags.
    let maker = r#"{"Effect":"Allow","Action":"iam:CreatePolicy","Resource":"*"}"#;
    let maker = user_with(&server, "maker", maker).await;
    let tagged = iam::CreatePolicy {
        tags: Some(vec![tag("k", "v")]),
        ..new_policy("Work", "s3:*")
    };
    let got = server.call(&maker, &tagged).await;
    assert_eq!(
        (got.code(), got.element("Message").unwrap_or_default()),
        (
            "AccessDenied",
            text("TagPolicy", "policy Work")
                .replace("user/nobody", "user/maker")
                .as_str()
        )
    );
    assert_eq!(
        server
            .call(&maker, &new_policy("Work", "s3:*"))
            .await
            .code(),
        "OK"
    );
}

#[tokio::test]
async fn condition_keys_of_tags() {
    let server = InProcess::start().await.unwrap();
    let statements = r#"
        {"Effect":"Allow","Action":["iam:CreatePolicy","iam:TagPolicy"],"Resource":"arn:aws:iam::*:policy/team/*",
         "Condition":{"StringEquals":{"aws:RequestTag/Team":"x"},"ForAllValues:StringEquals":{"aws:TagKeys":["Team"]}}},
        {"Effect":"Allow","Action":["iam:GetPolicy","iam:DeletePolicy","iam:UntagPolicy"],"Resource":"*",
         "Condition":{"StringEquals":{"aws:ResourceTag/Team":"x","iam:ResourceTag/Team":"x"}}},
        {"Effect":"Deny","Action":"iam:UntagPolicy","Resource":"*",
         "Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":["Team"]}}}"#;
    let keeper = user_with(&server, "keeper", statements).await;
    let make = |name: &str, path: &str, tags: Vec<iam::Tag>| iam::CreatePolicy {
        path: Some(path.to_owned()),
        tags: Some(tags),
        ..new_policy(name, "s3:*")
    };
    for (path, tags, code) in [
        ("/team/", vec![tag("Team", "x")], "OK"),
        ("/team/", vec![tag("Team", "y")], "AccessDenied"),
        (
            "/team/",
            vec![tag("Team", "x"), tag("Other", "")],
            "AccessDenied",
        ),
        ("/", vec![tag("Team", "x")], "AccessDenied"),
        ("/team/", vec![], "AccessDenied"),
    ] {
        let got = server.call(&keeper, &make("Work", path, tags)).await;
        assert_eq!(got.code(), code, "{}", got.body);
    }
    done(&server, &make("Foreign", "/team/", vec![tag("Team", "y")])).await;
    let (work, foreign) = (arn("team/Work"), arn("team/Foreign"));
    assert_eq!(server.call(&keeper, &get(&work)).await.code(), "OK");
    assert_eq!(
        server.call(&keeper, &get(&foreign)).await.code(),
        "AccessDenied"
    );
    let untag = |key: &str| iam::UntagPolicy {
        policy_arn: work.clone(),
        tag_keys: vec![key.to_owned()],
    };
    assert_eq!(server.call(&keeper, &untag("Other")).await.code(), "OK");
    assert_eq!(
        server.call(&keeper, &untag("Team")).await.code(),
        "AccessDenied"
    );
    assert_eq!(
        server.call(&keeper, &delete(&foreign)).await.code(),
        "AccessDenied"
    );
    assert_eq!(server.call(&keeper, &delete(&work)).await.code(), "OK");
}

#[tokio::test]
async fn condition_keys_of_attaching_and_boundaries() {
    let server = InProcess::start().await.unwrap();
    let limit = policy(&server, "Limit", &statement("Allow", "s3:*")).await;
    let work = policy(&server, "Work", &statement("Allow", "s3:*")).await;
    let statements = format!(
        r#"{{"Effect":"Allow","Action":["iam:AttachUserPolicy","iam:DetachUserPolicy"],"Resource":"*",
            "Condition":{{"ArnEquals":{{"iam:PolicyARN":["{work}","{READ_ONLY}"]}},
                          "StringEquals":{{"iam:PermissionsBoundary":"{limit}"}}}}}},
           {{"Effect":"Allow","Action":"iam:PutUserPermissionsBoundary","Resource":"*",
            "Condition":{{"StringEquals":{{"iam:PermissionsBoundary":"{limit}"}}}}}},
           {{"Effect":"Allow","Action":"iam:DeleteUserPermissionsBoundary","Resource":"*",
            "Condition":{{"StringEquals":{{"iam:PermissionsBoundary":"{work}"}}}}}}"#
    );
    let keeper = user_with(&server, "keeper", &statements).await;
    user(&server, "ann").await;
    // Without the boundary nothing is attached.
    assert_eq!(
        server.call(&keeper, &attach("ann", &work)).await.code(),
        "AccessDenied"
    );
    assert_eq!(
        server
            .call(&keeper, &put_boundary("ann", &work))
            .await
            .code(),
        "AccessDenied"
    );
    assert_eq!(
        server
            .call(&keeper, &put_boundary("ann", &limit))
            .await
            .code(),
        "OK"
    );
    assert_eq!(
        server.call(&keeper, &attach("ann", &work)).await.code(),
        "OK"
    );
    assert_eq!(
        server.call(&keeper, &attach("ann", READ_ONLY)).await.code(),
        "OK"
    );
    assert_eq!(
        server.call(&keeper, &attach("ann", BILLING)).await.code(),
        "AccessDenied"
    );
    assert_eq!(
        server.call(&keeper, &detach("ann", &work)).await.code(),
        "OK"
    );
    // The boundary that is there counts when it is taken away.
    assert_eq!(
        server.call(&keeper, &delete_boundary("ann")).await.code(),
        "AccessDenied"
    );
    done(&server, &put_boundary("ann", &work)).await;
    assert_eq!(
        server.call(&keeper, &detach("ann", READ_ONLY)).await.code(),
        "AccessDenied"
    );
    assert_eq!(
        server.call(&keeper, &delete_boundary("ann")).await.code(),
        "OK"
    );
}
