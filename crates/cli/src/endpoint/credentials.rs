//! The credentials to ask a server with: from the environment, or from the file that AWS's tools share.

use std::path::PathBuf;

use keyward_sigv4::{Credentials, SecretKey};

use keyward_analysis::BadQuestion;

/// Reads a variable of the environment; an empty one counts as absent.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What requests are signed with.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
}

/// Finds credentials as AWS's tools do: `AWS_ACCESS_KEY_ID` and its companions first, then the profile that
/// `AWS_PROFILE` names, or `default`, in `AWS_SHARED_CREDENTIALS_FILE` or `~/.aws/credentials`.
pub(crate) fn find(environment: Environment<'_>) -> Result<Identity, BadQuestion> {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    let region = variable("AWS_REGION")
        .or_else(|| variable("AWS_DEFAULT_REGION"))
        .unwrap_or_else(|| "us-east-1".to_owned());
    let credentials = match (
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    ) {
        (Some(access_key_id), Some(secret)) => Credentials {
            access_key_id,
            secret: SecretKey::new(secret),
            session_token: variable("AWS_SESSION_TOKEN"),
        },
        (Some(_), None) => {
            return Err(BadQuestion::new(
                "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not".to_owned(),
            ));
        }
        (None, Some(_)) => {
            return Err(BadQuestion::new(
                "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not".to_owned(),
            ));
        }
        (None, None) => from_file(&variable)?,
    };
    Ok(Identity {
        credentials,
        region,
    })
}

fn from_file(variable: &impl Fn(&str) -> Option<String>) -> Result<Credentials, BadQuestion> {
    let profile = variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
    let path = variable("AWS_SHARED_CREDENTIALS_FILE")
        .map(PathBuf::from)
        .or_else(|| {
            variable("HOME").map(|home| PathBuf::from(home).join(".aws").join("credentials"))
        })
        .ok_or_else(|| {
            BadQuestion::new(
                "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
            )
        })?;
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(&path).map_err(|error| {
        BadQuestion::new(format!(
            "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({shown}: {error})"
        ))
    })?;
    let section = section(&text, &profile).ok_or_else(|| {
        BadQuestion::new(format!("no credentials: {shown} has no profile {profile}"))
    })?;
    let setting = |name: &str| {
        section
            .iter()
            .rev()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    match (
        setting("aws_access_key_id"),
        setting("aws_secret_access_key"),
    ) {
        (Some(access_key_id), Some(secret)) => Ok(Credentials {
            access_key_id,
            secret: SecretKey::new(secret),
            session_token: setting("aws_session_token"),
        }),
        _ => Err(BadQuestion::new(format!(
            "no credentials: profile {profile} in {shown} has no access key"
        ))),
    }
}

/// Returns the settings of a section of an INI text; `None` where there is no such section.
fn section<'a>(text: &'a str, wanted: &str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut found: Option<Vec<(&str, &str)>> = None;
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            inside = name.trim() == wanted;
            if inside {
                found.get_or_insert_default();
            }
        } else if let (true, Some((key, value))) = (inside, line.split_once('=')) {
            found
                .get_or_insert_default()
                .push((key.trim(), value.trim()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        environment: &[(&str, &str)],
        expected: Result<(&str, &str, Option<&str>, &str), &str>,
    ) {
        let get = |name: &str| {
            environment
                .iter()
                .find(|(it, _)| *it == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let found = find(&get).map(|it| {
            let Credentials {
                access_key_id,
                secret,
                session_token,
            } = it.credentials;
            (
                access_key_id,
                secret.expose().to_owned(),
                session_token,
                it.region,
            )
        });
        match (found, expected) {
            (Ok((id, secret, token, region)), Ok(expected)) => {
                assert_eq!(
                    (
                        id.as_str(),
                        secret.as_str(),
                        token.as_deref(),
                        region.as_str()
                    ),
                    expected
                );
            }
            (Err(error), Err(expected)) => {
                let message = error.to_string();
                assert!(message.contains(expected), "{message}")
            }
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn from_the_environment() {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKIA1"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ];
        check(&keys, Ok(("AKIA1", "s", None, "us-east-1")));
        check(
            &[
                keys[0],
                keys[1],
                ("AWS_SESSION_TOKEN", "t"),
                ("AWS_DEFAULT_REGION", "eu-west-1"),
            ],
            Ok(("AKIA1", "s", Some("t"), "eu-west-1")),
        );
        check(
            &[
                keys[0],
                keys[1],
                ("AWS_REGION", "eu-north-1"),
                ("AWS_DEFAULT_REGION", "eu-west-1"),
            ],
            Ok(("AKIA1", "s", None, "eu-north-1")),
        );
        check(&keys[..1], Err("AWS_SECRET_ACCESS_KEY is not"));
        check(&keys[1..], Err("AWS_ACCESS_KEY_ID is not"));
        check(&[], Err("no credentials"));
        check(
            &[("HOME", "/nonexistent")],
            Err("/nonexistent/.aws/credentials"),
        );
    }

    #[test]
    fn from_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials");
        let text = "# mine\n[default]\naws_access_key_id = AKIA1\naws_secret_access_key=a=b/c\n\n[ work ]\n; old\n\
                    aws_access_key_id=AKIA2\naws_secret_access_key = s2\naws_session_token = t2\n[empty]\n";
        std::fs::write(&path, text).unwrap();
        let file = ("AWS_SHARED_CREDENTIALS_FILE", path.to_str().unwrap());
        check(&[file], Ok(("AKIA1", "a=b/c", None, "us-east-1")));
        check(
            &[file, ("AWS_PROFILE", "work")],
            Ok(("AKIA2", "s2", Some("t2"), "us-east-1")),
        );
        check(&[file, ("AWS_PROFILE", "empty")], Err("profile empty"));
        check(&[file, ("AWS_PROFILE", "none")], Err("no profile none"));
    }
}
