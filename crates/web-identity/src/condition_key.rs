//! From claims to condition keys, issuer by issuer.

use crate::VerifiedToken;
use crate::json::Json;

/// A condition key that a token gives to the evaluation of the role's trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    /// Its name, `token.actions.githubusercontent.com:sub`.
    pub name: String,
    /// What it holds.
    pub value: ConditionValue,
    /// Whether the session has it too.
    pub survives: Survives,
}

/// What a condition key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionValue {
    /// The values of a multivalued key.
    List(Vec<String>),
    /// The value of a single-valued key.
    Single(String),
}

/// How long a condition key is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survives {
    /// In requests that the session makes, too.
    InSession,
    /// In `AssumeRoleWithWebIdentity` only.
    InTrustPolicy,
}

/// What is special about an issuer.
struct Family {
    /// Says whether a provider's URL, without its scheme, is of this family.
    is: fn(&str) -> bool,
    /// Claims that are keys beside the default ones, each under its own name.
    claims: &'static [&'static str],
    /// Keys that the session has.
    in_session: &'static [&'static str],
}

const DEFAULT_IN_SESSION: &[&str] = &["aud", "sub", "amr"];
/// Names that other condition keys begin with; a provider of such a name gives no keys.
const RESERVED: [&str; 4] = ["aws", "iam", "saml", "sts"];
const GOOGLE: &str = "accounts.google.com";
/// Google's key, its claim as documented, and the object and member in which tokens have it.
const GOOGLE_ORGANIZATION: (&str, &str, &str, &str) = (
    "google/organization_number",
    "google:organization_number",
    "google",
    "organization_number",
);

// SOURCE: spec/sts.md §5b.
const FAMILIES: [Family; 6] = [
    Family {
        is: |url| url == GOOGLE,
        claims: &[],
        in_session: &["aud", "sub", "oaud"],
    },
    Family {
        is: is_github,
        claims: &[
            "actor",
            "actor_id",
            "job_workflow_ref",
            "repository",
            "repository_id",
            "repository_owner_id",
            "workflow",
            "ref",
            "environment",
            "enterprise_id",
        ],
        in_session: &["aud", "sub"],
    },
    Family {
        is: |url| url == "gitlab.com",
        claims: &[
            "namespace_id",
            "project_id",
            "user_id",
            "user_login",
            "user_email",
            "user_access_level",
            "ref_protected",
            "pipeline_source",
            "runner_environment",
        ],
        in_session: &["aud", "sub"],
    },
    Family {
        is: is_buildkite,
        claims: &[
            "organization_slug",
            "organization_id",
            "pipeline_slug",
            "pipeline_id",
            "cluster_name",
            "cluster_id",
            "build_branch",
        ],
        in_session: &["aud", "sub"],
    },
    Family {
        is: |url| below(url, "oidc.circleci.com/org/"),
        claims: &["oidc.circleci.com/project-id"],
        in_session: &["aud", "sub"],
    },
    Family {
        is: |url| one_label(url, "idcs-", ".identity.oraclecloud.com"),
        claims: &["rpst_id"],
        in_session: DEFAULT_IN_SESSION,
    },
];

fn is_github(url: &str) -> bool {
    url == "token.actions.githubusercontent.com"
        || below(url, "token.actions.githubusercontent.com/")
        || one_label(url, "token.actions.", ".ghe.com")
        || below(url, "github.com/enterprises/")
}

fn is_buildkite(url: &str) -> bool {
    url == "agent.buildkite.com"
        || one_label(url, "agent.", ".buildkite.dev")
        || one_label(url, "agent.", ".buildkite.site")
}

/// Says whether one more segment, and nothing else, follows.
fn below(url: &str, prefix: &str) -> bool {
    url.strip_prefix(prefix)
        .is_some_and(|segment| !segment.is_empty() && !segment.contains('/'))
}

/// Says whether one label of a host name, and nothing else, stands between.
fn one_label(url: &str, prefix: &str, suffix: &str) -> bool {
    url.strip_prefix(prefix)
        .and_then(|rest| rest.strip_suffix(suffix))
        .is_some_and(|label| !label.is_empty() && !label.contains(['.', '/']))
}

impl VerifiedToken {
    /// Returns the condition keys of the token, each under the provider's URL without its scheme.
    ///
    /// A claim that is absent, or of a type that the key does not have, gives no key. Claims that the table of
    /// `spec/sts.md` §5b does not list are no keys: what an issuer lets its users write can't become one by accident.
    // SOURCE: spec/sts.md §5b.
    #[must_use]
    pub fn condition_keys(&self) -> Vec<ConditionKey> {
        let Some(url) = self.claims.provider_url() else {
            return Vec::new();
        };
        let host = url.split('/').next().unwrap_or(url);
        if RESERVED.iter().any(|name| name.eq_ignore_ascii_case(host)) {
            return Vec::new();
        }
        let family = FAMILIES.iter().find(|family| (family.is)(url));
        let in_session = family.map_or(DEFAULT_IN_SESSION, |family| family.in_session);
        let mut keys = Vec::new();
        let mut add = |name: &str, value: Option<ConditionValue>| {
            if let Some(value) = value {
                keys.push(ConditionKey {
                    name: format!("{url}:{name}"),
                    value,
                    survives: if in_session.contains(&name) {
                        Survives::InSession
                    } else {
                        Survives::InTrustPolicy
                    },
                });
            }
        };
        add("aud", Some(ConditionValue::Single(self.audience.clone())));
        add("oaud", Some(self.original_audience()));
        add(
            "sub",
            Some(ConditionValue::Single(self.subject().to_owned())),
        );
        add("amr", self.list("amr"));
        add("email", self.single("email"));
        for claim in family.map_or(&[][..], |family| family.claims) {
            add(claim, self.single(claim));
        }
        if url == GOOGLE {
            add(GOOGLE_ORGANIZATION.0, self.google_organization());
        }
        keys
    }

    /// Returns `aud`: one value, or all of them where there are several, so that none can stand for the others.
    fn original_audience(&self) -> ConditionValue {
        match self.claims.audiences.as_slice() {
            [one] => ConditionValue::Single(one.clone()),
            several => ConditionValue::List(several.to_vec()),
        }
    }

    fn single(&self, claim: &str) -> Option<ConditionValue> {
        let value = self.claims.all.get(claim).and_then(Json::scalar)?;
        Some(ConditionValue::Single(value))
    }

    fn list(&self, claim: &str) -> Option<ConditionValue> {
        let values = self.claims.all.get(claim).and_then(Json::strings)?;
        (!values.is_empty()).then_some(ConditionValue::List(values))
    }

    fn google_organization(&self) -> Option<ConditionValue> {
        let (_, flat, object, member) = GOOGLE_ORGANIZATION;
        let nested = || {
            let object = self.claims.all.get(object).and_then(Json::as_object)?;
            let value = object.get(member).and_then(Json::scalar)?;
            Some(ConditionValue::Single(value))
        };
        self.single(flat).or_else(nested)
    }
}
