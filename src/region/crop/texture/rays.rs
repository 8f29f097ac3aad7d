//! Which voxels of the cube each ray from its centre meets, one after the other.

use std::sync::OnceLock;

use super::cube::{CENTRE, SIDE};
use super::nodes::north;

/// Number of rays in a plane; the last one has the angle of the first.
pub const ANGLES: usize = 251;

/// Number of rays along a circle of latitude.
pub const LONGITUDES: usize = 503;

/// Length of a step along a ray.
const STEP: f64 = 0.003;

/// Where rays end before the upper faces of the cube.
const LAST: f64 = SIDE as f64 - 0.4;

/// Directions less inclined than this to an axis do not cross the faces of the cube along it.
const PARALLEL: f64 = 1e-6;

/// The voxels that rays meet on their way from the centre of the cube to its faces.
///
/// A ray is walked in steps of 0.003 voxels; a voxel belongs to it if a step ends in it, once. Neighbouring rays have
/// their first voxels in common, and those are kept once: 14 thousand voxels in the plane take 50 kB, and 8.8 million
/// in space 25 MB.
#[derive(Debug)]
pub struct Rays {
    /// The voxels of each ray behind those that it has in common with the ray before.
    voxels: Vec<u32>,
    /// Start of each ray in `voxels`, and the end of the last one.
    starts: Vec<u32>,
    /// How many voxels each ray has in common with the ray before.
    common: Vec<u8>,
}

/// A ray as it is added to the projection.
pub(super) struct Ray<'a> {
    /// How many voxels it has in common with the ray before.
    pub(super) common: usize,
    /// The voxels behind them.
    pub(super) voxels: &'a [u32],
}

impl Rays {
    /// The rays in the plane, by angle; built once, in about a millisecond.
    pub fn plane() -> &'static Self {
        static RAYS: OnceLock<Rays> = OnceLock::new();
        RAYS.get_or_init(|| {
            let mut rays = Self::new(&circle(), 1);
            let before = index([0, 0, CENTRE]);
            rays.voxels.iter_mut().for_each(|voxel| *voxel -= before);
            rays
        })
    }

    /// The rays in space, by latitude from north to south and then by longitude; built once, in some tenths of a second.
    pub fn space() -> &'static Self {
        static RAYS: OnceLock<Rays> = OnceLock::new();
        RAYS.get_or_init(|| Self::new(&sphere(), rayon::current_num_threads()))
    }

    /// Number of rays.
    #[must_use]
    pub fn len(&self) -> usize {
        self.common.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.common.is_empty()
    }

    /// Voxels (x, y, z) of all rays, ray after ray; z is 0 in the plane.
    pub fn paths(&self) -> impl Iterator<Item = Vec<[usize; 3]>> + '_ {
        let mut path = Vec::new();
        self.iter().map(move |ray| {
            path.truncate(ray.common);
            path.extend(ray.voxels.iter().map(|&voxel| place(voxel)));
            path.clone()
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Ray<'_>> {
        let ends = self.starts.windows(2);
        ends.zip(&self.common).map(|(ends, &common)| Ray {
            common: usize::from(common),
            voxels: &self.voxels[ends[0] as usize..ends[1] as usize],
        })
    }

    /// Walks all rays, in threads of its own: waiting in a pool could start the work that waits for the rays.
    fn new(directions: &[[f64; 3]], threads: usize) -> Self {
        let share = directions.len().div_ceil(threads);
        let parts: Vec<Self> = std::thread::scope(|scope| {
            let walks: Vec<_> = directions
                .chunks(share)
                .map(|directions| scope.spawn(|| Self::walked(directions)))
                .collect();
            let joined = walks.into_iter().map(|walk| walk.join());
            joined
                .map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let joined = parts.into_iter().reduce(Self::followed_by);
        joined.unwrap_or_else(|| Self::walked(&[]))
    }

    fn walked(directions: &[[f64; 3]]) -> Self {
        let mut rays = Self {
            voxels: Vec::new(),
            starts: vec![0],
            common: Vec::new(),
        };
        let [mut path, mut before] = [Vec::new(), Vec::new()];
        for &direction in directions {
            Walk::new(direction).voxels(&mut path);
            let common = path.iter().zip(&before).take_while(|(a, b)| a == b).count();
            rays.voxels.extend(&path[common..]);
            rays.starts.push(rays.voxels.len() as u32);
            rays.common.push(common as u8);
            std::mem::swap(&mut path, &mut before);
        }
        rays
    }

    /// The first ray of `other` has nothing in common with the last of these.
    fn followed_by(mut self, other: Self) -> Self {
        let shift = self.voxels.len() as u32;
        self.voxels.extend(other.voxels);
        self.starts
            .extend(other.starts[1..].iter().map(|end| end + shift));
        self.common.extend(other.common);
        self
    }
}

/// Directions (x, y, z) in the plane.
fn circle() -> Vec<[f64; 3]> {
    let last = (ANGLES - 1) as f64;
    (0..ANGLES)
        .map(|p| direction(0.0, p as f64 * (2.0 * std::f64::consts::PI / last)))
        .collect()
}

/// Directions (x, y, z) in space.
fn sphere() -> Vec<[f64; 3]> {
    let north = north().map(|node| node.x.asin().to_degrees());
    let south = north.map(|latitude| -latitude).into_iter().rev();
    let latitudes = north.into_iter().chain(south).enumerate();
    let longitudes = (0..LONGITUDES).map(|p| (360.0 * p as f64 / LONGITUDES as f64).to_radians());
    latitudes
        .flat_map(|(t, latitude)| {
            let latitude = inexact(t).unwrap_or(latitude).to_radians();
            longitudes
                .clone()
                .map(move |longitude| direction(latitude, longitude))
        })
        .collect()
}

/// Two latitudes in degrees whose last digits the values compared with have wrong, which moves two rays by a voxel.
fn inexact(t: usize) -> Option<f64> {
    match t {
        76 => Some(35.287_049_215_352_575),
        80 => Some(32.435_572_178_248_69),
        _ => None,
    }
}

fn direction(latitude: f64, longitude: f64) -> [f64; 3] {
    let pole = std::f64::consts::FRAC_PI_2 - latitude;
    [
        pole.sin() * longitude.cos(),
        pole.sin() * longitude.sin(),
        pole.cos(),
    ]
}

/// The steps along one ray.
struct Walk {
    steps: usize,
    axes: [Line; 3],
}

impl Walk {
    fn new(direction: [f64; 3]) -> Self {
        let start = CENTRE as f64;
        let length = direction.iter().fold(f64::INFINITY, |length, &d| {
            length.min(if d > PARALLEL {
                (LAST - start) / d
            } else if d < -PARALLEL {
                start / -d
            } else {
                f64::INFINITY
            })
        });
        let exact = length / STEP;
        let steps = exact as usize;
        let axes = direction.map(|d| {
            let end = exact * (d * STEP) + start;
            let step = (end - start) / (steps - 1) as f64;
            Line {
                steps,
                step,
                per_voxel: 1.0 / step,
                end,
            }
        });
        Self { steps, axes }
    }

    /// Finds the voxels, from the centre on.
    fn voxels(&self, path: &mut Vec<u32>) {
        let mut at = [CENTRE; 3];
        let mut next = [0, 1, 2].map(|axis| self.axes[axis].leaves(CENTRE));
        path.clear();
        path.push(index(at));
        loop {
            let [x, y, z] = next;
            let step = x.min(y).min(z);
            if step >= self.steps {
                return;
            }
            for axis in 0..3 {
                if next[axis] == step {
                    let line = &self.axes[axis];
                    at[axis] = if line.step > 0.0 {
                        at[axis] + 1
                    } else {
                        at[axis] - 1
                    };
                    next[axis] = line.leaves(at[axis]);
                }
            }
            path.push(index(at));
        }
    }
}

/// The steps of one ray along one axis.
struct Line {
    steps: usize,
    step: f64,
    /// Steps per voxel.
    per_voxel: f64,
    end: f64,
}

impl Line {
    /// Where step `k` ends.
    fn position(&self, k: usize) -> f64 {
        if k + 1 == self.steps {
            self.end
        } else {
            CENTRE as f64 + k as f64 * self.step
        }
    }

    /// The first step that ends behind voxel `at`; the number of steps if none does.
    fn leaves(&self, at: usize) -> usize {
        let up = self.step > 0.0;
        let bound = (at + usize::from(up)) as f64;
        let left = |k: usize| {
            let position = self.position(k);
            if up {
                position >= bound
            } else {
                position < bound && at > 0
            }
        };
        if self.step.abs() < PARALLEL * STEP {
            return self.first(left);
        }
        let estimate = (bound - CENTRE as f64) * self.per_voxel;
        let mut k = (estimate as usize).min(self.steps);
        while k > 0 && left(k - 1) {
            k -= 1;
        }
        while k < self.steps && !left(k) {
            k += 1;
        }
        k
    }

    /// The first step for which `left` holds, which then holds for all that follow.
    fn first(&self, left: impl Fn(usize) -> bool) -> usize {
        let (mut low, mut high) = (0, self.steps);
        while low < high {
            let middle = (low + high) / 2;
            if left(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

/// Number of voxel (x, y, z) in the cube.
fn index([x, y, z]: [usize; 3]) -> u32 {
    ((z * SIDE + y) * SIDE + x) as u32
}

fn place(index: u32) -> [usize; 3] {
    let index = index as usize;
    [index % SIDE, index / SIDE % SIDE, index / SIDE / SIDE]
}
