"""Vehicles: cars, buses, lorries, motorcycles, and the traffic of a street."""
