"""What stands behind ./lab: one module per concern, the standard library only."""
