//! Labels of a block as bytes: what a file of them holds.
//!
//! ```text
//! magic with version
//! block start, block stop, frame: z, y, x each; number of parts; number of runs
//! key of every part: difference to the one before
//! every row: number of runs; of each: pixels since the run before, length, number: difference to the run before
//! CRC-32 of all this, 4 bytes
//! ```
//!
//! Numbers are written in as few bytes as they need (LEB128), differences with the sign in the lowest bit. Sizes, first
//! pixels and boxes follow from the runs, so that they cannot contradict them.

use super::{is_block_of, BlockLabels};
use crate::block::Block;
use crate::error::{Error, Result};
use crate::label::runs::Run;

const MAGIC: &[u8] = b"objclass labels 1\n";

/// Bytes of the checksum at the end.
const CHECKSUM: usize = 4;

/// The least bytes of a run.
const LEAST_OF_RUN: usize = 3;

impl BlockLabels {
    /// All of it as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for place in [self.block.start, self.block.stop, self.frame] {
            place.iter().for_each(|&n| write(&mut bytes, n as u64));
        }
        write(&mut bytes, self.parts.len() as u64);
        write(&mut bytes, self.runs.len() as u64);
        let mut last = 0;
        for part in &self.parts {
            write(&mut bytes, difference(last, part.key));
            last = part.key;
        }
        let (mut first, mut last) = (0, 0);
        for &end in &self.ends {
            let row = &self.runs[first..end];
            write(&mut bytes, row.len() as u64);
            let mut place = 0;
            for run in row {
                write(&mut bytes, u64::from(run.start - place));
                write(&mut bytes, u64::from(run.length));
                write(&mut bytes, difference(last, run.label));
                (place, last) = (run.end(), run.label);
            }
            first = end;
        }
        let checksum = crc32fast::hash(&bytes).to_le_bytes();
        bytes.extend(checksum);
        bytes
    }

    /// What [`BlockLabels::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::Value`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::read(bytes).ok_or_else(|| {
            Error::Value(
                "these are not the labels of a block as this version writes them, or they are damaged; \
                 delete the file and compute it again"
                    .into(),
            )
        })
    }

    /// `None` at the first thing that cannot be; memory is asked for only as far as the bytes can fill it.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
        if crc32fast::hash(content).to_le_bytes() != checksum {
            return None;
        }
        let mut bytes = Bytes(content.strip_prefix(MAGIC)?);
        let (start, stop, frame) = (bytes.triple()?, bytes.triple()?, bytes.triple()?);
        let block = Block { start, stop };
        let (n_parts, n_runs) = (bytes.length()?, bytes.length()?);
        let left = bytes.0.len();
        if !is_block_of(&block, frame) || n_parts > left || n_runs > left / LEAST_OF_RUN {
            return None;
        }
        let [depth, height, _] = block.shape();
        if depth * height > left || u32::try_from(n_parts).is_err() {
            return None;
        }
        let mut keys = Vec::with_capacity(n_parts);
        for _ in 0..n_parts {
            keys.push(bytes.other_than(keys.last().copied().unwrap_or(0))?);
        }
        let mut labels = Self::empty(block, frame);
        labels.runs.reserve_exact(n_runs);
        for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
            labels.read_row(z, y, &keys, &mut bytes)?;
        }
        let complete = labels.parts.len() == n_parts && labels.runs.len() == n_runs;
        (complete && bytes.0.is_empty()).then_some(labels)
    }

    fn read_row(&mut self, z: usize, y: usize, keys: &[u64], bytes: &mut Bytes<'_>) -> Option<()> {
        let width = self.block.shape()[2] as u64;
        let mut place = 0;
        for _ in 0..bytes.number()? {
            let start = bytes.number()?.checked_add(place)?;
            let length = bytes.number()?;
            place = start.checked_add(length).filter(|&end| end <= width)?;
            let label = bytes.other_than(self.runs.last().map_or(0, |run| run.label))?;
            let known = (1..=self.parts.len() as u64 + 1).contains(&label);
            let key = *keys.get(label.checked_sub(1)? as usize)?;
            if length == 0 || !known {
                return None;
            }
            // Both are at most the width, which fits.
            let (start, length) = (start as u32, length as u32);
            let run = Run {
                label,
                start,
                length,
            };
            self.runs.push(run);
            self.count(z, y, run, key);
        }
        self.ends.push(self.runs.len());
        Some(())
    }
}

/// Appends a number: seven bits a byte, the lowest first, the highest bit set where more follow.
#[inline(always)]
fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// From one number to the other, modulo 2⁶⁴: small where they are near, whichever is larger.
#[inline(always)]
fn difference(from: u64, to: u64) -> u64 {
    let step = to.wrapping_sub(from) as i64;
    ((step << 1) ^ (step >> 63)) as u64
}

/// Bytes yet to be read.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    #[inline(always)]
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// The number whose difference to `from` comes next.
    #[inline(always)]
    fn other_than(&mut self, from: u64) -> Option<u64> {
        let step = self.number()?;
        Some(from.wrapping_add((step >> 1) ^ (step & 1).wrapping_neg()))
    }

    fn length(&mut self) -> Option<usize> {
        self.number()?.try_into().ok()
    }

    fn triple(&mut self) -> Option<[usize; 3]> {
        Some([self.length()?, self.length()?, self.length()?])
    }
}
