//! Asking STS for a session.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use keyward_sigv4::SecretKey;
use keyward_wire::{Element, Sensitive, encode, sts};

use crate::client::{CallError, Client, Form};
use crate::endpoint::credentials::{Environment, Identity, find};

const ENDPOINT: &str = "http://127.0.0.1:7600";

/// Larger files are no policies and no tokens.
const FILE_BYTES: u64 = 256 * 1024;

/// The session that is wanted.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The role to assume; without one, credentials for the caller itself (GetSessionToken)
    #[arg(long, value_name = "ARN")]
    role: Option<String>,
    /// What the session is called [default: keyward- and the time]
    #[arg(long, value_name = "NAME", requires = "role")]
    session_name: Option<String>,
    /// How long it lasts
    #[arg(long, value_name = "SECONDS")]
    duration: Option<i32>,
    /// What the role's owner agreed on with you
    #[arg(long, value_name = "ID", requires = "role")]
    external_id: Option<String>,
    /// Who acts, kept along a chain of roles
    #[arg(long, value_name = "NAME", requires = "role")]
    source_identity: Option<String>,
    /// A file with a policy that limits the session
    #[arg(long, value_name = "FILE", requires = "role")]
    policy: Option<PathBuf>,
    /// A managed policy that limits the session; may be repeated
    #[arg(long, value_name = "ARN", requires = "role")]
    policy_arn: Vec<String>,
    /// A tag of the session; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "role", value_parser = tag)]
    tag: Vec<(String, String)>,
    /// A tag that sessions inherit that this one assumes; may be repeated
    #[arg(long, value_name = "KEY", requires = "tag")]
    transitive_tag_key: Vec<String>,
    /// Your MFA device; without --token-code its code is asked for
    #[arg(long, value_name = "ARN")]
    serial_number: Option<String>,
    /// What the device shows
    #[arg(long, value_name = "CODE", requires = "serial_number")]
    token_code: Option<String>,
    /// A file with a token of an OpenID Connect issuer, which says who you are in the place of a signature
    #[arg(
        long,
        value_name = "FILE",
        requires = "role",
        conflicts_with_all = ["external_id", "source_identity", "tag", "transitive_tag_key", "serial_number", "token_code", "profile"]
    )]
    web_identity_token_file: Option<PathBuf>,
    /// Where to ask [default: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, http://127.0.0.1:7600]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The profile in ~/.aws/credentials to ask with, whatever the environment says
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// Reads `KEY=VALUE`.
fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or("a tag is of the form KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Credentials as STS made them.
pub(crate) struct Issued {
    pub(crate) access_key_id: String,
    pub(crate) secret: SecretKey,
    pub(crate) session_token: Sensitive<String>,
    /// Such as `2026-01-02T04:04:05Z`.
    pub(crate) expiration: String,
}

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

/// Asks for the same session as often as it is wanted.
pub(crate) struct Asker {
    wanted: Wanted,
    client: Client,
    environment: Vec<(&'static str, String)>,
}

/// The variables that say where requests go and who signs them.
const VARIABLES: [&str; 11] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CA_BUNDLE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "HOME",
];

impl Asker {
    /// Gets ready to ask; nothing is sent yet.
    pub(crate) fn new(wanted: Wanted, environment: Environment<'_>) -> anyhow::Result<Self> {
        let mut kept: Vec<(&str, String)> = VARIABLES
            .into_iter()
            .filter_map(|name| Some((name, environment(name).filter(|value| !value.is_empty())?)))
            .collect();
        if let Some(profile) = &wanted.profile {
            let of_identity = [
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
                "AWS_PROFILE",
            ];
            kept.retain(|(name, _)| !of_identity.contains(name));
            kept.push(("AWS_PROFILE", profile.clone()));
        }
        let variable = |name: &str| lookup(&kept, name);
        let endpoint = wanted
            .endpoint
            .clone()
            .or_else(|| variable("AWS_ENDPOINT_URL_STS"))
            .or_else(|| variable("AWS_ENDPOINT_URL"))
            .unwrap_or_else(|| ENDPOINT.to_owned());
        let client = Client::new(&endpoint, &variable)?;
        Ok(Self {
            wanted,
            client,
            environment: kept,
        })
    }

    /// Returns the role that is asked for.
    pub(crate) fn role(&self) -> Option<&str> {
        self.wanted.role.as_deref()
    }

    /// Asks once.
    pub(crate) async fn ask(&self, now: i64) -> Result<Issued, AskError> {
        let (text, identity) = match (&self.wanted.role, &self.wanted.web_identity_token_file) {
            (Some(role), Some(file)) => (self.with_web_identity(role, file, now)?, None),
            (Some(role), None) => (self.assume_role(role, now)?, Some(self.identity()?)),
            (None, _) => (self.session_token()?, Some(self.identity()?)),
        };
        let form = Form {
            service: "sts",
            text,
        };
        let body = self.client.post(form, identity.as_ref(), now).await?;
        let issued = issued(&body)
            .with_context(|| format!("the answer of {} has no credentials", self.client.uri()))?;
        Ok(issued)
    }

    /// Finds who asks. The file may have changed since the last time.
    fn identity(&self) -> anyhow::Result<Identity> {
        Ok(find(&|name| lookup(&self.environment, name))?)
    }

    fn assume_role(&self, role: &str, now: i64) -> anyhow::Result<String> {
        let wanted = &self.wanted;
        let tags = wanted.tag.iter().map(|(key, value)| sts::Tag {
            key: key.clone(),
            value: value.clone(),
        });
        Ok(encode(&sts::AssumeRole {
            role_arn: role.to_owned(),
            role_session_name: self.session_name(now),
            policy_arns: self.policy_arns(),
            policy: self.policy()?,
            duration_seconds: wanted.duration,
            tags: some(tags.collect()),
            transitive_tag_keys: some(wanted.transitive_tag_key.clone()),
            external_id: wanted.external_id.clone(),
            serial_number: wanted.serial_number.clone(),
            token_code: self.token_code()?,
            source_identity: wanted.source_identity.clone(),
            ..sts::AssumeRole::default()
        }))
    }

    fn with_web_identity(&self, role: &str, file: &Path, now: i64) -> anyhow::Result<String> {
        let token = read(file)?.trim().to_owned();
        if token.is_empty() {
            bail!("{} is empty", file.display());
        }
        Ok(encode(&sts::AssumeRoleWithWebIdentity {
            role_arn: role.to_owned(),
            role_session_name: self.session_name(now),
            web_identity_token: Sensitive::new(token),
            policy_arns: self.policy_arns(),
            policy: self.policy()?,
            duration_seconds: self.wanted.duration,
            ..sts::AssumeRoleWithWebIdentity::default()
        }))
    }

    fn session_token(&self) -> anyhow::Result<String> {
        Ok(encode(&sts::GetSessionToken {
            duration_seconds: self.wanted.duration,
            serial_number: self.wanted.serial_number.clone(),
            token_code: self.token_code()?,
            ..sts::GetSessionToken::default()
        }))
    }

    fn session_name(&self, now: i64) -> String {
        let given = self.wanted.session_name.clone();
        given.unwrap_or_else(|| format!("keyward-{now}"))
    }

    fn policy_arns(&self) -> Option<Vec<sts::PolicyDescriptorType>> {
        let arns = self.wanted.policy_arn.iter();
        let arns = arns.map(|arn| sts::PolicyDescriptorType {
            arn: Some(arn.clone()),
        });
        some(arns.collect())
    }

    fn policy(&self) -> anyhow::Result<Option<String>> {
        self.wanted.policy.as_deref().map(read).transpose()
    }

    /// Returns the code of the device, which is asked for where it was not given.
    fn token_code(&self) -> anyhow::Result<Option<String>> {
        let (serial_number, code) = (&self.wanted.serial_number, &self.wanted.token_code);
        let Some(serial_number) = serial_number.as_ref().filter(|_| code.is_none()) else {
            return Ok(code.clone());
        };
        eprint!("MFA code of {serial_number}: ");
        std::io::stderr().flush()?;
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .context("can't read the MFA code")?;
        match line.trim() {
            "" => bail!("no MFA code was given: type it, or use --token-code"),
            code => Ok(Some(code.to_owned())),
        }
    }
}

fn lookup(variables: &[(&'static str, String)], name: &str) -> Option<String> {
    let found = variables.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.clone())
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Reads a small text file.
fn read(path: &Path) -> anyhow::Result<String> {
    use std::io::Read as _;
    let named = || format!("can't read {}", path.display());
    let file = std::fs::File::open(path).with_context(named)?;
    let mut text = String::new();
    file.take(FILE_BYTES + 1)
        .read_to_string(&mut text)
        .with_context(named)?;
    if text.len() as u64 > FILE_BYTES {
        bail!("{} is larger than {FILE_BYTES} bytes", path.display());
    }
    Ok(text)
}

/// Reads the credentials in an answer of any of the operations.
fn issued(body: &str) -> Option<Issued> {
    let root = Element::parse(body).ok()?;
    let results = [
        "AssumeRoleResult",
        "AssumeRoleWithWebIdentityResult",
        "GetSessionTokenResult",
    ];
    let result = results.into_iter().find_map(|name| root.child(name))?;
    let credentials = result.child("Credentials")?;
    let text = |name: &str| Some(credentials.child_text(name)?.to_owned());
    Some(Issued {
        access_key_id: text("AccessKeyId")?,
        secret: SecretKey::new(text("SecretAccessKey")?),
        session_token: Sensitive::new(text("SessionToken")?),
        expiration: text("Expiration")?,
    })
}

#[cfg(test)]
mod tests;
