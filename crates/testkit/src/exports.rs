//! Exports of realistic size, made the same each time: a small shop, an organization of 40 accounts, an account of 5,000
//! roles.
//!
//! The texts look as `aws iam get-account-authorization-details` prints them: indented by four, documents as objects.

mod document;
mod json;

use std::fmt::Write as _;

use document::{deploy, read_bucket, team_policy, trust_role, trust_service};
use json::{member, pretty};

/// One file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportFile {
    /// Its path below the export's directory.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// The account of the 5,000 roles, and the first of the organization.
pub const LARGE_ACCOUNT: &str = "111122223333";

/// How many roles the large account has.
pub const ROLES: usize = 5_000;

/// How many accounts the organization has.
pub const ACCOUNTS: usize = 40;

/// Teams that roles and users belong to.
const TEAMS: [&str; 12] = [
    "billing",
    "catalogue",
    "checkout",
    "data",
    "frontend",
    "identity",
    "logistics",
    "mobile",
    "payments",
    "platform",
    "search",
    "support",
];

/// Returns a team by any number.
fn team_of(index: usize) -> &'static str {
    TEAMS
        .get(index % TEAMS.len())
        .copied()
        .unwrap_or("platform")
}

/// A shop of a few people: two groups, a deployment role, a boundary, a bucket with a policy of its own.
#[must_use]
pub fn small_shop() -> Vec<ExportFile> {
    let account = LARGE_ACCOUNT;
    let arn = |rest: &str| format!("arn:aws:iam::{account}:{rest}");
    let users = ["alice", "bob", "carol", "dora", "emil"].map(|name| {
        entity(
            "User",
            name,
            &arn(&format!("user/{name}")),
            &[
                (
                    "GroupList",
                    if name == "alice" {
                        r#"["admins"]"#.to_owned()
                    } else {
                        r#"["staff"]"#.to_owned()
                    },
                ),
                ("AttachedManagedPolicies", "[]".to_owned()),
                (
                    "Tags",
                    format!(r#"[{{"Key":"team","Value":"{}"}}]"#, team_of(name.len())),
                ),
            ],
        )
    });
    let home = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Home","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::shop-home/${aws:username}/*"},{"Sid":"NoDelete","Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}"#;
    let groups = [
        entity(
            "Group",
            "staff",
            &arn("group/staff"),
            &[
                (
                    "GroupPolicyList",
                    format!(r#"[{{"PolicyName":"Home","PolicyDocument":{home}}}]"#),
                ),
                (
                    "AttachedManagedPolicies",
                    attached(&[("ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess")]),
                ),
            ],
        ),
        entity(
            "Group",
            "admins",
            &arn("group/admins"),
            &[
                ("GroupPolicyList", "[]".to_owned()),
                (
                    "AttachedManagedPolicies",
                    attached(&[(
                        "AdministratorAccess",
                        "arn:aws:iam::aws:policy/AdministratorAccess",
                    )]),
                ),
            ],
        ),
    ];
    let roles = [entity(
        "Role",
        "Deploy",
        &arn("role/ci/Deploy"),
        &[
            ("AssumeRolePolicyDocument", trust_role(account, "ci/Runner")),
            (
                "RolePolicyList",
                format!(
                    r#"[{{"PolicyName":"Deploy","PolicyDocument":{}}}]"#,
                    deploy(account, "checkout")
                ),
            ),
            ("AttachedManagedPolicies", "[]".to_owned()),
        ],
    )];
    let policies = [
        managed("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        managed("arn:aws:iam::aws:policy/AdministratorAccess"),
    ];
    let bucket = format!(
        r#"{{"Resource":"arn:aws:s3:::shop-home","Account":"{account}","Policy":{{"Version":"2012-10-17","Statement":[{{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::shop-home","arn:aws:s3:::shop-home/*"],"Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}]}}}}"#
    );
    vec![
        file("account.json", &details(&users, &groups, &roles, &policies)),
        file("resource/shop-home.json", &bucket),
    ]
}

/// Forty accounts in four organizational units, with SCPs and RCPs.
#[must_use]
pub fn organization() -> Vec<ExportFile> {
    let mut files = Vec::new();
    let mut units: [Vec<String>; 4] = Default::default();
    for index in 0..ACCOUNTS {
        let account = format!("{}", 111_122_223_333_u64 + index as u64);
        if let Some(unit) = units.get_mut(index % 4) {
            unit.push(account.clone());
        }
        let roles: Vec<String> = (0..25)
            .map(|role| team_role(&account, role, index + role))
            .collect();
        let users: Vec<String> = (0..5)
            .map(|user| {
                let name = format!("{}-{user}", team_of(index + user));
                let arn = format!("arn:aws:iam::{account}:user/people/{name}");
                entity(
                    "User",
                    &name,
                    &arn,
                    &[
                        ("GroupList", "[]".to_owned()),
                        (
                            "UserPolicyList",
                            format!(
                                r#"[{{"PolicyName":"Own","PolicyDocument":{}}}]"#,
                                read_bucket("shared", user)
                            ),
                        ),
                        ("AttachedManagedPolicies", "[]".to_owned()),
                    ],
                )
            })
            .collect();
        let policies: Vec<String> = TEAMS
            .iter()
            .map(|team| team_policy(&account, team))
            .collect();
        files.push(file(
            &format!("accounts/{account}.json"),
            &details(&users, &[], &roles, &policies),
        ));
    }
    let accounts = |ids: &[String]| -> String {
        let levels: Vec<String> = ids
            .iter()
            .map(|id| format!(r#"{{"Id":"{id}","Name":"team-{id}","ServiceControlPolicies":["FullAWSAccess"],"ResourceControlPolicies":["RCPFullAWSAccess"]}}"#))
            .collect();
        levels.join(",")
    };
    let named = [
        ("Production", "Regions"),
        ("Staging", "NoRootKeys"),
        ("Sandbox", "NoUsers"),
        ("Security", "KeepTrails"),
    ];
    let ous: Vec<String> = units
        .iter()
        .zip(named)
        .enumerate()
        .map(|(index, (ids, (name, policy)))| {
            format!(
                r#"{{"Id":"ou-abcd-{index}","Name":"{name}","ServiceControlPolicies":["FullAWSAccess","{policy}"],"ResourceControlPolicies":["RCPFullAWSAccess"],"Accounts":[{}]}}"#,
                accounts(ids)
            )
        })
        .collect();
    files.push(file(
        "organization.json",
        &format!(
            r#"{{"Organization":{{"Id":"o-exampleorg1","ManagementAccountId":"999999999999","Root":{{"Id":"r-abcd","Name":"Root","ServiceControlPolicies":["FullAWSAccess"],"ResourceControlPolicies":["RCPFullAWSAccess","OnlyUs"],"OrganizationalUnits":[{}],"Accounts":[]}}}}}}"#,
            ous.join(",")
        ),
    ));
    let scp = |name: &str, statement: &str| {
        file(
            &format!("scp/{name}.json"),
            &format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#),
        )
    };
    files.push(scp("Regions", r#"{"Sid":"Regions","Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1","eu-west-1","us-east-1"]}}}"#));
    files.push(scp("NoRootKeys", r#"{"Sid":"NoRootKeys","Effect":"Deny","Action":"iam:CreateAccessKey","Resource":"arn:aws:iam::*:root"}"#));
    files.push(scp("NoUsers", r#"{"Sid":"NoUsers","Effect":"Deny","Action":["iam:CreateUser","iam:CreateAccessKey"],"Resource":"*"}"#));
    files.push(scp("KeepTrails", r#"{"Sid":"KeepTrails","Effect":"Deny","Action":["cloudtrail:StopLogging","cloudtrail:DeleteTrail"],"Resource":"*"}"#));
    files.push(file("rcp/OnlyUs.json", r#"{"Version":"2012-10-17","Statement":[{"Sid":"OnlyUs","Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*","kms:*"],"Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-exampleorg1"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]}"#));
    files
}

/// One account of 5,000 roles, with all of AWS's managed policies.
#[must_use]
pub fn many_roles() -> Vec<ExportFile> {
    let roles: Vec<String> = (0..ROLES)
        .map(|role| team_role(LARGE_ACCOUNT, role, role))
        .collect();
    let mut policies: Vec<String> = TEAMS
        .iter()
        .map(|team| team_policy(LARGE_ACCOUNT, team))
        .collect();
    policies.extend(keyward_catalog::managed_policies().map(|it| managed(&it.arn())));
    vec![file("account.json", &details(&[], &[], &roles, &policies))]
}

/// Returns the ARN of a role of [`many_roles`], by its number.
#[must_use]
pub fn role_arn(role: usize) -> String {
    format!(
        "arn:aws:iam::{LARGE_ACCOUNT}:role/{}/{}",
        team_of(role),
        role_name(role)
    )
}

fn role_name(role: usize) -> String {
    format!("{}-service-{role:04}", team_of(role))
}

fn team_role(account: &str, role: usize, seed: usize) -> String {
    let team = team_of(role);
    let name = role_name(role);
    let arn = format!("arn:aws:iam::{account}:role/{team}/{name}");
    let trust = match seed % 3 {
        0 => trust_service("ecs-tasks.amazonaws.com"),
        1 => trust_service("lambda.amazonaws.com"),
        _ => trust_role(
            account,
            &format!("{team}/{}", role_name(role.saturating_sub(12))),
        ),
    };
    let boundary = format!(
        r#"{{"PermissionsBoundaryType":"Policy","PermissionsBoundaryArn":"arn:aws:iam::{account}:policy/teams/{}-team"}}"#,
        team_of(role + 1)
    );
    let team_arn = format!("arn:aws:iam::{account}:policy/teams/{team}-team");
    let mut members = vec![
        ("AssumeRolePolicyDocument", trust),
        ("InstanceProfileList", "[]".to_owned()),
        (
            "RolePolicyList",
            format!(
                r#"[{{"PolicyName":"{name}","PolicyDocument":{}}},{{"PolicyName":"read","PolicyDocument":{}}}]"#,
                deploy(account, team),
                read_bucket(team, role)
            ),
        ),
        (
            "AttachedManagedPolicies",
            attached(&[
                (&format!("{team}-team"), &team_arn),
                (
                    "AWSXRayDaemonWriteAccess",
                    "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess",
                ),
            ]),
        ),
        (
            "Tags",
            format!(
                r#"[{{"Key":"team","Value":"{team}"}},{{"Key":"env","Value":"{}"}}]"#,
                if seed.is_multiple_of(2) {
                    "prod"
                } else {
                    "dev"
                }
            ),
        ),
        (
            "RoleLastUsed",
            r#"{"LastUsedDate":"2026-10-31T12:00:00+00:00","Region":"eu-central-1"}"#.to_owned(),
        ),
    ];
    if seed.is_multiple_of(10) {
        members.push(("PermissionsBoundary", boundary));
    }
    entity("Role", &name, &arn, &members)
}

/// Writes a user, group or role; `UserName`, `GroupName`, `RoleName` and so on are made of the kind.
fn entity(kind: &str, name: &str, arn: &str, members: &[(&str, String)]) -> String {
    let path = arn
        .split_once(":user")
        .or_else(|| arn.split_once(":group"))
        .or_else(|| arn.split_once(":role"))
        .map_or("/", |(_, rest)| rest);
    let path = path.rsplit_once('/').map_or("/", |(path, _)| path);
    let prefix = match kind {
        "User" => "AIDA",
        "Group" => "AGPA",
        _ => "AROA",
    };
    let mut out = String::from("{");
    let _ = write!(
        out,
        r#""Path":"{path}/","{kind}Name":"{name}","{kind}Id":"{prefix}{}","Arn":"{arn}","CreateDate":"2024-03-01T09:30:00+00:00""#,
        unique(arn)
    );
    for (name, value) in members {
        let _ = write!(out, ",{}", member(name, value));
    }
    out.push('}');
    out
}

/// Seventeen characters that are the same for the same ARN.
fn unique(arn: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in arn.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (0..17)
        .map(|place| {
            let mixed = hash
                .rotate_left(place * 7)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                >> 59;
            LETTERS
                .get(mixed as usize & 31)
                .copied()
                .map_or('A', char::from)
        })
        .collect()
}

fn attached(policies: &[(&str, &str)]) -> String {
    let items: Vec<String> = policies
        .iter()
        .map(|(name, arn)| format!(r#"{{"PolicyName":"{name}","PolicyArn":"{arn}"}}"#))
        .collect();
    format!("[{}]", items.join(","))
}

/// One of AWS's managed policies, as the export has it.
fn managed(arn: &str) -> String {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let document =
        keyward_catalog::managed_policy(arn).map_or_else(|| "{}".to_owned(), |it| it.document());
    format!(
        r#"{{"PolicyName":"{name}","PolicyId":"ANPA{}","Arn":"{arn}","Path":"/","DefaultVersionId":"v3","AttachmentCount":1,"PermissionsBoundaryUsageCount":0,"IsAttachable":true,"CreateDate":"2015-02-06T18:40:48+00:00","UpdateDate":"2024-02-06T18:40:48+00:00","PolicyVersionList":[{{"Document":{document},"VersionId":"v3","IsDefaultVersion":true,"CreateDate":"2024-02-06T18:40:48+00:00"}}]}}"#,
        unique(arn)
    )
}

fn details(users: &[String], groups: &[String], roles: &[String], policies: &[String]) -> String {
    format!(
        r#"{{"UserDetailList":[{}],"GroupDetailList":[{}],"RoleDetailList":[{}],"Policies":[{}]}}"#,
        users.join(","),
        groups.join(","),
        roles.join(","),
        policies.join(",")
    )
}

fn file(path: &str, compact: &str) -> ExportFile {
    ExportFile {
        path: path.to_owned(),
        text: pretty(compact),
    }
}
