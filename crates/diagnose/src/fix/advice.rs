//! How whoever asks gets another value into a condition key.

use crate::case::Case;

/// How a key comes to have another value.
pub(super) struct Advice {
    /// By what.
    pub(super) what: How,
    /// 0 where it takes no change to anything that is stored.
    pub(super) breadth: u64,
}

/// The ways in which whoever asks gets another value into a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Address,
    Endpoint,
    Mfa,
    Other,
    Region,
    RequestTag,
    TagPrincipal,
    TagResource,
    Tls,
}

/// Says how a key comes to have another value; `None` for keys that say who or what is asked about.
pub(super) fn advice(key: &str) -> Option<Advice> {
    const FIXED: [&str; 16] = [
        "aws:AssumedRoot",
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:FederatedProvider",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceName",
        "aws:PrincipalType",
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:ResourceOrgPaths",
        "aws:userid",
        "aws:username",
    ];
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    let below = |prefix: &str| {
        key.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if FIXED.into_iter().any(is) {
        return None;
    }
    let (what, breadth) = if is("aws:MultiFactorAuthPresent") || is("aws:MultiFactorAuthAge") {
        (How::Mfa, 0)
    } else if is("aws:SourceIp") || is("aws:VpcSourceIp") {
        (How::Address, 0)
    } else if below("aws:SourceVpc") {
        (How::Endpoint, 0)
    } else if is("aws:SecureTransport") {
        (How::Tls, 0)
    } else if is("aws:RequestedRegion") {
        (How::Region, 0)
    } else if below("aws:RequestTag/") || is("aws:TagKeys") {
        (How::RequestTag, 0)
    } else if below("aws:PrincipalTag/") {
        (How::TagPrincipal, 50)
    } else if below("aws:ResourceTag/")
        || below("iam:ResourceTag/")
        || below("s3:ExistingObjectTag/")
    {
        (How::TagResource, 50)
    } else {
        (How::Other, 0)
    };
    Some(Advice { what, breadth })
}

/// Says what to do. A key that the request lacks may only not have been told.
pub(super) fn sentence(case: &Case<'_>, how: How, key: &str, value: Option<&str>) -> String {
    let Some(value) = value else {
        return format!("Send the request without {key}.");
    };
    let untold = if case.request.context.get(key).next().is_none() {
        ", which was not given"
    } else {
        ""
    };
    match how {
        How::Address => format!("Send the request from {value} ({key}{untold})."),
        How::Endpoint => format!("Send the request through {value} ({key}{untold})."),
        How::Mfa => format!(
            "Use credentials made with MFA, as from aws sts get-session-token --serial-number DEVICE --token-code CODE \
             ({key} = {value})."
        ),
        How::Other => format!("Send the request with {key} = {value}{untold}."),
        How::Region => format!("Send the request to region {value} ({key}{untold})."),
        How::RequestTag => format!("Send the tag with the request: {key} = {value}{untold}."),
        How::TagPrincipal => format!("Tag the principal: {key} = {value}."),
        How::TagResource => format!("Tag the resource: {key} = {value}{untold}."),
        How::Tls if value == "true" => format!("Send the request over TLS ({key}{untold})."),
        How::Tls => format!("Send the request without TLS ({key}{untold})."),
    }
}
