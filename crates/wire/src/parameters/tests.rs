use super::{Parameters, ParametersError};
use crate::limits::MAX_PARAMETERS;
use crate::{ActionError, Operation, Service};

fn check(query: Option<&str>, body: &[u8], expected: Result<&[(&str, &str)], &str>) {
    let found = Parameters::parse(query, body);
    let found = match &found {
        Ok(parameters) => Ok(parameters.iter().collect::<Vec<_>>()),
        Err(error) => Err(error.to_string()),
    };
    let expected = expected.map(<[_]>::to_vec).map_err(str::to_owned);
    assert_eq!(
        found,
        expected,
        "{query:?} {:?}",
        String::from_utf8_lossy(body)
    );
}

#[test]
fn splits_and_decodes() {
    check(None, b"", Ok(&[]));
    check(Some(""), b"&&", Ok(&[]));
    check(None, b"b=2&a=1", Ok(&[("a", "1"), ("b", "2")]));
    check(Some("a=1"), b"b=2", Ok(&[("a", "1"), ("b", "2")]));
    check(None, b"a", Ok(&[("a", "")]));
    check(None, b"a=b=c", Ok(&[("a", "b=c")]));
    check(None, b"=x", Ok(&[("", "x")]));
    check(None, b"a=x+y%2Bz%20w", Ok(&[("a", "x y+z w")]));
    check(None, b"%41=%c3%A9", Ok(&[("A", "é")]));
    check(None, "a=é".as_bytes(), Ok(&[("a", "é")]));
    check(None, b"a=%00", Ok(&[("a", "\0")]));
}

#[test]
fn refuses() {
    check(None, b"a=%", Err("Incomplete trailing escape % sequence"));
    check(None, b"a=%4", Err("Incomplete trailing escape % sequence"));
    check(
        None,
        b"a=%4&b=1",
        Err("Incomplete trailing escape % sequence"),
    );
    check(
        Some("a=%zz"),
        b"",
        Err("Illegal hex character in escape % pattern: %zz"),
    );
    check(
        None,
        b"a=%4g",
        Err("Illegal hex character in escape % pattern: %4g"),
    );
    check(
        None,
        b"a=%+1",
        Err("Illegal hex character in escape % pattern: %+1"),
    );
    check(
        None,
        b"%zz=1",
        Err("Illegal hex character in escape % pattern: %zz"),
    );
    check(None, b"a=\xFF", Err("Parameters must be valid UTF-8"));
    check(None, b"a=%FF", Err("Parameters must be valid UTF-8"));
    check(None, b"a=%ED%A0%80", Err("Parameters must be valid UTF-8"));
    check(None, b"a=1&a=1", Err("Duplicate parameter a"));
    check(None, b"a=1&%61=2", Err("Duplicate parameter a"));
    check(Some("a=1"), b"b=1&a=1", Err("Duplicate parameter a"));
}

#[test]
fn bounds_the_number() {
    let body = |count: usize| (0..count).map(|n| format!("p{n}=&")).collect::<String>();
    assert_eq!(
        Parameters::parse(None, body(MAX_PARAMETERS).as_bytes()).map(|p| p.len()),
        Ok(MAX_PARAMETERS)
    );
    let one_more = body(MAX_PARAMETERS + 1);
    let refused = Parameters::parse(None, one_more.as_bytes()).map(|p| p.len());
    assert_eq!(refused, Err(ParametersError::TooMany));
}

#[test]
fn debug_has_no_values() {
    let parameters = Parameters::parse(None, b"Password=hunter2").unwrap();
    assert_eq!(format!("{parameters:?}"), r#"["Password"]"#);
}

fn operation(body: &str, service: Option<Service>) -> Result<Operation, String> {
    let parameters = Parameters::parse(None, body.as_bytes()).unwrap();
    parameters
        .operation(service)
        .map_err(|error: ActionError| crate::WireError::from(error).to_string())
}

#[test]
fn finds_the_operation() {
    let iam = Some(Service::Iam);
    assert_eq!(
        operation("Action=CreateUser&Version=2010-05-08", iam),
        Ok(Operation::CreateUser)
    );
    assert_eq!(
        operation("Action=CreateUser&Version=2010-05-08", None),
        Ok(Operation::CreateUser)
    );
    assert_eq!(
        operation("Action=AssumeRole&Version=2011-06-15", None),
        Ok(Operation::AssumeRole)
    );
    let missing = "MissingAction: The request is missing an action or a required parameter.";
    for (body, service, expected) in [
        ("Version=2010-05-08", iam, missing),
        ("Action=&Version=2010-05-08", iam, missing),
        (
            "Action=X&Version=2010-05-08",
            iam,
            "InvalidAction: Could not find operation X for version 2010-05-08",
        ),
        (
            "Action=X",
            iam,
            "InvalidAction: Could not find operation X for version NO_VERSION_SPECIFIED",
        ),
        (
            "Action=createuser&Version=2010-05-08",
            iam,
            "InvalidAction: Could not find operation createuser for version 2010-05-08",
        ),
        (
            "Action=AssumeRole&Version=2010-05-08",
            None,
            "InvalidAction: Could not find operation AssumeRole for version 2010-05-08",
        ),
        (
            "Action=AssumeRole&Version=2011-06-15",
            iam,
            "InvalidAction: Could not find operation AssumeRole for version 2011-06-15",
        ),
        (
            "Action=CreateUser&Version=2010-05-09",
            iam,
            "InvalidAction: Could not find operation CreateUser for version 2010-05-09",
        ),
    ] {
        assert_eq!(operation(body, service), Err(expected.to_owned()), "{body}");
    }
}
