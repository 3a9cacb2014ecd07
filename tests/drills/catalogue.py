"""All drills, in the order they are run."""

from tests.drills import (
    another_machine,
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
    pooler,
    recounting,
    returning,
    storm,
    workers,
)

DRILLS = (
    *killing.DRILLS,
    *workers.DRILLS,
    *outages.DRILLS,
    *pooler.DRILLS,
    *cutting.DRILLS,
    *clocks.DRILLS,
    *storm.DRILLS,
    *returning.DRILLS,
    *copies.DRILLS,
    *entering.DRILLS,
    *asking.DRILLS,
    *keeping.DRILLS,
    *another_machine.DRILLS,
    *recounting.DRILLS,
    *hostile.DRILLS,
    *fuzzing.DRILLS,
)
