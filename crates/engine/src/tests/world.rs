//! A small organization and a short notation for policies over it.
//!
//! Account A is 111111111111 with user `bob`, role `R`, its session `R/s`, and `fed`, a federated session of bob.
//! Account C is 222222222222 with user `cat`, role `X` and its session `X/s`. A statement is written
//! `+s3:Get*,s3:Put* @arn:… P:bob,root ?{"StringEquals":{"k":"v"}}`: `+` allows and `-` denies; `@` lists resources
//! (without it `*`, `@` alone leaves the element out); `P:` names principals; `?` is the condition block. `!` before
//! the actions, `@` and `P:` makes the `Not…` element. A text that begins with `{` is a whole document.

use std::sync::Arc;

use keyward_arn::AccountId;
use keyward_policy::Policy;

use crate::{
    AttachedPolicy, AttachedTo, CompiledPolicy, Context, CredentialKind, DecidedBy, Decision,
    EndpointKind, FederatedIssuer, LayerSummary, Layers, PolicyLists, Principal, Request,
    ResourceKind, RootTask, StatementOutcome, Summary, Trace, decide, explain, statements,
    summarize,
};

pub(crate) const A: &str = "111111111111";
pub(crate) const C: &str = "222222222222";

/// One request with all its policies.
#[derive(Clone, Copy)]
pub(crate) struct Case<'c> {
    pub(crate) who: &'c str,
    pub(crate) action: &'c str,
    pub(crate) resource: &'c str,
    pub(crate) owner: &'c str,
    pub(crate) kind: ResourceKind,
    pub(crate) credential: CredentialKind,
    pub(crate) context: &'c [(&'c str, &'c str)],
    pub(crate) lists: &'c [(&'c str, &'c [&'c str])],
    pub(crate) id: &'c [&'c str],
    pub(crate) groups: &'c [&'c [&'c str]],
    pub(crate) rp: &'c [&'c str],
    pub(crate) pb: Option<&'c [&'c str]>,
    pub(crate) sp: Option<&'c [&'c str]>,
    pub(crate) scp: Option<&'c [&'c [&'c str]]>,
    pub(crate) rcp: Option<&'c [&'c [&'c str]]>,
    pub(crate) vpce: Option<&'c [&'c str]>,
    pub(crate) endpoint: EndpointKind,
}

/// bob reads `b/o`, and nothing is attached.
pub(crate) const GO: Case<'static> = Case {
    who: "bob",
    action: "s3:GetObject",
    resource: "arn:aws:s3:::b/o",
    owner: A,
    kind: ResourceKind::Ordinary,
    credential: CredentialKind::LongTerm,
    context: &[],
    lists: &[],
    id: &[],
    groups: &[],
    rp: &[],
    pb: None,
    sp: None,
    scp: None,
    rcp: None,
    vpce: None,
    endpoint: EndpointKind::Gateway,
};

pub(crate) const FULL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;

pub(crate) fn account(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

pub(crate) fn principal(who: &str) -> Principal<'_> {
    let bob = FederatedIssuer::User {
        arn: "arn:aws:iam::111111111111:user/bob",
        unique_id: Some("AIDABOB"),
    };
    let session = |arn, role_arn, role_id| Principal::RoleSession {
        arn,
        account: Principal::Root {
            arn,
            account: account(if role_id == "AROAX" { C } else { A }),
        }
        .account()
        .unwrap(),
        role_arn,
        role_id: Some(role_id),
    };
    let task = |task| Principal::AssumedRoot {
        arn: "arn:aws:iam::111111111111:root",
        account: account(A),
        task,
    };
    match who {
        "anonymous" => Principal::Anonymous,
        "bob" => Principal::User {
            arn: "arn:aws:iam::111111111111:user/bob",
            account: account(A),
            unique_id: Some("AIDABOB"),
        },
        "cat" => Principal::User {
            arn: "arn:aws:iam::222222222222:user/cat",
            account: account(C),
            unique_id: Some("AIDACAT"),
        },
        "china" => Principal::User {
            arn: "arn:aws-cn:iam::111111111111:user/bob",
            account: account(A),
            unique_id: None,
        },
        "R/s" => session(
            "arn:aws:sts::111111111111:assumed-role/R/s",
            "arn:aws:iam::111111111111:role/R",
            "AROAR",
        ),
        "R/?" => session(
            "arn:aws:iam::111111111111:role/R",
            "arn:aws:iam::111111111111:role/R",
            "AROAR",
        ),
        "X/s" => session(
            "arn:aws:sts::222222222222:assumed-role/X/s",
            "arn:aws:iam::222222222222:role/X",
            "AROAX",
        ),
        "slr" => session(
            "arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/s",
            "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
            "AROASLR",
        ),
        "fed" => Principal::FederatedUser {
            arn: "arn:aws:sts::111111111111:federated-user/bob",
            account: account(A),
            issuer: bob,
        },
        "rootfed" => Principal::FederatedUser {
            arn: "arn:aws:sts::111111111111:federated-user/root",
            account: account(A),
            issuer: FederatedIssuer::Root,
        },
        "root" => Principal::Root {
            arn: "arn:aws:iam::111111111111:root",
            account: account(A),
        },
        "Croot" => Principal::Root {
            arn: "arn:aws:iam::222222222222:root",
            account: account(C),
        },
        "task:s3" => task(Some(RootTask::UnlockBucketPolicy)),
        "task:sqs" => task(Some(RootTask::UnlockQueuePolicy)),
        "task:?" => task(None),
        _ => match who.split_once(':') {
            Some(("svc", name)) => Principal::Service { name },
            Some(("token", provider)) => Principal::UnsignedFederation { provider },
            _ => panic!("nobody is called {who}"),
        },
    }
}

/// Turns a short name into the JSON members of a principal element.
fn principals(names: &str) -> String {
    if names == "*" {
        return "\"*\"".to_owned();
    }
    let (mut aws, mut service, mut federated) = (Vec::new(), Vec::new(), Vec::new());
    for name in names.split(',').filter(|name| !name.is_empty()) {
        match name.split_once(':') {
            Some(("svc", name)) => service.push(name.to_owned()),
            Some(("token", name)) => federated.push(name.to_owned()),
            _ => aws.push(match name {
                "any" => "*".to_owned(),
                "A" => A.to_owned(),
                "C" => C.to_owned(),
                "root" => "arn:aws:iam::111111111111:root".to_owned(),
                "Croot" => "arn:aws:iam::222222222222:root".to_owned(),
                "bob" => "arn:aws:iam::111111111111:user/bob".to_owned(),
                "cat" => "arn:aws:iam::222222222222:user/cat".to_owned(),
                "R" => "arn:aws:iam::111111111111:role/R".to_owned(),
                "X" => "arn:aws:iam::222222222222:role/X".to_owned(),
                "R/s" => "arn:aws:sts::111111111111:assumed-role/R/s".to_owned(),
                "R/t" => "arn:aws:sts::111111111111:assumed-role/R/t".to_owned(),
                "X/s" => "arn:aws:sts::222222222222:assumed-role/X/s".to_owned(),
                "fed" => "arn:aws:sts::111111111111:federated-user/bob".to_owned(),
                "rootfed" => "arn:aws:sts::111111111111:federated-user/root".to_owned(),
                other => other.to_owned(),
            }),
        }
    }
    let member = |key: &str, values: &[String]| {
        (!values.is_empty()).then(|| format!("\"{key}\":{values:?}"))
    };
    let members = [
        member("AWS", &aws),
        member("Service", &service),
        member("Federated", &federated),
    ];
    format!(
        "{{{}}}",
        members.into_iter().flatten().collect::<Vec<_>>().join(",")
    )
}

/// Turns the short notation into a document.
pub(crate) fn document(text: &str) -> String {
    if text.starts_with('{') {
        return text.to_owned();
    }
    let (text, condition) = match text.split_once(" ?") {
        Some((text, condition)) => (text, format!(",\"Condition\":{condition}")),
        None => (text, String::new()),
    };
    let mut words = text.split(' ');
    let action = words.next().unwrap();
    let (effect, action) = match action.split_at(1) {
        ("+", action) => ("Allow", action),
        ("-", action) => ("Deny", action),
        _ => panic!("{text}"),
    };
    let list = |text: &str| {
        format!(
            "{:?}",
            text.split(',')
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
        )
    };
    let actions = match action.strip_prefix('!') {
        Some(actions) => format!("\"NotAction\":{}", list(actions)),
        None => format!("\"Action\":{}", list(action)),
    };
    let (mut resource, mut principal) = (",\"Resource\":\"*\"".to_owned(), String::new());
    for word in words {
        let (not, word) = word
            .strip_prefix('!')
            .map_or(("", word), |word| ("Not", word));
        if let Some(names) = word.strip_prefix("P:") {
            principal = format!(",\"{not}Principal\":{}", principals(names));
        } else if word == "@" {
            resource = String::new();
        } else {
            resource = format!(
                ",\"{not}Resource\":{}",
                list(word.strip_prefix('@').unwrap())
            );
        }
    }
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"{effect}\",{actions}{resource}{principal}{condition}}}]}}"
    )
}

pub(crate) fn compile(text: &str) -> CompiledPolicy {
    let document = document(text);
    match Policy::parse(&document) {
        Ok(policy) => CompiledPolicy::compile(&policy),
        Err(error) => CompiledPolicy::unusable(format!("{error}: {document}")),
    }
}

pub(crate) fn attach(texts: &[&str]) -> Vec<AttachedPolicy> {
    let attach = |(index, text): (usize, &&str)| {
        let policy = compile(text);
        if !text.starts_with("{broken") {
            assert_eq!(policy.unusable_reason(), None, "{text}");
        }
        AttachedPolicy::new(
            Arc::new(policy),
            format!("P{index}"),
            None,
            AttachedTo::Resource,
        )
    };
    texts.iter().enumerate().map(attach).collect()
}

fn levels(texts: &[&[&str]]) -> Vec<Vec<AttachedPolicy>> {
    texts.iter().map(|texts| attach(texts)).collect()
}

fn borrow(lists: &[Vec<AttachedPolicy>]) -> PolicyLists<'_> {
    lists.iter().map(Vec::as_slice).collect()
}

/// Builds what a case describes, and hands it over.
pub(crate) fn with<T>(case: &Case<'_>, then: impl FnOnce(&Request<'_>, &Layers<'_>) -> T) -> T {
    let mut context = Context::new();
    let principal = principal(case.who);
    match principal {
        Principal::RoleSession { role_arn, .. } => context.insert("aws:PrincipalArn", role_arn),
        _ => {
            if let Some(arn) = principal.arn() {
                context.insert("aws:PrincipalArn", arn);
            }
        }
    }
    if let Some(account) = principal.account() {
        context.insert("aws:PrincipalAccount", account.to_string());
    }
    if case.who == "bob" {
        context.insert("aws:username", "bob");
    }
    for (key, value) in case.context {
        context.insert(*key, *value);
    }
    for (key, values) in case.lists {
        context.insert_list(*key, values.iter().copied());
    }
    let mut request = Request::new(principal, case.action, case.resource, &context);
    request.resource_account = AccountId::parse(case.owner).ok();
    request.credential = case.credential;

    let (own, groups) = (attach(case.id), levels(case.groups));
    let mut identity = PolicyLists::new();
    if !own.is_empty() {
        identity.push(&own);
    }
    for group in &groups {
        identity.push(group);
    }
    let (resource, boundary) = (attach(case.rp), case.pb.map(attach));
    let (session, endpoint) = (case.sp.map(attach), case.vpce.map(attach));
    let (service_control, resource_control) = (case.scp.map(levels), case.rcp.map(levels));
    let layers = Layers {
        resource_control: resource_control.as_deref().map(borrow),
        service_control: service_control.as_deref().map(borrow),
        endpoint: endpoint.as_deref(),
        endpoint_kind: case.endpoint,
        resource: &resource,
        resource_kind: case.kind,
        identity,
        boundary: boundary.as_deref(),
        session: session.as_deref().map(PolicyLists::from),
    };
    then(&request, &layers)
}

/// Decides a case in every way there is, which must agree, and gives the decision and trace.
pub(crate) fn run(case: &Case<'_>) -> (Decision, Trace) {
    with(case, |request, layers| {
        let decision = decide(request, layers);
        if !layers.read_context() {
            let context = &Context::new();
            let without = decide(
                &Request {
                    context,
                    ..*request
                },
                layers,
            );
            assert_eq!(decision, without, "nothing looks at the context");
        }
        let (explained, trace) = explain(request, layers);
        assert_eq!(decision, explained, "explain decides as decide does");
        let (listed, all) = statements(request, layers);
        assert_eq!(decision, listed, "statements decides as decide does");
        assert_eq!(decision.determined().first, all.first().copied());
        for at in all {
            assert!(
                layers.statement(at).is_some(),
                "{at:?} points to a statement"
            );
        }
        let summary = summarize(request, layers);
        assert_eq!(
            decision, summary.decision,
            "summarize decides as decide does"
        );
        assert_eq!(
            summary,
            shortened(&trace),
            "summarize tells what explain does"
        );
        (decision, trace)
    })
}

/// Returns what a trace says in the form of a summary.
fn shortened(trace: &Trace) -> Summary {
    let layers = trace.layers.iter().map(|layer| LayerSummary {
        layer: layer.layer,
        applicability: layer.applicability,
        outcome: layer.outcome,
    });
    let policies = trace.layers.iter().flat_map(|layer| &layer.policies);
    let statements = policies.flat_map(|policy| &policy.statements);
    let matched = statements.filter_map(|statement| match statement.outcome {
        StatementOutcome::Matched(_) => Some((statement.at, statement.effect)),
        StatementOutcome::MatchedWithoutEffect | StatementOutcome::Missed => None,
    });
    Summary {
        decision: trace.decision,
        layers: layers.collect(),
        matched: matched.collect(),
    }
}

/// Returns a decision as a few words: `allow identity`, `explicit scp`, `implicit rule CredentialKind`.
pub(crate) fn words(decision: &Decision) -> String {
    let outcome = match decision {
        Decision::Allow(_) => "allow",
        Decision::ExplicitDeny(_) => "explicit",
        Decision::ImplicitDeny(_) => "implicit",
    };
    match decision.determined().by {
        DecidedBy::Layer(layer) => format!("{outcome} {layer}"),
        DecidedBy::Rule(rule) => format!("{outcome} rule {rule:?}"),
        DecidedBy::UnusablePolicy(layer) => format!("{outcome} unusable {layer}"),
    }
}

pub(crate) fn check(name: &str, case: Case<'_>, expected: &str) {
    assert_eq!(words(&run(&case).0), expected, "case {name}");
}

/// Checks one statement alone as bob's identity policy: `true` if it allows.
pub(crate) fn allows(name: &str, case: Case<'_>, expected: bool) {
    check(
        name,
        case,
        if expected {
            "allow identity"
        } else {
            "implicit identity"
        },
    );
}
