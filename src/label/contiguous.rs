//! Rows that lie together in memory, for images that were stored along another axis.

use ndarray::{Array3, ArrayView3, CowArray, Ix3};

use crate::block::Block;

/// Side of the cubes copied together where x is not the fastest axis: lines of memory stay in the cache until used up.
const TILE: usize = 32;

/// `image` as it is if each of its rows is contiguous, else a copy in C order.
pub(crate) fn contiguous<T: Copy>(image: ArrayView3<'_, T>) -> CowArray<'_, T, Ix3> {
    let shape = image.dim();
    let Some(&first) = image.first() else {
        return image.into();
    };
    let (along_y, along_x) = (image.strides()[1].abs(), image.strides()[2]);
    if shape.2 == 1 || along_x == 1 {
        return image.into();
    }
    let mut copy = Array3::from_elem(shape, first);
    let width = if along_x.abs() < along_y {
        shape.2
    } else {
        TILE
    };
    for tile in Block::whole(shape.into()).grid([TILE, TILE, width]) {
        copy.slice_mut(tile.slice())
            .assign(&image.slice(tile.slice()));
    }
    copy.into()
}
