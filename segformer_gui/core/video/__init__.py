"""Moving pictures: any frame of a clip by its number, pipelines over all frames, live sources."""
