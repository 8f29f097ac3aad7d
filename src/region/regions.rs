//! Tables of blocks of one frame, which meet to become that of the frame.

use super::collect::{collect_block, Frame, OfRaw};
use super::crop::inner;
use super::table::RegionTable;
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::label::extract::Place;
use crate::task::Task;

/// What was collected about the objects of a part of a frame; coordinates count from the start of the frame.
#[derive(Debug)]
pub struct Regions {
    frame: Shape,
    table: RegionTable,
}

impl Regions {
    pub(super) fn new(frame: Shape, table: RegionTable) -> Self {
        Self { frame, table }
    }

    /// Collects the objects of `block` of a frame.
    ///
    /// # Errors
    /// Those of [`super::collect`].
    pub fn collect(frame: &Frame<'_>, block: &Block, of_raw: OfRaw, task: &Task) -> Result<Self> {
        let table = collect_block(frame, block, of_raw, task)?;
        Ok(Self::new(frame.labels.shape(), table))
    }

    /// Lengths of the frame.
    #[must_use]
    pub fn frame(&self) -> Shape {
        self.frame
    }

    /// One record per object, in the order of first meeting.
    #[must_use]
    pub fn table(&self) -> &RegionTable {
        &self.table
    }

    /// The smallest box around each object.
    pub fn boxes(&self) -> impl Iterator<Item = Block> + '_ {
        self.table.geometry.iter().map(inner)
    }

    /// Where each object is.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let ids = self.table.ids.iter();
        ids.zip(self.boxes())
            .map(|(&id, bounds)| Place { t: 0, id, bounds })
            .collect()
    }

    /// Adds the objects of another block; those of the same id become one.
    ///
    /// The same tables merged in the same order give the same bits.
    ///
    /// # Errors
    /// [`Error::Shape`] for a table of another frame or of other raw.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.frame != other.frame {
            return Err(Error::Shape(format!(
                "tables of frames of z, y, x lengths {:?} and {:?} cannot be merged; merge those of one frame",
                self.frame, other.frame
            )));
        }
        if other.table.ids.is_empty() {
            return Ok(());
        }
        if self.table.ids.is_empty() {
            self.table = other.table.empty();
        }
        if !self.table.is_like(&other.table) {
            return Err(Error::Shape(
                "tables of different kinds of raw or of different features cannot be merged; \
                 collect all blocks alike"
                    .into(),
            ));
        }
        self.table.merge(&other.table);
        Ok(())
    }

    /// The objects `ids`, in this order.
    ///
    /// # Errors
    /// [`Error::Value`] for an id that is not there or comes twice.
    pub fn select(&self, ids: &[u64]) -> Result<Self> {
        Ok(Self::new(self.frame, self.table.select(ids)?))
    }
}
