//! What is found by looking at one object after the other, in memory that is kept between them.

use super::{Feature, Ingredient};
use crate::block::Shape;
use crate::error::{Error, Result};
use crate::label::runs::Run;
use crate::region::axes::PrincipalAxes;
use crate::region::collect::Frame;
use crate::region::crop::axis_moments::AxisMoments;
use crate::region::crop::channel_axes::ChannelAxes;
use crate::region::crop::channel_moments::ChannelMoments;
use crate::region::crop::hull::Hull;
use crate::region::crop::neighbourhood::{Extras, Neighbourhood};
use crate::region::crop::skeleton::Skeleton;
use crate::region::crop::texture::Texture;
use crate::region::crop::weighted::Weighted;
use crate::region::crop::{find_runs, inner, outer, Crop, CropRun};
use crate::region::{Geometry, Moments};
use crate::task::Task;

/// Which of the ingredients that need a crop are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) channel_moments: bool,
    pub(super) axis_moments: bool,
    pub(super) weighted: bool,
    pub(super) neighbourhood: bool,
    pub(super) around: Extras,
    pub(super) hull: bool,
    pub(super) bounding_box: bool,
    pub(super) skeleton: bool,
    pub(super) texture: bool,
    pub(super) raw: bool,
    pub(super) n_dims: usize,
    pub(super) margin: Shape,
}

impl Wanted {
    pub(super) fn new(features: &[&Feature], n_dims: usize, margin: Shape) -> Self {
        let needs = |ingredient| features.iter().any(|f| f.spec.needs(ingredient));
        let of_raw = |each: &Ingredient| each.needs_crop() && each.needs_raw();
        Self {
            channel_moments: needs(Ingredient::ChannelMoments),
            axis_moments: needs(Ingredient::AxisMoments),
            weighted: needs(Ingredient::Weighted),
            neighbourhood: needs(Ingredient::Neighbourhood),
            around: Extras {
                covariance: needs(Ingredient::NeighbourhoodCovariance),
                counts_around: needs(Ingredient::NeighbourhoodHistogram),
                counts_with_object: needs(Ingredient::WithNeighbourhoodHistogram),
            },
            hull: needs(Ingredient::Hull),
            bounding_box: needs(Ingredient::Box),
            skeleton: needs(Ingredient::Skeleton),
            texture: needs(Ingredient::Texture),
            raw: features
                .iter()
                .any(|f| f.spec.ingredients.iter().any(of_raw)),
            n_dims,
            margin,
        }
    }

    /// Whether any is.
    pub(super) fn any(&self) -> bool {
        self.channel_moments
            || self.axis_moments
            || self.weighted
            || self.neighbourhood
            || self.hull
            || self.bounding_box
            || self.skeleton
            || self.texture
    }
}

/// An object that was found in the pass over its frame.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) frame: &'a Frame<'a>,
    pub(super) id: u64,
    pub(super) geometry: &'a Geometry,
}

/// What is known about an object before its crop is looked at.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) axes: Option<&'a PrincipalAxes>,
    pub(super) moments: &'a [Moments],
    pub(super) channel_axes: &'a ChannelAxes,
}

/// What was found about one object.
#[derive(Debug, Default)]
pub(super) struct Crops {
    pub(super) channel_moments: ChannelMoments,
    pub(super) axis_moments: AxisMoments,
    pub(super) weighted: Weighted,
    pub(super) neighbourhood: Neighbourhood,
    pub(super) hull: Hull,
    pub(super) bounding_box: Hull,
    pub(super) skeleton: Skeleton,
    pub(super) texture: Texture,
    runs: Vec<CropRun>,
    memory: Vec<Run>,
}

impl Crops {
    /// Looks at an object, with what is known about it already.
    ///
    /// # Errors
    /// [`Error::Value`] for labels that do not hold all of it, [`Error::Cancelled`].
    pub(super) fn update(
        &mut self,
        wanted: &Wanted,
        found: &Found<'_>,
        known: &Known<'_>,
        task: &Task,
    ) -> Result<()> {
        let &Found {
            frame,
            id,
            geometry,
        } = found;
        let inner = inner(geometry);
        let image = frame.labels.shape();
        let outer = outer(&inner, wanted.margin, image);
        find_runs(frame, &inner, id, &mut self.memory, &mut self.runs);
        let found: u64 = self.runs.iter().map(|run| u64::from(run.length)).sum();
        if found != geometry.count {
            return Err(Error::Value(format!(
                "the labels hold {found} of the {} pixels of object {id}; pass all blocks that it touches",
                geometry.count
            )));
        }
        let raw = frame.raw.filter(|_| wanted.raw).map(|raw| raw.part(&outer));
        let crop = Crop {
            n_dims: wanted.n_dims,
            image,
            inner,
            outer,
            margin: wanted.margin,
            geometry,
            runs: &self.runs,
            raw: raw.as_deref(),
        };
        if wanted.channel_moments {
            self.channel_moments
                .update(&crop, known.channel_axes, known.moments, task)?;
        }
        if let (true, Some(axes)) = (wanted.axis_moments, known.axes) {
            self.axis_moments.update(&crop, axes, task)?;
        }
        if wanted.weighted {
            self.weighted.update(&crop, task)?;
        }
        if wanted.neighbourhood {
            self.neighbourhood.update(&crop, wanted.around, task)?;
        }
        if wanted.hull {
            self.hull.update(&crop, task)?;
        }
        if wanted.bounding_box {
            self.bounding_box.update_box(&crop, task)?;
        }
        if wanted.skeleton {
            self.skeleton.update(&crop, task)?;
        }
        if wanted.texture {
            self.texture.update(&crop, task)?;
        }
        Ok(())
    }
}
