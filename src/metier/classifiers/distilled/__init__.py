"""The distilled method: a linear model on hashed words that imitates a larger classifier."""
