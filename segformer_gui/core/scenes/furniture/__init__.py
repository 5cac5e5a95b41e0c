"""What stands beside and on the road: posts, signs, fences, blocks."""
