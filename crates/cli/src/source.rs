//! Where accounts are read: exports, or a running server.

use std::path::PathBuf;

use clap::Args;
use keyward_analysis::BadQuestion;
use keyward_export::Export;

use crate::endpoint::Server;
use crate::input;

/// Files or a server.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Source {
    /// What `aws iam get-account-authorization-details` printed, or a directory of such and of the policies beside them;
    /// may be repeated
    #[arg(long, value_name = "FILE|DIR")]
    export: Vec<PathBuf>,
    /// A running server to ask instead, with the credentials of the environment or of ~/.aws/credentials
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
}

impl Source {
    /// Reads or asks; the server is there for what else it tells. `now` is in seconds since the Unix epoch.
    pub(crate) fn open(&self, now: i64) -> Result<(Export, Option<Server>), BadQuestion> {
        match &self.endpoint {
            None => Ok((input::export(&self.export)?, None)),
            Some(endpoint) => {
                let server = Server::connect(endpoint, now)?;
                Ok((server.export()?, Some(server)))
            }
        }
    }

    /// Reads or asks for all users, groups and roles, and no more than questions about them need.
    pub(crate) fn everyone(&self, now: i64) -> Result<Export, BadQuestion> {
        match &self.endpoint {
            None => input::Source::of(&self.export)?.everyone(),
            Some(endpoint) => Server::connect(endpoint, now)?.export(),
        }
    }
}
