"""Methods on the embeddings of an encoder, which stays as it is or is tuned on a few titles."""
