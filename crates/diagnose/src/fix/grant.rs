//! The smallest statement that allows: this action on this resource, in the layer that lacks it.

use keyward_engine::{
    AttachedTo, DecidedBy, Decision, LayerKind, Principal, Request, ResourceKind,
};
use keyward_policy::{
    ActionElement, Effect, Principal as Named, PrincipalElement, PrincipalKind, PrincipalSet,
    ResourceElement, Span, Statement,
};

use super::{Candidate, Sandbox, exactly, spanned};
use crate::case::{Case, PolicyPlace};
use crate::report::{Fix, Step};
use crate::words;
use crate::write;

/// Layers can lack an Allow one behind the other.
const ROUNDS: usize = LayerKind::ALL.len() + 1;

/// Finds the new statements that allow the request.
pub(crate) fn fix(case: &Case<'_>) -> Option<Candidate> {
    let mut sandbox = Sandbox::of(case.layers);
    let (steps, breadth) = complete(case, &mut sandbox, &case.request)?;
    let fix = Fix {
        gives: gives(case),
        steps,
        breadth,
        proof: None,
        by: None,
    };
    Some(Candidate {
        fix,
        after: sandbox,
        asking: None,
    })
}

/// Says what the smallest statement gives.
pub(crate) fn gives(case: &Case<'_>) -> String {
    let request = &case.request;
    let who = match request.principal {
        Principal::RoleSession { role_arn, .. } => {
            format!("every session of role {}", words::last_part(role_arn))
        }
        Principal::Anonymous
        | Principal::AssumedRoot { .. }
        | Principal::FederatedUser { .. }
        | Principal::Root { .. }
        | Principal::Service { .. }
        | Principal::UnsignedFederation { .. }
        | Principal::User { .. } => words::principal_short(&request.principal),
    };
    let on = if request.resource == "*" {
        ""
    } else {
        " on this resource"
    };
    format!("Gives {who} {}{on}, and nothing else.", request.action)
}

/// Adds the smallest statement to each layer that lacks one, until the engine allows the request. Returns what was
/// added, which is nothing where the request is allowed as it is, and how much it gives; `None` where that is no way.
pub(crate) fn complete(
    case: &Case<'_>,
    sandbox: &mut Sandbox,
    request: &Request<'_>,
) -> Option<(Vec<Step>, u64)> {
    let mut steps = Vec::new();
    let mut breadth: u64 = 0;
    for _ in 0..ROUNDS {
        match sandbox.decide(request) {
            Decision::Allow(_) => return Some((steps, breadth)),
            Decision::ExplicitDeny(_) => return None,
            Decision::ImplicitDeny(determined) => match determined.by {
                DecidedBy::Layer(layer) => {
                    steps.push(add(case, sandbox, request, layer)?);
                    breadth = breadth.saturating_add(1);
                }
                DecidedBy::Rule(_) | DecidedBy::UnusablePolicy(_) => return None,
            },
        }
    }
    None
}

fn add(
    case: &Case<'_>,
    sandbox: &mut Sandbox,
    request: &Request<'_>,
    layer: LayerKind,
) -> Option<Step> {
    let statement = smallest(case, request, layer)?;
    match layer {
        // Every level must allow.
        LayerKind::ServiceControl => {
            let trace = sandbox.explain(request);
            let lacking = trace.layers.iter().find(|it| it.layer == layer)?;
            for level in &lacking.levels_without_allow {
                sandbox.add(layer, *level, &statement)?;
            }
        }
        // No customer's RCP can allow.
        LayerKind::ResourceControl => return None,
        LayerKind::Endpoint
        | LayerKind::Identity
        | LayerKind::PermissionsBoundary
        | LayerKind::Resource
        | LayerKind::Session => sandbox.add(layer, 0, &statement)?,
    }
    Some(Step::AddStatement {
        layer,
        place: place(case, layer),
        statement: write::statement(&statement).pasteable(),
    })
}

fn smallest(case: &Case<'_>, request: &Request<'_>, layer: LayerKind) -> Option<Statement> {
    let names_principal = match layer {
        LayerKind::Endpoint | LayerKind::Resource => true,
        LayerKind::Identity
        | LayerKind::PermissionsBoundary
        | LayerKind::ResourceControl
        | LayerKind::ServiceControl
        | LayerKind::Session => false,
    };
    // A trust policy has no Resource: it is about its role.
    let is_trust = layer == LayerKind::Resource && case.layers.resource_kind == ResourceKind::Role;
    Some(Statement {
        span: Span::default(),
        sid: None,
        effect: spanned(Effect::Allow),
        principal: if names_principal {
            let named = Named {
                kind: kind_of(&request.principal)?,
                value: spanned(name_of(&request.principal)?.to_owned()),
            };
            Some(PrincipalElement::Principal(PrincipalSet::Listed(vec![
                named,
            ])))
        } else {
            None
        },
        action: Some(ActionElement::Action(vec![spanned(
            request.action.to_owned(),
        )])),
        resource: (!is_trust)
            .then(|| ResourceElement::Resource(vec![spanned(exactly(request.resource))])),
        conditions: Vec::new(),
    })
}

fn kind_of(principal: &Principal<'_>) -> Option<PrincipalKind> {
    match principal {
        // A policy that opens a resource to everyone is never proposed.
        Principal::Anonymous => None,
        Principal::AssumedRoot { .. }
        | Principal::FederatedUser { .. }
        | Principal::RoleSession { .. }
        | Principal::Root { .. }
        | Principal::User { .. } => Some(PrincipalKind::Aws),
        Principal::Service { .. } => Some(PrincipalKind::Service),
        Principal::UnsignedFederation { .. } => Some(PrincipalKind::Federated),
    }
}

/// Returns how a resource policy names the principal: a role and not its session, whose name changes.
pub(crate) fn name_of<'a>(principal: &Principal<'a>) -> Option<&'a str> {
    match *principal {
        Principal::Anonymous => None,
        Principal::AssumedRoot { arn, .. }
        | Principal::FederatedUser { arn, .. }
        | Principal::Root { arn, .. }
        | Principal::User { arn, .. } => Some(arn),
        Principal::RoleSession { role_arn, .. } => Some(role_arn),
        Principal::Service { name } => Some(name),
        Principal::UnsignedFederation { provider } => Some(provider),
    }
}

/// Says where a new statement belongs.
fn place(case: &Case<'_>, layer: LayerKind) -> String {
    match layer {
        LayerKind::Endpoint => "to the policy of the VPC endpoint".to_owned(),
        LayerKind::Identity => identity_place(case),
        LayerKind::PermissionsBoundary => boundary_place(case),
        LayerKind::Resource => match case.layers.resource_kind {
            ResourceKind::KmsKey => "to the key policy".to_owned(),
            ResourceKind::Role => format!(
                "to the trust policy of role {}",
                words::last_part(case.request.resource)
            ),
            ResourceKind::MemberRoot | ResourceKind::Ordinary => {
                match case.request.resource_account {
                    Some(account) => format!("to the resource's own policy, in account {account}"),
                    None => "to the resource's own policy, in the account that owns it".to_owned(),
                }
            }
        },
        LayerKind::ResourceControl | LayerKind::ServiceControl => {
            "to an SCP on each level that lacks it, by whoever runs the organization".to_owned()
        }
        LayerKind::Session => "to the session policy that the session is made with".to_owned(),
    }
}

fn identity_place(case: &Case<'_>) -> String {
    let who = words::principal_short(&case.request.principal);
    let own = own_inline_policies(case).next();
    match own {
        None => format!("to an identity policy of {who}"),
        Some(policy) => format!("to an identity policy of {who}, such as inline policy {policy}"),
    }
}

/// Returns the names of the inline policies that bear on the principal alone.
fn own_inline_policies<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a str> {
    let lists: Vec<_> = case.layers.identity.iter().collect();
    lists
        .into_iter()
        .flatten()
        .filter(|policy| policy.arn().is_none())
        .filter(|policy| {
            matches!(
                policy.attached_to(),
                AttachedTo::Role(_) | AttachedTo::User(_)
            )
        })
        .map(|policy| policy.name().as_ref())
}

fn boundary_place(case: &Case<'_>) -> String {
    let at = PolicyPlace {
        layer: LayerKind::PermissionsBoundary,
        list: 0,
        policy: 0,
    };
    let sandbox = Sandbox::of(case.layers);
    let Some(policy) = sandbox.attached(at) else {
        return "to the permissions boundary".to_owned();
    };
    let name = policy.name();
    if policy.arn().is_some_and(|arn| words::is_aws_managed(arn)) {
        format!(
            "to a permissions boundary of your own, in the place of AWS's {name}, which cannot be edited"
        )
    } else {
        format!(
            "to the permissions boundary {name}, which then leaves everyone who has it more room"
        )
    }
}
