//! What a file may be that is no text of history JSON: read if that takes no guess and no dependency, or refused by name.

use std::borrow::Cow;

use crate::error::DecodeError;

/// How a gzip file begins (RFC 1952, 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// How a zip archive begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// How a Zstandard frame begins (RFC 8878, 3.1.1).
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// The byte order marks of UTF-16. Windows `PowerShell` 5 writes the first with `>`.
const UTF16_LITTLE: &[u8] = &[0xff, 0xfe];
const UTF16_BIG: &[u8] = &[0xfe, 0xff];

/// The bytes of history JSON that a file holds, without a byte order mark.
pub(crate) fn unpack(file: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    for (mark, read) in
        [(UTF16_LITTLE, u16::from_le_bytes as fn([u8; 2]) -> u16), (UTF16_BIG, u16::from_be_bytes)]
    {
        if let Some(units) = file.strip_prefix(mark) {
            let units = units.chunks(2).map(|unit| match *unit {
                [a, b] => read([a, b]),
                // Half of a character: it cannot be one.
                _ => 0xd800,
            });
            let text: Result<String, _> = char::decode_utf16(units).collect();
            return text
                .map(|text| Cow::Owned(text.into_bytes()))
                .map_err(|_| refused("text in UTF-16 that is damaged", "export it again"));
        }
    }
    recognize(file)?;
    Ok(Cow::Borrowed(file))
}

/// Refuses what begins like a file of another kind.
pub(super) fn recognize(head: &[u8]) -> Result<(), DecodeError> {
    if head.starts_with(GZIP) {
        return Err(refused("compressed with gzip", "unpack it first, with `gunzip`"));
    }
    if head.starts_with(ZIP) {
        return Err(refused("a zip archive", "unpack it first"));
    }
    if head.starts_with(ZSTD) {
        return Err(refused("compressed with zstd", "unpack it first, with `unzstd`"));
    }
    if head.starts_with(UTF16_LITTLE) || head.starts_with(UTF16_BIG) {
        return Err(refused("text in UTF-16", "`History::from_bytes` reads it"));
    }
    if is_protobuf(head) {
        return Err(refused(
            "a history in binary protobuf",
            "export it as JSON with `temporal workflow show --output json`; with the feature `temporal` a replay reads \
             it as it is",
        ));
    }
    Ok(())
}

fn refused(form: &'static str, advice: &'static str) -> DecodeError {
    DecodeError::File { form, advice }
}

/// Whether a file begins as a `temporal.api.history.v1.History` in binary protobuf does: with the field `events` (1, a
/// message), its length, and in it the field `event_id` (1, a number) with the value 1.
#[must_use]
pub fn is_protobuf(file: &[u8]) -> bool {
    let Some((0x0a, rest)) = file.split_first() else { return false };
    // A length of text would be text, too: the bytes of a number all have the top bit but the last.
    let length = rest.iter().take(5).take_while(|byte| **byte >= 0x80).count() + 1;
    rest.get(length..).is_some_and(|event| event.starts_with(&[0x08, 0x01]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_width_is_unpacked() {
        let wide = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
            let units = "{\"ä\": 1}".encode_utf16().flat_map(bytes);
            let file: Vec<u8> = mark.iter().copied().chain(units).collect();
            String::from_utf8(unpack(&file).unwrap().into_owned()).unwrap()
        };
        assert_eq!(wide(UTF16_LITTLE, u16::to_le_bytes), "{\"ä\": 1}");
        assert_eq!(wide(UTF16_BIG, u16::to_be_bytes), "{\"ä\": 1}");
        assert!(unpack(&[0xff, 0xfe, b'{']).is_err());
    }

    #[test]
    fn binary_protobuf_is_told_from_text() {
        assert!(is_protobuf(&[0x0a, 0x05, 0x08, 0x01, 0x12, 0x00]));
        assert!(is_protobuf(&[0x0a, 0x85, 0x03, 0x08, 0x01]));
        for text in ["", "\n", "\n{", "\n\n{\"events\": []}", "\n\u{8}\u{1}"] {
            assert!(!is_protobuf(text.as_bytes()), "{text:?}");
        }
    }
}
