"""Images and tables, from files and into files."""
