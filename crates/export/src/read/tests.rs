use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::{Export, Start};

const EXPORT: &str = r#"{"UserDetailList":[{"Path":"/","UserName":"a","UserId":"AIDA1","Arn":"arn:aws:iam::111122223333:user/a",
    "UserPolicyList":[{"PolicyName":"p","PolicyDocument":{"Version":"2012-10-17","Statement":[]}}],
    "GroupList":["g"],"AttachedManagedPolicies":[{"PolicyName":"m","PolicyArn":"arn:aws:iam::aws:policy/m"}],
    "Tags":[{"Key":"k","Value":"v"}]}],
    "GroupDetailList":[{"GroupName":"g","Arn":"arn:aws:iam::111122223333:group/g","GroupPolicyList":[],"AttachedManagedPolicies":[]}],
    "RoleDetailList":[{"RoleName":"r","RoleId":"AROA1","Arn":"arn:aws:iam::444455556666:role/r",
    "AssumeRolePolicyDocument":"%7B%22Statement%22%3A%5B%5D%7D","RolePolicyList":[],"AttachedManagedPolicies":[]}],
    "Policies":[{"PolicyName":"m","Arn":"arn:aws:iam::aws:policy/m","DefaultVersionId":"v1",
    "PolicyVersionList":[{"Document":{},"VersionId":"v1","IsDefaultVersion":true}]}]}"#;

fn export(files: &[(&str, &str)]) -> Result<Export, ReadError> {
    let mut pieces = Vec::new();
    for (path, text) in files {
        pieces.extend(read(path, (*text).to_owned())?);
    }
    Export::of(pieces)
}

fn refused(files: &[(&str, &str)], expected: &str) {
    let error = export(files).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn entities_go_to_the_accounts_of_their_arns() {
    let export = export(&[("x.json", EXPORT)]).unwrap();
    let ids: Vec<String> = export.accounts.keys().map(ToString::to_string).collect();
    assert_eq!(ids, ["111122223333", "444455556666"]);
    assert!(export.aws_managed.contains_key("arn:aws:iam::aws:policy/m"));
    let role = &export.accounts[&AccountId::parse("444455556666").unwrap()].roles[0];
    assert_eq!(role.trust.as_ref().unwrap().text(), r#"{"Statement":[]}"#);
    let Start::InString(_, position) = role.trust.as_ref().unwrap().start() else {
        panic!("a string keeps its place")
    };
    assert_eq!(position.line, 7);
    let user = &export.accounts[&AccountId::parse("111122223333").unwrap()].users[0];
    let Start::File(path, position) = user.inline[0].document.start() else {
        panic!("an object keeps its place")
    };
    assert_eq!((&*path, position.line, position.column), ("x.json", 2, 58));
}

#[test]
fn pages() {
    let page = |name: &str, more: bool| {
        format!(
            r#"{{"UserDetailList":[{{"UserName":"{name}","Arn":"arn:aws:iam::111122223333:user/{name}"}}],"IsTruncated":{more},"Marker":"x"}}"#
        )
    };
    let (one, two) = (page("a", true), page("b", false));
    let count = |files: &[(&str, &str)]| {
        let export = export(files).unwrap();
        export
            .accounts
            .values()
            .map(|it| it.users.len())
            .sum::<usize>()
    };
    assert_eq!(count(&[("1", &one), ("2", &two)]), 2);
    // Appended to one file, and read twice.
    assert_eq!(count(&[("1", &format!("{one}\n{two}")), ("2", &two)]), 2);
    refused(&[("1", &one)], "only the first part of an account");
    refused(
        &[("1", r#"{"UserDetailList":[],"NextToken":"eyJ"}"#)],
        "without --max-items",
    );
}

#[test]
fn bad_files() {
    for (text, expected) in [
        ("", "is empty"),
        ("  \n", "is empty"),
        (
            "{\"UserDetailList\": [{\"UserName\": \"al",
            "is cut off at line 1",
        ),
        ("[]", "without --query"),
        ("<html>", "is XML or HTML"),
        ("user,arn,user_creation_time", "--credential-report"),
        ("UserDetailList:\n- Arn: x", "--output json"),
        ("An error occurred (AccessDenied)", "is an error message"),
        ("hello", "is not JSON"),
        (r#"{"Users":[]}"#, "aws iam list-users"),
        (
            r#"{"Policies":[{"PolicyName":"p","Arn":"a"}]}"#,
            "aws iam list-policies",
        ),
        (
            r#"{"Policies":[{"Id":"p-1","Name":"x"}]}"#,
            "aws iam list-policies",
        ),
        (r#"{"Records":[]}"#, "--event"),
        (r#"{"terraform_version":"1"}"#, "a Terraform state"),
        (
            r#"{"a":1}"#,
            "is not what aws iam get-account-authorization-details prints",
        ),
        (r#"{"Policy":"{}"}"#, "not of which resource"),
        (r#"{"Resource":"b","Policy":{}}"#, "is not an ARN"),
        (
            r#"{"Resource":"arn:aws:s3:::b","Account":"1","Policy":{}}"#,
            "12 digits",
        ),
        (
            r#"{"UserDetailList":[{"UserName":"a"}]}"#,
            "names no account",
        ),
        (r#"{"UserDetailList":[{"UserName":"a""#, "cut off"),
        (r#"{"UserDetailList":[{"UserName":1}]}"#, "is not what"),
    ] {
        refused(&[("x.json", text)], expected);
    }
}

const ORGANIZATION: &str = r#"{"Organization":{"Id":"o-1","ManagementAccountId":"999999999999","Root":{"Id":"r-1",
    "ServiceControlPolicies":["FullAWSAccess"],
    "Accounts":[{"Id":"999999999999","ServiceControlPolicies":["FullAWSAccess"]}],
    "OrganizationalUnits":[{"Id":"ou-1","Name":"Prod","ServiceControlPolicies":["FullAWSAccess","NoIam"],
    "Accounts":[{"Id":"111122223333","ServiceControlPolicies":["FullAWSAccess"]}]}]}}}"#;
const SCP: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:*","Resource":"*"}}"#;

#[test]
fn organizations() {
    let files = [
        ("organization.json", ORGANIZATION),
        ("x/scp/NoIam.json", SCP),
    ];
    let organization = export(&files).unwrap().organization.unwrap();
    let account = AccountId::parse("111122223333").unwrap();
    let levels: Vec<&str> = organization.accounts[&account]
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(levels, ["r-1", "ou-1", "111122223333"]);
    assert_eq!(organization.path(account).as_deref(), Some("o-1/r-1/ou-1/"));
    let described = format!(
        r#"{{"Policy":{{"PolicySummary":{{"Id":"p-9","Arn":"arn:x","Name":"NoIam","Type":"SERVICE_CONTROL_POLICY"}},"Content":{}}}}}"#,
        serde_json::to_string(SCP).unwrap()
    );
    assert!(export(&[("organization.json", ORGANIZATION), ("p.json", &described)]).is_ok());

    refused(
        &[("organization.json", ORGANIZATION)],
        "no file has its document",
    );
    refused(&[("scp/NoIam.json", SCP)], "where it is attached");
    refused(
        &[(
            "o.json",
            &ORGANIZATION.replacen(
                r#","ServiceControlPolicies":["FullAWSAccess"]}]}]"#,
                "}]}]",
                1,
            ),
        )],
        "111122223333 has no ServiceControlPolicies and the root has",
    );
    refused(
        &[
            ("o.json", ORGANIZATION),
            ("o2.json", ORGANIZATION),
            ("scp/NoIam.json", SCP),
        ],
        "two files with an Organization",
    );
    refused(
        &[(
            "o.json",
            &ORGANIZATION.replace("111122223333", "999999999999"),
        )],
        "stands in the organization twice",
    );
}

#[test]
fn resource_policies() {
    for text in [
        r#"{"Resource":"arn:aws:s3:::b","Account":"111122223333","Policy":{"Statement":[]}}"#,
        r#"{"ResourcePolicies":[{"Resource":"arn:aws:s3:::b","Policy":"{\"Statement\":[]}"}]}"#,
        r#"{"Attributes":{"QueueArn":"arn:aws:sqs:us-east-1:111122223333:q","Policy":"{\"Statement\":[]}"}}"#,
        r#"{"Attributes":{"TopicArn":"arn:aws:sns:us-east-1:111122223333:t","Policy":"{\"Statement\":[]}"}}"#,
        r#"{"ARN":"arn:aws:secretsmanager:us-east-1:111122223333:secret:x","Name":"x","ResourcePolicy":"{\"Statement\":[]}"}"#,
    ] {
        let export = export(&[("r.json", text)]).unwrap();
        let policy = export.resources.values().next().unwrap();
        assert_eq!(policy.document.text(), r#"{"Statement":[]}"#, "{text}");
    }
}

#[test]
fn bare_documents_are_policies_of_whoever_is_asked_about() {
    let export = export(&[("p/Read.json", SCP)]).unwrap();
    assert!(export.is_bare());
    assert_eq!(export.bare[0].name, "Read");
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = read("x", text);
    }

    /// Whatever comes through names documents that lie in the text.
    #[test]
    fn damaged_exports_are_answered(
        damages in proptest::collection::vec((any::<Index>(), 0_usize..20, "[{}\\[\\]\",:0a%\\\\]{0,4}|null|1e999|\\\\ud800"), 1..4),
    ) {
        let mut text = EXPORT.to_owned();
        for (at, length, insert) in damages {
            let from = at.index(text.len() + 1);
            let to = from.saturating_add(length).min(text.len());
            if text.is_char_boundary(from) && text.is_char_boundary(to) {
                text.replace_range(from..to, &insert);
            }
        }
        for piece in read("x", text).into_iter().flatten() {
            if let Piece::Account { account, .. } = piece {
                for inline in account.users.iter().flat_map(|user| &user.inline) {
                    let _ = (inline.document.text().len(), inline.document.start());
                }
            }
        }
    }
}
