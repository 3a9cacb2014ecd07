"""HTTP for hosts, organisers and recruiters; the public pages."""
