"""Trained artefacts with their cards."""
