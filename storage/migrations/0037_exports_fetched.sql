-- migrate:up

-- For a person's own copy: who fetched exports with names and numbers in full, without reading the whole audit.
CREATE INDEX audit_of_fetched ON audit (org_id, at) WHERE action = 'export_fetched' AND purpose IS NOT NULL;

-- migrate:down
DROP INDEX audit_of_fetched;
