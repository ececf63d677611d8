//! A question as a person puts it.

use keyward_arn::Arn;
use keyward_export::Inline;

use crate::error::BadQuestion;

/// A condition key with its values: one for a single-valued key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The key.
    pub key: String,
    /// Its values.
    pub values: Vec<String>,
}

/// Who asks for what.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The ARN of a user, role, session, federated user or root user; a service (`s3.amazonaws.com`); `*` for an
    /// anonymous caller.
    pub principal: String,
    /// The user or role behind a session, where its ARN does not tell.
    pub issuer: Option<String>,
    /// Such as `s3:GetObject`.
    pub action: String,
    /// An ARN, or `*` for an action that has no resource.
    pub resource: String,
    /// Condition keys of the request.
    pub context: Vec<Given>,
    /// The session policies that the session was made with; `None` where nobody knows.
    pub session_policies: Option<Vec<Inline>>,
}

impl Question {
    /// Checks what can be checked without an account.
    ///
    /// # Errors
    /// Where action or resource are malformed, or a condition key is not of the form `KEY=VALUE`.
    pub fn new(
        principal: &str,
        action: &str,
        resource: &str,
        context: &[String],
    ) -> Result<Self, BadQuestion> {
        check_action(action)?;
        if resource != "*" && Arn::parse(resource).is_none() {
            return Err(BadQuestion::new(format!(
                "--resource {resource:?} is neither an ARN nor *, which stands for actions without a resource"
            )));
        }
        Ok(Self {
            principal: principal.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context: given(context)?,
            ..Self::default()
        })
    }

    /// Adds a condition key, unless it is given already.
    pub fn assume(&mut self, key: &str, value: impl Into<String>) {
        if !self
            .context
            .iter()
            .any(|it| it.key.eq_ignore_ascii_case(key))
        {
            self.context.push(Given {
                key: key.to_owned(),
                values: vec![value.into()],
            });
        }
    }
}

/// Checks that an action is one, and exactly one.
pub(crate) fn check_action(action: &str) -> Result<(), BadQuestion> {
    let is_action = action.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty() && !name.is_empty() && !name.contains(':')
    });
    if !is_action || action.contains(char::is_whitespace) {
        return Err(BadQuestion::new(format!(
            "--action {action:?} is not of the form service:Name, such as s3:GetObject"
        )));
    }
    if action.contains(['*', '?']) {
        return Err(BadQuestion::new(format!(
            "--action {action}: ask for one action, without wildcards"
        )));
    }
    Ok(())
}

/// Reads `--context KEY=VALUE`; a key that is repeated has a list of values.
pub(crate) fn given(arguments: &[String]) -> Result<Vec<Given>, BadQuestion> {
    let mut given: Vec<Given> = Vec::new();
    for argument in arguments {
        let (key, value) = argument
            .split_once('=')
            .filter(|(key, _)| !key.is_empty() && !key.contains(char::is_whitespace))
            .ok_or_else(|| {
                BadQuestion::new(format!(
                    "--context {argument:?} is not of the form KEY=VALUE, such as aws:SourceIp=203.0.113.7"
                ))
            })?;
        match given.iter_mut().find(|it| it.key.eq_ignore_ascii_case(key)) {
            Some(it) => it.values.push(value.to_owned()),
            None => given.push(Given {
                key: key.to_owned(),
                values: vec![value.to_owned()],
            }),
        }
    }
    Ok(given)
}
