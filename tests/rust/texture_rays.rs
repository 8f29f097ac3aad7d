//! The rays along which textures are seen: their voxels, counted and summed, against values found by taking every step.

use std::collections::HashMap;

use objclass::region::crop::texture::rays::{Rays, LONGITUDES};

#[derive(Debug, Default, PartialEq)]
struct Sums {
    rays: usize,
    voxels: usize,
    /// Σ v, v = 6400 x + 80 y + z.
    places: usize,
    /// Σ v (j + 1), j the place in the ray.
    in_order: usize,
    shortest: usize,
    longest: usize,
    /// Moves to the next voxel that change one, two, three coordinates.
    moves: [usize; 3],
    starts_in_the_centre: bool,
}

fn sums(rays: &Rays, z: usize) -> Sums {
    let mut sums = Sums {
        shortest: usize::MAX,
        starts_in_the_centre: true,
        ..Sums::default()
    };
    for path in rays.paths() {
        sums.rays += 1;
        sums.voxels += path.len();
        sums.shortest = sums.shortest.min(path.len());
        sums.longest = sums.longest.max(path.len());
        sums.starts_in_the_centre &= path[0] == [40, 40, 40 - z];
        for (j, at) in path.iter().enumerate() {
            let v = 6400 * at[0] + 80 * at[1] + at[2] + z;
            sums.places += v;
            sums.in_order += v * (j + 1);
        }
        for step in path.windows(2) {
            let changed = (0..3).filter(|&axis| step[0][axis] != step[1][axis]);
            sums.moves[changed.count() - 1] += 1;
        }
    }
    sums
}

#[test]
fn rays_in_the_plane() {
    let found = sums(Rays::plane(), 40);
    let expected = Sums {
        rays: 251,
        voxels: 14_476,
        places: 3_708_007_200,
        in_order: 112_300_081_080,
        shortest: 40,
        longest: 80,
        moves: found.moves,
        starts_in_the_centre: true,
    };
    assert_eq!(found, expected);
    assert_eq!(found.moves[2], 0);
    let paths: Vec<_> = Rays::plane().paths().collect();
    assert_eq!((paths[62].len(), paths[62][39]), (40, [40, 79, 0]));
    assert_eq!(paths[63].len(), 41);
    assert_eq!(paths[63][1..3], [[39, 40, 0], [39, 41, 0]]);
    // Rounding lets the last ray, at a full turn, leave the row of the first.
    assert_eq!(paths[0][39], [79, 40, 0]);
    assert_eq!(paths[250].last(), Some(&[79, 39, 0]));
}

#[test]
fn rays_in_space() {
    let expected = Sums {
        rays: 126_756,
        voxels: 8_783_200,
        places: 2_247_560_360_415,
        in_order: 83_594_741_703_165,
        shortest: 40,
        longest: 119,
        moves: [8_584_209, 56_357, 15_878],
        starts_in_the_centre: true,
    };
    assert_eq!(sums(Rays::space(), 0), expected);
    let path = |t: usize, p: usize| Rays::space().paths().nth(t * LONGITUDES + p).unwrap();
    let pole = path(0, 0);
    assert_eq!((pole.len(), pole[39]), (40, [40, 40, 79]));
    let middle = path(100, 37);
    assert_eq!(middle.len(), 73);
    assert_eq!(middle[..3], [[40, 40, 40], [41, 40, 40], [42, 40, 40]]);
    assert_eq!(middle[3..5], [[42, 41, 40], [42, 41, 41]]);
    assert_eq!(middle[71..], [[78, 59, 54], [79, 59, 54]]);
    let west = path(126, 251);
    assert_eq!(
        (west.len(), west[1], west[40]),
        (41, [39, 40, 39], [0, 40, 39])
    );
}

#[test]
fn rays_in_space_meet_every_voxel_in_twenty_kinds_of_steps() {
    let mut met = vec![false; 80 * 80 * 80];
    let mut steps = HashMap::new();
    for path in Rays::space().paths() {
        for &[x, y, z] in &path {
            met[6400 * x + 80 * y + z] = true;
        }
        for step in path.windows(2) {
            let difference = [0, 1, 2].map(|axis| step[1][axis] as i64 - step[0][axis] as i64);
            *steps.entry(difference).or_insert(0) += 1;
        }
    }
    assert!(met.iter().all(|&met| met));
    assert_eq!(steps.len(), 20);
}
