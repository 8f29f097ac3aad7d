//! Collected tables as bytes: every ingredient, bit for bit, behind a checksum.
//!
//! All numbers are little-endian. Damage is found by the checksum, so what is read afterwards was once written.

use super::geometry::Geometry;
use super::intensity::{pairs, stride, Covariance, Intensity, WideProducts};
use super::regions::Regions;
use super::table::RegionTable;
use crate::block::Shape;
use crate::error::{Error, Result};

/// First bytes of a table: what it is, and the version of its layout.
const MAGIC: [u8; 8] = *b"OCRGNS\x01\n";

/// Bytes before the content: magic and checksum.
const HEAD: usize = MAGIC.len() + size_of::<u32>();

impl Regions {
    /// All that was collected, as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        0u32.write(&mut bytes);
        self.frame().map(|length| length as u64).write(&mut bytes);
        write_table(self.table(), &mut bytes);
        let checksum = crc32fast::hash(&bytes[HEAD..]);
        bytes[MAGIC.len()..HEAD].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The table that was written to `bytes`.
    ///
    /// # Errors
    /// [`Error::Value`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let damaged = || {
            Error::Value(
                "these are not the regions of a block as this version writes them, or they are damaged; \
                 delete the file and compute it again"
                    .into(),
            )
        };
        read_sealed(bytes).ok_or_else(damaged)
    }
}

fn read_sealed(bytes: &[u8]) -> Option<Regions> {
    let mut rest = bytes.strip_prefix(&MAGIC)?;
    let checksum = u32::read(&mut rest)?;
    if crc32fast::hash(rest) != checksum {
        return None;
    }
    let frame: Shape = <[u64; 3]>::read(&mut rest)?.map(|length| length as usize);
    let table = read_table(&mut rest)?;
    let inside = |all: &Geometry| (0..3).all(|axis| (all.max[axis] as usize) < frame[axis]);
    let whole = rest.is_empty() && table.geometry.iter().all(inside);
    whole.then(|| Regions::new(frame, table))
}

fn write_table(table: &RegionTable, bytes: &mut Vec<u8>) {
    [table.ids.len(), table.n_channels()]
        .map(|n| n as u64)
        .write(bytes);
    write_all(&table.ids, bytes);
    write_all(&table.geometry, bytes);
    match &table.intensity {
        Intensity::None => 0u8.write(bytes),
        Intensity::Exact { offset, sums } => {
            1u8.write(bytes);
            offset.write(bytes);
            write_all(sums, bytes);
        }
        Intensity::Wide(sums) => {
            2u8.write(bytes);
            write_all(sums, bytes);
        }
    }
    match table.products() {
        Covariance::None => 0u8.write(bytes),
        Covariance::Exact(products) => {
            1u8.write(bytes);
            write_all(products, bytes);
        }
        Covariance::Wide(products) => {
            2u8.write(bytes);
            write_all(products.records(), bytes);
        }
    }
}

fn read_table(bytes: &mut &[u8]) -> Option<RegionTable> {
    let [n, channels] = <[u64; 2]>::read(bytes)?;
    let [n, channels] = [usize::try_from(n).ok()?, usize::try_from(channels).ok()?];
    let ids = read_all(n, bytes)?;
    let geometry: Vec<Geometry> = read_all(n, bytes)?;
    let length = n.checked_mul(channels)?;
    let intensity = match u8::read(bytes)? {
        0 => Intensity::None,
        1 => Intensity::Exact {
            offset: i32::read(bytes)?,
            sums: read_all(length, bytes)?,
        },
        2 => Intensity::Wide(read_all(length, bytes)?),
        _ => return None,
    };
    let of_each = |stride: usize| n.checked_mul(stride);
    let covariance = match u8::read(bytes)? {
        0 => Covariance::None,
        1 => Covariance::Exact(read_all(of_each(pairs(channels))?, bytes)?),
        2 => {
            let records = read_all(of_each(stride(channels))?, bytes)?;
            Covariance::Wide(WideProducts::of_records(records))
        }
        _ => return None,
    };
    RegionTable::of_parts(channels, ids, geometry, intensity, covariance)
}

fn write_all<R: Record>(records: &[R], bytes: &mut Vec<u8>) {
    bytes.reserve(size_of_val(records));
    records.iter().for_each(|record| record.write(bytes));
}

/// So many records, in memory that grows with what is there, whatever number is asked for.
fn read_all<R: Record>(n: usize, bytes: &mut &[u8]) -> Option<Vec<R>> {
    (0..n).map(|_| R::read(bytes)).collect()
}

/// Something that always takes as many bytes.
pub(super) trait Record: Sized {
    /// Appends it to `bytes`.
    fn write(&self, bytes: &mut Vec<u8>);

    /// Takes it off the front of `bytes`; `None` if they end before.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Record for $number {
            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                let (number, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(Self::from_le_bytes(*number))
            }
        }
    )+};
}
numbers!(u8, i16, u32, i32, u64, i64, u128, i128, f64);

impl<R: Record + Copy + Default, const N: usize> Record for [R; N] {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.iter().for_each(|each| each.write(bytes));
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let mut all = [R::default(); N];
        for each in &mut all {
            *each = R::read(bytes)?;
        }
        Some(all)
    }
}

/// Makes a record of a struct: its fields, one after the other.
macro_rules! record {
    ($name:ty { $($field:ident),+ $(,)? }) => {
        impl crate::region::encoding::Record for $name {
            fn write(&self, bytes: &mut Vec<u8>) {
                $(self.$field.write(bytes);)+
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                $(let $field = crate::region::encoding::Record::read(bytes)?;)+
                Some(Self { $($field),+ })
            }
        }
    };
}
pub(super) use record;
