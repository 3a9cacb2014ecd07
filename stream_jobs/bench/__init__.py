"""Measures what a promise says about speed: starts what is measured, drives it from outside, and counts afterwards."""
