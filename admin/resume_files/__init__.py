"""Résumé files looked into: by structure, in a process of its own, before anybody is given one."""
