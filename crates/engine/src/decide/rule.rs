//! The rule of the decision, in the order of `spec/evaluation.md` §2.

use super::fixed::fixed_rule;
use super::look::Seen;
use crate::decision::{DecidedBy, Decision, Determined, FixedRule, LayerKind, StatementRef};
use crate::layers::ResourceKind;
use crate::observe::Observer;
use crate::question::{Question, binds_identity};
use crate::request::Principal;
use crate::trace::{AccountRelation, MatchClasses};

const ANY: MatchClasses = MatchClasses::ANY;
const ACCOUNT: MatchClasses = MatchClasses::ACCOUNT;
const DIRECT: MatchClasses = MatchClasses::DIRECT;
const SESSION: MatchClasses = MatchClasses::SESSION_ISSUER.union(MatchClasses::SESSION_ROLE);

/// Decides, and says how the resource policy names the principal.
// SOURCE: spec/evaluation.md §2. Read it side by side.
pub(super) fn decide<O: Observer>(
    question: &Question<'_>,
    observer: &mut O,
) -> (Decision, MatchClasses) {
    if let Some(decision) = fixed_rule(question) {
        return (decision, MatchClasses::NONE);
    }
    // Every statement of every layer that applies is looked at before anything is concluded.
    let seen = Seen::look(question, observer);
    let grants = seen.grants();

    // 1. An explicit deny in any layer.
    if let Some((layer, first)) = seen.first_deny() {
        return (
            Decision::ExplicitDeny(determined(DecidedBy::Layer(layer), Some(first))),
            grants,
        );
    }
    // A document that nobody can read might have denied.
    if let Some(layer) = seen.first_unusable() {
        return (
            Decision::ImplicitDeny(determined(DecidedBy::UnusablePolicy(layer), None)),
            grants,
        );
    }
    // 2. The guardrails bind everyone they apply to, root users and direct grants included.
    let guardrails = [
        LayerKind::ResourceControl,
        LayerKind::ServiceControl,
        LayerKind::Endpoint,
    ];
    let missing = guardrails.into_iter().find(|layer| seen.misses(*layer));
    // 3. The core.
    let decision = match missing.map_or_else(|| core(question, &seen), Err) {
        Ok(by) => Decision::Allow(determined(
            by,
            by.layer().and_then(|layer| seen.first_allow(layer)),
        )),
        Err(layer) => Decision::ImplicitDeny(determined(DecidedBy::Layer(layer), None)),
    };
    (decision, grants)
}

fn determined(by: DecidedBy, first: Option<StatementRef>) -> Determined {
    Determined { by, first }
}

/// Returns what grants the request, or the layer that misses an Allow.
fn core(question: &Question<'_>, seen: &Seen) -> Result<DecidedBy, LayerKind> {
    let grants = seen.grants();
    let resource_grants = |classes| {
        if grants.has_any(classes) {
            Ok(DecidedBy::Layer(LayerKind::Resource))
        } else {
            Err(LayerKind::Resource)
        }
    };
    let principal = &question.request.principal;
    match principal {
        Principal::Anonymous => return resource_grants(ANY),
        Principal::UnsignedFederation { .. } => return resource_grants(MatchClasses::FEDERATED),
        Principal::Service { .. } => return resource_grants(MatchClasses::SERVICE.union(ANY)),
        Principal::AssumedRoot { .. }
        | Principal::FederatedUser { .. }
        | Principal::RoleSession { .. }
        | Principal::Root { .. }
        | Principal::User { .. } => {}
    }
    let is_root = matches!(
        principal,
        Principal::AssumedRoot { .. } | Principal::Root { .. }
    );
    let kind = question.layers.resource_kind;

    match question.accounts {
        AccountRelation::CrossPartition => Err(LayerKind::Resource),
        // Both accounts must allow. Only the root user of a member account has no policy to say so.
        AccountRelation::CrossAccount if kind == ResourceKind::MemberRoot => {
            if is_root {
                Err(LayerKind::Resource)
            } else {
                own_side(question, seen)
            }
        }
        AccountRelation::CrossAccount => {
            resource_grants(ANY.union(ACCOUNT).union(DIRECT).union(SESSION))?;
            let own = own_side(question, seen)?;
            Ok(if is_root {
                DecidedBy::Layer(LayerKind::Resource)
            } else {
                own
            })
        }
        AccountRelation::SameAccount if kind.is_gated() && is_root => {
            resource_grants(ACCOUNT.union(DIRECT).union(ANY))
        }
        AccountRelation::SameAccount => same_account(question, seen),
    }
}

/// Returns what grants a request within one account to anyone, but to the root user where the resource is gated.
// SOURCE: spec/evaluation.md §2a: what a resource policy grants passes by some of the implicit denies elsewhere.
fn same_account(question: &Question<'_>, seen: &Seen) -> Result<DecidedBy, LayerKind> {
    let grants = seen.grants();
    let by_resource = Ok(DecidedBy::Layer(LayerKind::Resource));
    if grants.has_any(DIRECT) {
        return by_resource;
    }
    if grants.has_any(ANY) {
        if matches!(question.request.principal, Principal::FederatedUser { .. }) {
            require(question, seen, LayerKind::Session)?;
        }
        return by_resource;
    }
    if grants.has_any(SESSION) {
        require(question, seen, LayerKind::PermissionsBoundary)?;
        require(question, seen, LayerKind::Session)?;
        return by_resource;
    }
    if question.layers.resource_kind.is_gated() && !grants.has_any(ACCOUNT) {
        return Err(LayerKind::Resource);
    }
    own_side(question, seen)
}

/// Requires identity, boundary and session policies to allow, as far as they bear on the principal.
fn own_side(question: &Question<'_>, seen: &Seen) -> Result<DecidedBy, LayerKind> {
    require(question, seen, LayerKind::Identity)?;
    require(question, seen, LayerKind::PermissionsBoundary)?;
    require(question, seen, LayerKind::Session)?;
    Ok(match question.request.principal {
        Principal::AssumedRoot { .. } | Principal::Root { .. } => {
            DecidedBy::Rule(FixedRule::RootUser)
        }
        Principal::Anonymous
        | Principal::FederatedUser { .. }
        | Principal::RoleSession { .. }
        | Principal::Service { .. }
        | Principal::UnsignedFederation { .. }
        | Principal::User { .. } => DecidedBy::Layer(LayerKind::Identity),
    })
}

fn require(question: &Question<'_>, seen: &Seen, layer: LayerKind) -> Result<(), LayerKind> {
    if passes(question, seen, layer) {
        Ok(())
    } else {
        Err(layer)
    }
}

/// Returns whether one of the principal's own layers lets the request through.
fn passes(question: &Question<'_>, seen: &Seen, layer: LayerKind) -> bool {
    let principal = &question.request.principal;
    match layer {
        LayerKind::Identity => !binds_identity(principal) || seen.allows(layer),
        LayerKind::PermissionsBoundary => !binds_identity(principal) || !seen.misses(layer),
        LayerKind::Session => match principal {
            // The task policy of a root session only denies.
            Principal::AssumedRoot { .. } => true,
            // A federated session without session policies may do nothing.
            Principal::FederatedUser { .. } => seen.allows(layer),
            Principal::Anonymous
            | Principal::RoleSession { .. }
            | Principal::Root { .. }
            | Principal::Service { .. }
            | Principal::UnsignedFederation { .. }
            | Principal::User { .. } => !seen.misses(layer),
        },
        LayerKind::Endpoint
        | LayerKind::Resource
        | LayerKind::ResourceControl
        | LayerKind::ServiceControl => !seen.misses(layer),
    }
}
