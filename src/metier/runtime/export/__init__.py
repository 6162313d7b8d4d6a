"""Exporting a trained model into tiers that answer without torch."""
