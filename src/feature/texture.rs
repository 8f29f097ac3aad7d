//! Spectrum and direction of the texture as seen from the centre.

use super::{ByDefault, Cells, Channels, Feature, FeatureSpec, Ingredient, Plugin, Values};
use crate::region::texture::N_BANDS;

/// What the features of texture have in common.
const TEXTURE: FeatureSpec = FeatureSpec {
    id: "",
    display: "",
    group: "Texture",
    plugin: Plugin::SphericalTexture,
    ilastik: None,
    doc: "",
    formula: "",
    unit: "",
    verified: super::ILASTIK,
    values: Values::PerChannelNumbered(N_BANDS),
    dims: &[3],
    channels: Channels::Any,
    by_default: ByDefault::No,
    hidden: false,
    ingredients: &[Ingredient::Texture],
};

/// The features of texture.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "texture_spectrum",
            display: "Spherical Texture",
            ilastik: Some("Spherical Spectrum"),
            doc: "How strongly the mean intensity along rays from the centre varies with their direction, in 20 bands \
                  of frequencies from coarse to fine. The bounding box is stretched to a cube of 80 voxels, and so is \
                  raw with the neighbourhood around it. All 0 where there is no texture.",
            formula: "Σ over the degrees l of the band, Σ over the orders m: |c(l, m)|², spherical harmonics of \
                      (r − mean r) / sd r with r the means along 252 × 503 rays; bands start at the degrees \
                      0 1 2 3 4 5 7 9 12 15 20 26 33 43 55 71 91 118 151 195",
            ..TEXTURE
        },
        finish: |object, cells| set(object.texture.map(|t| &t.spectrum[..]), cells),
    },
    Feature {
        spec: FeatureSpec {
            id: "texture_direction",
            display: "Polarization Direction",
            ilastik: Some("Spherical Polarization Direction"),
            doc: "Direction of the ray from the centre with the largest mean intensity, 0 where there is no texture: \
                  its latitude counted from north to south, then its longitude.",
            formula: "2π t / 252, 2π p / 503, for latitude t and longitude p of the first largest mean",
            unit: "rad",
            values: Values::PerChannelNamed(&["latitude", "longitude"]),
            ..TEXTURE
        },
        finish: |object, cells| set(object.texture.map(|t| &t.direction[..]), cells),
    },
    Feature {
        spec: FeatureSpec {
            id: "texture_spectrum_circular",
            display: "Circular Texture",
            ilastik: Some("Circular Spectrum"),
            doc: "How strongly the mean intensity along rays from the centre varies with their angle, in 20 bands of \
                  frequencies from coarse to fine. The bounding box is stretched to a square of 80 pixels, and so is \
                  raw with the neighbourhood around it. All 0 where there is no texture.",
            formula: "Σ over the frequencies k of the band: 2 |Σ f(p) exp(−2πi k p / 251)|² / 251², \
                      f = (r − mean r) / sd r with r the means along 251 rays; bands start at the frequencies \
                      0 1 2 3 4 5 6 8 10 12 15 18 23 28 35 43 53 66 82 101",
            dims: &[2],
            ..TEXTURE
        },
        finish: |object, cells| set(object.texture.map(|t| &t.spectrum[..]), cells),
    },
    Feature {
        spec: FeatureSpec {
            id: "texture_direction_circular",
            display: "Circular Polarization Direction",
            ilastik: Some("Circular Polarization Direction"),
            doc: "Angle of the ray from the centre with the largest mean intensity, 0 where there is no texture.",
            formula: "2π p / 251, for angle p of the first largest mean",
            unit: "rad",
            values: Values::PerChannel,
            dims: &[2],
            ..TEXTURE
        },
        finish: |object, cells| set(object.texture.map(|t| &t.direction[..]), cells),
    },
];

fn set(values: Option<&[f64]>, cells: &mut Cells<'_>) {
    for (place, &value) in values.unwrap_or_default().iter().enumerate() {
        cells.set(place, Ok(value));
    }
}
