//! Files sealed piece by piece, so that none ever lies in memory whole.
//!
//! A sealed file is a random beginning (19 bytes) and pieces of 64 KiB, each encrypted with XChaCha20-Poly1305 under the
//! file's own key, its number and whether it is the last in its nonce (the STREAM construction) and the file's id beside
//! it. A piece that was changed, left out, put elsewhere or taken from another file cannot be opened, and neither can a
//! file that ends early.

use aead_stream::{DecryptorBE32, EncryptorBE32, Nonce, StreamBE32};
use base::secret::{NoRandomness, random_bytes};
use chacha20poly1305::{Key, XChaCha20Poly1305};

/// Plain bytes in a piece.
const PIECE: usize = 64 * 1024;
/// What sealing adds to a piece.
const TAG: usize = 16;
/// The random beginning.
const HEAD: usize = 19;

type Start = Nonce<XChaCha20Poly1305, StreamBE32<XChaCha20Poly1305>>;

/// A sealed file is not as it was written, or is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed file is not as it was written")]
pub struct Broken;

/// The key of one file. It prints as `***`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileKey([u8; 32]);

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl FileKey {
    pub(crate) fn random() -> Result<Self, NoRandomness> {
        random_bytes().map(Self)
    }

    pub(crate) fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice(text, &mut bytes).ok().map(|()| Self(bytes))
    }
}

/// Seals what is written into it.
pub(crate) struct Sealer {
    stream: EncryptorBE32<XChaCha20Poly1305>,
    about: Vec<u8>,
    held: Vec<u8>,
}

impl Sealer {
    /// Begins a file; its beginning goes into `out`.
    pub(crate) fn begin(key: FileKey, about: &str, out: &mut Vec<u8>) -> Result<Self, NoRandomness> {
        let head: [u8; HEAD] = random_bytes()?;
        out.extend_from_slice(&head);
        let stream = EncryptorBE32::new(&Key::from(key.0), &Start::from(head));
        Ok(Self { stream, about: about.as_bytes().to_vec(), held: Vec::with_capacity(PIECE + 1) })
    }

    /// Takes plain bytes; whole pieces go into `out`. The last is held back: only its end says that it is the last.
    pub(crate) fn write(&mut self, mut plain: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        while !plain.is_empty() {
            if self.held.len() == PIECE {
                self.stream.encrypt_next_in_place(&self.about, &mut self.held).map_err(|_| Broken)?;
                out.append(&mut self.held);
            }
            let (now, later) = plain.split_at(plain.len().min(PIECE - self.held.len()));
            self.held.extend_from_slice(now);
            plain = later;
        }
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        self.stream.encrypt_last_in_place(&self.about, &mut self.held).map_err(|_| Broken)?;
        out.append(&mut self.held);
        Ok(())
    }
}

/// Opens what is written into it. What it gives is true as far as it goes; that it is the whole, only `finish` says.
pub(crate) struct Opener {
    key: FileKey,
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    about: Vec<u8>,
    held: Vec<u8>,
}

impl Opener {
    pub(crate) fn begin(key: FileKey, about: &str) -> Self {
        Self { key, stream: None, about: about.as_bytes().to_vec(), held: Vec::with_capacity(PIECE + TAG) }
    }

    /// Takes sealed bytes; what could be opened goes into `out`.
    pub(crate) fn write(&mut self, mut sealed: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        while !sealed.is_empty() {
            let most = if self.stream.is_some() { PIECE + TAG } else { HEAD };
            if self.held.len() == most {
                self.turn(out)?;
                continue;
            }
            let (now, later) = sealed.split_at(sealed.len().min(most - self.held.len()));
            self.held.extend_from_slice(now);
            sealed = later;
        }
        Ok(())
    }

    /// What is held is whole and something follows it.
    fn turn(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        match &mut self.stream {
            None => {
                let head: [u8; HEAD] = self.held.as_slice().try_into().map_err(|_| Broken)?;
                self.stream = Some(DecryptorBE32::new(&Key::from(self.key.0), &Start::from(head)));
                self.held.clear();
            }
            Some(stream) => {
                stream.decrypt_next_in_place(&self.about, &mut self.held).map_err(|_| Broken)?;
                out.append(&mut self.held);
            }
        }
        Ok(())
    }

    /// Opens the last piece, which must say that it is the last.
    pub(crate) fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        let stream = self.stream.take().ok_or(Broken)?;
        stream.decrypt_last_in_place(&self.about, &mut self.held).map_err(|_| Broken)?;
        out.append(&mut self.held);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(key: FileKey, about: &str, plain: &[u8], step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut sealer = Sealer::begin(key, about, &mut out).unwrap();
        for part in plain.chunks(step.max(1)) {
            sealer.write(part, &mut out).unwrap();
        }
        sealer.finish(&mut out).unwrap();
        out
    }

    fn opened(key: FileKey, about: &str, sealed: &[u8], step: usize) -> Result<Vec<u8>, Broken> {
        let mut out = Vec::new();
        let mut opener = Opener::begin(key, about);
        for part in sealed.chunks(step.max(1)) {
            opener.write(part, &mut out)?;
        }
        opener.finish(&mut out)?;
        Ok(out)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_is_sealed_is_opened_whatever_the_steps(length in 0_usize..300_000, there in 1_usize..200_000, back in 1_usize..200_000) {
            let key = FileKey::random().unwrap();
            let plain: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let sealed = sealed(key, "a", &plain, there);
            prop_assert_eq!(opened(key, "a", &sealed, back).unwrap(), plain);
        }
    }

    #[test]
    fn a_length_at_the_edge_of_a_piece_is_no_exception() {
        let key = FileKey::random().unwrap();
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1] {
            let plain = vec![7_u8; length];
            let sealed = sealed(key, "a", &plain, PIECE);
            assert_eq!(sealed.len(), HEAD + length + TAG * length.div_ceil(PIECE).max(1));
            assert_eq!(opened(key, "a", &sealed, 10_000).unwrap(), plain, "{length}");
        }
    }

    #[test]
    fn what_was_changed_cut_reordered_or_swapped_is_not_opened() {
        let (key, other) = (FileKey::random().unwrap(), FileKey::random().unwrap());
        let plain: Vec<u8> = (0..3 * PIECE + 100).map(|n| (n / PIECE) as u8).collect();
        let whole = sealed(key, "a", &plain, 1_000);
        let refused = |bytes: &[u8]| opened(key, "a", bytes, 4_096) == Err(Broken);
        for at in [0, HEAD, HEAD + PIECE, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(refused(&changed), "changed at {at}");
        }
        for cut in [0, 10, HEAD, HEAD + PIECE + TAG, HEAD + 3 * (PIECE + TAG), whole.len() - 1] {
            assert!(refused(&whole[..cut]), "cut at {cut}");
        }
        let pieces: Vec<&[u8]> = whole[HEAD..].chunks(PIECE + TAG).collect();
        let put = |order: &[usize]| [&whole[..HEAD], &order.iter().map(|n| pieces[*n]).collect::<Vec<_>>().concat()].concat();
        assert!(!refused(&put(&[0, 1, 2, 3])));
        for order in [&[1, 0, 2, 3][..], &[0, 2, 3], &[0, 1, 1, 2, 3], &[0, 1, 2, 3, 3]] {
            assert!(refused(&put(order)), "{order:?}");
        }
        // Another file's beginning, another file's piece, another file's key.
        let second = sealed(key, "a", &plain, 1_000);
        assert!(refused(&[&second[..HEAD], &whole[HEAD..]].concat()));
        assert_eq!(opened(key, "b", &whole, 4_096), Err(Broken));
        assert_eq!(opened(other, "a", &whole, 4_096), Err(Broken));
        assert_eq!(FileKey::from_hex(&key.to_hex()), Some(key));
        assert_eq!(format!("{key:?}"), "***");
    }
}
