//! The skeleton of a 2D object, as VIGRA finds and measures it, to the last tie.
//!
//! ```text
//! nearest outer pixel of each pixel ─► raw skeleton ─► thinned ─► graph of pixels
//!     ─► longest path, its middle the centre ─► tree from there ─► loops around holes ─► branches that count
//! ```
//!
//! Takes time in proportion to the box of the object, and to its holes times the length of its skeleton at worst;
//! needs 15 bytes per pixel of the box, and some 200 per pixel of the skeleton.

mod distance;
mod graph;
mod grid;
pub mod heap;
mod holes;
mod path;
mod polygon;
mod reach;
mod rings;
mod search;
pub mod thinning;
mod trace;
mod tree;

use self::distance::Distance;
use self::graph::Graph;
use self::grid::Grid;
use self::holes::Loops;
use self::path::LongestPath;
use self::search::Search;
use self::thinning::Thinning;
use self::trace::Trace;
use self::tree::Tree;
use crate::error::Result;
use crate::region::crop::Crop;
use crate::task::Task;

/// The skeleton of an object.
#[derive(Debug, Default)]
pub struct Skeleton {
    /// Its measures.
    pub measured: Measured,
    memory: Memory,
}

/// Measures of a skeleton; coordinates are x and y in the image.
///
/// Without a skeleton, which an object at the border of the image may lack, all are 0. If the object has several
/// pieces, only the one whose skeleton comes last in scan order is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Length of the longest path.
    pub diameter: f64,
    /// Distance between the ends of the longest path.
    pub euclidean_diameter: f64,
    /// Summed lengths of all branches that count, and of those around holes.
    pub length: f64,
    /// Mean length of the branches that count.
    pub branch_length: f64,
    /// Branches that count.
    pub n_branches: u32,
    /// Holes that the skeleton runs around.
    pub n_holes: u32,
    /// The middle of the longest path.
    pub center: [f64; 2],
    /// The ends of the longest path.
    pub terminals: [[f64; 2]; 2],
}

/// Working memory, kept from object to object.
#[derive(Debug, Default)]
struct Memory {
    grid: Grid,
    distance: Distance,
    trace: Trace,
    thinning: Thinning,
    graph: Graph,
    search: Search,
    path: LongestPath,
    tree: Tree,
    loops: Loops,
}

impl Skeleton {
    /// Finds it for the object of `crop`.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`], and [`crate::error::Error::Value`] for a box of 2³² pixels or more.
    pub fn update(&mut self, crop: &Crop<'_>, task: &Task) -> Result<()> {
        self.measured = self.memory.find(crop, task)?;
        Ok(())
    }
}

impl Memory {
    fn find(&mut self, crop: &Crop<'_>, task: &Task) -> Result<Measured> {
        let Self {
            grid,
            graph,
            search,
            path,
            tree,
            ..
        } = self;
        grid.paint(crop)?;
        self.distance.find(grid, task)?;
        self.trace.mark(grid);
        task.check()?;
        self.thinning.thin(grid);
        task.check()?;
        graph.build(grid);
        if graph.nodes.is_empty() {
            return Ok(Measured::default());
        }
        path.find(graph, search, task)?;
        search.run_through(graph, path.center, task)?;
        tree.grow(graph, search);
        let holes = self.loops.close(tree, graph, search, grid, task)?;
        let branches = tree.branches(holes.length);
        let place =
            |node| std::array::from_fn(|axis| f64::from(graph.at(node)[axis] + grid.origin[axis]));
        Ok(Measured {
            diameter: path.length,
            euclidean_diameter: path.distance,
            length: branches.total,
            branch_length: branches.mean,
            n_branches: branches.count,
            n_holes: holes.count,
            center: place(path.center),
            terminals: path.ends.map(place),
        })
    }
}
