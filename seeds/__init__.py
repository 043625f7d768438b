"""Rules and lexicons as data."""
