//! Serving credentials as containers get theirs.

use std::io::Write as _;
use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use keyward_server::{
    ContainerCredentials, ContainerError, ContainerSource, serve_container_credentials,
};
use serde_json::json;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::ask::{AskError, Asker, Issued};
use crate::client::CallError;
use crate::terminal;

const TOKEN: &str = "KEYWARD_CONTAINER_TOKEN";
/// A token that is given must not be guessed.
const TOKEN_CHARACTERS: std::ops::RangeInclusive<usize> = 16..=1024;

/// Serves until the program is told to end.
pub(crate) async fn serve(
    asker: Asker,
    address: SocketAddr,
    allow_remote: bool,
) -> anyhow::Result<()> {
    if !address.ip().to_canonical().is_loopback() && !allow_remote {
        bail!(
            "{address} is no loopback address: who reaches it reads the token and the credentials off the network; \
             --allow-remote listens all the same"
        );
    }
    let (token, shown) = token(std::env::var(TOKEN).ok())?;
    // What can't be had now is said now, and not to the first program that asks.
    let first = ContainerCredentials::of(&asker.ask(terminal::now()).await?, &asker)?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address}"))?;
    let address = listener.local_addr()?;
    let lines = format!(
        "export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://{address}/credentials\n\
         export AWS_CONTAINER_AUTHORIZATION_TOKEN={}\n",
        shown.as_str()
    );
    let mut out = std::io::stdout().lock();
    out.write_all(lines.as_bytes())
        .and_then(|()| out.flush())
        .context("can't print the token")?;
    drop(out);
    let source = Source {
        asker,
        first: std::sync::Mutex::new(Some(first)),
    };
    serve_container_credentials(listener, token, source).await;
    Ok(())
}

/// Returns the token, and what is printed of it: one that was given is named, not shown.
fn token(given: Option<String>) -> anyhow::Result<(Zeroizing<String>, Zeroizing<String>)> {
    if let Some(given) = given.filter(|given| !given.is_empty()).map(Zeroizing::new) {
        let readable = given.bytes().all(|byte| byte.is_ascii_graphic());
        if !TOKEN_CHARACTERS.contains(&given.len()) || !readable {
            bail!("{TOKEN} must have 16 to 1024 letters, digits and signs, without spaces");
        }
        let shown = Zeroizing::new(format!("\"${TOKEN}\""));
        return Ok((given, shown));
    }
    let mut random = Zeroizing::new([0_u8; 32]);
    getrandom::fill(random.as_mut())
        .map_err(|error| anyhow::anyhow!("the operating system gives no random bytes: {error}"))?;
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((token.clone().into(), token.into()))
}

struct Source {
    asker: Asker,
    /// What was made before the endpoint listened.
    first: std::sync::Mutex<Option<ContainerCredentials>>,
}

impl ContainerSource for Source {
    async fn renew(&self) -> Result<ContainerCredentials, ContainerError> {
        let first = self.first.lock().map_or(None, |mut first| first.take());
        if let Some(first) = first {
            return Ok(first);
        }
        let issued = match self.asker.ask(terminal::now()).await {
            Ok(issued) => issued,
            Err(error) => return Err(told(error)),
        };
        ContainerCredentials::of(&issued, &self.asker).map_err(|error| told(error.into()))
    }

    fn now(&self) -> i64 {
        terminal::now()
    }
}

/// Tells the operator why there are no new credentials, and makes of it what clients are told.
fn told(error: AskError) -> ContainerError {
    // Words of a server must not command the terminal.
    let text = error.to_string().replace(char::is_control, "\u{fffd}");
    eprintln!("keyward: {text}");
    match error {
        AskError::Call(CallError::Refused { code, message, .. }) => {
            ContainerError::Refused { code, message }
        }
        AskError::Call(
            CallError::Malformed { .. } | CallError::Strange { .. } | CallError::Unreachable { .. },
        )
        | AskError::Other(_) => ContainerError::Unavailable(text),
    }
}

/// Writes credentials as a container gets them.
trait Shown: Sized {
    fn of(issued: &Issued, asker: &Asker) -> anyhow::Result<Self>;
}

impl Shown for ContainerCredentials {
    fn of(issued: &Issued, asker: &Asker) -> anyhow::Result<Self> {
        let expires: jiff::Timestamp = issued
            .expiration
            .parse()
            .with_context(|| format!("the credentials end at {:?}", issued.expiration))?;
        let mut json = json!({
            "AccessKeyId": issued.access_key_id,
            "SecretAccessKey": issued.secret.expose(),
            "Token": issued.session_token.expose(),
            "Expiration": issued.expiration,
        });
        if let (Some(role), Some(object)) = (asker.role(), json.as_object_mut()) {
            object.insert("RoleArn".to_owned(), role.into());
        }
        Ok(Self {
            body: json.to_string().into(),
            expires: expires.as_second(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let (made, shown) = token(None).unwrap();
        assert_eq!(made.len(), 64);
        assert_eq!(made, shown);
        assert_ne!(made, token(Some(String::new())).unwrap().0);
        let (given, shown) = token(Some("0123456789abcdef".to_owned())).unwrap();
        assert_eq!(
            (given.as_str(), shown.as_str()),
            ("0123456789abcdef", "\"$KEYWARD_CONTAINER_TOKEN\"")
        );
        for wrong in [
            "short",
            "with a space in it",
            "with-a-line-feed\n",
            "ääääääääääääääää",
        ] {
            assert!(token(Some(wrong.to_owned())).is_err(), "{wrong}");
        }
        assert!(token(Some("x".repeat(1025))).is_err());
    }
}
