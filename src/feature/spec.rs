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
    pub plugin: &'static str,
    /// The ilastik feature whose values this one reproduces, as "plug-in/id".
    pub ilastik_id: Option<&'static str>,
    /// What it measures, with its formula.
    pub doc: &'static str,
    /// Unit of the values; empty for pure numbers.
    pub unit: &'static str,
    /// How many values there are and what they stand for.
    pub values: Values,
    /// Numbers of spatial dimensions it exists for.
    pub dims: &'static [usize],
    /// Not offered unless asked for by id.
    pub hidden: bool,
    /// What must be collected for it.
    pub ingredients: &'static [Ingredient],
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
}

const LETTERS: [&str; 3] = ["x", "y", "z"];

impl FeatureSpec {
    /// How many values it has for images of `n_dims` spatial dimensions and `n_channels` channels.
    #[must_use]
    pub fn n_values(&self, n_dims: usize, n_channels: usize) -> usize {
        match self.values {
            Values::One => 1,
            Values::PerAxis | Values::PerRank => n_dims,
            Values::PerAxisAndRank => n_dims * n_dims,
            Values::PerChannel => n_channels,
        }
    }

    /// Ids of its columns: its own id, followed by what the value stands for.
    #[must_use]
    pub fn columns(&self, n_dims: usize, channels: &[String]) -> Vec<String> {
        let part = |part: &str| format!("{}_{part}", self.id);
        let letters = &LETTERS[..n_dims.min(3)];
        match self.values {
            Values::One => vec![self.id.to_owned()],
            Values::PerAxis => letters.iter().map(|letter| part(letter)).collect(),
            Values::PerRank => (0..n_dims).map(|rank| part(&rank.to_string())).collect(),
            Values::PerAxisAndRank => letters
                .iter()
                .flat_map(|letter| (0..n_dims).map(move |rank| format!("{letter}{rank}")))
                .map(|name| part(&name))
                .collect(),
            Values::PerChannel => channels.iter().map(|channel| part(channel)).collect(),
        }
    }

    /// Whether its value for an object depends on the pixels of that object alone, whatever surrounds it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.ingredients.iter().all(|ingredient| match ingredient {
            Ingredient::Geometry | Ingredient::Axes | Ingredient::Intensity => true,
        })
    }

    /// Whether `ingredient` must be collected.
    #[must_use]
    pub fn needs(&self, ingredient: Ingredient) -> bool {
        self.ingredients.contains(&ingredient)
    }
}
