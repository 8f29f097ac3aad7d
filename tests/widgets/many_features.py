"""Features of every plug-in and shape of values, as far as a screen cares: none of them can be measured."""

from napari_objclass.features import FeatureSpec

STANDARD, SKELETON, TEXTURE = "Standard Object Features", "2D Skeleton Features", "Spherical Texture"
INTENSITY = "Intensity Distribution"


def feature(name, display, plugin=STANDARD, group=INTENSITY, parts=("",), **values):
    """A feature whose columns have these endings."""
    columns = tuple(f"{name}_{part}" if part else name for part in parts)
    given = {"doc": f"{display} of the object.", "unit": "", "hidden": False, "ilastik_id": None, "dims": (2, 3)}
    return FeatureSpec(
        id=name,
        display=display,
        plugin=plugin,
        group=group,
        n_values=len(columns),
        columns=columns,
        **(given | values),
    )


def channels(n, endings=("",)):
    """Endings of the columns of a feature with so many values for each of ``n`` channels."""
    return tuple(f"c{i}_{ending}".rstrip("_") for i in range(n) for ending in endings)


def many_features(n_channels=1):
    """A catalogue: visible and advanced ones, slow ones, and long vectors."""
    numbered = [f"{i:02}" for i in range(64)]
    percentages = ["p00", "p10", "p25", "p50", "p75", "p90", "p100"]
    per_channel = {"per_channel": True, "needs_raw": True}
    around = {**per_channel, "slow": True, "uses_margin": True}
    return [
        feature("num_pixels", "Size in pixels", group="Shape", ilastik_id=f"{STANDARD}/Count"),
        feature("centroid", "Center of the object", group="Location", parts=("x", "y")),
        feature("axis_radii", "Radii of the object", group="Shape", parts=("0", "1")),
        feature("axis_power_sum_4", "Fourth Power Sum along the Axes", group="Shape", parts=("0", "1"), hidden=True),
        feature(
            "intensity_mean",
            "Mean Intensity",
            parts=channels(n_channels),
            formula="m = Σv / n",
            verified="values computed by someone",
            **per_channel,
        ),
        feature(
            "intensity_histogram",
            "Histogram of Intensity",
            parts=channels(n_channels, numbered),
            local=False,
            **per_channel,
        ),
        feature(
            "intensity_quantiles", "Quantiles of Intensity", parts=channels(n_channels, percentages), **per_channel
        ),
        feature("intensity_mean_neighborhood", "Mean Intensity in neighborhood", parts=channels(n_channels), **around),
        feature(
            "intensity_histogram_neighborhood",
            "Histogram of Intensity in neighborhood",
            parts=channels(n_channels, numbered),
            **around,
        ),
        feature(
            "intensity_mean_object_and_neighborhood",
            "Mean Intensity in object and neighborhood",
            parts=channels(n_channels),
            hidden=True,
            **around,
        ),
        feature("skeleton_length", "Length of the Skeleton", SKELETON, "Shape", dims=(2,), slow=True),
        feature("skeleton_center", "Center of the Skeleton", SKELETON, "Location", ("x", "y"), dims=(2,), slow=True),
        feature(
            "skeleton_terminal_1", "Terminal 1", SKELETON, "Location", ("x", "y"), dims=(2,), slow=True, hidden=True
        ),
        feature("hull_convexity", "Convexity", "2D Convex Hull Features", "Shape", dims=(2,)),
        feature(
            "hull_area_ilastik", "Convex Hull Area (bounding box)", "2D Convex Hull Features", "Shape", hidden=True
        ),
        feature(
            "texture_spectrum_circular",
            "Circular Texture",
            TEXTURE,
            "Texture",
            channels(n_channels, numbered[:20]),
            dims=(2,),
            ilastik_id=f"{TEXTURE}/Circular Spectrum",
            **around,
        ),
    ]
