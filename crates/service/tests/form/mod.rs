//! Calls made from the model's own descriptors: what every operation accepts, and what none does.

use std::fmt::Write as _;

use keyward_testkit::ACCOUNT;
use keyward_wire::{Kind, Operation, Shape};

/// Parameters of a call, not encoded.
pub(crate) type Parameters = Vec<(String, String)>;

/// Returns a value that a shape lets through, as a form writes it.
pub(crate) fn sample(name: &str, shape: &Shape) -> Parameters {
    let filled = |text: &str| vec![(name.to_owned(), text.to_owned())];
    match &shape.kind {
        Kind::Boolean => filled("true"),
        Kind::Enumeration(values) => filled(values.first().copied().unwrap_or_default()),
        Kind::Integer => filled(&shape.min.unwrap_or(1).to_string()),
        Kind::List(inner) => sample(&format!("{name}.member.1"), inner),
        Kind::Map { key, value } => {
            let mut entry = sample(&format!("{name}.entry.1.key"), key);
            entry.extend(sample(&format!("{name}.entry.1.value"), value));
            entry
        }
        Kind::Structure(members) | Kind::Union(members) => {
            let required = members().iter().filter(|member| member.required);
            required
                .flat_map(|member| sample(&format!("{name}.{}", member.name), member.shape))
                .collect()
        }
        Kind::String => filled(&text(name, shape)),
    }
}

/// Texts by the name of the parameter, then by length.
fn text(name: &str, shape: &Shape) -> String {
    let known = match name {
        "UserName" => "target",
        "PolicyName" => "absent",
        "PolicyDocument" => {
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#
        }
        "AccessKeyId" => "AKIAABSENT0000000000",
        "SerialNumber" => return format!("arn:aws:iam::{ACCOUNT}:mfa/absent"),
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let length = usize::try_from(shape.min.unwrap_or(1).max(1)).unwrap_or(1);
    let candidates = [
        "a".repeat(length),
        "1".repeat(length),
        "/".to_owned(),
        "v1".to_owned(),
        "https://a.example".to_owned(),
    ];
    let fits = |candidate: &&String| {
        shape
            .pattern
            .is_none_or(|pattern| pattern.matches(candidate))
    };
    candidates.iter().find(fits).cloned().unwrap_or_default()
}

/// Returns the parameters that an operation requires, with values that the model lets through.
pub(crate) fn required(operation: Operation) -> Parameters {
    let members = operation.facts().members().iter();
    let required = members.filter(|member| member.required);
    required
        .flat_map(|member| sample(member.name, member.shape))
        .collect()
}

/// Writes a call as a form.
pub(crate) fn form(operation: Operation, parameters: &[(String, String)]) -> String {
    let mut form = format!(
        "Action={}&Version={}",
        operation.name(),
        operation.service().version()
    );
    for (name, value) in parameters {
        let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let _ = write!(form, "&{name}={value}");
    }
    form
}
