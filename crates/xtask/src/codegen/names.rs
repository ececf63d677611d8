//! Names of the model to names of Rust.

/// `SAMLMetadataDocument` → `saml_metadata_document`, `ClientIDList` → `client_id_list`.
pub(crate) fn snake(name: &str) -> String {
    words(name)
        .iter()
        .map(|word| word.to_ascii_lowercase())
        .collect::<Vec<_>>()
        .join("_")
}

/// `userNameType` → `USER_NAME_TYPE`.
pub(crate) fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// `userNameType` → `UserNameType`: the model's name with a capital in front.
pub(crate) fn pascal(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + characters.as_str(),
        None => String::new(),
    }
}

/// `user-managed` → `UserManaged`, `IN_PROGRESS` → `InProgress`, `AWS` → `Aws`, `AWSManagedPolicy` unchanged.
pub(crate) fn variant(value: &str) -> String {
    value
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            if word.len() > 1
                && word
                    .chars()
                    .all(|character| !character.is_ascii_lowercase())
            {
                pascal(&word.to_ascii_lowercase())
            } else {
                pascal(word)
            }
        })
        .collect()
}

/// A field name, which may not be a Rust keyword.
pub(crate) fn field(name: &str) -> String {
    let name = snake(name);
    match name.as_str() {
        "type" | "match" | "ref" | "use" => format!("r#{name}"),
        _ => name,
    }
}

/// The first word of an operation's name: `CreateUser` → `create`.
pub(crate) fn verb(operation: &str) -> String {
    words(operation)
        .first()
        .map(|word| word.to_ascii_lowercase())
        .unwrap_or_default()
}

fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (at, &character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| characters.get(at));
        let after = characters.get(at + 1);
        let starts = character.is_ascii_uppercase()
            && (before.is_some_and(|before| !before.is_ascii_uppercase())
                || after.is_some_and(|after| {
                    after.is_ascii_lowercase() && !is_plural(&characters, at)
                }));
        if starts || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(character);
        }
    }
    words
}

/// Whether the capital at this place is the last of an acronym whose plural s follows, as the `N` of `ARNs`.
fn is_plural(characters: &[char], at: usize) -> bool {
    characters.get(at + 1) == Some(&'s')
        && characters.get(at + 2).is_none_or(char::is_ascii_uppercase)
        && at
            .checked_sub(1)
            .and_then(|at| characters.get(at))
            .is_some_and(char::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::{field, snake, variant, verb};

    #[test]
    fn words_as_the_model_means_them() {
        for (name, expected) in [
            ("UserName", "user_name"),
            ("SAMLMetadataDocument", "saml_metadata_document"),
            ("OpenIDConnectProviderArn", "open_id_connect_provider_arn"),
            ("ClientIDList", "client_id_list"),
            ("QRCodePNG", "qr_code_png"),
            ("Base32StringSeed", "base32_string_seed"),
            ("isTruncated", "is_truncated"),
            ("PolicyARNs", "policy_arns"),
            ("AuthenticationCode1", "authentication_code1"),
            ("VPCEndpoint", "vpc_endpoint"),
        ] {
            assert_eq!(snake(name), expected);
        }
        assert_eq!(field("Type"), "r#type");
        assert_eq!(verb("ListMFADevices"), "list");
    }

    #[test]
    fn variants() {
        for (value, expected) in [
            ("Active", "Active"),
            ("IN_PROGRESS", "InProgress"),
            ("user-managed", "UserManaged"),
            ("text/csv", "TextCsv"),
            ("AWS", "Aws"),
            ("AWSManagedPolicy", "AWSManagedPolicy"),
            ("v1Token", "V1Token"),
        ] {
            assert_eq!(variant(value), expected);
        }
    }
}
