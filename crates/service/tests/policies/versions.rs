//! Versions: five, one in force.

use keyward_testkit::InProcess;
use keyward_wire::iam;

use crate::support::*;

#[tokio::test]
async fn five_versions_one_in_force_and_no_id_twice() {
    let server = InProcess::start().await.unwrap();
    let work = arn("Work");
    done(&server, &new_policy("Work", "s3:Get1")).await;
    for number in 2..=5 {
        server.clock.advance(1);
        let made = done(
            &server,
            &new_version(&work, &format!("s3:Get{number}"), number == 3),
        )
        .await;
        assert_eq!(
            made.element("VersionId"),
            Some(format!("v{number}").as_str())
        );
        let default = if number == 3 { "true" } else { "false" };
        assert_eq!(made.element("IsDefaultVersion"), Some(default));
        assert_eq!(made.element("Document"), None);
    }
    let message = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an \
                   existing version.";
    refused(
        &server,
        &new_version(&work, "s3:Get6", true),
        "LimitExceeded",
        message,
    )
    .await;
    let list = |max_items, marker: Option<&str>| iam::ListPolicyVersions {
        policy_arn: work.clone(),
        max_items,
        marker: marker.map(str::to_owned),
    };
    let all = done(&server, &list(None, None)).await;
    assert_eq!(elements(&all, "VersionId"), ["v5", "v4", "v3", "v2", "v1"]);
    assert_eq!(
        elements(&all, "IsDefaultVersion"),
        ["false", "false", "true", "false", "false"]
    );
    assert_eq!(all.element("Document"), None);
    let first = done(&server, &list(Some(2), None)).await;
    assert_eq!(elements(&first, "VersionId"), ["v5", "v4"]);
    let delete = |id: &str| iam::DeletePolicyVersion {
        policy_arn: work.clone(),
        version_id: id.to_owned(),
    };
    done(&server, &delete("v4")).await;
    let second = done(&server, &list(Some(2), first.element("Marker"))).await;
    assert_eq!(elements(&second, "VersionId"), ["v3", "v2"]);

    let kept = "Cannot delete the default version of a policy.";
    refused(&server, &delete("v3"), "DeleteConflict", kept).await;
    let gone = format!("Policy {work} version v4 does not exist or is not attachable.");
    refused(&server, &delete("v4"), "NoSuchEntity", &gone).await;
    let version = |id: &str| iam::GetPolicyVersion {
        policy_arn: work.clone(),
        version_id: id.to_owned(),
    };
    refused(&server, &version("v4"), "NoSuchEntity", &gone).await;
    let set = |id: &str| iam::SetDefaultPolicyVersion {
        policy_arn: work.clone(),
        version_id: id.to_owned(),
    };
    refused(&server, &set("v4"), "NoSuchEntity", &gone).await;
    let next = done(&server, &new_version(&work, "s3:Get6", false)).await;
    assert_eq!(next.element("VersionId"), Some("v6"));
    done(&server, &set("v1")).await;
    done(&server, &set("v1")).await;
    let got = done(&server, &get(&work)).await;
    assert_eq!(got.element("DefaultVersionId"), Some("v1"));
    assert_eq!(got.element("CreateDate"), Some("2026-01-02T03:04:05Z"));
    assert_eq!(got.element("UpdateDate"), Some("2026-01-02T03:04:09Z"));
    let got = done(&server, &version("v1")).await;
    assert_eq!(got.element("IsDefaultVersion"), Some("true"));
    assert!(
        got.element("Document").unwrap().contains("s3%3AGet1"),
        "{}",
        got.body
    );

    let message = "This policy has more than one version. Before you delete a policy, you must delete the policy's \
                   versions. The default version is deleted with the policy.";
    let escaped = server
        .call(&server.root, &crate::support::delete(&work))
        .await;
    assert_eq!(escaped.code(), "DeleteConflict");
    let got = escaped
        .element("Message")
        .unwrap()
        .replace("&apos;", "'")
        .replace("&#39;", "'");
    assert_eq!(got, message);
    for id in ["v2", "v3", "v5", "v6"] {
        done(&server, &delete(id)).await;
    }
    done(&server, &crate::support::delete(&work)).await;
}
