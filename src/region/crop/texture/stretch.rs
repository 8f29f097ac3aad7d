//! One axis of a picture or mask stretched to the side of the cube.

use super::cube::SIDE;

/// How the values along an axis add up to those along a side of the cube: linear interpolation between centres of
/// voxels, mirrored at both ends; a long axis is blurred first.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// Voxel, place in the cube, and what the place takes of it; by voxel, then by place.
    shares: Vec<(u32, u8, f64)>,
    /// Start of each voxel in `shares`, and the end of the last one.
    starts: Vec<u32>,
    weights: Vec<f64>,
}

impl Stretch {
    /// Becomes that of an axis of `length` voxels.
    pub(super) fn prepare(&mut self, length: usize) {
        self.blur(length);
        self.shares.clear();
        let radius = self.weights.len() as i64 / 2;
        for i in 0..SIDE {
            let at = position(i, length);
            let near = at as usize;
            let rest = at - near as f64;
            for (centre, share) in [(near as i64, 1.0 - rest), (near as i64 + 1, rest)] {
                let centre = mirrored(centre, length);
                for (weight, offset) in self.weights.iter().zip(-radius..) {
                    let voxel = mirrored(centre as i64 + offset, length);
                    self.shares.push((voxel as u32, i as u8, share * weight));
                }
            }
        }
        self.shares
            .sort_unstable_by_key(|&(voxel, place, _)| (voxel, place));
        self.starts.clear();
        let mut next = 0;
        for voxel in 0..=length as u32 {
            while self.shares.get(next).is_some_and(|share| share.0 < voxel) {
                next += 1;
            }
            self.starts.push(next as u32);
        }
    }

    /// Sets the weights of a Gaussian that leaves nothing finer than the cube.
    fn blur(&mut self, length: usize) {
        let sigma = (length as f64 / SIDE as f64 - 1.0).max(0.0) / 2.0;
        let radius = (4.0 * sigma + 0.5) as i64;
        self.weights.clear();
        self.weights.extend((-radius..=radius).map(|x| match x {
            0 => 1.0,
            _ => (-0.5 * (x * x) as f64 / (sigma * sigma)).exp(),
        }));
        let total: f64 = self.weights.iter().sum();
        self.weights.iter_mut().for_each(|weight| *weight /= total);
    }

    /// Places that take something of a voxel, and how much.
    pub(super) fn of(&self, voxel: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let [start, stop] = [self.starts[voxel], self.starts[voxel + 1]];
        let shares = &self.shares[start as usize..stop as usize];
        shares
            .iter()
            .map(|&(_, place, share)| (usize::from(place), share))
    }
}

/// For each place along a side of the cube, the nearest voxel of a mask of `length` voxels.
pub(super) fn nearest(length: usize) -> [u32; SIDE] {
    std::array::from_fn(|i| (position(i, length) + 0.5) as u32)
}

/// Where the centre of place `i` falls along an axis of `length` voxels.
fn position(i: usize, length: usize) -> f64 {
    if length == 1 {
        return 0.0;
    }
    let scale = length as f64 / SIDE as f64;
    ((i as f64 + 0.5) * scale - 0.5).abs()
}

/// The voxel that stands for one beyond an end: the ends are not repeated.
fn mirrored(voxel: i64, length: usize) -> usize {
    let last = length as i64 - 1;
    let voxel = voxel.abs();
    (if voxel > last {
        2 * last - voxel
    } else {
        voxel
    })
    .max(0) as usize
}
