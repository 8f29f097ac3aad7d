//! Labels of neighbouring blocks as one label image: what one block cannot know of an object, its neighbours do.

use super::labels::{LabelImage, LabelPart};
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::label::block_labels::BlockLabels;
use crate::label::runs::Run;

/// One block of a [`Mosaic`].
#[derive(Clone, Copy, Debug)]
pub struct Tile<'a> {
    /// Its parts.
    pub labels: &'a BlockLabels,
    /// The id of the part of each number, 0 for those that count as background; that of number 0 is not looked at.
    pub ids: &'a [u64],
}

/// A label image of a whole frame, of which some blocks are known; the rest is background.
#[derive(Debug)]
pub struct Mosaic<'a> {
    frame: Shape,
    tiles: Vec<Tile<'a>>,
}

impl<'a> Mosaic<'a> {
    /// A label image of shape `frame`.
    ///
    /// # Errors
    /// [`Error::Shape`] for blocks of another frame or that overlap, or not one id per number.
    pub fn new(frame: Shape, mut tiles: Vec<Tile<'a>>) -> Result<Self> {
        // Along a row, from left to right: so do its runs.
        tiles.sort_by_key(|tile| tile.labels.block.start[2]);
        for (i, tile) in tiles.iter().enumerate() {
            check(tile, frame)?;
            let block = &tile.labels.block;
            let apart = |other: &Tile<'_>| block.intersection(&other.labels.block).is_none();
            if !tiles[..i].iter().all(apart) {
                return Err(Error::Shape(format!(
                    "{block} is there twice, or overlaps another; pass blocks of one plan, each once"
                )));
            }
        }
        Ok(Self { frame, tiles })
    }
}

fn check(tile: &Tile<'_>, frame: Shape) -> Result<()> {
    let Tile { labels, ids } = tile;
    if labels.frame != frame {
        return Err(Error::Shape(format!(
            "a block of a frame of shape {:?} is none of a frame of shape {frame:?}; pass blocks of one plan",
            labels.frame
        )));
    }
    if ids.len() != labels.parts.len() + 1 {
        return Err(Error::Shape(format!(
            "{} ids for {} parts and background; pass one id per number, from 0 on",
            ids.len(),
            labels.parts.len()
        )));
    }
    Ok(())
}

impl LabelImage for Mosaic<'_> {
    fn shape(&self) -> Shape {
        self.frame
    }

    fn is_signed(&self) -> bool {
        false
    }

    fn part(&self, block: &Block) -> Box<dyn LabelPart + '_> {
        let touched = |tile: &&Tile<'_>| tile.labels.block.intersection(block).is_some();
        Box::new(MosaicPart {
            block: *block,
            tiles: self.tiles.iter().filter(touched).copied().collect(),
        })
    }
}

/// A box of a mosaic, and the blocks that it touches.
struct MosaicPart<'a> {
    block: Block,
    tiles: Vec<Tile<'a>>,
}

impl LabelPart for MosaicPart<'_> {
    fn runs<'a>(&'a self, z: usize, y: usize, memory: &'a mut Vec<Run>) -> &'a [Run] {
        let [z0, y0, _] = self.block.start;
        memory.clear();
        for tile in &self.tiles {
            tile.push_row(z0 + z, y0 + y, &self.block, memory);
        }
        memory
    }
}

impl Tile<'_> {
    /// Appends the runs of row (z, y) of the frame as far as they lie in `window` and have an id; they count from its
    /// start. One that continues the last one of `runs` is united with it.
    fn push_row(&self, z: usize, y: usize, window: &Block, runs: &mut Vec<Run>) {
        let Block { start, stop } = self.labels.block;
        if !(start[0]..stop[0]).contains(&z) || !(start[1]..stop[1]).contains(&y) {
            return;
        }
        let row = self.labels.row(z - start[0], y - start[1]);
        let [left, right] = [window.start[2], window.stop[2]];
        let first = row.partition_point(|run| start[2] + run.end() as usize <= left);
        for run in &row[first..] {
            let pixels = run.pixels();
            let (from, to) = (start[2] + pixels.start, start[2] + pixels.end);
            if from >= right {
                break;
            }
            let label = self.ids[run.label as usize];
            if label == 0 {
                continue;
            }
            let (from, to) = (
                (from.max(left) - left) as u32,
                (to.min(right) - left) as u32,
            );
            match runs.last_mut() {
                Some(last) if last.end() == from && last.label == label => last.length += to - from,
                _ => runs.push(Run {
                    label,
                    start: from,
                    length: to - from,
                }),
            }
        }
    }
}
