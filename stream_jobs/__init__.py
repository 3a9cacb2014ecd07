"""The centre: what the product is, whoever stores it or shows it."""
