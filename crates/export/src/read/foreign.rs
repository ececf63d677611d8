//! What a file is that is no export, and how to get one.

use std::collections::BTreeSet;

use crate::error::COMMAND;

/// Tells texts that are no JSON.
pub(super) fn not_json(path: &str, text: &str) -> Option<String> {
    let start = text.trim_start();
    if start.starts_with(['{', '[']) || start.is_empty() {
        return start.starts_with('[').then(|| {
            format!("{path} is a list: {COMMAND} prints an object, so run it without --query")
        });
    }
    let first = start.lines().next().unwrap_or_default();
    Some(if start.starts_with('<') {
        format!("{path} is XML or HTML: {COMMAND} --output json > {path} prints what is needed")
    } else if first.starts_with("user,arn,") {
        format!(
            "{path} is a credential report: give it with --credential-report, and the account with --export"
        )
    } else if first.contains("DetailList:")
        || first.starts_with("GROUPDETAILLIST")
        || first.starts_with("UserDetailList")
    {
        format!("{path} is printed as YAML or text: run {COMMAND} --output json > {path}")
    } else if start.starts_with("An error occurred") || start.starts_with("aws: [ERROR]") {
        format!(
            "{path} is an error message and no export; read it with keyward explain --message, and run {COMMAND} again"
        )
    } else {
        format!("{path} is not JSON: run {COMMAND} --output json > {path}")
    })
}

/// Files that people take for an export, told by members that they have.
const KNOWN: [(&[&str], &str); 13] = [
    (
        &["Users"],
        "what aws iam list-users prints, which has no policies",
    ),
    (
        &["Roles"],
        "what aws iam list-roles prints, which has no permissions policies",
    ),
    (
        &["Groups"],
        "what aws iam list-groups prints, which has no policies",
    ),
    (
        &["Policies"],
        "what aws iam list-policies prints, which has no documents",
    ),
    (&["PolicyVersion"], "one version of one policy"),
    (&["Records"], "a CloudTrail file: give it with --event"),
    (
        &["Events"],
        "what aws cloudtrail lookup-events prints: give it with --event",
    ),
    (&["eventName"], "a CloudTrail record: give it with --event"),
    (&["terraform_version"], "a Terraform state"),
    (&["Resources"], "a CloudFormation template"),
    (&["SummaryMap"], "an account summary"),
    (&["EvaluationResults"], "an answer of the policy simulator"),
    (
        &["Accounts"],
        "what aws organizations list-accounts prints; how to write organization.json is in docs/exports.md",
    ),
];

/// Says what a JSON object is that has none of the members of an export.
pub(super) fn sentence(path: &str, members: &BTreeSet<String>) -> String {
    let known = KNOWN
        .iter()
        .find(|(names, _)| names.iter().all(|name| members.contains(*name)));
    match known {
        Some((_, what)) => format!("{path} is {what}; run {COMMAND} > {path}"),
        None => format!(
            "{path} is not what {COMMAND} prints: it has no UserDetailList, GroupDetailList, RoleDetailList or Policies, \
             and is no policy, organization or resource policy either"
        ),
    }
}
