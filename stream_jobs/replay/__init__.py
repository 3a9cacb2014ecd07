"""A whole season played again: real actions, real stores, a clock that is set, figures known beforehand."""
