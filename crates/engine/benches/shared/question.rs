//! The question that benches ask, the same to the engine and to others.

use std::sync::Arc;

use keyward_arn::AccountId;
use keyward_engine::{AttachedPolicy, AttachedTo, CompiledPolicy, Context, Principal, Request};
use keyward_policy::Policy;

/// The action that is asked for.
pub(crate) const ACTION: &str = "s3:GetObject";
/// Who asks.
pub(crate) const PRINCIPAL: &str = "arn:aws:iam::111111111111:user/alice";
/// The resource that is asked for.
pub(crate) const RESOURCE: &str = "arn:aws:s3:::home/alice/notes.txt";

const ACTIONS: [&str; 10] = [
    "GetObject",
    "PutObject",
    "ListBucket",
    "DeleteObject",
    "Get*",
    "List*",
    "Describe*",
    "CreateX",
    "X",
    "*",
];

/// One Allow statement on two resources, of which the second is the principal's home.
pub(crate) struct Shape {
    pub(crate) service: String,
    pub(crate) action: &'static str,
    /// A resource is `bucket-N/*`.
    pub(crate) bucket: usize,
    /// Whether the request must come by TLS from `10.0.0.0/8`.
    pub(crate) has_conditions: bool,
}

/// Many policies of many statements, of which only ten of the first policy are about the request's service.
pub(crate) fn shapes(policies: usize, statements: usize) -> Vec<Vec<Shape>> {
    let shape = |policy: usize, statement: usize| {
        let number = statement / ACTIONS.len();
        Shape {
            service: if policy == 0 && number == 0 {
                "s3".to_owned()
            } else {
                format!("svc{policy}x{number}")
            },
            action: ACTIONS[statement % ACTIONS.len()],
            bucket: statement,
            has_conditions: statement.is_multiple_of(3),
        }
    };
    (0..policies)
        .map(|policy| {
            (0..statements)
                .map(|statement| shape(policy, statement))
                .collect()
        })
        .collect()
}

impl Shape {
    /// Writes the statement as AWS has it.
    pub(crate) fn to_json(&self) -> String {
        let Self {
            service,
            action,
            bucket,
            has_conditions,
        } = self;
        let condition = if *has_conditions {
            r#","Condition":{"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#
        } else {
            ""
        };
        format!(
            r#"{{"Effect":"Allow","Action":"{service}:{action}","Resource":["arn:aws:{service}:::bucket-{bucket}/*","arn:aws:{service}:::home/${{aws:username}}/*"]{condition}}}"#
        )
    }
}

/// Makes the policies ready for the engine.
pub(crate) fn policies(count: usize, statements: usize) -> Vec<AttachedPolicy> {
    shapes(count, statements)
        .iter()
        .map(|shapes| {
            let statements: Vec<_> = shapes.iter().map(Shape::to_json).collect();
            attach(&document(&statements))
        })
        .collect()
}

/// Reads a document and attaches it.
pub(crate) fn attach(document: &str) -> AttachedPolicy {
    let policy = CompiledPolicy::compile(&Policy::parse(document).unwrap());
    AttachedPolicy::new(Arc::new(policy), "P", None, AttachedTo::Resource)
}

/// Writes a document of these statements.
pub(crate) fn document(statements: &[String]) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )
}

/// The condition keys of a request as a service has them.
pub(crate) fn context<'a>() -> Context<'a> {
    let mut context = Context::with_capacity(14);
    for (key, value) in [
        ("aws:CurrentTime", "2026-11-23T12:00:00Z"),
        ("aws:EpochTime", "1795435200"),
        ("aws:SecureTransport", "true"),
        ("aws:SourceIp", "10.1.2.3"),
        ("aws:UserAgent", "aws-cli/2.15.0 Python/3.11"),
        ("aws:RequestedRegion", "us-east-1"),
        ("aws:PrincipalArn", PRINCIPAL),
        ("aws:PrincipalAccount", "111111111111"),
        ("aws:PrincipalType", "User"),
        ("aws:userid", "AIDAALICE"),
        ("aws:username", "alice"),
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:ViaAWSService", "false"),
        ("aws:ResourceAccount", "111111111111"),
    ] {
        context.insert(key, value);
    }
    context
}

/// Makes the request.
pub(crate) fn request<'a>(context: &'a Context<'a>) -> Request<'a> {
    let account = AccountId::parse("111111111111").unwrap();
    let alice = Principal::User {
        arn: PRINCIPAL,
        account,
        unique_id: Some("AIDAALICE"),
    };
    let mut request = Request::new(alice, ACTION, RESOURCE, context);
    request.resource_account = Some(account);
    request
}
