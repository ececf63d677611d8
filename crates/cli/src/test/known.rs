//! Condition keys that follow from the principal and the resource of a test, as AWS sets them for every request.

use keyward_arn::Arn;

use super::yaml::quoted;

/// Returns the keys with their values as JSON.
// SOURCE: spec/condition-keys.md §1.
pub(super) fn known(
    principal: &str,
    issuer: Option<&str>,
    owner: Option<&str>,
) -> Vec<(&'static str, String)> {
    let mut keys = Vec::new();
    let mut add = |key: &'static str, value: &str| keys.push((key, quoted(value)));
    if let Some(owner) = owner {
        add("aws:ResourceAccount", owner);
    }
    let Some(arn) = Arn::parse(principal) else {
        if principal == "*" {
            add("aws:PrincipalAccount", "anonymous");
            add("aws:PrincipalType", "Anonymous");
        } else if principal.contains('.') {
            add("aws:PrincipalIsAWSService", "true");
            add("aws:PrincipalServiceName", principal);
        }
        return keys;
    };
    let role = |name: &str| format!("arn:{}:iam::{}:role/{name}", arn.partition, arn.account);
    let kind = arn.resource.split('/').next().unwrap_or_default();
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    match (arn.service, kind) {
        ("iam", "root") => {
            add("aws:PrincipalArn", principal);
            add("aws:PrincipalType", "Account");
        }
        ("iam", "user") => {
            add("aws:PrincipalArn", principal);
            add("aws:PrincipalType", "User");
            add("aws:username", name);
        }
        ("iam", "role") => {
            add("aws:PrincipalArn", principal);
            add("aws:PrincipalType", "AssumedRole");
        }
        // Never the session's own ARN.
        ("sts", "assumed-role") => {
            let derived = role(arn.resource.split('/').nth(1).unwrap_or_default());
            add("aws:PrincipalArn", issuer.unwrap_or(&derived));
            add("aws:PrincipalType", "AssumedRole");
        }
        ("sts", "federated-user") => {
            add("aws:PrincipalArn", principal);
            add("aws:PrincipalType", "FederatedUser");
        }
        // An identity provider signs nothing.
        _ => return keys,
    }
    add("aws:PrincipalAccount", arn.account);
    add("aws:PrincipalIsAWSService", "false");
    keys
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn keys_follow_from_the_principal() {
        let check = |principal: &str, issuer: Option<&str>, expected: &[(&str, &str)]| {
            let found = known(principal, issuer, None);
            for (key, value) in expected {
                let quoted = format!("\"{value}\"");
                assert!(
                    found.contains(&(*key, quoted)),
                    "{principal} {key} {found:?}"
                );
            }
            let is_user = expected.iter().any(|(key, _)| *key == "aws:username");
            assert_eq!(
                found.iter().any(|(key, _)| *key == "aws:username"),
                is_user,
                "{principal}"
            );
        };
        let arn = |rest: &str| format!("arn:aws:{rest}");
        check(
            &arn("iam::111111111111:user/p/bob"),
            None,
            &[
                ("aws:username", "bob"),
                ("aws:PrincipalType", "User"),
                ("aws:PrincipalAccount", "111111111111"),
            ],
        );
        check(
            &arn("iam::111111111111:root"),
            None,
            &[
                ("aws:PrincipalArn", "arn:aws:iam::111111111111:root"),
                ("aws:PrincipalType", "Account"),
            ],
        );
        check(
            &arn("sts::111111111111:assumed-role/R/s"),
            None,
            &[("aws:PrincipalArn", "arn:aws:iam::111111111111:role/R")],
        );
        check(
            &arn("sts::111111111111:assumed-role/R/s"),
            Some("arn:aws:iam::111111111111:role/p/R"),
            &[("aws:PrincipalArn", "arn:aws:iam::111111111111:role/p/R")],
        );
        check(
            &arn("sts::111111111111:federated-user/f"),
            None,
            &[("aws:PrincipalType", "FederatedUser")],
        );
        check("*", None, &[("aws:PrincipalType", "Anonymous")]);
        check(
            "sns.amazonaws.com",
            None,
            &[("aws:PrincipalIsAWSService", "true")],
        );
        assert!(known(&arn("iam::111111111111:saml-provider/P"), None, None).is_empty());
    }
}
