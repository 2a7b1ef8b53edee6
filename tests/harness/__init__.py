"""Helpers of the tests that run whole processes."""
