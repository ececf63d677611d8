//! Service-linked roles: made for a service, changed and deleted only on its terms.

use keyward_arn::Path;

use crate::{Refusal, Role, RoleName, TrustPolicy};

/// The beginning of the paths of service-linked roles; the service's name follows.
// SOURCE: spec/iam-entities.md §6.
const PATH: &str = "/aws-service-role/";
/// The beginning of the paths of roles that other parts of AWS keep for themselves.
const RESERVED_PATH: &str = "/aws-reserved/";

/// How many deletions of one role name are remembered.
// DIFFERS: how long AWS remembers is not documented.
const DELETIONS: usize = 100;

/// The deletions of a service-linked role that somebody asked for: the last 100 of each role name are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDeletion {
    /// The role's name.
    pub role: RoleName,
    /// The role's path, which names the service.
    pub path: Path,
    /// A UUID that is the last part of the id of the last deletion's task.
    pub task: String,
    /// The same of the deletions before it, the oldest first.
    pub earlier: Vec<String>,
}

/// The id of a deletion task, taken apart: `task/aws-service-role/<service>/<role>/<uuid>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionTaskId {
    /// The role's name.
    pub role: RoleName,
    /// The role's path.
    pub path: Path,
    /// The UUID.
    pub task: String,
}

impl RoleDeletion {
    /// Remembers one more deletion of a role, after those before it.
    #[must_use]
    pub fn after(before: Option<Self>, role: &Role, task: String) -> Self {
        let of_role = before.filter(|before| before.path == role.path);
        let mut earlier = Vec::new();
        if let Some(before) = of_role {
            earlier = before.earlier;
            earlier.push(before.task);
        }
        let too_many = earlier.len().saturating_add(1).saturating_sub(DELETIONS);
        earlier.drain(..too_many.min(earlier.len()));
        Self {
            role: role.name.clone(),
            path: role.path.clone(),
            task,
            earlier,
        }
    }

    /// Returns the id by which callers ask how far the last deletion has come.
    // SOURCE: spec/iam-entities.md §1.
    #[must_use]
    pub fn task_id(&self) -> String {
        format!("task{}{}/{}", self.path, self.role, self.task)
    }

    /// Returns whether a task id is that of one of these deletions.
    #[must_use]
    pub fn is_of(&self, asked: &DeletionTaskId) -> bool {
        (&self.role, &self.path) == (&asked.role, &asked.path)
            && (self.task == asked.task || self.earlier.contains(&asked.task))
    }
}

impl DeletionTaskId {
    /// Reads a task id; whether there is such a task is not asked. `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const UUID_LENGTH: usize = 36;
        let (place, task) = text.strip_prefix("task")?.rsplit_once('/')?;
        let (path, role) = place.rsplit_once('/')?;
        let path = Path::parse(&format!("{path}/")).ok()?;
        let is_uuid = task.len() == UUID_LENGTH
            && task
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        (is_uuid && service_of(&path).is_some()).then_some(Self {
            role: RoleName::parse(role).ok()?,
            path,
            task: task.to_owned(),
        })
    }
}

/// Returns the path of a service's roles; `None` where no service can have such a name.
#[must_use]
pub fn service_linked_path(service: &str) -> Option<Path> {
    let path = Path::parse(&format!("{PATH}{service}/")).ok()?;
    service_of(&path).is_some().then_some(path)
}

/// Returns the service that a path belongs to.
fn service_of(path: &Path) -> Option<&str> {
    let service = path.as_str().strip_prefix(PATH)?.strip_suffix('/')?;
    (!service.is_empty() && !service.contains('/')).then_some(service)
}

/// Checks that a path is one that callers may give to roles of their own.
///
/// # Errors
/// [`Refusal::InvalidInput`] for one under which roles are made by services only.
// DIFFERS: AWS's text is not known.
pub fn check_role_path(path: &Path) -> Result<(), Refusal> {
    match [PATH, RESERVED_PATH]
        .iter()
        .find(|reserved| path.as_str().starts_with(**reserved))
    {
        None => Ok(()),
        Some(reserved) => Err(Refusal::invalid_input(format!(
            "Path {path} is invalid: paths that begin with {reserved} are reserved for service use."
        ))),
    }
}

impl Role {
    /// Returns whether the role is one that `CreateServiceLinkedRole` made.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        service_of(&self.path).is_some()
    }

    /// Returns whether only AWS's services may change the role.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        check_role_path(&self.path).is_err()
    }
}

impl TrustPolicy {
    /// Returns the trust policy of a service's role: that service may assume it.
    // SOURCE: spec/service-linked-roles.md.
    #[must_use]
    pub fn of_service(service: &str) -> Self {
        Self::from_bound(format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SentTrustPolicy;

    #[test]
    fn task_ids_read_back() {
        let deletion = RoleDeletion {
            role: RoleName::parse("AWSServiceRoleForECS").unwrap(),
            path: service_linked_path("ecs.amazonaws.com").unwrap(),
            task: "ec720f7a-c0ba-4838-be33-f72e1873dd52".to_owned(),
            earlier: Vec::new(),
        };
        let text = "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/ec720f7a-c0ba-4838-be33-f72e1873dd52";
        assert_eq!(deletion.task_id(), text);
        assert!(deletion.is_of(&DeletionTaskId::parse(text).unwrap()));
        let other = text.replace("dd52", "dd53");
        assert!(!deletion.is_of(&DeletionTaskId::parse(&other).unwrap()));
        for text in [
            "",
            "task",
            "task/",
            "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/x",
            "task/aws-service-role/AWSServiceRoleForECS/ec720f7a-c0ba-4838-be33-f72e1873dd52",
            "task/other/ecs.amazonaws.com/AWSServiceRoleForECS/ec720f7a-c0ba-4838-be33-f72e1873dd52",
            "task/aws-service-role/a/b/c/ec720f7a-c0ba-4838-be33-f72e1873dd52",
        ] {
            assert_eq!(DeletionTaskId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn reserved_paths_are_refused() {
        for (path, good) in [
            ("/", true),
            ("/service-role/", true),
            ("/aws-service-roles/", true),
            ("/aws-service-role/ecs.amazonaws.com/", false),
            ("/aws-service-role/", false),
            ("/aws-reserved/sso.amazonaws.com/", false),
        ] {
            let path = Path::parse(path).unwrap();
            assert_eq!(check_role_path(&path).is_ok(), good, "{path}");
        }
        assert_eq!(service_linked_path("a/b"), None);
        assert_eq!(service_linked_path(""), None);
    }

    #[test]
    fn a_services_trust_policy_passes_the_checks() {
        let policy = TrustPolicy::of_service("ecs.amazonaws.com");
        SentTrustPolicy::check(policy.as_str()).unwrap();
    }
}
