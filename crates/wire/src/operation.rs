//! What is known about an operation, and finding the one that a request names.

use crate::generated::error_shape::ErrorShape;
use crate::generated::operation::Operation;
use crate::parameters::Parameters;
use crate::schema::Member;
use crate::service::Service;

/// What the service model says about one operation.
#[derive(Debug)]
pub struct OperationFacts {
    /// The value of `Action`.
    pub name: &'static str,
    /// The service that has it.
    pub service: Service,
    pub(crate) members: fn() -> &'static [Member],
    /// The errors that the model names for it.
    pub errors: &'static [ErrorShape],
    /// Whether it takes callers without credentials (`AssumeRoleWithSAML`, `AssumeRoleWithWebIdentity`).
    pub anonymous: bool,
    /// Whether it answers in pages (`Marker`, `MaxItems`, `IsTruncated`).
    pub paginated: bool,
}

impl OperationFacts {
    /// The parameters, in the model's order.
    #[must_use]
    pub fn members(&self) -> &'static [Member] {
        (self.members)()
    }
}

impl Operation {
    /// The value of `Action`, such as `CreateUser`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The service that has this operation.
    #[must_use]
    pub fn service(self) -> Service {
        self.facts().service
    }

    /// The operation of a service that has this name. Case-sensitive, as AWS is.
    #[must_use]
    pub fn from_name(service: Service, name: &str) -> Option<Self> {
        let at = Self::ALL
            .binary_search_by(|operation| operation.name().cmp(name))
            .ok()?;
        let operation = Self::ALL.get(at).copied()?;
        (operation.service() == service).then_some(operation)
    }
}

/// Why no operation was found for a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// There is no `Action`. A GET without parameters may be answered with a redirect to the documentation instead.
    // SOURCE: spec/access-denied-messages.md §6b "no Action"; the text is the one of AWS's common errors.
    #[error("The request is missing an action or a required parameter.")]
    Missing,
    /// No operation has this name in this version.
    #[error("Could not find operation {action} for version {version}")]
    Unknown {
        /// The `Action` as sent.
        action: String,
        /// The `Version` as sent, or `NO_VERSION_SPECIFIED`.
        version: String,
    },
}

impl Parameters<'_> {
    /// Finds the operation that `Action` and `Version` name.
    ///
    /// With a service (the one of the credential scope) the version must be that service's; without one the version
    /// says which service is meant.
    ///
    /// # Errors
    /// [`ActionError`]: no `Action`, an unknown one, a `Version` that is missing or that the service does not have.
    // UNSURE: AWS answers an unknown version of a known service with InvalidAction or NoSuchVersion; InvalidAction is
    // what the same front end says about an unknown operation, and names both.
    pub fn operation(&self, service: Option<Service>) -> Result<Operation, ActionError> {
        let action = self
            .get("Action")
            .filter(|action| !action.is_empty())
            .ok_or(ActionError::Missing)?;
        let version = self.get("Version");
        let found = version
            .and_then(Service::from_version)
            .filter(|of_version| service.is_none_or(|service| service == *of_version))
            .and_then(|service| Operation::from_name(service, action));
        found.ok_or_else(|| ActionError::Unknown {
            action: action.to_owned(),
            version: version.unwrap_or("NO_VERSION_SPECIFIED").to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
