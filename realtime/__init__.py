"""Viewers and hosts on WebSockets."""
