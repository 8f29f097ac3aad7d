//! From one value per part to the pixels of a window of the block.

use super::BlockLabels;
use crate::block::Block;
use crate::error::{Error, Result};
use crate::label::rows::{expect_steps, for_steps_mut, STEP};
use crate::task::Task;

impl BlockLabels {
    /// Writes the pixels of `window`, a part of the block in coordinates of the frame, in `out`, in C order:
    /// `values[n]` on the part of number n, `values[0]` elsewhere.
    ///
    /// # Errors
    /// [`Error::Shape`] for a window that is not inside the block, or not one value per number;
    /// [`Error::Cancelled`].
    pub fn paint<V: Copy + Send + Sync>(
        &self,
        window: &Block,
        values: &[V],
        out: &mut [V],
        task: &Task,
    ) -> Result<()> {
        self.check_window(window)?;
        let [depth, height, width] = window.shape();
        let (n_values, n_parts) = (values.len(), self.parts.len());
        if n_values != n_parts + 1 || out.len() != depth * height * width {
            return Err(Error::Shape(format!(
                "{n_values} values for {n_parts} parts and background; pass one value per number, from 0 on"
            )));
        }
        let [z0, y0, x0] = std::array::from_fn(|axis| window.start[axis] - self.block.start[axis]);
        let x1 = x0 + width;
        expect_steps(depth * height, task);
        for_steps_mut(out, width, task, |step, pixels| {
            pixels.fill(values[0]);
            for (i, pixels) in pixels.chunks_exact_mut(width).enumerate() {
                let row = step * STEP + i;
                let runs = self.row(z0 + row / height, y0 + row % height);
                let first = runs.partition_point(|run| run.end() as usize <= x0);
                for run in runs[first..]
                    .iter()
                    .take_while(|run| (run.start as usize) < x1)
                {
                    let start = (run.start as usize).max(x0) - x0;
                    let end = (run.end() as usize).min(x1) - x0;
                    pixels[start..end].fill(values[run.label as usize]);
                }
            }
        })
    }

    /// Whether one may paint `window`.
    ///
    /// # Errors
    /// [`Error::Shape`] when it is not inside the block.
    pub fn check_window(&self, window: &Block) -> Result<()> {
        let inside = |axis| {
            let (start, stop) = (window.start[axis], window.stop[axis]);
            self.block.start[axis] <= start && start <= stop && stop <= self.block.stop[axis]
        };
        if (0..3).all(inside) {
            return Ok(());
        }
        Err(Error::Shape(format!(
            "{window} is not inside {}; paint what lies within",
            self.block
        )))
    }
}
