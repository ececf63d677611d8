use crate::*;

fn check_action(name: &str, expected: Option<(&str, AccessLevel, &[&str])>) {
    let found = action(name);
    let found = found.map(|action| {
        let resources = action.resource_types().map(|used| {
            format!(
                "{}{}",
                used.resource_type().name(),
                if used.is_required() { "*" } else { "" }
            )
        });
        let resources: Vec<String> = resources.collect();
        assert_eq!(action.is_wildcard_only(), resources.is_empty(), "{name}");
        (
            format!("{}:{}", action.service().prefix(), action.name()),
            action.access_level(),
            resources,
        )
    });
    let expected = expected.map(|(name, level, resources)| {
        (
            name.to_owned(),
            level,
            resources
                .iter()
                .map(|&resource| resource.to_owned())
                .collect(),
        )
    });
    assert_eq!(found, expected, "{name}");
}

#[test]
fn actions() {
    use AccessLevel::{List, PermissionsManagement, Read, Tagging, Write};
    check_action(
        "iam:CreateUser",
        Some(("iam:CreateUser", Write, &["user*"])),
    );
    check_action(
        "IAM:createuser",
        Some(("iam:CreateUser", Write, &["user*"])),
    );
    check_action("iam:ListRoles", Some(("iam:ListRoles", List, &[])));
    check_action("iam:TagRole", Some(("iam:TagRole", Tagging, &["role*"])));
    check_action(
        "iam:PutUserPolicy",
        Some(("iam:PutUserPolicy", PermissionsManagement, &["user*"])),
    );
    check_action(
        "s3:GetObject",
        Some(("s3:GetObject", Read, &["accesspointobject", "object"])),
    );
    check_action(
        "s3:ListAllMyBuckets",
        Some(("s3:ListAllMyBuckets", List, &[])),
    );
    check_action(
        "sts:AssumeRole",
        Some(("sts:AssumeRole", Write, &["role*"])),
    );
    check_action(
        "sts:GetCallerIdentity",
        Some(("sts:GetCallerIdentity", Read, &[])),
    );
    // Two of the resource types are spelled in other case where the action names them.
    check_action(
        "access-analyzer:getanalyzer",
        Some(("access-analyzer:GetAnalyzer", Read, &["Analyzer*"])),
    );
    for unknown in [
        "",
        ":",
        "iam",
        "iam:",
        ":CreateUser",
        "iam:CreateUserX",
        "iam:Create*",
        "nobody:CreateUser",
        "iam:CreateUser:",
    ] {
        check_action(unknown, None);
    }
}

#[test]
fn condition_keys_of_actions_and_resources() {
    let names = |keys: &mut dyn Iterator<Item = ConditionKey<'static>>| {
        keys.map(|key| key.name).collect::<Vec<_>>()
    };
    let pass = action("iam:PassRole").unwrap();
    assert_eq!(
        names(&mut pass.condition_keys()),
        ["iam:AssociatedResourceArn", "iam:PassedToService"]
    );
    let role = pass.resource_types().next().unwrap().resource_type();
    assert_eq!(
        names(&mut role.condition_keys()),
        ["aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]
    );
    assert_eq!(
        role.arn_patterns().collect::<Vec<_>>(),
        ["arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"]
    );
    let associate = action("a4b:AssociateDeviceWithRoom")
        .unwrap()
        .resource_types()
        .next()
        .unwrap();
    assert_eq!(
        names(&mut associate.condition_keys()),
        ["aws:ResourceTag/${TagKey}"]
    );
    assert!(names(&mut service("sns").unwrap().condition_keys()).contains(&"sns:Protocol"));
    let stage = service("apigateway")
        .unwrap()
        .resource_types()
        .find(|found| found.name() == "Stage")
        .unwrap();
    assert_eq!(stage.arn_patterns().count(), 2);
}

#[test]
fn dependent_actions() {
    let run: Vec<&str> = action("ec2:RunInstances")
        .unwrap()
        .dependent_actions()
        .collect();
    assert!(run.contains(&"iam:PassRole"), "{run:?}");
    assert_eq!(
        action("iam:CreateUser")
            .unwrap()
            .dependent_actions()
            .count(),
        0
    );
}

fn check_key(name: &str, expected: Option<(&str, &str)>) {
    let found = condition_key(name);
    let found = found.map(|key| {
        let array = if key.is_multivalued() { "ArrayOf" } else { "" };
        (key.name, format!("{array}{}", key.value_type.as_str()))
    });
    let expected = expected.map(|(name, declared)| (name, declared.to_owned()));
    assert_eq!(found, expected, "{name}");
    assert_eq!(
        is_multivalued(name),
        found.map(|(_, declared)| declared.starts_with("ArrayOf")),
        "{name}"
    );
}

#[test]
fn global_condition_keys() {
    // SOURCE: spec/condition-keys.md §1.
    check_key("aws:CurrentTime", Some(("aws:CurrentTime", "Date")));
    check_key("AWS:SOURCEIP", Some(("aws:SourceIp", "IPAddress")));
    check_key(
        "aws:MultiFactorAuthPresent",
        Some(("aws:MultiFactorAuthPresent", "Bool")),
    );
    check_key(
        "aws:MultiFactorAuthAge",
        Some(("aws:MultiFactorAuthAge", "Numeric")),
    );
    check_key(
        "aws:PrincipalOrgPaths",
        Some(("aws:PrincipalOrgPaths", "ArrayOfString")),
    );
    check_key("aws:CalledVia", Some(("aws:CalledVia", "ArrayOfString")));
    check_key("aws:CalledViaFirst", Some(("aws:CalledViaFirst", "String")));
    check_key("aws:TagKeys", Some(("aws:TagKeys", "ArrayOfString")));
    check_key("aws:SourceArn", Some(("aws:SourceArn", "ARN")));
    check_key("aws:referer", Some(("aws:referer", "String")));
    check_key("aws:SourceIpp", None);
    check_key("aws:", None);
    check_key("", None);
    assert!(global::KEYS.is_sorted_by(|left, right| fold::compare(left.name, right.name).is_lt()));
}

#[test]
fn templates() {
    check_key(
        "aws:ResourceTag/Team",
        Some(("aws:ResourceTag/${TagKey}", "String")),
    );
    check_key(
        "aws:resourcetag/Team/x",
        Some(("aws:ResourceTag/${TagKey}", "String")),
    );
    check_key(
        "aws:ResourceTag/${TagKey}",
        Some(("aws:ResourceTag/${TagKey}", "String")),
    );
    check_key(
        "aws:PrincipalTag/é",
        Some(("aws:PrincipalTag/${TagKey}", "String")),
    );
    check_key("aws:ResourceTag/", None);
    check_key("aws:ResourceTag", None);
    check_key(
        "iam:ResourceTag/a",
        Some(("iam:ResourceTag/${TagKey}", "String")),
    );
    check_key(
        "kms:EncryptionContext:a",
        Some(("kms:EncryptionContext:${EncryptionContextKey}", "String")),
    );
    check_key(
        "sts:RequestContext/a",
        Some(("sts:RequestContext/${ContextKey}", "String")),
    );
    check_key(
        "codebuild:fileSystemLocations/a.location",
        Some((
            "codebuild:fileSystemLocations/${identifier}.location",
            "String",
        )),
    );
    check_key(
        "s3:ExistingObjectTag/a",
        Some(("s3:ExistingObjectTag/${TagKey}", "String")),
    );
    check_key(
        "sagemaker:ResourceTag/a",
        Some(("sagemaker:ResourceTag/${TagKey}", "String")),
    );
    check_key(
        "secretsmanager:ResourceTag/a",
        Some(("secretsmanager:ResourceTag/${TagKey}", "String")),
    );
    // The longer of two templates that match.
    check_key(
        "events:metadata/a/matcher",
        Some(("events:Metadata/${MetadataKey}/Matcher", "String")),
    );
    check_key(
        "events:metadata/a",
        Some(("events:Metadata/${MetadataKey}", "ArrayOfString")),
    );
}

#[test]
fn keys_of_iam_and_sts() {
    // SOURCE: spec/condition-keys.md §2 and §3.
    check_key("iam:PolicyARN", Some(("iam:PolicyARN", "ARN")));
    check_key(
        "iam:PermissionsBoundary",
        Some(("iam:PermissionsBoundary", "ARN")),
    );
    check_key(
        "iam:ServiceSpecificCredentialAgeDays",
        Some(("iam:ServiceSpecificCredentialAgeDays", "Numeric")),
    );
    check_key("sts:ExternalId", Some(("sts:ExternalId", "String")));
    check_key(
        "sts:TransitiveTagKeys",
        Some(("sts:TransitiveTagKeys", "ArrayOfString")),
    );
    check_key(
        "sts:RequestContextProviders",
        Some(("sts:RequestContextProviders", "ArrayOfARN")),
    );
    check_key(
        "sts:IdentityTokenAudience",
        Some(("sts:IdentityTokenAudience", "ArrayOfString")),
    );
    check_key("sts:TaskPolicyArn", Some(("sts:TaskPolicyArn", "ARN")));
    check_key(
        "identitystore:UserId",
        Some(("identitystore:UserId", "String")),
    );
    check_key(
        "ec2:SourceInstanceArn",
        Some(("ec2:SourceInstanceARN", "ARN")),
    );
}

#[test]
fn keys_of_identity_providers() {
    for list in [
        "cn",
        "commonName",
        "givenName",
        "mail",
        "name",
        "organizationStatus",
        "primaryGroupSID",
        "surname",
        "uid",
        "x500UniqueIdentifier",
    ] {
        assert_eq!(
            is_multivalued(&format!("saml:{list}")),
            Some(true),
            "{list}"
        );
    }
    for single in ["aud", "doc", "iss", "namequalifier", "sub", "sub_type"] {
        assert_eq!(
            is_multivalued(&format!("saml:{single}")),
            Some(false),
            "{single}"
        );
    }
    check_key(
        "accounts.google.com:sub",
        Some(("accounts.google.com:sub", "String")),
    );
    check_key(
        "accounts.google.com:amr",
        Some(("${Provider}:amr", "ArrayOfString")),
    );
    check_key(
        "cognito-identity.amazonaws.com:amr",
        Some(("cognito-identity.amazonaws.com:amr", "ArrayOfString")),
    );
    check_key(
        "oidc.eks.us-east-1.amazonaws.com/id/AB:SUB",
        Some(("${Provider}:sub", "String")),
    );
    check_key("localhost.:sub", None);
    check_key(".a:sub", None);
    check_key("provider:sub", None);
    check_key("oidc.example.com:email", None);
    check_key("oidc.example.com", None);
}

#[test]
fn keys_of_other_services() {
    // SOURCE: spec/condition-keys.md §4.
    for (list, expected) in [
        ("s3:RequestObjectTagKeys", true),
        ("s3:prefix", false),
        ("s3:ExistingObjectTag/a", false),
        ("s3:BucketTag/a", false),
        ("sns:Endpoint", false),
        ("kms:EncryptionContextKeys", true),
        ("kms:GrantOperations", true),
        ("kms:ResourceAliases", true),
        ("kms:ViaService", false),
        ("dynamodb:LeadingKeys", true),
        ("dynamodb:Attributes", true),
        ("dynamodb:Select", false),
        ("secretsmanager:SecretId", false),
    ] {
        assert_eq!(is_multivalued(list), Some(expected), "{list}");
    }
    check_key("s3:max-keys", Some(("s3:max-keys", "Numeric")));
    check_key("s3:TlsVersion", Some(("s3:TlsVersion", "Numeric")));
    check_key("kms:MultiRegion", Some(("kms:MultiRegion", "Bool")));
}

#[test]
fn every_key_is_found_by_its_own_name() {
    let mut names: Vec<&str> = condition_keys().map(|key| key.name).collect();
    for name in &names {
        assert_eq!(
            condition_key(&name.to_uppercase()).map(|key| key.name),
            Some(*name)
        );
    }
    names.sort_unstable();
    assert!(
        names.windows(2).all(|pair| pair[0] != pair[1]),
        "no key twice"
    );
}

#[test]
fn services_covered_by_rcps() {
    // SOURCE: Organizations user guide, "List of AWS services that support RCPs", 2026-09-26, its prefixes.
    let listed = [
        "aoss",
        "appconfig",
        "appstream",
        "autoscaling",
        "autoscaling-plans",
        "budgets",
        "clouddirectory",
        "cloudfront",
        "cloudsearch",
        "cloudtrail-data",
        "codeartifact",
        "codebuild",
        "codecommit",
        "codepipeline",
        "cognito-identity",
        "cognito-idp",
        "comprehend",
        "comprehendmedical",
        "compute-optimizer",
        "cost-optimization-hub",
        "dax",
        "dsql",
        "dynamodb",
        "ecr",
        "ecr-public",
        "events",
        "firehose",
        "fis",
        "fms",
        "gamelift",
        "health",
        "inspector-scan",
        "kendra",
        "kinesisvideo",
        "kms",
        "logs",
        "memorydb",
        "networkmonitor",
        "notifications",
        "opensearch",
        "pca-connector-ad",
        "personalize",
        "polly",
        "pricing",
        "resource-groups",
        "rolesanywhere",
        "s3",
        "secretsmanager",
        "servicediscovery",
        "signin",
        "sqs",
        "sts",
        "support",
        "swf",
        "textract",
        "timestream-influxdb",
        "transcribe",
        "transfer",
        "translate",
        "wafv2",
        "workspaces",
        "xray",
    ];
    let covered: Vec<&str> = services()
        .filter(|found| found.is_covered_by_rcps())
        .map(Service::prefix)
        .collect();
    assert_eq!(covered, listed);
    assert!(covered_by_rcps("S3"));
    // SOURCE: spec/evaluation.md §1: not IAM, not SNS.
    assert!(!covered_by_rcps("iam") && !covered_by_rcps("sns") && !covered_by_rcps("nobody"));
}
