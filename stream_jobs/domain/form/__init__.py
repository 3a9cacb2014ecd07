"""A bureau's own form: marks such as {{报名人数}} in its cells, and what each becomes."""
