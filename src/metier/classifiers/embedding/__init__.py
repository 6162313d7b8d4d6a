"""Methods on the embeddings of a frozen encoder."""
