//! The attributes of an assertion, and those that AWS gives a meaning.

use roxmltree::Node;

use crate::error::AssertionError;
use crate::limits::{
    SESSION_DURATION_SECONDS, SESSION_NAME_LENGTH, TAG_KEY_LENGTH, TAG_VALUE_LENGTH,
};
use crate::names::SAML;
use crate::signature::elements;
use crate::xml;

/// What the names of AWS's attributes begin with; case counts.
const AWS: &str = "https://aws.amazon.com/SAML/Attributes/";

/// All attributes of an assertion by name; values of attributes that stand several times are joined.
pub(crate) struct Attributes(Vec<(String, Vec<Value>)>);

/// A value; `None` where it is not a text.
type Value = Option<String>;

/// What AWS's attributes say of the session.
pub(crate) struct SessionAttributes {
    pub(crate) session_name: String,
    pub(crate) duration_seconds: Option<u32>,
    pub(crate) principal_tags: Vec<(String, String)>,
    pub(crate) transitive_tag_keys: Vec<String>,
    pub(crate) source_identity: Option<String>,
}

impl Attributes {
    /// Reads the attributes of an assertion.
    ///
    /// # Errors
    /// [`AssertionError::Attributes`] for one that is encrypted or has no name: what it would limit is not known.
    pub(crate) fn read(assertion: Node<'_, '_>) -> Result<Self, AssertionError> {
        let mut all: Vec<(String, Vec<Value>)> = Vec::new();
        let statements = xml::children(assertion, SAML, "AttributeStatement");
        for attribute in statements.flat_map(elements) {
            let name = attribute
                .attribute("Name")
                .filter(|_| attribute.has_tag_name((SAML, "Attribute")))
                .ok_or(AssertionError::Attributes)?;
            let values = xml::children(attribute, SAML, "AttributeValue").map(value);
            match all.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => known.extend(values),
                None => all.push((name.to_owned(), values.collect())),
            }
        }
        Ok(Self(all))
    }

    /// Returns the values of an attribute that are texts.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        self.values(name)
            .iter()
            .filter_map(Option::as_deref)
            .collect()
    }

    /// Returns whether the assertion names a role together with a provider.
    // SOURCE: spec/sts.md §6, row 10: either order.
    pub(crate) fn name_role(&self, role_arn: &str, provider_arn: &str) -> bool {
        self.texts(&aws("Role")).iter().any(|pair| {
            let mut parts = pair.split(',').map(str::trim);
            match (parts.next(), parts.next(), parts.next()) {
                (Some(one), Some(other), None) => {
                    (one == role_arn && other == provider_arn)
                        || (one == provider_arn && other == role_arn)
                }
                _ => false,
            }
        })
    }

    /// Reads what the session is to be.
    ///
    /// # Errors
    /// Those of rows 11 and 12, then [`AssertionError::Attributes`].
    // SOURCE: spec/sts.md §6, rows 11 and 12, "Attributes".
    pub(crate) fn session(&self) -> Result<SessionAttributes, AssertionError> {
        let session_name = self
            .only(&aws("RoleSessionName"), AssertionError::SessionNameForm)?
            .ok_or(AssertionError::SessionName)?;
        if !is_name(session_name) {
            return Err(AssertionError::SessionNameForm);
        }
        let source_identity = self.only(&aws("SourceIdentity"), AssertionError::SourceIdentity)?;
        if source_identity.is_some_and(|identity| !is_name(identity)) {
            return Err(AssertionError::SourceIdentity);
        }
        let duration = self.only(&aws("SessionDuration"), AssertionError::Attributes)?;
        Ok(SessionAttributes {
            session_name: session_name.to_owned(),
            duration_seconds: duration.map(seconds).transpose()?,
            principal_tags: self.principal_tags()?,
            transitive_tag_keys: self.all(&aws("TransitiveTagKeys"))?,
            source_identity: source_identity.map(str::to_owned),
        })
    }

    fn principal_tags(&self) -> Result<Vec<(String, String)>, AssertionError> {
        let prefix = aws("PrincipalTag:");
        let mut tags = Vec::new();
        for (name, values) in &self.0 {
            let Some(key) = name.strip_prefix(&prefix) else {
                continue;
            };
            match values.as_slice() {
                [Some(value)] if is_tag(key, value) => tags.push((key.to_owned(), value.clone())),
                _ => return Err(AssertionError::Attributes),
            }
        }
        Ok(tags)
    }

    fn values(&self, name: &str) -> &[Value] {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or(&[], |(_, values)| values)
    }

    /// Returns the value of an attribute that has at most one.
    fn only(&self, name: &str, error: AssertionError) -> Result<Option<&str>, AssertionError> {
        match self.values(name) {
            [] => Ok(None),
            [Some(value)] => Ok(Some(value)),
            _ => Err(error),
        }
    }

    /// Returns the values of an attribute, each of which is a text.
    fn all(&self, name: &str) -> Result<Vec<String>, AssertionError> {
        let values: Option<Vec<String>> = self.values(name).iter().cloned().collect();
        values.ok_or(AssertionError::Attributes)
    }
}

/// Returns the full name of one of AWS's attributes.
fn aws(name: &str) -> String {
    format!("{AWS}{name}")
}

/// Reads a value: a text, or the one name identifier that `eduPersonTargetedID` has.
fn value(element: Node<'_, '_>) -> Value {
    match *elements(element) {
        [name] if name.has_tag_name((SAML, "NameID")) => xml::text(name),
        _ => xml::text(element),
    }
}

/// Returns whether a text may be the name of a session or a source identity.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    SESSION_NAME_LENGTH.contains(&text.len()) && text.bytes().all(allowed)
}

/// Returns whether a key and a value may be those of a tag: `[\p{L}\p{Z}\p{N}_.:/=+\-@]`, as in the model of STS.
fn is_tag(key: &str, value: &str) -> bool {
    let allowed = |character: char| {
        character.is_alphanumeric()
            || (character.is_whitespace() && !character.is_control())
            || "_.:/=+-@".contains(character)
    };
    TAG_KEY_LENGTH.contains(&key.chars().count())
        && value.chars().count() <= TAG_VALUE_LENGTH
        && key.chars().chain(value.chars()).all(allowed)
}

fn seconds(text: &str) -> Result<u32, AssertionError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| text.parse().ok()).flatten();
    seconds
        .filter(|seconds| SESSION_DURATION_SECONDS.contains(seconds))
        .ok_or(AssertionError::Attributes)
}
