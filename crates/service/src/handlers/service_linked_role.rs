//! Service-linked roles: create, delete, how far a deletion has come.

use keyward_arn::Path;
use keyward_catalog::{CustomSuffix, ServiceLinkedRole};
use keyward_directory::{
    DeletionTaskId, EntityKind, NewRole, PolicyArn, PolicyUsage, Refusal, Role, RoleDeletion,
    RoleName, TrustPolicy, service_linked_path,
};
use keyward_records::{Cell, Counter, Record};
use keyward_wire::{PolicyDocument, iam};

use super::inline_policy::{Owner, missing};
use super::target::{entity_arn, existing_role};
use super::{Done, Operate, managed, role};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::exchange::RequestId;
use crate::ports::draw;
use crate::{Service, ServiceError};

/// Returns the name of a service's role: its own, and the caller's suffix.
fn name_of(role: ServiceLinkedRole, suffix: Option<&str>) -> String {
    match suffix {
        None => role.role_name.to_owned(),
        Some(suffix) => format!("{}_{suffix}", role.role_name),
    }
}

/// Takes the name of the role that a request asks for.
///
/// # Errors
/// `InvalidInput` for a service without such roles, and for a suffix that it does not allow.
// SOURCE: spec/service-linked-roles.md.
fn asked(call: &iam::CreateServiceLinkedRole) -> Result<(ServiceLinkedRole, RoleName), Refusal> {
    let service = &call.aws_service_name;
    // DIFFERS: AWS's texts for a service that it does not know and for a name that is too long are not known.
    let known = keyward_catalog::service_linked_role(service).ok_or_else(|| {
        Refusal::invalid_input(format!(
            "Service {service} does not support service-linked roles."
        ))
    })?;
    let suffix = call.custom_suffix.as_deref();
    if suffix.is_some() && known.custom_suffix == CustomSuffix::Refused {
        let message = format!("Custom suffix is not allowed for {service}");
        return Err(Refusal::invalid_input(message));
    }
    let name = name_of(known, suffix);
    match RoleName::parse(&name) {
        Ok(name) => Ok((known, name)),
        Err(_) => Err(Refusal::invalid_input(format!(
            "Service role name {name} is too long, please try a different suffix."
        ))),
    }
}

/// Shows a service's trust policy as `CreateServiceLinkedRole` does: lists where other answers have single values.
fn created_document(service: &str) -> PolicyDocument {
    PolicyDocument(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{{"Service":["{service}"]}}}}]}}"#
    ))
}

impl Operate for iam::CreateServiceLinkedRole {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let service = &self.aws_service_name;
        let path = service_linked_path(service).unwrap_or_default();
        // A service without such roles is asked about by its path alone: who may not know hears no more.
        let name = keyward_catalog::service_linked_role(service)
            .map(|known| name_of(known, self.custom_suffix.as_deref()))
            .unwrap_or_default();
        let arn = entity_arn(caller.account(), "role", &path, &name);
        Ok(Question::about(arn).key("iam:AWSServiceName", Some(service)))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateServiceLinkedRoleOutput>, ServiceError> {
        let (known, name) = asked(&call)?;
        let request = NewRole {
            name: name.clone(),
            path: service_linked_path(known.service).ok_or_else(|| {
                ServiceError::internal("the catalog has a service whose name can't be in a path")
            })?,
            description: role::sent_description(call.description.as_deref()),
            max_session_duration: None,
            trust_policy: TrustPolicy::of_service(known.service),
            tags: Vec::new(),
            permissions_boundary: None,
        };
        let policy = PolicyArn::parse(&known.policy_arn()).map_err(ServiceError::internal)?;
        let (random, now) = (draw(service.entropy()), service.now().timestamp());
        let account = call.caller().account();
        let wanted = [Cell::role(&name).of(account)];
        let (made, revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                if transaction.get::<Role>(Cell::role(&name))?.is_some() {
                    return Err(taken(&name).into());
                }
                let mut made = Role::create(account, None, request.clone(), random, now)?;
                if managed::is_attachable(transaction, account, &policy)? {
                    made.attached_policies.attach(EntityKind::Role, &policy)?;
                    managed::link(transaction, &policy, PolicyUsage::Attached, &made)?;
                }
                transaction.count_in_beyond_quota(Counter::Roles);
                transaction.put(&made)?;
                Ok(made)
            })
            .await?;
        let document = created_document(known.service);
        let role = Some(iam::Role {
            description: made.description.clone(),
            ..role::shown(&made, document, call.caller())
        });
        Ok(Done::at(
            revision,
            iam::CreateServiceLinkedRoleOutput { role },
        ))
    }
}

// SOURCE: spec/iam-entities.md §5.
fn taken(name: &RoleName) -> Refusal {
    Refusal::invalid_input(format!(
        "Service role name {name} has been taken in this account, please try a different suffix."
    ))
}

impl Operate for iam::DeleteServiceLinkedRole {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_role(&self.role_name, caller))
    }

    /// Deletes the role at once: no service here has resources that could still need it.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::DeleteServiceLinkedRoleOutput>, ServiceError> {
        let place = Role::place(&call.role_name)?;
        let account = call.caller().account();
        let mut wanted = vec![place.clone().of(account)];
        let deletions = RoleName::parse(&call.role_name).map(|name| Cell::role_deletion(&name));
        wanted.extend(deletions.map(|deletions| deletions.of(account)));
        let task = RequestId::from_random(draw(service.entropy()));
        let (deletion, revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let found = transaction.get::<Role>(place.clone())?;
                let role = found
                    .filter(Role::is_service_linked)
                    .ok_or_else(|| missing(Role::KIND, &call.role_name))?;
                for policy in role.attached_policies.iter() {
                    managed::unlink(transaction, policy, PolicyUsage::Attached, &role);
                }
                transaction.delete(Cell::Accesses(role.id.clone()));
                transaction.delete(role.cell());
                transaction.count_out(Counter::Roles);
                let before = transaction.get::<RoleDeletion>(Cell::role_deletion(&role.name))?;
                let deletion = RoleDeletion::after(before, &role, task.as_str().to_owned());
                transaction.put(&deletion)?;
                Ok(deletion)
            })
            .await?;
        let output = iam::DeleteServiceLinkedRoleOutput {
            deletion_task_id: deletion.task_id(),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::GetServiceLinkedRoleDeletionStatus {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let (path, name) = match DeletionTaskId::parse(&self.deletion_task_id) {
            Some(asked) => (asked.path, asked.role.to_string()),
            None => (Path::default(), "*".to_owned()),
        };
        Ok(Question::about(entity_arn(
            caller.account(),
            "role",
            &path,
            &name,
        )))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetServiceLinkedRoleDeletionStatusOutput>, ServiceError> {
        let task = &call.deletion_task_id;
        // DIFFERS: AWS's texts are not known.
        let asked = DeletionTaskId::parse(task).ok_or_else(|| {
            Refusal::invalid_input(format!("Deletion task id {task} is not valid."))
        })?;
        let reader = service.reader(call.caller()).await?;
        let found = reader.get::<RoleDeletion>(Cell::role_deletion(&asked.role));
        if !found.await?.is_some_and(|found| found.is_of(&asked)) {
            let message = format!("The deletion task with id {task} cannot be found.");
            return Err(Refusal::not_found_text(message).into());
        }
        let output = iam::GetServiceLinkedRoleDeletionStatusOutput {
            status: iam::DeletionTaskStatusType::Succeeded,
            reason: None,
        };
        Ok(Done::at(reader.revision(), output))
    }
}
