"""Fine-tuned transformers: backbones, heads, training."""
