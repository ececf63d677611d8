//! Service last accessed details: which services an entity's policies allow, and when they were really called.
//!
//! A job keeps the question; the answer is made when it is read. DIFFERS: AWS makes it when the job runs, from data that
//! is up to four hours old.

mod subject;

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_arn::Arn;
use keyward_directory::{AccessJob, EntityKind, Granularity, PolicyArn, PolicyOwner, Refusal};
use keyward_engine::CompiledPolicy;
use keyward_records::{Cell, Kind};
use keyward_wire::iam;

use self::subject::{Principal, Subject, named};
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Belongs, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// The services whose calls are seen here, so that their actions can be told.
const TRACKED: [&str; 2] = ["iam", "sts"];
/// Jobs that are too old, deleted with the making of a new one.
const SWEPT_AT_ONCE: usize = 20;

impl Operate for iam::GenerateServiceLastAccessedDetails {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let owner = Arn::parse(&self.arn).and_then(|arn| arn.account_id());
        let policy = PolicyArn::parse(&self.arn);
        let belongs = match (owner, policy) {
            (_, Ok(policy)) if policy.owner() == PolicyOwner::Aws => Belongs::AwsForAll,
            (Some(owner), _) if owner != caller.account() => Belongs::Other(owner),
            _ => Belongs::Own,
        };
        Ok(Question::about(self.arn.clone()).belonging(belongs))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GenerateServiceLastAccessedDetailsOutput>, ServiceError> {
        let caller = call.caller();
        let now = service.now().timestamp();
        let job = AccessJob {
            id: AccessJob::mint_id(now, draw(service.entropy())),
            about: named(service, caller, &call.arn)?,
            granularity: match call.granularity {
                Some(iam::AccessAdvisorUsageGranularityType::ActionLevel) => Granularity::Action,
                Some(iam::AccessAdvisorUsageGranularityType::ServiceLevel) | None => {
                    Granularity::Service
                }
            },
            created: now,
            maker: caller.user_id().to_owned(),
        };
        // Oldest first: ids begin with the time.
        let oldest = Page::unmarked(SWEPT_AT_ONCE, None);
        let reader = service.reader(caller).await?;
        let (oldest, _) = reader
            .page::<AccessJob>(&Kind::AccessJobs, &oldest, |_| true)
            .await?;
        drop(reader);
        let ((), revision) = service
            .transact(caller, &[], |transaction| {
                for old in oldest.iter().filter(|old| !old.is_kept(now)) {
                    transaction.delete(Cell::AccessJob(old.id.clone()));
                }
                transaction.put(&job)
            })
            .await?;
        let job_id = Some(job.id);
        Ok(Done::at(
            revision,
            iam::GenerateServiceLastAccessedDetailsOutput { job_id },
        ))
    }
}

/// The services that policies allow something of, by their prefixes, with the actions that they allow where asked.
type Granted = BTreeMap<&'static str, Vec<&'static str>>;

/// Returns the services that policies allow something of, whatever the resource and the conditions.
///
/// Looks at all 22,000 actions, so away from the threads that answer requests.
async fn granted(
    policies: Vec<Arc<CompiledPolicy>>,
    granularity: Granularity,
) -> Result<Granted, ServiceError> {
    let look = move || {
        let mut granted = Granted::new();
        for service in keyward_catalog::services() {
            let prefix = service.prefix();
            let mut names: Vec<&str> = service.actions().map(|action| action.name()).collect();
            let allowed = |names: &[&str]| {
                let mut policies = policies.iter();
                policies.any(|policy| policy.grants_some(prefix, names))
            };
            if !allowed(&names) {
                continue;
            }
            if granularity == Granularity::Action && TRACKED.contains(&prefix) {
                names.retain(|name| allowed(&[name]));
            } else {
                names.clear();
            }
            granted.insert(prefix, names);
        }
        granted
    };
    tokio::task::spawn_blocking(look)
        .await
        .map_err(ServiceError::internal)
}

/// Returns what AWS calls a service in these reports.
fn service_name(prefix: &str) -> String {
    let name = keyward_catalog::service_name(prefix).unwrap_or(prefix);
    // SOURCE: the reference of GetServiceLastAccessedDetails, whose example has no short form in parentheses.
    name.strip_suffix(" (IAM)").unwrap_or(name).to_owned()
}

/// Finds a job, which only its maker may read.
async fn job(
    reader: &Reader,
    service: &Service,
    caller: &Caller,
    id: &str,
) -> Result<AccessJob, ServiceError> {
    let now = service.now().timestamp();
    let job = reader
        .get::<AccessJob>(Cell::AccessJob(id.to_owned()))
        .await?;
    let own = job.filter(|job| job.maker == caller.user_id() && job.is_kept(now));
    let missing = || Refusal::not_found_text(format!("The job with id {id} cannot be found."));
    Ok(own.ok_or_else(missing)?)
}

/// Says that what a job is about is no more.
fn gone() -> iam::ErrorDetails {
    iam::ErrorDetails {
        message: "The entity or policy of this report no longer exists.".to_owned(),
        code: "NoSuchEntity".to_owned(),
    }
}

impl Operate for iam::GetServiceLastAccessedDetails {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetServiceLastAccessedDetailsOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let caller = call.caller();
        let reader = service.reader(caller).await?;
        let job = job(&reader, service, caller, &call.job_id).await?;
        let mut output = iam::GetServiceLastAccessedDetailsOutput {
            job_status: iam::JobStatusType::Failed,
            job_type: Some(match job.granularity {
                Granularity::Action => iam::AccessAdvisorUsageGranularityType::ActionLevel,
                Granularity::Service => iam::AccessAdvisorUsageGranularityType::ServiceLevel,
            }),
            job_creation_date: time(job.created),
            services_last_accessed: Vec::new(),
            job_completion_date: time(job.created),
            is_truncated: Some(false),
            marker: None,
            error: None,
        };
        match Subject::read(service, caller, &reader, &job.about).await? {
            None => output.error = Some(gone()),
            Some(subject) => {
                let granted = granted(subject.policies.clone(), job.granularity).await?;
                let after = page.after.as_deref();
                let following = granted
                    .iter()
                    .filter(|(prefix, _)| after.is_none_or(|after| **prefix > after));
                let mut services: Vec<iam::ServiceLastAccessed> = following
                    .map(|(prefix, actions)| shown(&subject, prefix, actions, job.granularity))
                    .collect();
                output.marker = page.cut(&mut services, |shown| shown.service_namespace.clone());
                output.is_truncated = Some(output.marker.is_some());
                output.services_last_accessed = services;
                output.job_status = iam::JobStatusType::Completed;
            }
        }
        Ok(Done::at(reader.revision(), output))
    }
}

fn shown(
    subject: &Subject,
    prefix: &str,
    actions: &[&str],
    granularity: Granularity,
) -> iam::ServiceLastAccessed {
    let last = subject.last(|accesses| accesses.last_of_service(prefix));
    let all = subject.principals.iter();
    let count = all.filter(|principal| principal.accesses.last_of_service(prefix).is_some());
    let tracked = granularity == Granularity::Action && TRACKED.contains(&prefix);
    iam::ServiceLastAccessed {
        service_name: service_name(prefix),
        last_authenticated: last.map(|(_, access)| time(access.at)),
        service_namespace: prefix.to_owned(),
        last_authenticated_entity: last.map(|(principal, _)| principal.arn.clone()),
        last_authenticated_region: last.map(|(_, access)| access.region.clone()),
        total_authenticated_entities: i32::try_from(count.count()).ok(),
        tracked_actions_last_accessed: tracked.then(|| {
            let shown = |name: &&str| shown_action(subject, prefix, name);
            actions.iter().map(shown).collect()
        }),
    }
}

fn shown_action(subject: &Subject, prefix: &str, name: &str) -> iam::TrackedActionLastAccessed {
    let action = format!("{prefix}:{name}");
    let last = subject.last(|accesses| accesses.of_action(&action));
    iam::TrackedActionLastAccessed {
        action_name: Some(name.to_owned()),
        last_accessed_entity: last.map(|(principal, _)| principal.arn.clone()),
        last_accessed_time: last.map(|(_, access)| time(access.at)),
        last_accessed_region: last.map(|(_, access)| access.region.clone()),
    }
}

impl Operate for iam::GetServiceLastAccessedDetailsWithEntities {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetServiceLastAccessedDetailsWithEntitiesOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let caller = call.caller();
        let prefix = &call.service_namespace;
        let reader = service.reader(caller).await?;
        let job = job(&reader, service, caller, &call.job_id).await?;
        let mut output = iam::GetServiceLastAccessedDetailsWithEntitiesOutput {
            job_status: iam::JobStatusType::Failed,
            job_creation_date: time(job.created),
            job_completion_date: time(job.created),
            entity_details_list: Vec::new(),
            is_truncated: Some(false),
            marker: None,
            error: None,
        };
        match Subject::read(service, caller, &reader, &job.about).await? {
            None => output.error = Some(gone()),
            Some(subject) => {
                let granted = granted(subject.policies, Granularity::Service).await?;
                if !granted.contains_key(prefix.as_str()) {
                    return Err(Refusal::not_found_text(format!(
                        "The service with namespace {prefix} cannot be found in the report."
                    ))
                    .into());
                }
                let after = page.after.as_deref();
                let mut principals = subject.principals;
                principals
                    .retain(|principal| after.is_none_or(|after| *principal.place() > *after));
                output.marker = page.cut(&mut principals, Principal::place);
                output.is_truncated = Some(output.marker.is_some());
                let details = principals.iter().map(|principal| entity(principal, prefix));
                output.entity_details_list = details.collect();
                output.job_status = iam::JobStatusType::Completed;
            }
        }
        Ok(Done::at(reader.revision(), output))
    }
}

fn entity(principal: &Principal, prefix: &str) -> iam::EntityDetails {
    let last = principal.accesses.last_of_service(prefix);
    iam::EntityDetails {
        entity_info: iam::EntityInfo {
            arn: principal.arn.clone(),
            name: principal.link.name.clone(),
            r#type: match principal.kind {
                EntityKind::Group => iam::PolicyOwnerEntityType::Group,
                EntityKind::Role => iam::PolicyOwnerEntityType::Role,
                EntityKind::User => iam::PolicyOwnerEntityType::User,
            },
            id: principal.link.id.to_string(),
            path: Some(principal.link.path.clone()),
        },
        last_authenticated: last.map(|access| time(access.at)),
    }
}
