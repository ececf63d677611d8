//! The policy simulator, decided by the engine itself.

use keyward_arn::{AccountId, Arn, Partition};
use keyward_directory::{EntityKind, Refusal};
use keyward_simulate::simulator::{
    CallerKind, Documents, InvalidDocument, SimulatedCaller, SimulatedValue, Simulation,
    SourceKind, ValueType,
};
use keyward_wire::PolicyDocument;
use keyward_wire::iam::{self, ContextKeyTypeEnum};

use super::policy_exclusion::exclude;
use super::principal_policies::{PolicySource, PrincipalPolicies};
use super::simulated_resource::{check, check_handling, template};
use super::simulation_shown::shown;
use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::{Service, ServiceError};

/// Decisions that one page takes at most, so that no answer keeps a thread for long; a page has one action at least.
const MOST_DECISIONS: usize = 10_000;

/// What both simulations ask.
struct Asked<'a> {
    actions: &'a [String],
    resources: &'a [String],
    handling: Option<&'a str>,
    page: Page,
}

/// Which actions may be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wildcards {
    Allowed,
    Refused,
}

impl Operate for iam::SimulateCustomPolicy {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::SimulatePolicyResponse>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let mut identity = Documents::new(SourceKind::Identity);
        add_sent(&mut identity, &call.policy_input_list)?;
        let caller = match (call.caller_arn.as_deref(), &call.resource_policy) {
            (Some(arn), _) => simulated_caller(PolicySource::parse(arn)?),
            (None, Some(_)) => return Err(not_a_user().into()),
            (None, None) => nobody_in_particular(call.caller().account()),
        };
        let simulation = Simulation {
            resource: resource_policy(
                call.resource_policy.as_ref(),
                call.resource_owner.as_deref(),
                &caller,
            )?,
            caller,
            identity,
            boundary: boundary(call.permissions_boundary_policy_input_list.as_deref())?,
            organization: organization(call.ordered_organization_policy_input_list.as_deref())?,
            context: context(call.context_entries.as_deref())?,
        };
        let asked = Asked {
            actions: &call.action_names,
            resources: call.resource_arns.as_deref().unwrap_or_default(),
            handling: call.resource_handling_option.as_deref(),
            page,
        };
        let answer = run(&simulation, &asked, Wildcards::Refused).await?;
        Ok(Done::without_store(answer))
    }
}

impl Operate for iam::SimulatePrincipalPolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(PolicySource::question(&self.policy_source_arn, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::SimulatePolicyResponse>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let source = PolicySource::parse(&call.policy_source_arn)?;
        let reader = service.reader(call.caller()).await?;
        let mut policies = PrincipalPolicies::read(&reader, &source).await?;
        exclude(
            &mut policies,
            call.policy_exclusion_list.as_deref().unwrap_or_default(),
        )?;
        let mut identity = Documents::new(SourceKind::Identity);
        for policy in &policies.identity {
            identity.add_stored(policy.origin.source_policy_id(), &policy.document);
        }
        let sent = call.policy_input_list.as_deref().unwrap_or_default();
        add_sent(&mut identity, sent)?;
        // A boundary that is sent takes the place of the entity's own.
        let mut boundary = boundary(call.permissions_boundary_policy_input_list.as_deref())?;
        if let (None, Some(own)) = (&boundary, &policies.boundary) {
            let mut documents = Documents::new(SourceKind::Identity);
            documents.add_stored(own.origin.source_policy_id(), &own.document);
            boundary = Some(documents);
        }
        let caller = simulated_caller(match call.caller_arn.as_deref() {
            Some(arn) => PolicySource::parse(arn)?,
            None => source,
        });
        let simulation = Simulation {
            resource: resource_policy(
                call.resource_policy.as_ref(),
                call.resource_owner.as_deref(),
                &caller,
            )?,
            caller,
            identity,
            boundary,
            // No account is in an organization.
            organization: None,
            context: context(call.context_entries.as_deref())?,
        };
        let asked = Asked {
            actions: &call.action_names,
            resources: call.resource_arns.as_deref().unwrap_or_default(),
            handling: call.resource_handling_option.as_deref(),
            page,
        };
        let answer = run(&simulation, &asked, Wildcards::Allowed).await?;
        Ok(Done::at(reader.revision(), answer))
    }
}

/// Simulates the actions of a page.
async fn run(
    simulation: &Simulation,
    asked: &Asked<'_>,
    wildcards: Wildcards,
) -> Result<iam::SimulatePolicyResponse, ServiceError> {
    check(asked.resources)?;
    check_handling(asked.handling, asked.resources)?;
    for action in asked.actions {
        check_action(action, wildcards)?;
    }
    let start = match &asked.page.after {
        None => 0,
        Some(last) => {
            let last: Option<usize> = last.parse().ok();
            let next = last.and_then(|last| last.checked_add(1));
            next.ok_or_else(Page::invalid_marker)?
        }
    };
    let affordable = MOST_DECISIONS
        .checked_div(asked.resources.len())
        .unwrap_or(MOST_DECISIONS);
    let mut page = asked.page.clone();
    page.items = page.items.min(affordable).max(1);
    let actions = asked.actions.iter().enumerate().skip(start);
    let mut actions: Vec<(usize, &String)> = actions.take(page.items.saturating_add(1)).collect();
    let marker = page.cut(&mut actions, |(index, _)| index.to_string());
    let mut results = Vec::with_capacity(actions.len());
    for (_, action) in actions {
        let outcome = simulation.simulate(action, asked.resources);
        let template = template(action, asked.resources);
        results.push(shown(action, template, outcome));
        tokio::task::yield_now().await;
    }
    Ok(iam::SimulatePolicyResponse {
        evaluation_results: Some(results),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

/// Checks the name of an action; whether there is such an action is not asked.
fn check_action(action: &str, wildcards: Wildcards) -> Result<(), Refusal> {
    let parts = action.split_once(':');
    let is_name = parts.is_some_and(|(service, name)| {
        !service.is_empty() && !name.is_empty() && !name.contains(':')
    });
    let has_blank = action.contains(char::is_whitespace);
    if !is_name || has_blank {
        let message = format!(
            "Invalid Input Actions: \"{action}\" must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        );
        return Err(Refusal::invalid_input(message));
    }
    if wildcards == Wildcards::Refused && action.contains(['*', '?']) {
        let message = format!("Invalid Input Actions: \"{action}\" must not contain wildcards.");
        return Err(Refusal::invalid_input(message));
    }
    Ok(())
}

/// Names the documents of a list, `PolicyInputList.1` and on.
pub(crate) fn named<'a>(
    list: &'a str,
    documents: &'a [PolicyDocument],
) -> impl Iterator<Item = (String, &'a PolicyDocument)> {
    let names = (1..=documents.len()).map(move |number| format!("{list}.{number}"));
    names.zip(documents)
}

/// Says that a document is no policy of its kind.
pub(crate) fn invalid_policy(name: &str, error: &InvalidDocument) -> Refusal {
    // SOURCE: spec/evaluation.md §8 (Invalid Simulation Policy…).
    Refusal::invalid_input(format!("Invalid Simulation Policy: {name}: {error}"))
}

/// Adds the identity policies that were sent.
pub(crate) fn add_sent(
    documents: &mut Documents,
    sent: &[PolicyDocument],
) -> Result<(), ServiceError> {
    for (name, text) in named("PolicyInputList", sent) {
        let added = documents.add(name.as_str(), text);
        added.map_err(|error| invalid_policy(&name, &error))?;
    }
    Ok(())
}

fn boundary(sent: Option<&[PolicyDocument]>) -> Result<Option<Documents>, ServiceError> {
    const LIST: &str = "PermissionsBoundaryPolicyInputList";
    let sent = sent.unwrap_or_default();
    if sent.len() > 1 {
        let message = format!("{LIST} can contain only one policy.");
        return Err(Refusal::invalid_input(message).into());
    }
    let mut boundary = None;
    for (name, text) in named(LIST, sent) {
        let documents = boundary.get_or_insert_with(|| Documents::new(SourceKind::Identity));
        let added = documents.add(name.as_str(), text);
        added.map_err(|error| invalid_policy(&name, &error))?;
    }
    Ok(boundary)
}

fn organization(
    levels: Option<&[iam::OrderedOrganizationPolicyType]>,
) -> Result<Option<Vec<Documents>>, ServiceError> {
    let levels = levels.unwrap_or_default();
    if levels.is_empty() {
        return Ok(None);
    }
    let mut organization = Vec::with_capacity(levels.len());
    for (level, number) in levels.iter().zip(1_usize..) {
        let list =
            format!("OrderedOrganizationPolicyInputList.{number}.ServiceControlPolicyInputList");
        let mut documents = Documents::new(SourceKind::Organization);
        let sent = level.service_control_policy_input_list.as_deref();
        for (name, text) in named(&list, sent.unwrap_or_default()) {
            let added = documents.add(name.as_str(), text);
            added.map_err(|error| invalid_policy(&name, &error))?;
        }
        organization.push(documents);
    }
    Ok(Some(organization))
}

// SOURCE: spec/evaluation.md §8: the resource policy is simulated for callers that are users.
fn not_a_user() -> Refusal {
    Refusal::invalid_input("Invalid caller - Caller must be an IAM user in this context.")
}

fn resource_policy(
    policy: Option<&PolicyDocument>,
    owner: Option<&str>,
    caller: &SimulatedCaller,
) -> Result<Option<(Documents, AccountId)>, ServiceError> {
    let owner = owner.map(account_of_owner).transpose()?;
    let Some(text) = policy else {
        return Ok(None);
    };
    if caller.kind != CallerKind::User {
        return Err(not_a_user().into());
    }
    let mut documents = Documents::new(SourceKind::Resource);
    let name = "ResourcePolicy";
    let added = documents.add(name, text);
    added.map_err(|error| invalid_policy(name, &error))?;
    Ok(Some((documents, owner.unwrap_or(caller.account))))
}

/// Reads `ResourceOwner`: an account's ARN, `arn:aws:iam::111122223333:root`, or its id.
fn account_of_owner(text: &str) -> Result<AccountId, Refusal> {
    let by_arn = || {
        let arn = Arn::parse(text)?;
        let is_account = arn.service == "iam" && arn.region.is_empty() && arn.resource == "root";
        arn.account_id().filter(|_| is_account)
    };
    let account = AccountId::parse(text).ok().or_else(by_arn);
    account.ok_or_else(|| Refusal::invalid_input(format!("Invalid Resource Owner: {text}")))
}

fn simulated_caller(source: PolicySource) -> SimulatedCaller {
    SimulatedCaller {
        arn: source.arn,
        account: source.account,
        kind: match source.kind {
            EntityKind::Group => CallerKind::Group,
            EntityKind::Role => CallerKind::Role,
            EntityKind::User => CallerKind::User,
        },
    }
}

/// Stands for whoever has the policies that were sent: no policy asks who that is.
fn nobody_in_particular(account: AccountId) -> SimulatedCaller {
    let partition = Partition::default().as_str();
    SimulatedCaller {
        arn: format!("arn:{partition}:iam::{account}:user/simulated"),
        account,
        kind: CallerKind::User,
    }
}

fn context(
    entries: Option<&[iam::ContextEntry]>,
) -> Result<Vec<(String, SimulatedValue)>, ServiceError> {
    let mut context: Vec<(String, SimulatedValue)> = Vec::new();
    for entry in entries.unwrap_or_default() {
        let key = entry.context_key_name.as_deref().unwrap_or_default();
        let invalid =
            |what: String| Refusal::invalid_input(format!("Invalid Context Entry: {key}: {what}"));
        if key.is_empty() {
            return Err(Refusal::invalid_input(
                "Invalid Context Entry: ContextKeyName is missing.",
            )
            .into());
        }
        if context
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(key))
        {
            return Err(invalid("the key is given more than once.".to_owned()).into());
        }
        let values = entry.context_key_values.as_deref().unwrap_or_default();
        let (kind, is_list) = value_type(entry.context_key_type, values.len());
        kind.check(values)
            .map_err(|error| invalid(format!("{error}.")))?;
        match (values, is_list) {
            (_, true) => {
                context.push((key.to_owned(), SimulatedValue::Multiple(values.to_vec())));
            }
            // A key without a value is one that the request does not have.
            ([], false) => {}
            ([value], false) => {
                context.push((key.to_owned(), SimulatedValue::Single(value.clone())));
            }
            ([_, _, ..], false) => {
                let what = format!("the type {} has one value.", kind.as_str());
                return Err(invalid(what).into());
            }
        }
    }
    Ok(context)
}

/// Returns the type of the values and whether the key is multivalued; without a type, several values make it so.
fn value_type(named: Option<ContextKeyTypeEnum>, values: usize) -> (ValueType, bool) {
    match named {
        None => (ValueType::String, values > 1),
        Some(ContextKeyTypeEnum::Binary) => (ValueType::Binary, false),
        Some(ContextKeyTypeEnum::BinaryList) => (ValueType::Binary, true),
        Some(ContextKeyTypeEnum::Boolean) => (ValueType::Boolean, false),
        Some(ContextKeyTypeEnum::BooleanList) => (ValueType::Boolean, true),
        Some(ContextKeyTypeEnum::Date) => (ValueType::Date, false),
        Some(ContextKeyTypeEnum::DateList) => (ValueType::Date, true),
        Some(ContextKeyTypeEnum::Ip) => (ValueType::Ip, false),
        Some(ContextKeyTypeEnum::IpList) => (ValueType::Ip, true),
        Some(ContextKeyTypeEnum::Numeric) => (ValueType::Numeric, false),
        Some(ContextKeyTypeEnum::NumericList) => (ValueType::Numeric, true),
        Some(ContextKeyTypeEnum::String) => (ValueType::String, false),
        Some(ContextKeyTypeEnum::StringList) => (ValueType::String, true),
    }
}
