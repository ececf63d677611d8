//! The QR code from which a one-time password app reads its seed.

use qrcodegen::{QrCode, QrCodeEcc};

use crate::ServiceError;

/// Pixels of one module.
const SCALE: usize = 4;
/// White modules around the code; the standard asks for four.
const BORDER: usize = 4;

/// Draws a text as a QR code in a PNG file.
///
/// # Errors
/// [`ServiceError::Internal`] where the text is too long for any code.
pub(crate) fn png(text: &str) -> Result<Vec<u8>, ServiceError> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(ServiceError::internal)?;
    let modules = usize::try_from(code.size()).unwrap_or(0);
    let side = (modules + 2 * BORDER) * SCALE;
    let dark = |row: usize, column: usize| {
        let place = |pixel: usize| i32::try_from(pixel / SCALE).unwrap_or(0) - BORDER as i32;
        // Outside of the code every module is light.
        code.get_module(place(column), place(row))
    };
    let pixels: Vec<u8> = (0..side)
        .flat_map(|row| (0..side).map(move |column| (row, column)))
        .map(|(row, column)| if dark(row, column) { 0 } else { 255 })
        .collect();
    let length = u32::try_from(side).map_err(ServiceError::internal)?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, length, length);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(ServiceError::internal)?;
    writer
        .write_image_data(&pixels)
        .map_err(ServiceError::internal)?;
    writer.finish().map_err(ServiceError::internal)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_a_png_that_holds_the_code() {
        let text = "otpauth://totp/phone@111122223333?secret=ABCDEFGHIJKLMNOP";
        let file = png(text).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let side = (usize::try_from(code.size()).unwrap() + 2 * BORDER) * SCALE;
        assert_eq!(pixels.len(), side * side);
        assert!(
            pixels[..side * BORDER * SCALE]
                .iter()
                .all(|pixel| *pixel == 255),
            "a light border"
        );
        let corner = BORDER * SCALE * side + BORDER * SCALE;
        assert_eq!(pixels[corner], 0, "the finder pattern begins dark");
        assert!(png(&"x".repeat(5000)).is_err());
    }
}
