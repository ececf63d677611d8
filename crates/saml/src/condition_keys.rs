//! The condition keys that an assertion sets.

use crate::attributes::Attributes;

/// A condition key that an assertion sets, with its values. Whether the key is multivalued is the catalog's to say; a
/// single-valued one that comes with several values has them all, and a policy must hold for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    /// Such as `saml:sub`.
    pub key: &'static str,
    /// At least one, as they stand in the assertion.
    pub values: Vec<String>,
}

impl ConditionKey {
    pub(crate) fn single(key: &'static str, value: &str) -> Self {
        Self {
            key,
            values: vec![value.to_owned()],
        }
    }
}

/// Attributes by name, and the keys that each sets. Where two set one key, the first that the assertion has is used.
// SOURCE: spec/sts.md §6b. The guide has typing errors in three names; both spellings are taken.
const KEYS: &[(&str, &[&str])] = &[
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1",
        &["saml:eduPersonAffiliation"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.2",
        &["saml:eduPersonNickname"],
    ),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.3", &["saml:eduPersonOrgDN"]),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.4",
        &["saml:eduPersonOrgUnitDN"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.5",
        &["saml:eduPersonPrimaryAffiliation"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
        &["saml:eduPersonPrincipalName"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.7",
        &["saml:eduPersonEntitlement"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.8",
        &["saml:eduPersonPrimaryOrgUnitDN"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
        &["saml:eduPersonScopedAffiliation"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.10",
        &["saml:eduPersonTargetedID"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.11",
        &["saml:eduPersonAssurance"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.2.1.2",
        &["saml:eduOrgHomePageURI"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.2.1.3",
        &["saml:eduOrgIdentityAuthNPolicyURI"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.2.1.4",
        &["saml:eduOrgLegalName"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.2.1.5",
        &["saml:eduOrgSuperiorURI"],
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.2.1.6",
        &["saml:eduOrgWhitePagesURI"],
    ),
    ("urn:oid:2.5.4.3", &["saml:cn", "saml:commonName"]),
    ("urn:oid:2.5.4.4", &["saml:surname"]),
    ("urn:oid:2.5.4.42", &["saml:givenName"]),
    ("urn:oid:2.4.5.42", &["saml:givenName"]),
    ("urn:oid:2.5.4.45", &["saml:x500UniqueIdentifier"]),
    ("urn:oid:0.9.2342.19200300.100.1.1", &["saml:uid"]),
    ("urn:oid:0.9.2342.19200300100.1.1", &["saml:uid"]),
    ("urn:oid:0.9.2342.19200300.100.1.3", &["saml:mail"]),
    ("urn:oid:0.9.2342.19200300100.1.3", &["saml:mail"]),
    (
        "urn:oid:0.9.2342.19200300.100.1.45",
        &["saml:organizationStatus"],
    ),
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        &["saml:name"],
    ),
    (
        "http://schemas.xmlsoap.org/claims/CommonName",
        &["saml:commonName"],
    ),
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
        &["saml:givenName"],
    ),
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
        &["saml:surname"],
    ),
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        &["saml:mail"],
    ),
    (
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid",
        &["saml:primaryGroupSID", "saml:uid"],
    ),
];

/// Returns the keys that the attributes of an assertion set.
pub(crate) fn from_attributes(attributes: &Attributes) -> Vec<ConditionKey> {
    let mut set: Vec<ConditionKey> = Vec::new();
    for (attribute, keys) in KEYS {
        let values = attributes.texts(attribute);
        for key in keys.iter().filter(|_| !values.is_empty()) {
            if set.iter().all(|known| known.key != *key) {
                let values = values.iter().map(|value| (*value).to_owned()).collect();
                set.push(ConditionKey { key, values });
            }
        }
    }
    set
}
