"""All drills, in the order they are run."""

from tests.drills import (
    asking,
    clocks,
    copies,
    cutting,
    entering,
    fuzzing,
    hostile,
    keeping,
    killing,
    outages,
    recounting,
    storm,
    workers,
)

DRILLS = (
    *killing.DRILLS,
    *workers.DRILLS,
    *outages.DRILLS,
    *cutting.DRILLS,
    *clocks.DRILLS,
    *storm.DRILLS,
    *copies.DRILLS,
    *entering.DRILLS,
    *asking.DRILLS,
    *keeping.DRILLS,
    *recounting.DRILLS,
    *hostile.DRILLS,
    *fuzzing.DRILLS,
)
