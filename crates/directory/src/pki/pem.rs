//! PEM: base64 between `-----BEGIN …-----` and `-----END …-----`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One encoded object.
pub(super) struct Block<'a> {
    /// What stands after `BEGIN`, such as `CERTIFICATE`.
    pub(super) label: &'a str,
    /// What is encoded; it may be a secret.
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// The text is not PEM, or something stands outside of the blocks, or a block has headers, as encrypted keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PemError;

/// Reads all blocks of a text; there is at least one.
///
/// White space around lines and blank lines between blocks are ignored. Anything else outside of a block is refused,
/// as AWS refuses the readable text that `openssl x509 -text` puts before a certificate.
pub(super) fn blocks(text: &str) -> Result<Vec<Block<'_>>, PemError> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        let label = line.strip_prefix("-----BEGIN ").ok_or(PemError)?;
        let label = label.strip_suffix("-----").ok_or(PemError)?;
        blocks.push(Block {
            label,
            bytes: body(label, &mut lines)?,
        });
    }
    if blocks.is_empty() {
        return Err(PemError);
    }
    Ok(blocks)
}

/// Reads the one block of a text.
pub(super) fn only_block(text: &str) -> Result<Block<'_>, PemError> {
    let mut blocks = blocks(text)?.into_iter();
    match (blocks.next(), blocks.next()) {
        (Some(block), None) => Ok(block),
        (None | Some(_), _) => Err(PemError),
    }
}

/// Reads the lines up to the end of a block; a header has a colon, which base64 has not.
fn body<'a>(
    label: &str,
    lines: &mut impl Iterator<Item = &'a str>,
) -> Result<Zeroizing<Vec<u8>>, PemError> {
    let mut encoded = Zeroizing::new(String::new());
    for line in lines {
        if let Some(end) = line.strip_prefix("-----END ") {
            return match end.strip_suffix("-----") {
                Some(end) if end == label => STANDARD
                    .decode(encoded.as_bytes())
                    .map(Zeroizing::new)
                    .map_err(|_| PemError),
                Some(_) | None => Err(PemError),
            };
        }
        encoded.push_str(line);
    }
    Err(PemError)
}
