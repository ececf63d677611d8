//! A decision allocates nothing, whatever it looks at.

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::sync::Arc;

    use keyward_arn::AccountId;
    use keyward_engine::{
        AttachedPolicy, AttachedTo, CompiledPolicy, Context, Decision, Layers, PolicyLists,
        Principal, Request, decide,
    };
    use keyward_policy::Policy;

    fn attach(statements: &str) -> Vec<AttachedPolicy> {
        let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let policy = CompiledPolicy::compile(&Policy::parse(&document).unwrap());
        vec![AttachedPolicy::new(
            Arc::new(policy),
            "P",
            None,
            AttachedTo::Resource,
        )]
    }

    #[test]
    fn decide_allocates_nothing() {
        let mut many = String::new();
        for index in 0..200 {
            write!(many, r#"{{"Effect":"Allow","Action":"s3:Get{index}","Resource":"arn:aws:s3:::b{index}/*"}},"#).unwrap();
        }
        let identity = attach(&format!(
            r#"{many}{{"Effect":"Allow","Action":["s3:Get*","s3:*Object"],
                "Resource":["arn:aws:s3:::b/${{aws:username}}/*","arn:aws:*:::c/*/d"],
                "Condition":{{
                    "StringEquals":{{"aws:PrincipalTag/team":"${{aws:PrincipalTag/team}}"}},
                    "StringEqualsIgnoreCase":{{"aws:username":"BOB"}},
                    "StringLike":{{"aws:UserAgent":"*/* *"}},
                    "StringNotLike":{{"aws:UserAgent":"*x*y*z"}},
                    "NumericLessThan":{{"s3:max-keys":"100"}},
                    "DateGreaterThan":{{"aws:CurrentTime":"2020-01-01T00:00:00Z"}},
                    "Bool":{{"aws:SecureTransport":"true"}},
                    "BinaryEquals":{{"b":"QUJD"}},
                    "IpAddress":{{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}},
                    "ArnLike":{{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}},
                    "ForAnyValue:StringEquals":{{"aws:TagKeys":["a","c"]}},
                    "ForAllValues:StringLike":{{"AWS:tagkeys":"*"}},
                    "StringEqualsIfExists":{{"aws:none":"x"}},
                    "Null":{{"aws:none":"true"}}}}}}"#
        ));
        let (everything, anyone) = (
            attach(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#),
            attach(r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#),
        );
        let resource = attach(
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::111111111111:user/bob"]},
                "NotAction":"s3:Get*","NotResource":"arn:aws:s3:::b/${aws:none}"},
               {"Effect":"Allow","Principal":{"AWS":["111111111111","arn:aws:iam::222222222222:root"]},"Action":"s3:*","Resource":"*"}"#,
        );
        let mut context = Context::new();
        for (key, value) in [
            ("aws:PrincipalArn", "arn:aws:iam::111111111111:user/bob"),
            ("aws:PrincipalTag/Team", "red"),
            ("aws:username", "bob"),
            ("aws:UserAgent", "aws-cli/2.0 x"),
            ("s3:max-keys", "10"),
            ("aws:CurrentTime", "2026-01-01T00:00:00Z"),
            ("aws:SecureTransport", "true"),
            ("b", "ABC"),
            ("aws:SourceIp", "2001:db8::1"),
        ] {
            context.insert(key, value);
        }
        context.insert_list("aws:TagKeys", ["a", "b"]);
        let account = AccountId::parse("111111111111").unwrap();
        let arn = "arn:aws:iam::111111111111:user/bob";
        let principal = Principal::User {
            arn,
            account,
            unique_id: Some("AIDABOB"),
        };
        let mut layers = Layers {
            resource_control: Some(PolicyLists::from(anyone.as_slice())),
            service_control: Some(
                [everything.as_slice(), everything.as_slice()]
                    .into_iter()
                    .collect(),
            ),
            endpoint: Some(&anyone),
            resource: &resource,
            boundary: Some(&everything),
            ..Layers::default()
        };
        layers.identity.push(&identity);
        layers.identity.push(&everything[..0]);

        for (action, path, is_allowed) in [
            ("s3:GetObject", "arn:aws:s3:::b/bob/x", true),
            ("s3:GetObject", "arn:aws:s3:::b/eve/x", false),
        ] {
            let mut request = Request::new(principal, action, path, &context);
            request.resource_account = Some(account);
            let mut decision = None;
            let counted =
                allocation_counter::measure(|| decision = Some(decide(&request, &layers)));
            assert_eq!(
                matches!(decision, Some(Decision::Allow(_))),
                is_allowed,
                "{decision:?}"
            );
            assert_eq!(
                counted.count_total, 0,
                "allocations of a decision on {path}"
            );
        }
    }

    #[test]
    fn layers_of_many_groups_allocate_nothing() {
        let group = attach(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
        let counted = allocation_counter::measure(|| {
            let mut lists = PolicyLists::new();
            for _ in 0..12 {
                lists.push(&group);
            }
            assert_eq!(lists.len(), 12);
        });
        assert_eq!(counted.count_total, 0);
    }

    #[test]
    fn a_context_of_borrowed_texts_allocates_once() {
        let counted = allocation_counter::measure(|| {
            let mut context = Context::with_capacity(12);
            for key in [
                "aws:a", "aws:b", "aws:c", "aws:d", "aws:e", "aws:f", "aws:g", "aws:h", "aws:i",
                "aws:j",
            ] {
                context.insert(key, "value");
            }
        });
        assert_eq!(counted.count_total, 1);
    }
}
