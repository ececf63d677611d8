//! The data directory: what is in it, and what must be there.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use keyward_service::{Entropy, MASTER_KEY_LENGTH, MasterKey};

use crate::start::MasterKeySource;

/// The names of files in a data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDirectory(PathBuf);

impl DataDirectory {
    /// Names a directory, which need not exist.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Makes the directory, readable by its owner only, unless it is there.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.0)
            .with_context(|| format!("can't make the data directory {}", self.0.display()))
    }

    /// The store.
    pub(crate) fn store(&self) -> PathBuf {
        self.0.join("keyward.redb")
    }

    /// Returns the folder of what refusals were made of.
    pub(crate) fn details(&self) -> PathBuf {
        self.0.join("authorization-details")
    }

    /// The folder of audit files.
    pub(crate) fn audit(&self) -> PathBuf {
        self.0.join("audit")
    }

    /// The operator's socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("admin.sock")
    }

    fn master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// Says whether the directory has a store; one that was in use and has lost it is an error.
    pub(crate) fn has_store(&self) -> anyhow::Result<bool> {
        let store = self.store();
        if store
            .try_exists()
            .with_context(|| format!("can't look at {}", store.display()))?
        {
            return Ok(true);
        }
        if self.audit().exists() {
            bail!(
                "{} is missing from a data directory that was in use; put it back, or start with another directory",
                store.display()
            );
        }
        Ok(false)
    }

    /// Reads the master key; makes its file on the first start only.
    pub(crate) fn read_master_key(
        &self,
        source: &MasterKeySource,
        has_store: bool,
        entropy: &dyn Entropy,
    ) -> anyhow::Result<MasterKey> {
        match source {
            MasterKeySource::Command(command) => read_from_command(command),
            MasterKeySource::File => self.read_master_key_file(has_store, entropy),
            MasterKeySource::Value(text) => MasterKey::from_base64(text)
                .context("KEYWARD_MASTER_KEY is not the base64 text of 32 bytes"),
        }
    }

    fn read_master_key_file(
        &self,
        has_store: bool,
        entropy: &dyn Entropy,
    ) -> anyhow::Result<MasterKey> {
        let path = self.master_key();
        match std::fs::read_to_string(&path) {
            Ok(text) => MasterKey::from_base64(&text).with_context(|| {
                format!(
                    "the master key {} is not the base64 text of 32 bytes",
                    path.display()
                )
            }),
            Err(error) if error.kind() == ErrorKind::NotFound && !has_store => {
                let mut bytes = [0; MASTER_KEY_LENGTH];
                entropy.fill(&mut bytes);
                let key = MasterKey::from_bytes(bytes);
                write_secret(&path, &key)
                    .with_context(|| format!("can't write the master key {}", path.display()))?;
                Ok(key)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!(
                    "the master key {} is missing; without it the store's secrets can't be read",
                    path.display()
                )
            }
            Err(error) => {
                Err(error).with_context(|| format!("can't read the master key {}", path.display()))
            }
        }
    }
}

fn write_secret(path: &Path, key: &MasterKey) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(key.to_base64().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn read_from_command(command: &str) -> anyhow::Result<MasterKey> {
    let output = Command::new("sh")
        .arg("-c")
        .arg(command)
        .output()
        .context("can't run the master key command")?;
    if !output.status.success() {
        bail!("the master key command failed: {}", output.status);
    }
    let text = str::from_utf8(&output.stdout)
        .ok()
        .and_then(MasterKey::from_base64);
    text.context("the master key command did not print the base64 text of 32 bytes")
}
