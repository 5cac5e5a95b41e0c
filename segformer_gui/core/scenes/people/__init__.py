"""Pedestrians and cyclists, and where they are."""
