//! Refusals that come before any policy: keys, signatures, clocks, session tokens.

use keyward_diagnose::{Diagnosis, Finding};
use keyward_export::ErrorMessage;

/// One failure: how it is told, and what is behind it.
struct Failure {
    /// Error codes, without `Exception` and `Client.`.
    codes: &'static [&'static str],
    /// A part of the text; empty where the code says it all.
    text: &'static str,
    verdict: &'static str,
    causes: &'static [(&'static str, &'static str, &'static [&'static str])],
}

const WHO: &str = "aws sts get-caller-identity";

/// The failures, the more exact before the less.
// SOURCE: spec/access-denied-messages.md §6b, spec/sts.md §2.
const FAILURES: [Failure; 17] = [
    Failure {
        codes: &["ExpiredToken"],
        text: "",
        verdict: "The temporary credentials have expired: no policy was asked.",
        causes: &[
            (
                "The session has come to its end",
                "Sign in again or assume the role again. A role's sessions last an hour unless more is asked for, and one assumed from another role's session (chained) never longer than an hour, whatever MaxSessionDuration says.",
                &[],
            ),
            (
                "Old credentials are still in the environment",
                "AWS_SESSION_TOKEN, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY outweigh every profile.",
                &[
                    "env | grep ^AWS_",
                    "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
                ],
            ),
        ],
    },
    Failure {
        codes: &["InvalidClientTokenId", "UnrecognizedClient"],
        text: "invalid.",
        verdict: "AWS does not know the access key: it was deleted, deactivated, or never existed. No policy was asked.",
        causes: &[
            (
                "The key was deactivated or deleted",
                "Look whether it is still there; a deactivated one can be made active again.",
                &["aws iam list-access-keys --user-name NAME"],
            ),
            (
                "The key is of another partition or another installation",
                "Keys of AWS China, GovCloud or of another service's own IAM are not known here. Look at the endpoint.",
                &["aws configure list"],
            ),
            (
                "A key that begins with ASIA was sent without its session token",
                "Temporary credentials have three parts; AWS_SESSION_TOKEN is missing.",
                &[],
            ),
        ],
    },
    Failure {
        codes: &["InvalidClientTokenId", "InvalidToken", "UnrecognizedClient"],
        text: "",
        verdict: "The session token is missing, damaged, or belongs to other credentials. No policy was asked.",
        causes: &[
            (
                "The token was cut off or mixed up",
                "All three parts must be of the same session; a token holds no line break. Make new ones.",
                &["aws configure list", "env | grep ^AWS_"],
            ),
            (
                "The user or role behind the session was deleted",
                "Its sessions end with it, also if one of the same name is made anew.",
                &[],
            ),
            (
                "Credentials of get-session-token without MFA called IAM",
                "Those may call IAM only if they were made with MFA.",
                &["aws sts get-session-token --serial-number DEVICE --token-code CODE"],
            ),
        ],
    },
    Failure {
        codes: &["InvalidAccessKeyId"],
        text: "",
        verdict: "The service does not know the access key: deleted, of another account's installation, or temporary and without its session token. No policy was asked.",
        causes: &[
            (
                "A key that begins with ASIA was sent without its session token",
                "Temporary credentials have three parts; AWS_SESSION_TOKEN is missing.",
                &[],
            ),
            (
                "The key was deleted",
                "Look whether it is still there.",
                &["aws iam list-access-keys --user-name NAME"],
            ),
        ],
    },
    Failure {
        codes: &[
            "SignatureDoesNotMatch",
            "InvalidSignature",
            "RequestTimeTooSkewed",
            "RequestExpired",
        ],
        text: "expired",
        verdict: "The clock of the machine that signed is behind, or the request was sent long after it was signed. No policy was asked.",
        causes: &[(
            "The clock is wrong",
            "AWS allows 15 minutes (5 for some services). The message has both times.",
            &["date -u", "timedatectl status"],
        )],
    },
    Failure {
        codes: &["SignatureDoesNotMatch", "InvalidSignature"],
        text: "not yet current",
        verdict: "The clock of the machine that signed is ahead. No policy was asked.",
        causes: &[(
            "The clock is wrong",
            "AWS allows 15 minutes (5 for some services). The message has both times.",
            &["date -u", "timedatectl status"],
        )],
    },
    Failure {
        codes: &["RequestTimeTooSkewed", "RequestExpired"],
        text: "",
        verdict: "The clock of the machine that signed is off by more than AWS allows. No policy was asked.",
        causes: &[(
            "The clock is wrong",
            "AWS allows 15 minutes.",
            &["date -u", "timedatectl status"],
        )],
    },
    Failure {
        codes: &[
            "SignatureDoesNotMatch",
            "InvalidSignature",
            "AuthorizationHeaderMalformed",
        ],
        text: "Credential should be scoped",
        verdict: "The request was signed for another region or service. No policy was asked.",
        causes: &[(
            "The region or service of the signature",
            "The message says what is expected. IAM and other global services are signed for us-east-1; with --endpoint-url, set --region too.",
            &["aws configure get region"],
        )],
    },
    Failure {
        codes: &["SignatureDoesNotMatch", "InvalidSignature"],
        text: "",
        verdict: "The signature does not fit: the secret access key is another one's, or the request was changed on its way. No policy was asked.",
        causes: &[
            (
                "The secret is not that of this key id",
                "A character was lost in copying, or key id and secret are of different keys.",
                &["aws configure list"],
            ),
            (
                "Something between client and service changed the request",
                "A proxy that rewrites paths, adds or drops signed headers, or decodes %-escapes breaks the signature.",
                &[],
            ),
            (
                "The client signs in another way",
                "Signature Version 4 is needed; a presigned address must be used as it is, with the method it was made for.",
                &[],
            ),
        ],
    },
    Failure {
        codes: &["AuthFailure"],
        text: "",
        verdict: "EC2 could not check the credentials: key, secret, token or clock. No policy was asked.",
        causes: &[(
            "Key, secret or clock",
            "The same credentials give a more exact answer elsewhere.",
            &[WHO, "date -u"],
        )],
    },
    Failure {
        codes: &["MissingAuthenticationToken"],
        text: "",
        verdict: "The request was not signed, or went to an address that does not exist. No policy was asked.",
        causes: &[(
            "No credentials were found",
            "Or, with API Gateway, path and method are of no route.",
            &["aws configure list"],
        )],
    },
    Failure {
        codes: &[
            "IncompleteSignature",
            "AuthorizationHeaderMalformed",
            "AuthorizationQueryParametersError",
        ],
        text: "",
        verdict: "The Authorization header cannot be read. No policy was asked.",
        causes: &[(
            "The header is damaged",
            "The message says which part. Access key ids have no spaces; a region name is lower case.",
            &["aws configure list"],
        )],
    },
    Failure {
        codes: &["OptInRequired", "SubscriptionRequired", "NotSignedUp"],
        text: "",
        verdict: "The account is not signed up for the service, or is suspended. No policy can change that.",
        causes: &[(
            "The account's state",
            "The root user or billing contact sees why in the Billing console.",
            &[],
        )],
    },
    Failure {
        codes: &["RegionDisabled"],
        text: "",
        verdict: "STS is not active in this region for the account.",
        causes: &[(
            "The region is off",
            "An administrator activates it in IAM, Account settings; or use another region's endpoint.",
            &["aws sts get-caller-identity --region us-east-1"],
        )],
    },
    Failure {
        codes: &["UnmodifiableEntity"],
        text: "",
        verdict: "Only AWS can change this role: it belongs to a service. No policy can allow it.",
        causes: &[(
            "A service-linked role",
            "Its description can be edited; delete it by deleting what the service uses it for.",
            &[],
        )],
    },
    Failure {
        codes: &["AccessDenied"],
        text: "Roles may not be assumed by root accounts",
        verdict: "A root user can never assume a role, whatever the policies say.",
        causes: &[(
            "The caller is the root user",
            "Use a user or a role; the root user's access keys are best deleted.",
            &[WHO],
        )],
    },
    Failure {
        codes: &["AccessDenied"],
        text: "MultiFactorAuthentication failed",
        verdict: "The one-time code was not accepted: no policy was asked.",
        causes: &[
            (
                "The code was used already or is too old",
                "A code is good once and for half a minute: wait for the next.",
                &[],
            ),
            (
                "The device is another user's, or out of step",
                "The serial number must be that of the caller's own device, and a virtual one: security keys and passkeys give no codes.",
                &[
                    "aws iam list-mfa-devices",
                    "aws iam resync-mfa-device --user-name NAME --serial-number DEVICE --authentication-code1 CODE --authentication-code2 CODE",
                ],
            ),
        ],
    },
];

/// Finds what is behind a message that no policy decided; `None` for those that policies do.
pub(super) fn diagnosis(message: &ErrorMessage) -> Option<Diagnosis> {
    if message.refusal.is_some() {
        return None;
    }
    let code = message.code.as_deref()?;
    let bare = code.strip_prefix("Client.").unwrap_or(code);
    let bare = bare.strip_suffix("Exception").unwrap_or(bare);
    let text = message.text.to_ascii_lowercase();
    let failure = FAILURES.iter().find(|failure| {
        failure.codes.contains(&bare) && text.contains(&failure.text.to_ascii_lowercase())
    })?;
    let mut facts = vec![("code".to_owned(), code.to_owned())];
    if !message.text.is_empty() {
        facts.push(("AWS says".to_owned(), message.text.clone()));
    }
    for (name, value) in [
        ("operation", &message.operation),
        ("request id", &message.request_id),
    ] {
        facts.extend(value.iter().map(|value| (name.to_owned(), value.clone())));
    }
    Some(Diagnosis {
        verdict: vec![failure.verdict.to_owned()],
        facts,
        findings: failure
            .causes
            .iter()
            .map(|(title, sentence, commands)| Finding {
                title: (*title).to_owned(),
                sentences: vec![(*sentence).to_owned()],
                commands: commands.iter().map(|it| (*it).to_owned()).collect(),
            })
            .collect(),
        notes: Vec::new(),
    })
}
