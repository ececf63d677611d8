//! What generated lines are made of.
// Many words a line: one a line would hide the lists in their length.

/// A principal and, for some sessions, who issued it.
pub(super) const PRINCIPALS: &[(&str, Option<&str>)] = &[
    ("arn:aws:iam::111111111111:user/bob", None),
    ("arn:aws:iam::111111111111:user/bob", None),
    ("arn:aws:iam::111111111111:user/p/bob", None),
    ("arn:aws:iam::222222222222:user/bob", None),
    ("arn:aws:iam::111111111111:role/R", None),
    ("arn:aws:sts::111111111111:assumed-role/R/s", None),
    ("arn:aws:sts::111111111111:assumed-role/R/s", None),
    ("arn:aws:sts::111111111111:assumed-role/R/t", Some("arn:aws:iam::111111111111:role/p/R")),
    ("arn:aws:sts::222222222222:assumed-role/R/s", None),
    ("arn:aws:sts::111111111111:assumed-role/L/s", Some("arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/L")),
    ("arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/L", None),
    ("arn:aws:sts::111111111111:federated-user/bob", None),
    ("arn:aws:sts::111111111111:federated-user/app", Some("arn:aws:iam::111111111111:user/bob")),
    ("arn:aws:sts::111111111111:federated-user/app", Some("arn:aws:iam::111111111111:root")),
    ("arn:aws:sts::222222222222:federated-user/bob", None),
    ("arn:aws:iam::111111111111:root", None),
    ("arn:aws:iam::222222222222:root", None),
    ("x.amazonaws.com", None),
    ("sns.amazonaws.com", None),
    ("*", None),
    ("*", None),
    ("arn:aws:iam::111111111111:oidc-provider/idp.example", None),
    ("arn:aws:iam::111111111111:saml-provider/P", None),
    ("accounts.google.com", None),
    ("cognito-identity.amazonaws.com", None),
    ("arn:aws-cn:iam::111111111111:user/bob", None),
];

/// Entries of principal elements.
pub(super) const PRINCIPAL_ENTRIES: &[(&str, &str)] = &[
    ("AWS", "*"),
    ("AWS", "111111111111"),
    ("AWS", "111111111111"),
    ("AWS", "arn:aws:iam::111111111111:root"),
    ("AWS", "arn:aws:iam::111111111111:root"),
    ("AWS", "222222222222"),
    ("AWS", "arn:aws:iam::222222222222:root"),
    ("AWS", "arn:aws-cn:iam::111111111111:root"),
    ("AWS", "arn:aws:iam::111111111111:user/bob"),
    ("AWS", "arn:aws:iam::111111111111:user/bob"),
    ("AWS", "arn:aws:iam::111111111111:user/p/bob"),
    ("AWS", "arn:aws:iam::222222222222:user/bob"),
    ("AWS", "arn:aws:iam::111111111111:user/*"),
    ("AWS", "arn:aws:iam::111111111111:role/R"),
    ("AWS", "arn:aws:iam::111111111111:role/R"),
    ("AWS", "arn:aws:iam::111111111111:role/p/R"),
    ("AWS", "arn:aws:iam::222222222222:role/R"),
    ("AWS", "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/L"),
    ("AWS", "arn:aws:sts::111111111111:assumed-role/R/s"),
    ("AWS", "arn:aws:sts::111111111111:assumed-role/R/s"),
    ("AWS", "arn:aws:sts::111111111111:assumed-role/R/t"),
    ("AWS", "arn:aws:sts::111111111111:assumed-role/R/*"),
    ("AWS", "arn:aws:sts::111111111111:federated-user/bob"),
    ("AWS", "arn:aws:sts::111111111111:federated-user/app"),
    ("AWS", "AROAEXAMPLEEXAMPLE000"),
    ("Service", "x.amazonaws.com"),
    ("Service", "sns.amazonaws.com"),
    ("Service", "*"),
    ("Federated", "arn:aws:iam::111111111111:oidc-provider/idp.example"),
    ("Federated", "arn:aws:iam::111111111111:saml-provider/P"),
    ("Federated", "accounts.google.com"),
    ("Federated", "cognito-identity.amazonaws.com"),
    ("Federated", "*"),
    ("CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"),
];

/// An action, a resource that fits it, and the account that owns it where its ARN does not say.
pub(super) const TARGETS: &[(&str, &str, Option<&str>)] = &[
    ("s3:GetObject", "arn:aws:s3:::b/o", Some("111111111111")),
    ("s3:GetObject", "arn:aws:s3:::b/o", Some("111111111111")),
    ("s3:GetObject", "arn:aws:s3:::b/o", Some("222222222222")),
    ("S3:getobject", "arn:aws:s3:::b/o", None),
    ("s3:GetObject", "arn:aws:s3:::b/bob/x", Some("111111111111")),
    ("s3:PutObject", "arn:aws:s3:::b/bob/x", Some("111111111111")),
    ("s3:PutObject", "arn:aws:s3:::b/*/x", Some("111111111111")),
    ("s3:PutObject", "arn:aws:s3:::b/${aws:username}/x", Some("111111111111")),
    ("s3:ListBucket", "arn:aws:s3:::b", Some("111111111111")),
    ("s3:DeleteBucketPolicy", "arn:aws:s3:::b", Some("111111111111")),
    ("s3:GetBucketPolicy", "arn:aws:s3:::b", None),
    ("s3:ListAllMyBuckets", "*", None),
    ("ec2:DescribeInstances", "*", None),
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q", None),
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:q", None),
    ("sqs:SendMessage", "arn:aws-cn:sqs:cn-north-1:111111111111:q", None),
    ("logs:PutLogEvents", "arn:aws:logs:us-east-1:111111111111:log-group:g:log-stream:s", None),
    ("kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/k", None),
    ("kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/k", None),
    ("kms:RetireGrant", "arn:aws:kms:us-east-1:111111111111:key/k", None),
    ("kms:CreateAlias", "arn:aws:kms:us-east-1:111111111111:alias/a", None),
    ("kms:ListKeys", "*", None),
    ("sts:AssumeRole", "arn:aws:iam::111111111111:role/T", None),
    ("sts:AssumeRole", "arn:aws:iam::111111111111:role/T", None),
    ("sts:AssumeRole", "arn:aws:iam::111111111111:role/R", None),
    ("sts:AssumeRole", "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/L", None),
    ("sts:TagSession", "arn:aws:iam::111111111111:role/T", None),
    ("sts:AssumeRoleWithWebIdentity", "arn:aws:iam::111111111111:role/T", None),
    ("sts:AssumeRoleWithWebIdentity", "arn:aws:iam::111111111111:role/T", None),
    ("sts:AssumeRoleWithSAML", "arn:aws:iam::111111111111:role/T", None),
    ("sts:AssumeRoot", "arn:aws:iam::222222222222:root", None),
    ("sts:GetCallerIdentity", "*", None),
    ("sts:GetSessionToken", "*", None),
    ("sts:GetFederationToken", "arn:aws:sts::111111111111:federated-user/app", None),
    ("iam:GetUser", "arn:aws:iam::111111111111:user/bob", None),
    ("iam:GetUser", "arn:aws:iam::111111111111:user/p/bob", None),
    ("iam:PassRole", "arn:aws:iam::111111111111:role/T", None),
    ("iam:ListUsers", "arn:aws:iam::111111111111:user/", None),
    ("x:Do", "b/o", None),
];

pub(super) const ACTION_PATTERNS: &[&str] = &[
    "s3:GetObject", "s3:PutObject", "s3:Get*", "S3:GET*", "s3:*", "s3:*", "s3:?etObject", "s3:*Object",
    "*:GetObject", "s*:*", "*:*", "**", "*:", ":*", "GetObject", "s3:", "s3: Get*", "s3:Get:Object", "s3:*Bucket*",
    "s3:ListAllMyBuckets", "s3express:*", "sqs:SendMessage", "sqs:*", "logs:*", "ec2:*", "kms:*", "kms:Decrypt",
    "kms:De*", "sts:*", "sts:*", "sts:AssumeRole", "sts:AssumeRole*", "sts:TagSession", "sts:Get*", "iam:*",
    "iam:Get*", "iam:PassRole", "?am:*", "x:*", "k*:*crypt", "s3:${aws:username}",
];

pub(super) const RESOURCE_PATTERNS: &[&str] = &[
    "*", "**", "arn:aws:s3:::b/*", "arn:aws:s3:::b/*", "arn:aws:s3:::b", "arn:aws:s3:::*", "arn:aws:s3:::b*",
    "arn:aws:s3:::b/?", "arn:aws:s3:::B/*", "arn:aws:S3:::b/*", "ARN:aws:s3:::b/*", "arn:*:s3:::b/*",
    "arn:aws:*:::b/*", "arn:aws:s3:*", "arn:aws:s3", "arn:aws:s3:::", "arn:aws:s3::", "arn:*", "arn*", "arn:",
    "arn:aws:*:*", "arn:aws:s?:*:*:*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:s3:::b/${aws:PrincipalTag/t}*", "arn:aws:s3:::b/${AWS:UserName}/x",
    "arn:aws:s3:::b/${aws:PrincipalTag/t, 'bob'}/*", "arn:aws:s3:::b/${aws:PrincipalTag/t, '*'}/*",
    "arn:aws:s3:::b/${aws:PrincipalTag/t, ''}*", "arn:aws:s3:::b/${aws:PrincipalTag/t,'bob'}/*",
    "arn:aws:s3:::b/${*}/x", "arn:aws:s3:::b/${$}{aws:username}/x", "arn:aws:s3:::b/${}*",
    "arn:aws:s3:::b/${aws:username", "arn:aws:s3:::b/${ aws:username}*", "arn:aws:s3:::${app:list}/*",
    "${aws:SourceArn}", "arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:q", "arn:aws:sqs:${app:k}*", "arn:aws:sqs:*:${aws:PrincipalAccount}:${app:k, 'q'}",
    "arn:aws:sqs:${app:list}:*:q", "arn:aws:sqs:us-east-1:${aws:PrincipalAccount, '111111111111'}:*",
    "arn:aws:sqs:us-east-1:${aws:PrincipalAccount:q",
    "arn:aws:${app:k}:*", "arn:aws:sqs:*:*:q", "arn:aws:sqs:*:111111111111:q", "arn:aws:sqs:US-EAST-1:*:*",
    "arn:aws:sqs:*:q", "arn:aws:sqs:us-east-?:*:?", "arn:aws:sqs:us-east-1:111111111111:q",
    "arn:aws:logs:*:*:log-group:*", "arn:aws:logs:*:*:log-group:g", "arn:aws:kms:*:*:key/*", "arn:aws:kms:*:*:*",
    "arn:aws:iam::*:role/*", "arn:aws:iam::111111111111:role/T", "arn:aws:iam::*:r*",
    "arn:aws:iam::111111111111:user/*", "arn:aws:iam::111111111111:u*", "arn:aws:iam::111111111111:*",
    "arn:aws:iam::111111111111:*/bob", "arn:aws:iam::111111111111:user/${aws:username}",
    "arn:aws:iam::111111111111:user/p/*", "arn:aws:iam::*:**", "arn:aws:iam::*:?ser/*", "arn:aws:*", "arn:aws:i*",
    "b/*", "b/o", "",
];

/// Keys of the context, with the values that requests have for them.
pub(super) const CONTEXT: &[(&str, &[&str])] = &[
    ("app:k", &["a", "b", "A", "ab", "a*", "bob", "sqs"]),
    (
        "aws:username",
        &["bob", "bob", "cat", "*", "b?b", "${app:k}"],
    ),
    ("aws:PrincipalTag/t", &["bob", "a", "*", "x:y", "b/o"]),
    ("app:list", &["a", "b", "c"]),
    ("aws:TagKeys", &["a", "b", "t"]),
    (
        "app:n",
        &["5", "5.0", "05", "-5", "+5", "4.9", "10", "abc", "1e1", " 5", "5.", ".5", "9007199254740993", "0", "-0", "0.0"],
    ),
    (
        "aws:CurrentTime",
        &[
            "2026-01-02T00:00:00Z", "2026-01-02T00:00:00.5Z", "2026-01-02", "2026", "2026-01", "1767312000", "soon",
            "2026-01-02T01:00:00+01:00", "2026-01-02T00:00", "2026-02-30", "2026-01-02T00:00:00+0100",
            "2026-01-02t00:00:00z", "2026-01-02T01:00+01", "2026-01-02T00:00:00Z+01:00",
        ],
    ),
    (
        "aws:SourceIp",
        &["10.1.2.3", "11.1.2.3", "2001:db8::1", "::ffff:10.1.2.3", "10.1.2.3/8", "here"],
    ),
    (
        "aws:SourceArn",
        &[
            "arn:aws:sns:us-east-1:111111111111:t", "arn:aws:s3:::b", "arn:aws:sns:us-east-1:111111111111:t:u", "t",
            "arn:aws:sns", "arn:aws:iam::111111111111:user/bob",
        ],
    ),
    (
        "aws:MultiFactorAuthPresent",
        &["true", "false", "TRUE", "yes", "1"],
    ),
    ("app:bin", &["AB", "ABC", "QUI="]),
    ("aws:PrincipalAccount", &["111111111111", "222222222222"]),
];

/// Operators, the keys they mostly test, and the values that policies want.
pub(super) type Family = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

pub(super) const FAMILIES: &[Family] = &[
    (
        &[
            "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        &[
            "app:k", "aws:username", "aws:PrincipalTag/t", "app:list", "aws:TagKeys", "app:missing",
            "aws:PrincipalAccount",
        ],
        &["a", "b", "A", "a*", "?", "*", "", "bob", "B*", "c", "111111111111", "a?", "**"],
    ),
    (
        &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"],
        &["app:list", "aws:TagKeys"],
        &["a", "b", "c", "t", "?"],
    ),
    (
        &[
            "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &["app:n"],
        &["5", "5.00", "4.95", "-5", "10", "five", "", "1e1", "9007199254740992", "0", "*", "+5.0", "00010", "-0"],
    ),
    (
        &[
            "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        &["aws:CurrentTime"],
        &[
            "2026-01-02T00:00:00Z", "2026-01-02", "2026-01", "2026", "1767312000", "2026-01-01T23:00:00-01:00",
            "later", "", "2026-01-02T00:00:00.50Z", "2026-1-2", "99999999999999",
        ],
    ),
    (
        &["Bool", "Bool", "Null"],
        &["aws:MultiFactorAuthPresent", "app:k"],
        &["true", "false", "True", "yes", "", "${aws:MultiFactorAuthPresent}"],
    ),
    (
        &["Null"],
        &["app:k", "aws:PrincipalTag/t", "aws:TagKeys", "app:missing"],
        &["true", "false", "FALSE", "maybe"],
    ),
    (
        &["IpAddress", "NotIpAddress"],
        &["aws:SourceIp"],
        &[
            "10.0.0.0/8", "10.1.2.3", "10.1.2.3/33", "10.0.0.0/08", "::/0", "0.0.0.0/0", "2001:db8::/32",
            "::ffff:10.0.0.0/104", "::ffff:0:0/90", "there", "10.0.0.0/+8", "2001:db8::1", "10.9.9.9/8",
        ],
    ),
    (
        &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        &["aws:SourceArn"],
        &[
            "arn:aws:sns:*:111111111111:t", "arn:aws:sns:*:*:*", "arn:aws:sns:*:t", "*", "arn:*", "arn:aws:s3:::b",
            "arn:aws:S3:::b", "arn:aws:sns:us-east-1:${aws:PrincipalAccount}:t",
            "arn:aws:iam::*:user/${aws:username}", "arn:*:*:*:*:*", "${aws:SourceArn}",
        ],
    ),
    (
        &["BinaryEquals"],
        &["app:bin"],
        &["QUI=", "QUJD", "QUI", "!", "", "AB=="],
    ),
];

/// Values with policy variables, good and bad.
pub(super) const VARIABLE_VALUES: &[&str] = &[
    "${aws:username}", "${aws:username}", "${aws:PrincipalTag/t}", "${aws:PrincipalTag/t, 'a'}", "${app:missing}",
    "${app:missing, 'b'}", "${*}", "a${*}", "${?}", "${$}", "${app:list}", "${app:k}*", "${}", "${aws:username",
    "${app:missing,'b'}", "${app:k, b}", "${APP:K}", "$a", "${ app:k}", "${app: missing, 'a'}",
];

pub(super) const OPERATOR_ODDITIES: &[&str] = &[
    "StringSounds", "stringequals", "ForAnyValue::StringEquals", "NullIfExists", "ForAllValues:NullIfExists",
    "ForSomeValue:StringEquals", "",
];
