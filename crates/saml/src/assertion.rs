//! What a signed assertion says, and whether it says it to us and now.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_arn::AccountId;
use keyward_directory::Timestamp;
use roxmltree::Node;
use sha1::{Digest as _, Sha1};

use crate::attributes::Attributes;
use crate::condition_keys::{self, ConditionKey};
use crate::endpoints::Endpoints;
use crate::error::AssertionError;
use crate::limits::{CLOCK_SKEW_SECONDS, REDEEM_SECONDS};
use crate::names::{BEARER, SAML};
use crate::signature::elements;
use crate::{Provider, Request, xml};

/// What comes before the short names of formats, and is left out of them. SOURCE: spec/sts.md §6.
const FORMAT_PREFIX: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:";
/// The format of a name that has none. SOURCE: SAML 2.0 Core §2.2.2.
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";

/// An assertion that a provider of the account signed, for us, for now, and for the role that was asked for. It is made by
/// [`Response::check`](crate::Response::check) only.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Assertion {
    /// The name of whoever was authenticated.
    pub subject: String,
    /// The name's format, `persistent`, `transient` or a whole URI.
    pub subject_type: String,
    /// The provider's entity id.
    pub issuer: String,
    /// The endpoint that the assertion was sent to.
    pub audience: String,
    /// A digest of issuer, account and provider, in base64; with the subject it names somebody in all the world.
    pub name_qualifier: String,
    /// The session's name, 2 to 64 characters.
    pub session_name: String,
    /// How many seconds the session lasts at most, 900 to 43,200, where the attributes say so.
    pub session_duration_seconds: Option<u32>,
    /// Until when the session lasts at most, where the assertion says so; later than now.
    pub session_not_on_or_after: Option<Timestamp>,
    /// The session's tags, keys and values as they stand; their rules are not checked here.
    pub principal_tags: Vec<(String, String)>,
    /// The keys of the tags that go on to further sessions.
    pub transitive_tag_keys: Vec<String>,
    /// The source identity, 2 to 64 characters.
    pub source_identity: Option<String>,
    /// The keys that the role's trust policy sees.
    pub condition_keys: Vec<ConditionKey>,
}

/// Reads an assertion that is known to be signed.
// SOURCE: spec/sts.md §6, rows 6 to 12 in this order; SAML 2.0 Profiles §4.1.4.3.
pub(crate) fn read(
    assertion: Node<'_, '_>,
    provider: &Provider<'_>,
    request: &Request<'_>,
    endpoints: &Endpoints,
    now: Timestamp,
) -> Result<Assertion, AssertionError> {
    let issuer = xml::only_child(assertion, SAML, "Issuer")
        .and_then(xml::text)
        .filter(|issuer| *issuer == provider.metadata.entity_id)
        .ok_or(AssertionError::Issuer)?;
    let subject = xml::only_child(assertion, SAML, "Subject").ok_or(AssertionError::Audience)?;
    let provider_id = provider.record.id.as_str();
    let confirmation = confirmation(subject).ok_or(AssertionError::Audience)?;
    let recipient = confirmation
        .attribute("Recipient")
        .filter(|recipient| endpoints.include(recipient, provider_id))
        .ok_or(AssertionError::Audience)?;
    let conditions =
        xml::only_child(assertion, SAML, "Conditions").ok_or(AssertionError::Audience)?;
    check_conditions(conditions, |audience| {
        endpoints.are_meant_by(audience, provider_id)
    })?;
    check_window(confirmation, now)?;
    check_window(conditions, now)?;
    check_age(assertion, now)?;
    let session_not_on_or_after = session_end(assertion, now)?;
    let (subject, subject_type) = name(subject).ok_or(AssertionError::NotAuthorized)?;
    let attributes = Attributes::read(assertion)?;
    if !attributes.name_role(request.role_arn, request.provider_arn) {
        return Err(AssertionError::NotAuthorized);
    }
    let session = attributes.session()?;
    let provider_name = provider.record.name.as_str();
    let name_qualifier = name_qualifier(&issuer, provider.account, provider_name);
    let document = format!("{}/{provider_name}", provider.account);
    let mut condition_keys = vec![
        ConditionKey::single("saml:aud", recipient),
        ConditionKey::single("saml:doc", &document),
        ConditionKey::single("saml:iss", &issuer),
        ConditionKey::single("saml:namequalifier", &name_qualifier),
        ConditionKey::single("saml:sub", &subject),
        ConditionKey::single("saml:sub_type", &subject_type),
    ];
    condition_keys.extend(condition_keys::from_attributes(&attributes));
    Ok(Assertion {
        subject,
        subject_type,
        issuer,
        audience: recipient.to_owned(),
        name_qualifier,
        session_name: session.session_name,
        session_duration_seconds: session.duration_seconds,
        session_not_on_or_after,
        principal_tags: session.principal_tags,
        transitive_tag_keys: session.transitive_tag_keys,
        source_identity: session.source_identity,
        condition_keys,
    })
}

/// Returns `BASE64(SHA1(issuer + account + "/" + provider))`. A digest of public values: that SHA-1 is broken costs nothing.
// SOURCE: spec/sts.md §6.
fn name_qualifier(issuer: &str, account: AccountId, provider: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{issuer}{account}/{provider}")))
}

/// Returns the data of the one bearer confirmation, which says until when it holds.
fn confirmation<'a, 'input>(subject: Node<'a, 'input>) -> Option<Node<'a, 'input>> {
    let mut bearers = xml::children(subject, SAML, "SubjectConfirmation")
        .filter(|confirmation| confirmation.attribute("Method") == Some(BEARER));
    let (Some(bearer), None) = (bearers.next(), bearers.next()) else {
        return None;
    };
    xml::only_child(bearer, SAML, "SubjectConfirmationData")
        .filter(|data| data.has_attribute("NotOnOrAfter"))
}

/// Checks that each restriction of the audience names us, that there is one, and that no condition is unknown.
fn check_conditions(
    conditions: Node<'_, '_>,
    is_ours: impl Fn(&str) -> bool,
) -> Result<(), AssertionError> {
    let mut restrictions = 0_usize;
    for condition in elements(conditions) {
        if condition.has_tag_name((SAML, "AudienceRestriction")) {
            restrictions = restrictions.saturating_add(1);
            let mut audiences = xml::children(condition, SAML, "Audience")
                .filter_map(|audience| xml::text(audience));
            if !audiences.any(|audience| is_ours(&audience)) {
                return Err(AssertionError::Audience);
            }
        } else if !condition.has_tag_name((SAML, "OneTimeUse"))
            && !condition.has_tag_name((SAML, "ProxyRestriction"))
        {
            // SOURCE: SAML 2.0 Core §2.5.1.1: an assertion with a condition that is not understood is not valid.
            return Err(AssertionError::Malformed);
        }
    }
    if restrictions == 0 {
        return Err(AssertionError::Audience);
    }
    Ok(())
}

/// Checks `NotBefore` and `NotOnOrAfter`, where they are.
fn check_window(element: Node<'_, '_>, now: Timestamp) -> Result<(), AssertionError> {
    if moment(element, "NotOnOrAfter")?.is_some_and(|end| end <= now) {
        return Err(AssertionError::Expired);
    }
    let start = moment(element, "NotBefore")?;
    if start.is_some_and(|start| seconds_between(now, start) > CLOCK_SKEW_SECONDS) {
        return Err(AssertionError::NotYetValid);
    }
    Ok(())
}

/// Checks when the assertion was issued.
fn check_age(element: Node<'_, '_>, now: Timestamp) -> Result<(), AssertionError> {
    let issued = moment(element, "IssueInstant")?.ok_or(AssertionError::Malformed)?;
    if seconds_between(issued, now) > REDEEM_SECONDS {
        return Err(AssertionError::TooOld);
    }
    if seconds_between(now, issued) > CLOCK_SKEW_SECONDS {
        return Err(AssertionError::NotYetValid);
    }
    Ok(())
}

/// Returns until when the identity provider's own session lasts, the earliest where it says so several times.
fn session_end(
    assertion: Node<'_, '_>,
    now: Timestamp,
) -> Result<Option<Timestamp>, AssertionError> {
    let mut earliest: Option<Timestamp> = None;
    for statement in xml::children(assertion, SAML, "AuthnStatement") {
        let end = moment(statement, "SessionNotOnOrAfter")?;
        earliest = [earliest, end].into_iter().flatten().min();
    }
    if earliest.is_some_and(|end| end <= now) {
        return Err(AssertionError::Expired);
    }
    Ok(earliest)
}

fn moment(element: Node<'_, '_>, name: &str) -> Result<Option<Timestamp>, AssertionError> {
    let text = element.attribute(name);
    text.map(|text| Timestamp::parse_date_time(text.trim()).ok_or(AssertionError::Malformed))
        .transpose()
}

fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.unix_seconds().saturating_sub(from.unix_seconds())
}

/// Returns the subject's name and its format.
fn name(subject: Node<'_, '_>) -> Option<(String, String)> {
    let name = xml::only_child(subject, SAML, "NameID")?;
    let text = xml::text(name).filter(|text| !text.is_empty())?;
    let format = name.attribute("Format").unwrap_or(UNSPECIFIED);
    let short = format.strip_prefix(FORMAT_PREFIX).unwrap_or(format);
    Some((text, short.to_owned()))
}
