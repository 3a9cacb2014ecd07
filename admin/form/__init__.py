"""A bureau's own workbook, filled in place: only what holds a mark changes, everything else stays as it was."""
