-- migrate:up

-- A bureau's own workbook with marks in its cells, kept to be filled in again and again.
CREATE TABLE form (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organisation (id),
    name       text NOT NULL,
    file_name  text NOT NULL,
    content    bytea NOT NULL,
    marks      integer NOT NULL,
    unknown    integer NOT NULL,
    by_name    text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    UNIQUE (org_id, name)
);

-- A platform's own export of its figures, uploaded; its rows wait for a yes before any figure is written.
CREATE TABLE platform_import (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL REFERENCES organisation (id),
    file_name    text NOT NULL,
    platform     text NOT NULL,
    -- The show the upload was made for: rows that say neither when nor which are of it.
    broadcast_id uuid REFERENCES broadcast (id),
    state        text NOT NULL CHECK (state IN ('previewed', 'confirmed', 'undone')),
    totals       jsonb NOT NULL,
    sheets       jsonb NOT NULL,
    by_name      text NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_by text,
    confirmed_at timestamptz,
    undone_at    timestamptz
);

CREATE INDEX platform_import_newest ON platform_import (org_id, created_at DESC);

-- One row of it: what stands in its cells, which show it is, and what it would write.
CREATE TABLE platform_import_row (
    import_id    uuid NOT NULL REFERENCES platform_import (id),
    org_id       uuid NOT NULL,
    nth          integer NOT NULL,
    verdict      text NOT NULL CHECK (verdict IN ('imports', 'faulty', 'duplicate', 'skipped')),
    broadcast_id uuid REFERENCES broadcast (id),
    body         jsonb NOT NULL,
    -- What stood where its figures were written: [{metric, value, by_name, at, import_id}].
    replaced     jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (import_id, nth)
);

-- Null: typed in by hand.
ALTER TABLE platform_figure ADD COLUMN import_id uuid REFERENCES platform_import (id);

-- Applications, or the reports of shows: of a series, or of days of China's calendar.
ALTER TABLE export ADD COLUMN what text NOT NULL DEFAULT 'applications' CHECK (what IN ('applications', 'reports')),
    ADD COLUMN since date, ADD COLUMN until date;

-- migrate:down

DELETE FROM keys.export_key WHERE export_id IN (SELECT id FROM export WHERE what = 'reports');
DELETE FROM export WHERE what = 'reports';
ALTER TABLE export DROP COLUMN what, DROP COLUMN since, DROP COLUMN until;

ALTER TABLE platform_figure DROP COLUMN import_id;
DROP TABLE platform_import_row, platform_import, form;
