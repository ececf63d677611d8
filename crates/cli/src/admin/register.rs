//! `keyward admin mfa-device register`: a security key or passkey that a browser made a credential on.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::{ArgGroup, Args};
use keyward_server::AdminRequest;

/// Bytes of a registration; the server says so too.
const LONGEST: u64 = 32 * 1024;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("whose").args(["user_name", "root"]).required(true)))]
pub(super) struct Arguments {
    /// The account
    #[arg(long, value_name = "ID")]
    account: String,
    /// The user who signs in with it
    #[arg(long, value_name = "NAME")]
    user_name: Option<String>,
    /// The account's root user signs in with it
    #[arg(long)]
    root: bool,
    /// What it is called: letters, digits and _+=,.@-
    #[arg(long, value_name = "NAME")]
    device_name: String,
    /// What JSON.stringify(credential) gave after navigator.credentials.create()
    #[arg(long, value_name = "FILE")]
    registration: PathBuf,
    /// What it is certified for, such as FIDO=L1 or FIDO-FIPS-140-2=L2; may be given several times
    #[arg(long, value_name = "NAME=LEVEL", value_parser = certification)]
    certification: Vec<(String, String)>,
}

impl Arguments {
    /// Returns what the server is asked for.
    pub(super) fn request(&self) -> anyhow::Result<AdminRequest> {
        Ok(AdminRequest::MfaDeviceRegister {
            account: self.account.clone(),
            certifications: self.certification.clone(),
            device_name: self.device_name.clone(),
            registration: read(&self.registration)?,
            user_name: self.user_name.clone(),
        })
    }
}

fn certification(text: &str) -> Result<(String, String), String> {
    let (name, level) = text
        .split_once('=')
        .ok_or("a certification is a name and a level, such as FIDO=L1")?;
    Ok((name.to_owned(), level.to_owned()))
}

fn read(path: &Path) -> anyhow::Result<String> {
    let named = || format!("can't read {}", path.display());
    let mut text = String::new();
    File::open(path)
        .with_context(named)?
        .take(LONGEST + 1)
        .read_to_string(&mut text)
        .with_context(named)?;
    let is_short = u64::try_from(text.len()).is_ok_and(|length| length <= LONGEST);
    ensure!(
        is_short,
        "{} is longer than {LONGEST} bytes, and no registration is",
        path.display()
    );
    Ok(text)
}
