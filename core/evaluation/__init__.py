"""Metrics, calibration, thresholds, curves."""
