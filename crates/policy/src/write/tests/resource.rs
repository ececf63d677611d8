//! Resource policies and VPC endpoint policies.

use super::answers;
use crate::PolicyKind::{Resource, VpcEndpoint};

fn both(statement: &str, expected: Result<(), &str>) {
    for kind in [Resource, VpcEndpoint] {
        answers(&format!(r#"{{"Statement":[{statement}]}}"#), kind, expected);
    }
}

#[test]
fn shared_rules() {
    both(
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b"}"#,
        Ok(()),
    );
    both(
        r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}"#,
        Ok(()),
    );
    both(
        r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}"#,
        Ok(()),
    );
    both(
        r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}"#,
        Err("Allow with NotPrincipal is not allowed."),
    );
    both(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        Err("Missing required field Principal"),
    );
    both(
        r#"{"Effect":"Allow","Principal":"*","Resource":"*"}"#,
        Err("Missing required field Action"),
    );
    both(
        r#"{"Effect":"allow","Principal":"*","Action":"*","Resource":"*"}"#,
        Err("Invalid effect: allow"),
    );
    both(
        r#"{"Effect":"Allow","Principal":"*","Action":"x","Resource":"*"}"#,
        Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    );
    both(
        r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":["*","bucket"]}"#,
        Err("Policy has invalid resource"),
    );
    both(
        r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":[]}"#,
        Err("Missing required field Resource"),
    );
    both(
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/*"},"Action":"*","Resource":"*"}"#,
        Err(r#"Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/*""#),
    );
    both(
        r#"{"Effect":"Deny","NotPrincipal":{"Service":"x"},"Action":"*","Resource":"*"}"#,
        Err(r#"Invalid principal in policy: "SERVICE":"x""#),
    );
    both(
        r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"bool":{"k":"v"}}}"#,
        Err("Syntax error in policy."),
    );
    both(
        r#"{"Sid":"with spaces","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},"Action":"*","Resource":"*"}"#,
        Ok(()),
    );
}

#[test]
fn where_they_differ() {
    let id = "0123456789abcdef".repeat(4);
    let canonical = format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{{"CanonicalUser":"{id}"}},"Action":"*","Resource":"*"}}}}"#
    );
    answers(&canonical, Resource, Ok(()));
    let message = format!(r#"Invalid principal in policy: "CANONICALUSER":"{id}""#);
    answers(&canonical, VpcEndpoint, Err(&message));
    answers(
        &canonical.replace("0", "x"),
        Resource,
        Err(&message.replace("0", "x")),
    );

    let whole = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}"#;
    answers(whole, Resource, Ok(()));
    answers(whole, VpcEndpoint, Err("Missing required field Resource"));
}
