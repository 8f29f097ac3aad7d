"""Files in and out: images, tables, fingerprints."""
