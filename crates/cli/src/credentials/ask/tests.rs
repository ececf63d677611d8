use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    wanted: Wanted,
}

const ROLE: &str = "arn:aws:iam::111122223333:role/Deploy";

fn wanted(options: &[&str]) -> Result<Wanted, String> {
    let line = ["keyward"].iter().chain(options);
    Line::try_parse_from(line)
        .map(|line| line.wanted)
        .map_err(|error| error.to_string())
}

fn asker(options: &[&str], environment: &[(&str, &str)]) -> Asker {
    let get = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Asker::new(wanted(options).unwrap(), &get).unwrap()
}

#[test]
fn where_to_ask() {
    let both = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:2"),
    ];
    let given = ["--endpoint", "http://127.0.0.1:3"];
    for (options, environment, expected) in [
        (&[][..], &[][..], "http://127.0.0.1:7600/"),
        (&[], &both[..1], "http://127.0.0.1:1/"),
        (&[], &both, "http://127.0.0.1:2/"),
        (&[], &[("AWS_ENDPOINT_URL", "")], "http://127.0.0.1:7600/"),
        (&given, &both, "http://127.0.0.1:3/"),
    ] {
        let asker = asker(options, environment);
        assert_eq!(asker.client.uri().to_string(), expected);
    }
}

#[test]
fn what_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let policy = directory.path().join("policy.json");
    std::fs::write(&policy, "{}").unwrap();
    let token = directory.path().join("token");
    std::fs::write(&token, "eyJh.eyJh.c2ln\n").unwrap();
    let policy = policy.to_str().unwrap();
    let whole = asker(
        &[
            "--role",
            ROLE,
            "--session-name",
            "work",
            "--duration",
            "900",
            "--external-id",
            "x",
            "--source-identity",
            "ann",
            "--policy",
            policy,
            "--policy-arn",
            "arn:1",
            "--policy-arn",
            "arn:2",
            "--tag",
            "Team=a=b",
            "--transitive-tag-key",
            "Team",
            "--serial-number",
            "serial",
            "--token-code",
            "123456",
        ],
        &[],
    );
    assert_eq!(
        whole.assume_role(ROLE, 5).unwrap(),
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FDeploy\
         &RoleSessionName=work&PolicyArns.member.1.arn=arn%3A1&PolicyArns.member.2.arn=arn%3A2&Policy=%7B%7D\
         &DurationSeconds=900&Tags.member.1.Key=Team&Tags.member.1.Value=a%3Db&TransitiveTagKeys.member.1=Team\
         &ExternalId=x&SerialNumber=serial&TokenCode=123456&SourceIdentity=ann"
    );
    assert_eq!(
        asker(&[], &[]).session_token().unwrap(),
        "Action=GetSessionToken&Version=2011-06-15"
    );
    let bare = asker(&["--role", ROLE], &[]);
    assert!(
        bare.assume_role(ROLE, 5)
            .unwrap()
            .ends_with("&RoleSessionName=keyward-5")
    );
    assert_eq!(
        bare.with_web_identity(ROLE, &token, 5).unwrap(),
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15\
         &RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FDeploy&RoleSessionName=keyward-5\
         &WebIdentityToken=eyJh.eyJh.c2ln"
    );
    let missing = bare.with_web_identity(ROLE, Path::new("/nonexistent"), 5);
    assert!(missing.unwrap_err().to_string().contains("/nonexistent"));
}

#[test]
fn options_that_do_not_go_together() {
    for options in [
        &["--tag", "a=b"][..],
        &["--session-name", "x"],
        &["--role", ROLE, "--tag", "a"],
        &["--role", ROLE, "--token-code", "123456"],
        &["--role", ROLE, "--transitive-tag-key", "a"],
        &["--web-identity-token-file", "f"],
        &[
            "--role",
            ROLE,
            "--web-identity-token-file",
            "f",
            "--external-id",
            "x",
        ],
        &[
            "--role",
            ROLE,
            "--web-identity-token-file",
            "f",
            "--profile",
            "x",
        ],
    ] {
        assert!(wanted(options).is_err(), "{options:?}");
    }
}

#[test]
fn a_profile_that_is_named_counts_more_than_the_environment() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("credentials");
    let text = "[base]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    std::fs::write(&path, text).unwrap();
    let environment = [
        ("AWS_SHARED_CREDENTIALS_FILE", path.to_str().unwrap()),
        ("AWS_PROFILE", "deploy"),
        ("AWS_ACCESS_KEY_ID", "AKIA2"),
        ("AWS_SECRET_ACCESS_KEY", "t"),
    ];
    let id = |options: &[&str]| {
        let identity = asker(options, &environment).identity().unwrap();
        identity.credentials.access_key_id
    };
    assert_eq!(id(&["--profile", "base"]), "AKIA1");
    assert_eq!(id(&[]), "AKIA2");
}

#[test]
fn answers() {
    let body = |operation: &str| {
        format!(
            "<{operation}Response><{operation}Result><Credentials><AccessKeyId>ASIA1</AccessKeyId>\
             <SecretAccessKey>s/+=</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2026-01-02T04:04:05Z</Expiration></Credentials></{operation}Result></{operation}Response>"
        )
    };
    for operation in ["AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken"] {
        let issued = issued(&body(operation)).unwrap();
        assert_eq!(issued.access_key_id, "ASIA1");
        assert_eq!(issued.secret.expose(), "s/+=");
        assert_eq!(issued.session_token.expose(), "t");
        assert_eq!(issued.expiration, "2026-01-02T04:04:05Z");
    }
    for wrong in [
        "",
        "<html/>",
        &body("Other"),
        &body("AssumeRole").replace("SessionToken", "X"),
    ] {
        assert!(issued(wrong).is_none(), "{wrong}");
    }
}
