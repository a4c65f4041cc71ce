"""What every operation of the API shares. Features import from here; nothing here knows a feature."""
