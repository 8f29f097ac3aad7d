//! What is known about a feature without computing it.

/// Names, documentation and layout of one feature.
#[derive(Clone, Copy, Debug)]
pub struct FeatureSpec {
    /// Stable key, noun first: `intensity_mean`.
    pub id: &'static str,
    /// Name shown to users and written to tables.
    pub display: &'static str,
    /// Branch of the feature tree; features of the group "Location" are never chosen by default.
    pub group: &'static str,
    /// Trunk of the feature tree.
    pub plugin: Plugin,
    /// Name within its plug-in of the ilastik feature whose values this one reproduces.
    pub ilastik: Option<&'static str>,
    /// What it measures, in words.
    pub doc: &'static str,
    /// How it is computed; empty where the words say it all.
    pub formula: &'static str,
    /// Unit of the values; empty for pure numbers.
    pub unit: &'static str,
    /// What the values were compared with.
    pub verified: &'static str,
    /// How many values there are and what they stand for.
    pub values: Values,
    /// Numbers of spatial dimensions it exists for.
    pub dims: &'static [usize],
    /// Which raw images it exists for.
    pub channels: Channels,
    /// When it is among the default features.
    pub by_default: ByDefault,
    /// Not offered unless asked for by id.
    pub hidden: bool,
    /// What must be collected for it.
    pub ingredients: &'static [Ingredient],
}

/// Where ilastik has a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plugin {
    /// Size, place, spread and intensities.
    Standard,
    /// The skeleton of 2D objects.
    Skeleton,
    /// The convex hull, a plug-in of its own for each number of dimensions.
    ConvexHull,
    /// Spectrum and direction of the texture seen from the centre.
    SphericalTexture,
}

impl Plugin {
    /// Its name, for images of `n_dims` spatial dimensions.
    #[must_use]
    pub fn name(self, n_dims: usize) -> String {
        match self {
            Self::Standard => "Standard Object Features".to_owned(),
            Self::Skeleton => "2D Skeleton Features".to_owned(),
            Self::ConvexHull => format!("{n_dims}D Convex Hull Features"),
            Self::SphericalTexture => "Spherical Texture".to_owned(),
        }
    }
}

/// Which raw images a feature exists for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// It does not look at raw.
    Unused,
    /// Any number of channels, each on its own.
    Any,
    /// One channel.
    One,
    /// Two channels or more, together.
    Several,
}

impl Channels {
    /// Whether a feature exists for raw of `n` channels; 0 without raw.
    #[must_use]
    pub fn allow(self, n: usize) -> bool {
        match self {
            Self::Unused => true,
            Self::Any => n >= 1,
            Self::One => n == 1,
            Self::Several => n >= 2,
        }
    }
}

/// When a feature is among the default ones: ilastik's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByDefault {
    /// Never.
    No,
    /// Wherever it exists.
    Yes,
    /// For raw of one channel.
    OneChannel,
}

/// What a feature needs to have collected per object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingredient {
    /// Size, place and spread; always there.
    Geometry,
    /// Principal axes of the spread.
    Axes,
    /// Power sums and extrema of every raw channel.
    Intensity,
    /// Products of the intensities of two channels.
    Covariance,
    /// Intensities counted in bins over the range of all objects of the frame.
    Histogram,
    /// Principal axes of the intensities of all channels; needs the covariance.
    ChannelAxes,
    /// Moments of the intensities along these axes.
    ChannelMoments,
    /// Moments of the coordinates along the principal axes.
    AxisMoments,
    /// Places, centre and axes with the intensities as weights.
    Weighted,
    /// Intensities around the object, and around and in it.
    Neighbourhood,
    /// Products of the intensities of two channels, around the object, and around and in it.
    NeighbourhoodCovariance,
    /// Intensities around the object counted in bins over their own range.
    NeighbourhoodHistogram,
    /// Intensities around and in the object counted in bins over their own range.
    WithNeighbourhoodHistogram,
    /// The convex hull and what the object lacks of it.
    Hull,
    /// The bounding box and what the object lacks of it.
    Box,
    /// The skeleton.
    Skeleton,
    /// The texture seen from the centre.
    Texture,
}

impl Ingredient {
    /// Whether it depends on nothing but the object's own pixels and raw, whatever other objects there are.
    #[must_use]
    pub fn is_local(self) -> bool {
        self != Self::Histogram
    }

    /// Whether it depends on how far the neighbourhood of an object reaches.
    #[must_use]
    pub fn uses_margin(self) -> bool {
        matches!(self, Self::Neighbourhood | Self::Texture)
    }

    /// Whether it takes much longer than the pass over the image.
    #[must_use]
    pub fn is_slow(self) -> bool {
        matches!(self, Self::Neighbourhood | Self::Skeleton | Self::Texture)
    }

    /// Whether it is found from the crop of a whole object, not collected block by block.
    #[must_use]
    pub fn needs_crop(self) -> bool {
        !matches!(
            self,
            Self::Geometry
                | Self::Axes
                | Self::Intensity
                | Self::Covariance
                | Self::ChannelAxes
                | Self::Histogram
        )
    }

    /// Whether it is found from raw.
    #[must_use]
    pub fn needs_raw(self) -> bool {
        !matches!(
            self,
            Self::Geometry
                | Self::Axes
                | Self::AxisMoments
                | Self::Hull
                | Self::Box
                | Self::Skeleton
        )
    }
}

/// What the values of a feature stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// One number.
    One,
    /// One per spatial axis, x first.
    PerAxis,
    /// One per principal axis, longest first.
    PerRank,
    /// For each spatial axis (x first) one per principal axis (longest first).
    PerAxisAndRank,
    /// One per raw channel.
    PerChannel,
    /// For each raw channel so many, numbered.
    PerChannelNumbered(usize),
    /// For each raw channel one per name.
    PerChannelNamed(&'static [&'static str]),
    /// For each raw channel one per raw channel.
    PerChannelPair,
    /// One per principal axis of the channels, largest variance first.
    PerChannelRank,
    /// For each raw channel one per principal axis of the channels.
    PerChannelAndRank,
}

impl Values {
    /// Whether there are as many for each raw channel, channel after channel.
    #[must_use]
    pub fn are_per_channel(self) -> bool {
        matches!(
            self,
            Self::PerChannel
                | Self::PerChannelNumbered(_)
                | Self::PerChannelNamed(_)
                | Self::PerChannelPair
                | Self::PerChannelAndRank
        )
    }
}

const LETTERS: [&str; 3] = ["x", "y", "z"];

impl FeatureSpec {
    /// What most features have in common: one value of the object's shape, for any image, by default, as in ilastik.
    pub(super) const COMMON: Self = Self {
        id: "",
        display: "",
        group: "Shape",
        plugin: Plugin::Standard,
        ilastik: None,
        doc: "",
        formula: "",
        unit: "",
        verified: "values computed by ilastik 1.4.2",
        values: Values::One,
        dims: &[2, 3],
        channels: Channels::Unused,
        by_default: ByDefault::Yes,
        hidden: false,
        ingredients: &[Ingredient::Geometry],
    };

    /// The ilastik feature whose values this one reproduces for such images, as "plug-in/id".
    #[must_use]
    pub fn ilastik_id(&self, n_dims: usize) -> Option<String> {
        let plugin = self.plugin.name(n_dims);
        self.ilastik.map(|id| format!("{plugin}/{id}"))
    }

    /// How many values it has for images of `n_dims` spatial dimensions and `n_channels` channels.
    #[must_use]
    pub fn n_values(&self, n_dims: usize, n_channels: usize) -> usize {
        match self.values {
            Values::One => 1,
            Values::PerAxis | Values::PerRank => n_dims,
            Values::PerAxisAndRank => n_dims * n_dims,
            Values::PerChannel | Values::PerChannelRank => n_channels,
            Values::PerChannelNumbered(n) => n_channels * n,
            Values::PerChannelNamed(names) => n_channels * names.len(),
            Values::PerChannelPair | Values::PerChannelAndRank => n_channels * n_channels,
        }
    }

    /// Ids of its columns: its own id, followed by what the value stands for.
    #[must_use]
    pub fn columns(&self, n_dims: usize, channels: &[String]) -> Vec<String> {
        let letters: Vec<String> = LETTERS[..n_dims.min(3)].iter().map(|&l| l.into()).collect();
        let ranks = |n: usize| (0..n).map(|rank| rank.to_string()).collect::<Vec<_>>();
        let parts = match self.values {
            Values::One => return vec![self.id.to_owned()],
            Values::PerAxis => letters,
            Values::PerRank => ranks(n_dims),
            Values::PerAxisAndRank => pairs(&letters, &ranks(n_dims), ""),
            Values::PerChannel => channels.to_vec(),
            Values::PerChannelNumbered(n) => {
                let numbers: Vec<String> = (0..n).map(|i| format!("{i:02}")).collect();
                pairs(channels, &numbers, "_")
            }
            Values::PerChannelNamed(names) => {
                let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
                pairs(channels, &names, "_")
            }
            Values::PerChannelPair => pairs(channels, channels, "_"),
            Values::PerChannelRank => ranks(channels.len()),
            Values::PerChannelAndRank => pairs(channels, &ranks(channels.len()), "_"),
        };
        parts
            .iter()
            .map(|part| format!("{}_{part}", self.id))
            .collect()
    }

    /// Whether it is among the default features for raw of `n_channels` channels.
    #[must_use]
    pub fn is_default(&self, n_channels: usize) -> bool {
        match self.by_default {
            ByDefault::No => false,
            ByDefault::Yes => true,
            ByDefault::OneChannel => n_channels == 1,
        }
    }

    /// Whether its value for an object depends on the object's pixels and raw alone, whatever other objects there are.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.ingredients.iter().all(|each| each.is_local())
    }

    /// Whether it depends on how far the neighbourhood of an object reaches.
    #[must_use]
    pub fn uses_margin(&self) -> bool {
        self.ingredients.iter().any(|each| each.uses_margin())
    }

    /// Whether it is found from the crop of a whole object, not collected block by block.
    #[must_use]
    pub fn needs_crop(&self) -> bool {
        self.ingredients.iter().any(|each| each.needs_crop())
    }

    /// Whether raw is needed while regions are collected.
    #[must_use]
    pub fn collects_raw(&self) -> bool {
        use Ingredient::{Covariance, Histogram, Intensity};
        [Covariance, Histogram, Intensity]
            .iter()
            .any(|&each| self.needs(each))
    }

    /// Whether it takes much longer than most.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.ingredients.iter().any(|each| each.is_slow())
    }

    /// Whether `ingredient` must be collected.
    #[must_use]
    pub fn needs(&self, ingredient: Ingredient) -> bool {
        self.ingredients.contains(&ingredient)
    }
}

fn pairs(first: &[String], second: &[String], between: &str) -> Vec<String> {
    let with_second = |a: &String| {
        second
            .iter()
            .map(move |b| format!("{a}{between}{b}"))
            .collect()
    };
    first
        .iter()
        .flat_map(|a| -> Vec<String> { with_second(a) })
        .collect()
}
