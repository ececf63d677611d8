//! The container of the committed files: frames, each a length (four bytes, little-endian) and a zlib stream.

use std::io::{Read as _, Write as _};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

pub(super) fn pack(frames: &[String]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for frame in frames {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(frame.as_bytes())?;
        let packed = encoder.finish()?;
        bytes.extend(u32::try_from(packed.len())?.to_le_bytes());
        bytes.extend(packed);
    }
    Ok(bytes)
}

pub(super) fn unpack(mut bytes: &[u8]) -> Result<Vec<String>> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes
            .split_first_chunk::<4>()
            .context("a length is cut short")?;
        let length = usize::try_from(u32::from_le_bytes(*length))?;
        let (packed, rest) = rest
            .split_at_checked(length)
            .context("a frame is cut short")?;
        let mut text = String::new();
        ZlibDecoder::new(packed).read_to_string(&mut text)?;
        frames.push(text);
        bytes = rest;
    }
    Ok(frames)
}
