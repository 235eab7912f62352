//! The hashes by which the history finds communicationNumbers and customers.

use std::hash::Hasher;

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};
use siphasher::sip::SipHasher13;

use crate::trouble::Result;

/// So many bits of a key count in a new database: SQLite keeps a number of 42 bits in 6 bytes, one of
/// 64 in 9.
const BITS: u32 = 42;

/// Of the key of a text that ends with three digits in a new database, so many bits are their number.
/// Banks count what they number: a thousand customers or requests that were numbered one after the
/// other have keys beside each other, and a batch of them changes few pages of a large tree. Whatever
/// comes before the digits is hashed, and so is a text that ends otherwise.
const BLOCK_BITS: u32 = 10;

/// The key of the hashes, random for each database, so that nobody can make texts collide.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    k0: u64,
    k1: u64,
    /// The bits of a key that count.
    pub(super) mask: u64,
    /// Whether digits at the end are kept.
    pub(super) blocks: bool,
}

impl Keys {
    /// The keys of this database, made at the first opening.
    pub(super) fn of(conn: &Connection) -> Result<Keys> {
        let select = "SELECT value FROM setting WHERE name = 'hash_key'";
        let known: Option<Vec<u8>> = conn.query_row(select, [], |r| r.get(0)).optional()?;
        let bytes = match known {
            Some(bytes) => bytes,
            None => {
                conn.execute(
                    "INSERT INTO setting (name, value)
                     VALUES ('hash_key', randomblob(16)), ('hash_bits', ?1), ('hash_blocks', 1)",
                    [BITS],
                )?;
                conn.query_row(select, [], |r| r.get(0))?
            }
        };
        let setting = |name: &str| -> rusqlite::Result<Option<u32>> {
            let select = "SELECT value FROM setting WHERE name = ?1";
            conn.query_row(select, [name], |r| r.get(0)).optional()
        };
        // The first databases have keys of all bits, and do not say so.
        let bits = setting("hash_bits")?.unwrap_or(64);
        // Others have hashes of whole texts.
        let blocks = setting("hash_blocks")?.is_some();
        let half = |range: std::ops::Range<usize>| {
            let mut eight = [0; 8];
            if let Some(part) = bytes.get(range) {
                eight.copy_from_slice(part);
            }
            u64::from_le_bytes(eight)
        };
        Ok(Keys {
            k0: half(0..8),
            k1: half(8..16),
            mask: u64::MAX >> (64 - bits.clamp(1, 64)),
            blocks,
        })
    }

    /// A name for the database that is made from its key and does not give it away.
    pub(super) fn identity(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"identity of a history of kycdrop\n");
        hash.update(self.k0.to_le_bytes());
        hash.update(self.k1.to_le_bytes());
        crate::hex(hash.finalize().get(..16).unwrap_or_default())
    }

    pub(super) fn number(&self, communication_number: &str) -> i64 {
        let hasher = SipHasher13::new_with_keys(self.k0, self.k1);
        self.key(hasher, communication_number)
    }

    pub(super) fn customer(&self, business_unit: Option<&str>, ext_id: &str) -> i64 {
        let mut hasher = SipHasher13::new_with_keys(self.k0, self.k1);
        if let Some(unit) = business_unit {
            hasher.write_u64(unit.len() as u64);
            hasher.write(unit.as_bytes());
        }
        self.key(hasher, ext_id)
    }

    fn key(&self, mut hasher: SipHasher13, text: &str) -> i64 {
        let key = match text.as_bytes().split_last_chunk::<3>() {
            Some((before, digits)) if self.blocks && digits.iter().all(u8::is_ascii_digit) => {
                hasher.write(before);
                let number = digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0'));
                hasher.finish() << BLOCK_BITS | number
            }
            _ => {
                hasher.write(text.as_bytes());
                hasher.finish()
            }
        };
        (key & self.mask) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(blocks: bool) -> Keys {
        Keys {
            k0: 1,
            k1: 2,
            mask: u64::MAX >> (64 - BITS),
            blocks,
        }
    }

    #[test]
    fn what_was_numbered_one_after_the_other_lies_together() {
        let keys = keys(true);
        let first = keys.number("N-2026-004000");
        for i in 0..1000 {
            assert_eq!(keys.number(&format!("N-2026-004{i:03}")), first + i);
        }
        let others = [
            "N-2026-005000",
            "N-2027-004000",
            "n-2026-004000",
            "000",
            "",
            "N-2026-00400x",
        ];
        for other in others {
            assert!(keys.number(other).abs_diff(first) > 1000, "{other}");
        }
        let unit = |unit| keys.customer(unit, "X-000") - keys.customer(unit, "X-999");
        assert_eq!([unit(None), unit(Some("vilnius"))], [-999, -999]);
        let near = keys
            .customer(Some("vilnius"), "X-000")
            .abs_diff(keys.customer(None, "X-000"));
        assert!(near > 1000);
    }

    #[test]
    fn a_database_of_before_goes_on_with_hashes_of_whole_texts() {
        let keys = keys(false);
        let apart = keys.number("N-004000").abs_diff(keys.number("N-004001"));
        assert!(apart > 1000);
    }
}
