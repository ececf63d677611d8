//! What is probably wrong with an element that misses: the mistakes that people make.

use keyward_arn::Arn;
use keyward_engine::{
    ActualValues, ConditionTrace, ElementForm, Expansion, ListTrace, PatternTrace, Principal,
};
use keyward_policy::Test;

/// Returns how many characters two texts have in common at their start, without regard to case.
pub(crate) fn closeness(pattern: &str, text: &str) -> usize {
    pattern
        .chars()
        .zip(text.chars())
        .take_while(|(one, other)| one.eq_ignore_ascii_case(other))
        .count()
}

pub(crate) fn action(list: &ListTrace, action: &str) -> Option<String> {
    if let ElementForm::NotListed = list.form {
        return Some("NotAction lists the action, so the statement is about all others".to_owned());
    }
    if list
        .patterns
        .iter()
        .any(|pattern| has_variable(&pattern.text))
    {
        return Some(
            "policy variables work in Resource and Condition only; in Action, ${…} is plain text"
                .to_owned(),
        );
    }
    let name = action.split_once(':').map(|(_, name)| name)?;
    list.patterns.iter().find_map(|pattern| {
        let (service, wanted) = pattern.text.split_once(':')?;
        (wanted.eq_ignore_ascii_case(name) && !service.is_empty())
            .then(|| format!("the action's service is another: {service}"))
    })
}

pub(crate) fn resource(
    list: &ListTrace,
    resource: &str,
    principal: &Principal<'_>,
) -> Option<String> {
    if let ElementForm::NotListed = list.form {
        return Some(
            "NotResource lists the resource, so the statement is about all others".to_owned(),
        );
    }
    let variable = |pattern| variable(pattern, principal);
    list.patterns.iter().find_map(variable).or_else(|| {
        list.patterns.iter().find_map(|pattern| {
            let wanted = match &pattern.expansion {
                Expansion::Replaced(text) => text,
                Expansion::None | Expansion::Unresolved(_) => &pattern.text,
            };
            resource_slip(wanted, resource)
        })
    })
}

/// Compares a resource pattern with the resource that it misses.
fn resource_slip(wanted: &str, resource: &str) -> Option<String> {
    if resource == "*" {
        return Some(
            "the action has no resource of its own: it needs \"Resource\": \"*\"".to_owned(),
        );
    }
    if wanted.eq_ignore_ascii_case(resource) {
        return Some("differs in upper and lower case only: names of keys and variables are compared without regard to case, ARNs and values exactly".to_owned());
    }
    if let Some(rest) = resource.strip_prefix(wanted)
        && rest.starts_with('/')
    {
        let what = if resource.contains(":s3:::") {
            "names the bucket and not the objects in it"
        } else {
            "names what the resource lies in"
        };
        return Some(format!("{what}: those match {wanted}/*"));
    }
    if wanted.strip_suffix("/*") == Some(resource) {
        return Some("names what lies in the resource and not the resource itself".to_owned());
    }
    let (Some(one), Some(other)) = (Arn::parse(wanted), Arn::parse(resource)) else {
        return (!wanted.contains(':'))
            .then(|| format!("{wanted:?} is no ARN: a resource is written arn:partition:service:region:account:name"));
    };
    arn_slip(one, other)
}

/// Says which part differs where it is only one, and not the last.
fn arn_slip(wanted: Arn<'_>, resource: Arn<'_>) -> Option<String> {
    let differing: Vec<(&str, &str)> = [
        ("partition", wanted.partition, resource.partition),
        ("service", wanted.service, resource.service),
        ("region", wanted.region, resource.region),
        ("account", wanted.account, resource.account),
    ]
    .into_iter()
    .filter(|(_, one, other)| one != other && !one.contains(['*', '?']))
    .map(|(part, one, _)| (part, one))
    .collect();
    match differing.as_slice() {
        [(part, "")] => Some(format!(
            "the ARN in the policy has no {part}, the resource has one"
        )),
        [(part, one)] if wanted.resource == resource.resource || wanted.resource.contains('*') => {
            Some(format!("only the {part} differs: the policy says {one}"))
        }
        [_] | [] | [_, _, ..] => None,
    }
}

/// Tells where a policy variable has not become what was meant.
fn variable(pattern: &PatternTrace, principal: &Principal<'_>) -> Option<String> {
    variable_in(&pattern.text, &pattern.expansion, principal)
}

fn variable_in(text: &str, expansion: &Expansion, principal: &Principal<'_>) -> Option<String> {
    match expansion {
        Expansion::None if has_variable(text) => {
            Some("under this document's Version, ${…} is plain text: variables need \"Version\": \"2012-10-17\"".to_owned())
        }
        Expansion::None | Expansion::Replaced(_) => None,
        Expansion::Unresolved(variable) => Some(format!(
            "{variable} has no value in this request: {}",
            why_unresolved(variable, principal)
        )),
    }
}

/// Says why a variable has no value: a name that does not exist, a list of values, or a key that this caller lacks.
// SOURCE: spec/policy-language.md §6, policy variables.
fn why_unresolved(variable: &str, principal: &Principal<'_>) -> String {
    let inner = variable
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(variable);
    let key = inner.split(',').next().unwrap_or(inner);
    if key.trim() != key || key.contains(' ') {
        return "a variable's name has no spaces; one stands only behind the comma of a default, ${key, 'default'}".to_owned();
    }
    match keyward_catalog::condition_key(key) {
        None => match near_key(key) {
            None => format!("there is no condition key {key}"),
            Some(near) => format!("there is no condition key {key}; did you mean {near}?"),
        },
        Some(known) if known.is_multivalued() => {
            format!(
                "{} has a list of values, and a variable takes only keys with one",
                known.name
            )
        }
        Some(_) => {
            missing_key(key, principal).unwrap_or_else(|| "the request has no such key".to_owned())
        }
    }
}

/// Finds the key that a name was probably meant to be: the same but for what is not a letter, or of one letter more,
/// less or other.
fn near_key(key: &str) -> Option<&'static str> {
    let folded = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    let wanted = folded(key);
    let known = || keyward_catalog::condition_keys().map(|it| it.name);
    known()
        .find(|name| folded(name) == wanted)
        .or_else(|| known().find(|name| is_one_off(&folded(name), &wanted)))
}

fn is_one_off(one: &str, other: &str) -> bool {
    let common = one
        .bytes()
        .zip(other.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let (one, other) = (
        one.get(common..).unwrap_or_default(),
        other.get(common..).unwrap_or_default(),
    );
    let (one_less, other_less) = (one.get(1..), other.get(1..));
    one_less == Some(other)
        || other_less == Some(one)
        || (one_less.is_some() && one_less == other_less)
}

/// Returns whether a text looks as if it had a policy variable.
pub(crate) fn has_variable(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        rest.split('}')
            .next()
            .is_some_and(|name| name.contains(':'))
    })
}

pub(crate) fn principal(list: &ListTrace, principal: &Principal<'_>) -> Option<String> {
    if let ElementForm::NotListed = list.form {
        return Some("NotPrincipal lists the caller".to_owned());
    }
    if let Some(gone) = list
        .patterns
        .iter()
        .find(|pattern| is_unique_id(&pattern.text))
    {
        return Some(format!(
            "{} is the id of a principal that was deleted, or made anew under its old name",
            gone.text
        ));
    }
    if let Some(slip) = list
        .patterns
        .iter()
        .find_map(|pattern| principal_slip(&pattern.text))
    {
        return Some(slip);
    }
    match *principal {
        Principal::RoleSession { arn, role_arn, .. } => list.patterns.iter().find_map(|pattern| {
            if is_role_without_path(&pattern.text, role_arn) {
                return Some(format!("names the role without its path: it is {role_arn}"));
            }
            let session_of_role = pattern.text.contains(":assumed-role/") && pattern.text != arn;
            (session_of_role && crate::words::last_part(role_arn) == role_of_session(&pattern.text))
                .then(|| "names another session of the role".to_owned())
        }),
        Principal::Anonymous
        | Principal::AssumedRoot { .. }
        | Principal::FederatedUser { .. }
        | Principal::Root { .. }
        | Principal::Service { .. }
        | Principal::UnsignedFederation { .. }
        | Principal::User { .. } => None,
    }
}

/// Entries that never name anybody, in whatever policy.
// SOURCE: spec/policy-language.md §5.
fn principal_slip(text: &str) -> Option<String> {
    let arn = Arn::parse(text)?;
    if has_variable(text) {
        return Some("policy variables work in Resource and Condition only; in Principal, ${…} is plain text".to_owned());
    }
    if text.contains(['*', '?']) {
        return Some(
            "a wildcard within a principal's ARN names nobody: name the role, or everyone (\"*\") under a condition on aws:PrincipalArn"
                .to_owned(),
        );
    }
    match (
        arn.service,
        arn.resource.split('/').next().unwrap_or_default(),
    ) {
        ("iam", "assumed-role") => Some(format!(
            "a session's ARN is of sts: arn:{}:sts::{}:{}",
            arn.partition, arn.account, arn.resource
        )),
        ("sts", "role" | "user") => Some(format!(
            "a role's or user's ARN is of iam: arn:{}:iam::{}:{}",
            arn.partition, arn.account, arn.resource
        )),
        ("iam", "group") => Some("a group is no principal: name its users, or a role".to_owned()),
        _ => None,
    }
}

fn is_role_without_path(text: &str, role_arn: &str) -> bool {
    let (Some(named), Some(role)) = (Arn::parse(text), Arn::parse(role_arn)) else {
        return false;
    };
    text != role_arn
        && named.account == role.account
        && named.resource.strip_prefix("role/") == Some(crate::words::last_part(role_arn))
}

fn role_of_session(arn: &str) -> &str {
    arn.split('/').nth(1).unwrap_or_default()
}

/// IAM puts the unique id in the place of a principal that no longer exists.
fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && (text.starts_with("AIDA") || text.starts_with("AROA"))
        && text.chars().all(|c| c.is_ascii_alphanumeric())
}

pub(crate) fn unknown_operator(operator: &str) -> String {
    let near = Test::ALL
        .iter()
        .find(|test| test.name().eq_ignore_ascii_case(operator));
    match near {
        None => format!("{operator} is no operator of the policy language"),
        Some(test) => format!(
            "{operator} is no operator of the policy language; it is spelled {}",
            test.name()
        ),
    }
}

/// Tells what a missing key means for this kind of caller, or what a variable did.
pub(crate) fn condition(condition: &ConditionTrace, principal: &Principal<'_>) -> Option<String> {
    if let Some(hint) = condition
        .wanted
        .iter()
        .find_map(|value| variable_in(&value.text, &value.expansion, principal))
        .filter(|_| !condition.matched)
    {
        return Some(hint);
    }
    match &condition.actual {
        ActualValues::Missing => missing_key(&condition.key, principal),
        ActualValues::Single(value) if !condition.matched => condition
            .wanted
            .iter()
            .find(|wanted| wanted.text.eq_ignore_ascii_case(value) && wanted.text != *value)
            .map(|_| format!("differs in upper and lower case only: the key's name is compared without regard to case, its value exactly{}", ignore_case(&condition.operator))),
        ActualValues::Ambiguous(_) => Some("the key is given twice, in different case".to_owned()),
        ActualValues::Multiple(_) | ActualValues::Single(_) => None,
    }
}

/// Names the operator that would not mind the case.
fn ignore_case(operator: &str) -> &'static str {
    if operator.contains("StringEquals") {
        " (StringEqualsIgnoreCase does not)"
    } else {
        ""
    }
}

// SOURCE: spec/condition-keys.md §1 (present when).
fn missing_key(key: &str, principal: &Principal<'_>) -> Option<String> {
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    let below = |prefix: &str| {
        key.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let text = if is("aws:username") && !matches!(principal, Principal::User { .. }) {
        "only users have aws:username; roles, federated users and root users do not"
    } else if is("aws:MultiFactorAuthPresent") || is("aws:MultiFactorAuthAge") {
        "long-term access keys never carry it; temporary credentials do"
    } else if is("aws:TokenIssueTime") {
        "only temporary credentials carry it"
    } else if is("aws:SourceVpc") || is("aws:SourceVpce") || is("aws:VpcSourceIp") {
        "only requests through a VPC endpoint carry it"
    } else if below("aws:PrincipalTag/") {
        "the principal does not have this tag"
    } else if below("aws:RequestTag/") || is("aws:TagKeys") {
        "the request sends no such tag"
    } else {
        return None;
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, resource: &str, expected: Option<&str>) {
        let slip = resource_slip(wanted, resource);
        match expected {
            None => assert_eq!(slip, None, "{wanted} {resource}"),
            Some(expected) => {
                assert!(
                    slip.as_deref().is_some_and(|slip| slip.contains(expected)),
                    "{wanted} {resource}: {slip:?}"
                );
            }
        }
    }

    #[test]
    fn slips() {
        check(
            "arn:aws:s3:::b",
            "arn:aws:s3:::b/k",
            Some("names the bucket and not the objects in it: those match arn:aws:s3:::b/*"),
        );
        check(
            "arn:aws:s3:::b/*",
            "arn:aws:s3:::b",
            Some("and not the resource itself"),
        );
        check(
            "arn:aws:s3:::B/k",
            "arn:aws:s3:::b/k",
            Some("upper and lower case only"),
        );
        check("arn:aws:s3:::b/k", "*", Some("has no resource of its own"));
        check("bucket", "arn:aws:s3:::bucket", Some("is no ARN"));
        check(
            "arn:aws:sqs:us-east-1:111122223333:q",
            "arn:aws:sqs:eu-west-1:111122223333:q",
            Some("only the region differs: the policy says us-east-1"),
        );
        check(
            "arn:aws:sqs:us-east-1:1:q",
            "arn:aws:sqs:us-east-1:2:q",
            Some("only the account differs"),
        );
        check("arn:aws:sqs:::*", "arn:aws:sqs:us-east-1:2:q", None);
        check(
            "arn:aws:iam:::user/bob",
            "arn:aws:iam::111122223333:user/bob",
            Some("has no account"),
        );
        check("arn:aws:s3:::a", "arn:aws:s3:::b", None);
        check(
            "arn:aws:sqs:us-east-1:1:a",
            "arn:aws:sqs:eu-west-1:1:b",
            None,
        );
        check("arn:aws:sqs:*:1:a", "arn:aws:sqs:eu-west-1:1:b", None);
    }

    #[test]
    fn variables() {
        for (text, expected) in [
            ("${aws:username}", true),
            ("a/${aws:PrincipalTag/x}/b", true),
            ("${*}", false),
            ("$", false),
            ("${", false),
            ("${x", false),
        ] {
            assert_eq!(has_variable(text), expected, "{text}");
        }
    }

    /// What is wrong with a variable, for a role and for a user.
    #[test]
    fn unresolved_variables() {
        let account = keyward_arn::AccountId::parse("111122223333").unwrap();
        let role = Principal::RoleSession {
            arn: "arn:aws:sts::111122223333:assumed-role/R/s",
            account,
            role_arn: "arn:aws:iam::111122223333:role/R",
            role_id: None,
        };
        for (variable, expected) in [
            ("${aws:username}", "only users have aws:username"),
            ("${aws:user-name}", "did you mean aws:username?"),
            ("${aws:usernam}", "did you mean aws:username?"),
            ("${aws:nothing}", "there is no condition key aws:nothing"),
            ("${aws:TagKeys}", "aws:TagKeys has a list of values"),
            ("${aws:username }", "has no spaces"),
            ("${aws:PrincipalTag/team}", "does not have this tag"),
            ("${s3:prefix}", "the request has no such key"),
        ] {
            let why = why_unresolved(variable, &role);
            assert!(why.contains(expected), "{variable}: {why}");
        }
    }

    #[test]
    fn principals_that_name_nobody() {
        for (text, expected) in [
            (
                "arn:aws:iam::111122223333:assumed-role/R/s",
                Some("is of sts"),
            ),
            ("arn:aws:sts::111122223333:role/R", Some("is of iam")),
            (
                "arn:aws:sts::111122223333:assumed-role/R/*",
                Some("names nobody"),
            ),
            ("arn:aws:iam::111122223333:group/g", Some("is no principal")),
            (
                "arn:aws:iam::111122223333:user/${aws:username}",
                Some("is plain text"),
            ),
            ("arn:aws:iam::111122223333:role/R", None),
            ("*", None),
        ] {
            let slip = principal_slip(text);
            match expected {
                None => assert_eq!(slip, None, "{text}"),
                Some(expected) => {
                    assert!(slip.is_some_and(|slip| slip.contains(expected)), "{text}");
                }
            }
        }
        assert!(is_role_without_path(
            "arn:aws:iam::111122223333:role/R",
            "arn:aws:iam::111122223333:role/ci/R"
        ));
    }

    #[test]
    fn operators() {
        assert!(unknown_operator("stringequals").contains("it is spelled StringEquals"));
        assert!(!unknown_operator("Matches").contains("spelled"));
    }
}
