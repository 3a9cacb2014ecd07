"""Backups that are consistent while everything runs, and their way back, onto another machine too."""

from stream_jobs.backup.making import back_up
from stream_jobs.backup.manifest import Manifest
from stream_jobs.backup.restoring import Restored, restore

__all__ = ["Manifest", "Restored", "back_up", "restore"]
