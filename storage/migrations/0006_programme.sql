-- migrate:up

-- Who came with an import goes with it, as long as nothing else needs them.
ALTER TABLE employer
    ADD COLUMN import_id  uuid REFERENCES job_import (id),
    ADD COLUMN changed_at timestamptz;

CREATE INDEX employer_of_import ON employer (import_id) WHERE import_id IS NOT NULL;

-- What an employer wrote beside the job; not shown to viewers, but read for unlawful wording.
ALTER TABLE job ADD COLUMN remark text;

CREATE INDEX job_newest ON job (org_id, created_at DESC) WHERE removed_at IS NULL;

-- today: what counted as today when closing dates without a year were read; sheets: those skipped whole, and why.
ALTER TABLE job_import
    DROP COLUMN verdicts,
    ADD COLUMN today    date NOT NULL,
    ADD COLUMN sheets   jsonb NOT NULL,
    ADD COLUMN imported integer NOT NULL DEFAULT 0;

-- One row of an uploaded workbook with what would become of it; paged by verdict.
CREATE TABLE import_row (
    import_id uuid NOT NULL REFERENCES job_import (id),
    nth       integer NOT NULL,
    org_id    uuid NOT NULL,
    sheet     text NOT NULL,
    row       integer NOT NULL,
    verdict   text NOT NULL CHECK (verdict IN ('imports', 'faulty', 'duplicate', 'skipped')),
    body      jsonb NOT NULL,
    PRIMARY KEY (import_id, nth)
);

CREATE INDEX import_row_of_verdict ON import_row (import_id, verdict, nth);

ALTER TABLE policy
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN removed_at timestamptz;

-- A card leaves a tray only when no application names it.
CREATE INDEX application_of_card ON application (card_id);

-- migrate:down
DROP INDEX application_of_card;
ALTER TABLE policy DROP COLUMN removed_at, DROP COLUMN changed_at;
DROP TABLE import_row;
ALTER TABLE job_import
    DROP COLUMN imported, DROP COLUMN sheets, DROP COLUMN today, ADD COLUMN verdicts jsonb NOT NULL DEFAULT '[]';
DROP INDEX job_newest;
ALTER TABLE job DROP COLUMN remark;
ALTER TABLE employer DROP COLUMN changed_at, DROP COLUMN import_id;
