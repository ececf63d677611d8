//! A directory of policy files: the identity policies of whoever is asked about.

use std::path::Path;
use std::sync::Arc;

use super::account::{BadInput, File, Inline, Text};

/// Reads every `*.json` file of a directory, in the order of their names. A file's name without `.json` is the policy's.
pub(crate) fn read(directory: &Path) -> Result<Vec<Inline>, BadInput> {
    let shown = directory.display();
    let cannot = |error: std::io::Error| BadInput(format!("can't read {shown}: {error}"));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_file()
            && path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(BadInput(format!(
            "{shown} has no *.json files: each would be a policy of the principal"
        )));
    }
    paths.sort();
    paths.iter().map(|path| policy(path)).collect()
}

fn policy(path: &Path) -> Result<Inline, BadInput> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| BadInput(format!("can't read {shown}: {error}")))?;
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let end = text.len();
    let file = Arc::new(File {
        path: path.to_string_lossy().as_ref().into(),
        text,
    });
    Ok(Inline {
        name,
        document: Text::InFile {
            file,
            start: 0,
            end,
        },
    })
}
