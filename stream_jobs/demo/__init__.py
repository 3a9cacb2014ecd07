"""A show to look at: plainly fictional data, a host that presents, viewers that watch."""
