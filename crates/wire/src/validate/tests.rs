use crate::{Call, Parameters, WireError, decode, encode, iam, sts};

/// Decodes a body and compares: `Ok` with the call written again, `Err` with code and message.
fn check<C: Call>(body: &str, expected: Result<&str, &str>) {
    let parameters = Parameters::parse(None, body.as_bytes()).unwrap();
    let found = decode::<C>(&parameters).map_err(|error| WireError::from(error).to_string());
    let found = found.map(|call| {
        let form = encode(&call);
        form.splitn(3, '&').nth(2).unwrap_or("").to_owned()
    });
    assert_eq!(
        found,
        expected.map(str::to_owned).map_err(str::to_owned),
        "{body}"
    );
}

#[test]
fn names_what_is_missing() {
    check::<iam::CreateUser>(
        "",
        Err(
            "ValidationError: 1 validation error detected: Value null at 'userName' failed to satisfy constraint: \
             Member must not be null",
        ),
    );
    check::<sts::AssumeRole>(
        "",
        Err(
            "ValidationError: 2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: \
             Member must not be null; Value null at 'roleSessionName' failed to satisfy constraint: \
             Member must not be null",
        ),
    );
    check::<iam::TagUser>(
        "UserName=a&Tags.member.1.Key=k",
        Err(
            "ValidationError: 1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy \
             constraint: Member must not be null",
        ),
    );
}

#[test]
fn names_every_violation() {
    check::<sts::AssumeRole>(
        "RoleArn=arn:aws:iam::111122223333:role/R&RoleSessionName=a/b&DurationSeconds=10",
        Err(
            "ValidationError: 2 validation errors detected: Value 'a/b' at 'roleSessionName' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*; Value '10' at \
             'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
        ),
    );
    check::<iam::CreateUser>(
        "UserName=",
        Err(
            "ValidationError: 1 validation error detected: Value '' at 'userName' failed to satisfy constraint: \
             Member must have length greater than or equal to 1",
        ),
    );
    check::<sts::AssumeRole>(
        "RoleArn=&RoleSessionName=ab",
        Err(
            "ValidationError: 2 validation errors detected: Value '' at 'roleArn' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: \
             [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+; \
             Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
        ),
    );
    let long = "s".repeat(65);
    check::<iam::CreateUser>(
        &format!("UserName={long}"),
        Err(&format!(
            "ValidationError: 1 validation error detected: Value '{long}' at 'userName' failed to satisfy \
             constraint: Member must have length less than or equal to 64"
        )),
    );
}

const WRONG_NAME: &str = "ValidationError: The specified value for userName is invalid. It must contain only \
    alphanumeric characters and/or the following: +=,.@_-";

#[test]
fn iam_has_words_of_its_own_for_names_and_paths() {
    check::<iam::CreateUser>("UserName=a b&Path=x", Err(WRONG_NAME_OR_PATH));
    check::<iam::CreateUser>("UserName=a b", Err(WRONG_NAME));
    check::<iam::CreatePolicy>(
        "PolicyName=a&PolicyDocument=x&Path=/a*/",
        Err(WRONG_NAME_OR_PATH),
    );
    // Other constraints are checked before.
    let long = "!".repeat(65);
    check::<iam::CreateUser>(
        &format!("UserName={long}"),
        Err(&format!(
            "ValidationError: 1 validation error detected: Value '{long}' at 'userName' failed to satisfy \
             constraint: Member must have length less than or equal to 64"
        )),
    );
    check::<iam::CreateRole>(
        "RoleName=a b",
        Err(
            "ValidationError: 1 validation error detected: Value null at 'assumeRolePolicyDocument' failed to satisfy \
             constraint: Member must not be null",
        ),
    );
}

const WRONG_NAME_OR_PATH: &str = "ValidationError: The specified value for path is invalid. It must begin and end with / \
    and contain only alphanumeric characters and/or / characters.";

#[test]
fn patterns_are_ascii_and_whole() {
    check::<iam::CreateUser>("UserName=diego_1", Ok("UserName=diego_1"));
    for wrong in ["di%C3%A9go", "diego%0A", "%D9%A3"] {
        check::<iam::CreateUser>(&format!("UserName={wrong}"), Err(WRONG_NAME));
    }
    // Tags take letters of every script.
    check::<iam::TagUser>(
        "UserName=a&Tags.member.1.Key=%C3%A9&Tags.member.1.Value=",
        Ok("UserName=a&Tags.member.1.Key=%C3%A9&Tags.member.1.Value="),
    );
    // Lengths count characters, not bytes.
    let key = "%C3%A9".repeat(128);
    let body = format!("UserName=a&TagKeys.member.1={key}");
    check::<iam::UntagUser>(&body, Ok(&body));
}

#[test]
fn account_alias_without_look_ahead() {
    let long = "a".repeat(63);
    for good in ["abc", "a-b", "a1-b2-c3", "123", &long] {
        check::<iam::CreateAccountAlias>(
            &format!("AccountAlias={good}"),
            Ok(&format!("AccountAlias={good}")),
        );
    }
    for bad in ["-ab", "ab-", "a--b", "Abc", "a.b"] {
        check::<iam::CreateAccountAlias>(
            &format!("AccountAlias={bad}"),
            Err(&format!(
                "ValidationError: 1 validation error detected: Value '{bad}' at 'accountAlias' failed to satisfy \
                 constraint: Member must satisfy regular expression pattern: \
                 ^[a-z0-9]([a-z0-9]|-(?!-)){{1,61}}[a-z0-9]$"
            )),
        );
    }
    check::<iam::CreateAccountAlias>(
        "AccountAlias=ab",
        Err(
            "ValidationError: 2 validation errors detected: Value 'ab' at 'accountAlias' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$; \
             Value 'ab' at 'accountAlias' failed to satisfy constraint: Member must have length greater than or \
             equal to 3",
        ),
    );
}

#[test]
fn enumerations() {
    check::<iam::ListPolicies>("Scope=AWS", Ok("Scope=AWS"));
    check::<iam::ListPolicies>(
        "Scope=aws",
        Err(
            "ValidationError: 1 validation error detected: Value 'aws' at 'scope' failed to satisfy constraint: \
             Member must satisfy enum value set",
        ),
    );
}

#[test]
fn sensitive_values_are_not_echoed() {
    let long = "x".repeat(129);
    check::<iam::CreateLoginProfile>(
        &format!("UserName=a&Password={long}"),
        Err(
            "ValidationError: 1 validation error detected: Value at 'password' failed to satisfy constraint: \
             Member must have length less than or equal to 128",
        ),
    );
    let call: iam::CreateLoginProfile =
        decode(&Parameters::parse(None, b"UserName=a&Password=hunter22").unwrap()).unwrap();
    assert_eq!(
        format!("{call:?}"),
        "CreateLoginProfile { user_name: Some(\"a\"), password: Some(Sensitive(…)), password_reset_required: None }"
    );
}

#[test]
fn lists() {
    let two = "UserName=a&TagKeys.member.1=x&TagKeys.member.2=y";
    check::<iam::UntagUser>(two, Ok(two));
    check::<iam::UntagUser>("TagKeys.member.2=y&UserName=a&TagKeys.member.1=x", Ok(two));
    check::<iam::UntagUser>("UserName=a&TagKeys=", Ok("UserName=a&TagKeys="));
    let eleven: String = (1..=11)
        .map(|n| format!("&TagKeys.member.{n}=k{n}"))
        .collect();
    check::<iam::UntagUser>(
        &format!("UserName=a{eleven}"),
        Ok(&format!("UserName=a{eleven}")),
    );
    check::<iam::UntagUser>(
        "UserName=a&TagKeys.member.1=x!&TagKeys.member.2=y",
        Err(
            "ValidationError: 1 validation error detected: Value '[x!, y]' at 'tagKeys' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have \
             length greater than or equal to 1, Member must satisfy regular expression pattern: \
             [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+]",
        ),
    );
    check::<iam::TagUser>(
        "UserName=a&Tags.member.1.Key=k&Tags.member.1.Value=%28",
        Err(
            "ValidationError: 1 validation error detected: Value '(' at 'tags.1.member.value' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*",
        ),
    );
    let many: String = (1..=51).map(|n| format!("&TagKeys.member.{n}=k")).collect();
    let shown = vec!["k"; 51].join(", ");
    check::<iam::UntagUser>(
        &format!("UserName=a{many}"),
        Err(&format!(
            "ValidationError: 1 validation error detected: Value '[{shown}]' at 'tagKeys' failed to satisfy \
             constraint: Member must have length less than or equal to 50"
        )),
    );
}

#[test]
fn maps() {
    let body = "TemplateArn=arn:aws:iam::aws:role-template/x&ReplacementValues.entry.1.key=a\
                &ReplacementValues.entry.1.value.Values.member.1=1";
    let parameters = Parameters::parse(None, body.as_bytes()).unwrap();
    let call: Result<iam::AcquireRole, _> = decode(&parameters);
    let values = call.map(|call| {
        call.replacement_values
            .unwrap_or_default()
            .into_keys()
            .collect::<Vec<_>>()
    });
    assert_eq!(values, Ok(vec!["a".to_owned()]));
    let bad = "Properties.entry.1.key=1x&Properties.entry.1.value=v";
    check::<iam::PutAccountProperties>(
        bad,
        Err(
            "ValidationError: 1 validation error detected: Value '{1x=v}' at 'properties' failed to satisfy \
             constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 50, \
             Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: \
             ^[A-Za-z][A-Za-z0-9/_-]*$]",
        ),
    );
    for malformed in [
        "Properties.entry.1.key=a&Properties.entry.1.value=v&Properties.entry.2.key=a&Properties.entry.2.value=w",
        "Properties.entry.1.key=a",
        "Properties.entry.1.value=a",
        "Properties.entry.1.key=a&Properties.entry.1.value=v&Properties.entry.1.other=v",
    ] {
        let parameters = Parameters::parse(None, malformed.as_bytes()).unwrap();
        let code = decode::<iam::PutAccountProperties>(&parameters)
            .map_err(|error| WireError::from(error).code.code);
        assert_eq!(code.map(|_| ()), Err("MalformedInput"), "{malformed}");
    }
}

#[test]
fn malformed_forms() {
    let list = "MalformedInput: Start of list found where not expected";
    let member = "MalformedInput: Top level element may not be treated as a list";
    for (body, expected) in [
        ("UserName.member.1=a", list),
        ("UserName=a&UserName.x=b", list),
        ("UserName=a&Tags.1.Key=k", member),
        ("UserName=a&Tags.members.1.Key=k", member),
        (
            "UserName=a&Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.other=x",
            member,
        ),
        ("UserName=a&Tags.member=k", member),
        (
            "UserName=a&Tags=k",
            "MalformedInput: Unexpected value for Tags",
        ),
        (
            "UserName=a&Tags.member.1=k",
            "MalformedInput: Unexpected value for Tags.member.1",
        ),
        (
            "UserName=a&Tags.member.0.Key=k",
            "MalformedInput: Unexpected value for Tags.member.0",
        ),
        (
            "UserName=a&Tags.member.01.Key=k",
            "MalformedInput: Unexpected value for Tags.member.01",
        ),
        (
            "UserName=a&Tags.member.x.Key=k",
            "MalformedInput: Unexpected value for Tags.member.x",
        ),
        (
            "UserName=a&Tags.member.2.Key=k&Tags.member.2.Value=v",
            "MalformedInput: Unexpected value for Tags.member",
        ),
        (
            "UserName=a&Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.1.Extra=v",
            "MalformedInput: Unexpected value for Tags.member.1",
        ),
        (
            "username=a&UserName=a",
            "MalformedInput: Unexpected parameter username",
        ),
        (
            "UserName=a&tags.member.1.Key=k",
            "MalformedInput: Unexpected parameter tags",
        ),
    ] {
        check::<iam::CreateUser>(body, Err(expected));
    }
    for value in ["abc", "", "+900", "9e2", "99999999999", " 900", "900.0"] {
        check::<sts::GetSessionToken>(
            &format!("DurationSeconds={}", value.replace('+', "%2B")),
            Err("MalformedInput: Unexpected value for DurationSeconds"),
        );
    }
    for value in ["True", "1", "yes", ""] {
        check::<iam::ListServiceSpecificCredentials>(
            &format!("AllUsers={value}"),
            Err("MalformedInput: Unexpected value for AllUsers"),
        );
    }
}

#[test]
fn unknown_parameters_are_ignored() {
    check::<iam::CreateUser>(
        "UserName=a&Foo=b&X-Amz-Date=1&Foo.member.1=2",
        Ok("UserName=a"),
    );
    check::<sts::GetCallerIdentity>("X-Amz-Algorithm=x&Foo", Ok(""));
}
