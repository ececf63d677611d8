//! The whole account in one answer: its details, page by page, and its summary.

use keyward_testkit::{Answer, InProcess};
use keyward_wire::{Call, iam};

async fn ok<C: Call>(server: &InProcess, call: C) -> Answer {
    let answer = server.call(&server.root, &call).await;
    assert_eq!(answer.code(), "OK", "{}", answer.body);
    answer
}

async fn make_user(server: &InProcess, name: &str, groups: &[&str]) {
    let user = iam::CreateUser {
        user_name: name.to_owned(),
        ..iam::CreateUser::default()
    };
    ok(server, user).await;
    for group in groups {
        let add = iam::AddUserToGroup {
            group_name: (*group).to_owned(),
            user_name: name.to_owned(),
        };
        ok(server, add).await;
    }
}

async fn make_group(server: &InProcess, name: &str) {
    let group = iam::CreateGroup {
        path: None,
        group_name: name.to_owned(),
    };
    ok(server, group).await;
}

const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#;
const POLICY_ENCODED: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22a%3Ab%22%2C%22Resource%22%3A%22%2A%22%7D%7D";

fn details(items: Option<i32>, marker: Option<String>) -> iam::GetAccountAuthorizationDetails {
    iam::GetAccountAuthorizationDetails {
        max_items: items,
        marker,
        ..iam::GetAccountAuthorizationDetails::default()
    }
}

#[tokio::test]
async fn an_empty_account_has_empty_lists() {
    let server = InProcess::start().await.unwrap();
    let answer = ok(&server, details(None, None)).await;
    for list in [
        "UserDetailList",
        "GroupDetailList",
        "RoleDetailList",
        "Policies",
    ] {
        assert!(
            answer.body.contains(&format!("<{list}/>")),
            "{}",
            answer.body
        );
    }
    assert_eq!(answer.element("IsTruncated"), Some("false"));
    assert_eq!(answer.element("Marker"), None);
}

#[tokio::test]
async fn users_and_groups_are_told_with_all_that_is_theirs() {
    let server = InProcess::start().await.unwrap();
    for group in ["zebras", "Admins"] {
        make_group(&server, group).await;
    }
    make_user(&server, "alice", &["zebras", "Admins"]).await;
    make_user(&server, "bob", &[]).await;
    let tag = iam::TagUser {
        user_name: "alice".to_owned(),
        tags: vec![iam::Tag {
            key: "Team".to_owned(),
            value: "x".to_owned(),
        }],
    };
    ok(&server, tag).await;
    let inline = iam::PutUserPolicy {
        user_name: "alice".to_owned(),
        policy_name: "own".to_owned(),
        policy_document: POLICY.into(),
    };
    ok(&server, inline).await;
    let inline = iam::PutGroupPolicy {
        group_name: "Admins".to_owned(),
        policy_name: "shared".to_owned(),
        policy_document: POLICY.into(),
    };
    ok(&server, inline).await;
    let answer = ok(&server, details(None, None)).await;
    let users = answer.element("UserDetailList").unwrap();
    let (alice, bob) = users.split_once("</member><member><Path>").unwrap();
    assert!(alice.contains("<UserName>alice</UserName>"), "{alice}");
    assert!(
        alice.contains("<GroupList><member>Admins</member><member>zebras</member></GroupList>")
    );
    assert!(alice.contains(&format!(
        "<UserPolicyList><member><PolicyName>own</PolicyName><PolicyDocument>{POLICY_ENCODED}</PolicyDocument></member></UserPolicyList>"
    )), "{alice}");
    assert!(alice.contains("<Tags><member><Key>Team</Key><Value>x</Value></member></Tags>"));
    assert!(
        bob.contains("<GroupList/>")
            && bob.contains("<AttachedManagedPolicies/>")
            && bob.contains("<Tags/>")
    );
    assert!(
        !bob.contains("UserPolicyList") && !bob.contains("PermissionsBoundary"),
        "{bob}"
    );
    let groups = answer.element("GroupDetailList").unwrap();
    assert!(groups.contains("<GroupName>Admins</GroupName>"), "{groups}");
    assert!(groups.contains("<PolicyName>shared</PolicyName>"));
    assert!(groups.contains("<GroupPolicyList/>"), "{groups}");
}

#[tokio::test]
async fn pages_go_over_all_sections_and_stay_valid() {
    let server = InProcess::start().await.unwrap();
    for group in ["g1", "g2", "g3"] {
        make_group(&server, group).await;
    }
    for user in ["u1", "u2", "u3", "u4"] {
        make_user(&server, user, &["g1"]).await;
    }
    for items in 1..=8 {
        let (mut users, mut groups, mut pages) = (Vec::new(), Vec::new(), 0);
        let mut marker = None;
        loop {
            let page = ok(&server, details(Some(items), marker)).await;
            let (these, those) = (
                page.elements("UserName")
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect::<Vec<_>>(),
                page.elements("GroupName")
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect::<Vec<_>>(),
            );
            let count = these.len() + those.len();
            assert!(
                (1..=usize::try_from(items).unwrap()).contains(&count),
                "{}",
                page.body
            );
            users.extend(these);
            groups.extend(those);
            pages += 1;
            marker = page.element("Marker").map(str::to_owned);
            assert_eq!(
                page.element("IsTruncated") == Some("true"),
                marker.is_some()
            );
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(users, ["u1", "u2", "u3", "u4"]);
        assert_eq!(groups, ["g1", "g2", "g3"]);
        assert_eq!(pages, (7 + items - 1) / items);
    }
    // What the marker speaks of goes, and something before it comes.
    let first = ok(&server, details(Some(2), None)).await;
    let marker = first.element("Marker").map(str::to_owned);
    let remove = iam::RemoveUserFromGroup {
        group_name: "g1".to_owned(),
        user_name: "u2".to_owned(),
    };
    ok(&server, remove).await;
    let delete = iam::DeleteUser {
        user_name: "u2".to_owned(),
    };
    ok(&server, delete).await;
    make_user(&server, "u0", &[]).await;
    let second = ok(&server, details(None, marker)).await;
    assert_eq!(second.elements("UserName"), ["u3", "u4"]);
    assert_eq!(second.elements("GroupName"), ["g1", "g2", "g3"]);
    for marker in ["nonsense", "AMB"] {
        let bad = details(None, Some(marker.to_owned()));
        let answer = server.call(&server.root, &bad).await;
        assert_eq!(answer.code(), "ValidationError", "{}", answer.body);
        assert_eq!(answer.element("Message"), Some("Invalid Marker."));
    }
}

#[tokio::test]
async fn a_filter_leaves_sections_out() {
    let server = InProcess::start().await.unwrap();
    make_group(&server, "g").await;
    make_user(&server, "u", &[]).await;
    let filtered =
        |kinds: &[iam::EntityType], items: Option<i32>| iam::GetAccountAuthorizationDetails {
            filter: Some(kinds.to_vec()),
            ..details(items, None)
        };
    let users = ok(&server, filtered(&[iam::EntityType::User], Some(1))).await;
    assert_eq!(
        (users.elements("UserName"), users.elements("GroupName")),
        (vec!["u"], vec![])
    );
    // What the filter leaves out is no reason for another page.
    assert_eq!(users.element("IsTruncated"), Some("false"));
    let groups = ok(&server, filtered(&[iam::EntityType::Group], None)).await;
    assert_eq!(
        (groups.elements("UserName"), groups.elements("GroupName")),
        (vec![], vec!["g"])
    );
    let policies = [
        iam::EntityType::LocalManagedPolicy,
        iam::EntityType::AWSManagedPolicy,
    ];
    let none = ok(&server, filtered(&policies, None)).await;
    assert!(none.body.contains("<UserDetailList/>") && none.body.contains("<GroupDetailList/>"));
}

fn summary(answer: &Answer) -> Vec<(String, u64)> {
    let entries = answer.elements("entry").into_iter().map(|entry| {
        let (key, value) = entry.split_once("</key><value>").unwrap_or_default();
        let value = value.trim_end_matches("</value>").parse();
        let key = key.trim_start_matches("<key>").to_owned();
        (key, value.unwrap_or(u64::MAX))
    });
    entries.collect()
}

#[tokio::test]
async fn the_summary_counts_what_is_there() {
    let server = InProcess::start().await.unwrap();
    for group in ["g1", "g2"] {
        make_group(&server, group).await;
    }
    for user in ["u1", "u2", "u3"] {
        make_user(&server, user, &[]).await;
    }
    let device = iam::CreateVirtualMFADevice {
        virtual_mfa_device_name: "phone".to_owned(),
        ..iam::CreateVirtualMFADevice::default()
    };
    ok(&server, device).await;
    let told = summary(&ok(&server, iam::GetAccountSummary::default()).await);
    assert_eq!(told.len(), iam::SummaryKeyType::ALL.len(), "{told:?}");
    let value = |name: &str| {
        told.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| *value)
    };
    for (name, expected) in [
        ("Users", 3),
        ("UsersQuota", 5000),
        ("Groups", 2),
        ("GroupsQuota", 300),
        ("Roles", 0),
        ("RolesQuota", 1000),
        ("Policies", 0),
        ("PoliciesQuota", 1500),
        ("PolicyVersionsInUse", 0),
        ("PolicyVersionsInUseQuota", 10_000),
        ("VersionsPerPolicyQuota", 5),
        ("InstanceProfilesQuota", 1000),
        ("ServerCertificatesQuota", 20),
        ("MFADevices", 1),
        ("MFADevicesInUse", 0),
        ("AccountMFAEnabled", 0),
        ("AccountAccessKeysPresent", 1),
        ("AccountPasswordPresent", 1),
        ("AccountSigningCertificatesPresent", 0),
        ("UserPolicySizeQuota", 2048),
        ("GroupPolicySizeQuota", 5120),
        ("RolePolicySizeQuota", 10_240),
        ("AssumeRolePolicySizeQuota", 2048),
        ("PolicySizeQuota", 6144),
        ("GroupsPerUserQuota", 10),
        ("AccessKeysPerUserQuota", 2),
        ("SigningCertificatesPerUserQuota", 2),
        ("AttachedPoliciesPerUserQuota", 10),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("GlobalEndpointTokenVersion", 1),
        ("Providers", 0),
    ] {
        assert_eq!(value(name), Some(expected), "{name}");
    }
    let delete = iam::DeleteUser {
        user_name: "u1".to_owned(),
    };
    ok(&server, delete).await;
    let told = summary(&ok(&server, iam::GetAccountSummary::default()).await);
    assert!(told.contains(&("Users".to_owned(), 2)));
}

async fn make_policy(server: &InProcess, name: &str) -> String {
    let policy = iam::CreatePolicy {
        policy_name: name.to_owned(),
        description: Some("what it is for".to_owned()),
        policy_document: POLICY.into(),
        ..iam::CreatePolicy::default()
    };
    let made = ok(server, policy).await;
    made.element("Arn").unwrap_or_default().to_owned()
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},"Action":"sts:AssumeRole"}}"#;

#[tokio::test]
async fn roles_and_policies_are_told_with_all_that_is_theirs() {
    let server = InProcess::start().await.unwrap();
    make_user(&server, "alice", &[]).await;
    let own = make_policy(&server, "Work").await;
    make_policy(&server, "Unused").await;
    let version = iam::CreatePolicyVersion {
        policy_arn: own.clone(),
        policy_document: POLICY.replace("a:b", "c:d").into(),
        set_as_default: Some(true),
    };
    ok(&server, version).await;
    let role = iam::CreateRole {
        role_name: "Deploy".to_owned(),
        assume_role_policy_document: TRUST.into(),
        permissions_boundary: Some("arn:aws:iam::aws:policy/PowerUserAccess".to_owned()),
        ..iam::CreateRole::default()
    };
    ok(&server, role).await;
    for arn in [&own, "arn:aws:iam::aws:policy/ReadOnlyAccess"] {
        let attach = iam::AttachRolePolicy {
            role_name: "Deploy".to_owned(),
            policy_arn: arn.to_owned(),
        };
        ok(&server, attach).await;
    }
    let profile = iam::CreateInstanceProfile {
        instance_profile_name: "web".to_owned(),
        ..iam::CreateInstanceProfile::default()
    };
    ok(&server, profile).await;
    let add = iam::AddRoleToInstanceProfile {
        instance_profile_name: "web".to_owned(),
        role_name: "Deploy".to_owned(),
    };
    ok(&server, add).await;

    let answer = ok(&server, details(None, None)).await;
    let roles = answer.element("RoleDetailList").unwrap();
    for part in [
        "<RoleName>Deploy</RoleName>",
        "arn%3Aaws%3Aiam%3A%3A111122223333%3Auser%2Falice",
        "<InstanceProfileName>web</InstanceProfileName>",
        "<RolePolicyList/>",
        "<PolicyName>Work</PolicyName><PolicyArn>arn:aws:iam::111122223333:policy/Work</PolicyArn>",
        "<PermissionsBoundaryType>Policy</PermissionsBoundaryType>",
        "<PermissionsBoundaryArn>arn:aws:iam::aws:policy/PowerUserAccess</PermissionsBoundaryArn>",
        "<Tags/>",
        "<RoleLastUsed/>",
    ] {
        assert!(roles.contains(part), "{part} in {roles}");
    }
    let (_, policies) = answer.body.rsplit_once("<Policies>").unwrap();
    let names = ["Unused", "Work", "PowerUserAccess", "ReadOnlyAccess"];
    let mut rest = policies;
    for name in names {
        let (_, after) = rest
            .split_once(&format!("<PolicyName>{name}</PolicyName>"))
            .unwrap();
        rest = after;
    }
    let (_, work) = policies
        .split_once("<PolicyName>Work</PolicyName>")
        .unwrap();
    let (work, aws) = work.split_once("<PolicyName>").unwrap();
    for part in [
        "<DefaultVersionId>v2</DefaultVersionId><AttachmentCount>1</AttachmentCount>",
        "<PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount>",
        "<IsAttachable>true</IsAttachable><Description>what it is for</Description>",
        "<VersionId>v2</VersionId><IsDefaultVersion>true</IsDefaultVersion>",
        "<VersionId>v1</VersionId><IsDefaultVersion>false</IsDefaultVersion>",
        "c%3Ad",
    ] {
        assert!(work.contains(part), "{part} in {work}");
    }
    assert!(aws.starts_with("PowerUserAccess"), "{aws}");
    assert!(aws.contains("<AttachmentCount>0</AttachmentCount><PermissionsBoundaryUsageCount>1<"));

    let told = summary(&ok(&server, iam::GetAccountSummary::default()).await);
    for (name, expected) in [
        ("Roles", 1),
        ("Policies", 2),
        ("PolicyVersionsInUse", 3),
        ("InstanceProfiles", 1),
    ] {
        assert!(
            told.contains(&(name.to_owned(), expected)),
            "{name} in {told:?}"
        );
    }

    // One item a page: a user, a role, two policies, and two of AWS's.
    let (mut marker, mut pages, mut seen) = (None, 0, Vec::new());
    loop {
        let page = ok(&server, details(Some(1), marker)).await;
        pages += 1;
        seen.push(page.element("Arn").unwrap().to_owned());
        marker = page.element("Marker").map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(
        (pages, seen.last().map(String::as_str)),
        (6, Some("arn:aws:iam::aws:policy/ReadOnlyAccess")),
        "{seen:?}"
    );
    let aws = iam::GetAccountAuthorizationDetails {
        filter: Some(vec![iam::EntityType::AWSManagedPolicy]),
        ..details(None, None)
    };
    let aws = ok(&server, aws).await;
    assert_eq!(
        aws.elements("PolicyName"),
        ["PowerUserAccess", "ReadOnlyAccess"]
    );
    // What nobody uses any more is not told.
    let detach = iam::DetachRolePolicy {
        role_name: "Deploy".to_owned(),
        policy_arn: "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(),
    };
    ok(&server, detach).await;
    let answer = ok(&server, details(None, None)).await;
    assert!(!answer.body.contains("ReadOnlyAccess"));
}

#[tokio::test]
async fn a_page_ends_where_its_documents_are_many() {
    let server = InProcess::start().await.unwrap();
    // Blanks do not count for the size of a policy: 120 times 40,000 of them are more than four megabytes.
    let long = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"a:b","Resource":"*"}}{}}}"#,
        " ".repeat(40_000)
    );
    for number in 0..120 {
        let policy = iam::CreatePolicy {
            policy_name: format!("p{number:03}"),
            policy_document: long.as_str().into(),
            ..iam::CreatePolicy::default()
        };
        ok(&server, policy).await;
    }
    let (mut marker, mut pages, mut seen) = (None, 0, 0);
    loop {
        let page = ok(&server, details(Some(1000), marker)).await;
        pages += 1;
        seen += page.elements("PolicyName").len();
        marker = page.element("Marker").map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    assert_eq!((pages, seen), (2, 120));
}
