//! Spectrum and direction of the texture as seen from the centre.

use super::{ByDefault, Cells, Channels, Feature, FeatureSpec, Ingredient, Plugin, Values};
use crate::region::crop::texture::N_BANDS;

/// What the features of texture have in common.
const TEXTURE: FeatureSpec = FeatureSpec {
    group: "Texture",
    plugin: Plugin::SphericalTexture,
    values: Values::PerChannelNumbered(N_BANDS),
    dims: &[3],
    channels: Channels::Any,
    by_default: ByDefault::No,
    ingredients: &[Ingredient::Texture],
    ..FeatureSpec::COMMON
};

/// The features of texture.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "texture_spectrum",
            display: "Spherical Texture",
            ilastik: Some("Spherical Spectrum"),
            doc: "How strongly the intensity around the center varies with direction, in 20 bands from coarse to \
                  fine; all 0 without texture. As in ilastik, the object, and raw with the neighborhood, are each \
                  stretched to 80 × 80 × 80 voxels first.",
            formula: "Σ|c(l, m)|² over degrees l of the band and orders m, with c the spherical harmonics of the \
                      standardized means along 252 × 503 rays; bands start at l = 0, 1, 2, 3, 4, 5, 7, 9, 12, 15, 20, \
                      26, 33, 43, 55, 71, 91, 118, 151, 195",
            ..TEXTURE
        },
        finish: |object, cells| set(object.texture.map(|t| &t.spectrum[..]), cells),
    },
    Feature {
        spec: FeatureSpec {
            id: "texture_direction",
            display: "Polarization Direction",
            ilastik: Some("Spherical Polarization Direction"),
            doc: "Direction from the center in which the mean intensity is largest: its latitude, counted from north \
                  to south, then its longitude; 0 without texture.",
            formula: "2πt / 252, 2πp / 503, with t and p the numbers of the first largest mean",
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
            doc: "How strongly the intensity around the center varies with the angle, in 20 bands from coarse to \
                  fine; all 0 without texture. As in ilastik, the object, and raw with the neighborhood, are each \
                  stretched to 80 × 80 pixels first.",
            formula: "Σ2|c(k)|² over frequencies k of the band, with c the Fourier coefficients of the standardized \
                      means along 251 rays; bands start at k = 0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 23, 28, 35, \
                      43, 53, 66, 82, 101",
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
            doc: "Angle from the center at which the mean intensity is largest; 0 without texture.",
            formula: "2πp / 251, with p the number of the first largest mean",
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
