//! Hashing and checking passwords, away from the threads that answer requests.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use keyward_directory::PasswordHash;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::ServiceError;
use crate::ports::{Entropy, draw};

/// Passwords that are hashed or checked at the same time: each takes tens of milliseconds of a processor and 19 MiB.
const AT_ONCE: usize = 4;

/// Bounds how much work passwords can make.
pub(crate) struct Passwords(Semaphore);

impl Default for Passwords {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Passwords {
    /// Hashes a password under a new salt (argon2id).
    ///
    /// # Errors
    /// [`ServiceError::Internal`] where the algorithm refuses; the text names no password.
    pub(crate) async fn hash(
        &self,
        password: &Zeroizing<String>,
        entropy: &dyn Entropy,
    ) -> Result<PasswordHash, ServiceError> {
        let salt: [u8; 16] = draw(entropy);
        let password = password.clone();
        let hash = self.work(move || {
            Argon2::default()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|hash| PasswordHash::from_phc(hash.to_string()))
                .map_err(ServiceError::internal)
        });
        hash.await?
    }

    /// Returns whether a password is that of one of the hashes.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] where the work can't be done.
    pub(crate) async fn is_one_of(
        &self,
        password: &Zeroizing<String>,
        hashes: Vec<PasswordHash>,
    ) -> Result<bool, ServiceError> {
        if hashes.is_empty() {
            return Ok(false);
        }
        let password = password.clone();
        self.work(move || {
            let argon2 = Argon2::default();
            let fits = |hash: &PasswordHash| {
                argon2
                    .verify_password(password.as_bytes(), hash.expose())
                    .is_ok()
            };
            hashes.iter().any(fits)
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let permit = self.0.acquire().await.map_err(ServiceError::internal)?;
        let done = tokio::task::spawn_blocking(job).await;
        drop(permit);
        done.map_err(ServiceError::internal)
    }
}
