"""A project: images with their masks, as a folder that other tools can read."""
