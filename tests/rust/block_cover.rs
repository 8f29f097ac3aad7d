//! Grids and slabs tile their block, whatever its shape.

use objclass::block::{Block, SLAB_VOXELS};
use proptest::prelude::*;

fn voxels(block: &Block) -> usize {
    block.shape().iter().product()
}

/// The parts lie inside the block, are not empty, do not overlap, and together have its size.
fn assert_tiles(block: &Block, parts: &[Block]) {
    for (i, part) in parts.iter().enumerate() {
        for axis in 0..3 {
            assert!(block.start[axis] <= part.start[axis]);
            assert!(part.start[axis] < part.stop[axis]);
            assert!(part.stop[axis] <= block.stop[axis]);
        }
        for other in &parts[..i] {
            let apart = (0..3).any(|axis| {
                part.stop[axis] <= other.start[axis] || other.stop[axis] <= part.start[axis]
            });
            assert!(apart, "{part:?} overlaps {other:?}");
        }
    }
    assert_eq!(parts.iter().map(voxels).sum::<usize>(), voxels(block));
}

proptest! {
    #[test]
    fn a_grid_tiles_its_block(
        start in prop::array::uniform3(0usize..9),
        lengths in prop::array::uniform3(0usize..14),
        shape in prop::array::uniform3(0usize..9),
    ) {
        let stop = std::array::from_fn(|axis| start[axis] + lengths[axis]);
        let block = Block { start, stop };
        assert_tiles(&block, &block.grid(shape));
    }

    #[test]
    fn slabs_tile_their_block_and_are_small(
        z in 0usize..60, y in 0usize..3000, x in prop_oneof![0usize..5000, (1usize << 20)..(1 << 22)],
    ) {
        prop_assume!(z * y * x < 1 << 28);
        let block = Block::whole([z, y, x]);
        let slabs = block.slabs();
        assert_tiles(&block, &slabs);
        prop_assert!(slabs.iter().all(|slab| voxels(slab) <= SLAB_VOXELS));
    }
}

#[test]
fn slabs_are_whole_rows_where_rows_fit() {
    let block = Block::whole([1, 4096, 4096]);
    let slabs = block.slabs();
    assert_eq!(slabs.len(), 16);
    assert!(slabs.iter().all(|slab| slab.shape() == [1, 256, 4096]));
}
