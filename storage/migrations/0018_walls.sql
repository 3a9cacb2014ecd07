-- migrate:up

-- The walls as in 0014; new: whatever runs as the owner is closed to everybody, and opened to requests only where its
-- comment says so, so that a function nobody thought of is no door.
CREATE OR REPLACE FUNCTION raise_walls() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relname,
            (SELECT a.attname FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attname IN ('org_id', 'top_id') AND NOT a.attisdropped) AS whose
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('public', 'vault', 'keys') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    LOOP
        IF place.whose IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, %s ROW LEVEL SECURITY', place.name,
                CASE WHEN place.name IN ('vault.application', 'vault.resume') THEN 'NO FORCE' ELSE 'FORCE' END);
            EXECUTE format('DROP POLICY IF EXISTS tenant ON %s', place.name);
            EXECUTE format('DROP POLICY IF EXISTS maintenance ON %s', place.name);
            EXECUTE format(
                'CREATE POLICY tenant ON %s TO stream_jobs_tenant '
                'USING (%I = (SELECT nullif(current_setting(''app.org'', true), '''')::uuid))', place.name, place.whose);
            EXECUTE format(
                'CREATE POLICY maintenance ON %s TO %I '
                'USING ((SELECT current_setting(''app.maintenance'', true)) = ''on'')', place.name, current_user);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO stream_jobs_tenant', place.name);
        ELSIF place.relname IN ('worker', 'worker_room', 'installation') THEN
            EXECUTE format('GRANT SELECT ON %s TO stream_jobs_tenant', place.name);
        ELSIF place.relname = 'consent_text' THEN
            EXECUTE format('GRANT SELECT, INSERT ON %s TO stream_jobs_tenant', place.name);
        END IF;
    END LOOP;
    GRANT USAGE ON SCHEMA public, vault, keys TO stream_jobs_tenant;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, vault TO stream_jobs_tenant;
    -- What was recorded is only ever added to, and a held key is put away and not seen again.
    REVOKE UPDATE, DELETE ON audit, erasure FROM stream_jobs_tenant;
    REVOKE SELECT, UPDATE, DELETE ON keys.held FROM stream_jobs_tenant;
    -- What runs as the owner is nobody's to run, but for what says of itself that it is for requests.
    FOR place IN
        SELECT p.oid::regprocedure AS name, obj_description(p.oid, 'pg_proc') AS said FROM pg_proc p
        WHERE p.prosecdef AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, stream_jobs_tenant', place.name);
        IF place.said = 'for requests' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO stream_jobs_tenant', place.name);
        END IF;
    END LOOP;
    -- The queue of background work serves every organisation; whose a job is stands in its body.
    IF to_regnamespace('work') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA work TO stream_jobs_tenant;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA work TO stream_jobs_tenant;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA work TO stream_jobs_tenant;
    END IF;
END $$;

-- Whose something is, before an organisation is known; and searching.
COMMENT ON FUNCTION org_of_login(text) IS 'for requests';
COMMENT ON FUNCTION org_of_session(bytea) IS 'for requests';
COMMENT ON FUNCTION org_of_broadcast(uuid) IS 'for requests';
COMMENT ON FUNCTION org_of_channel(uuid) IS 'for requests';
COMMENT ON FUNCTION org_of_collection(bytea) IS 'for requests';
COMMENT ON FUNCTION tenants() IS 'for requests';
COMMENT ON FUNCTION tenant_named(text) IS 'for requests';
COMMENT ON FUNCTION applications_of_grams(int4[]) IS 'for requests';
COMMENT ON FUNCTION persons_of_grams(int4[]) IS 'for requests';

SELECT raise_walls();

-- migrate:down
CREATE OR REPLACE FUNCTION raise_walls() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relname,
            (SELECT a.attname FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attname IN ('org_id', 'top_id') AND NOT a.attisdropped) AS whose
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('public', 'vault', 'keys') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    LOOP
        IF place.whose IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, %s ROW LEVEL SECURITY', place.name,
                CASE WHEN place.name IN ('vault.application', 'vault.resume') THEN 'NO FORCE' ELSE 'FORCE' END);
            EXECUTE format('DROP POLICY IF EXISTS tenant ON %s', place.name);
            EXECUTE format('DROP POLICY IF EXISTS maintenance ON %s', place.name);
            EXECUTE format(
                'CREATE POLICY tenant ON %s TO stream_jobs_tenant '
                'USING (%I = (SELECT nullif(current_setting(''app.org'', true), '''')::uuid))', place.name, place.whose);
            EXECUTE format(
                'CREATE POLICY maintenance ON %s TO %I '
                'USING ((SELECT current_setting(''app.maintenance'', true)) = ''on'')', place.name, current_user);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO stream_jobs_tenant', place.name);
        ELSIF place.relname IN ('worker', 'worker_room', 'installation') THEN
            EXECUTE format('GRANT SELECT ON %s TO stream_jobs_tenant', place.name);
        ELSIF place.relname = 'consent_text' THEN
            EXECUTE format('GRANT SELECT, INSERT ON %s TO stream_jobs_tenant', place.name);
        END IF;
    END LOOP;
    GRANT USAGE ON SCHEMA public, vault, keys TO stream_jobs_tenant;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, vault TO stream_jobs_tenant;
    -- What was recorded is only ever added to, and a held key is put away and not seen again.
    REVOKE UPDATE, DELETE ON audit, erasure FROM stream_jobs_tenant;
    REVOKE SELECT, UPDATE, DELETE ON keys.held FROM stream_jobs_tenant;
    -- Only requests ask whose something is.
    REVOKE EXECUTE ON FUNCTION org_of_login(text), org_of_session(bytea), org_of_broadcast(uuid), org_of_channel(uuid),
        tenants(), tenant_named(text), applications_of_grams(int4[]), persons_of_grams(int4[]) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION org_of_login(text), org_of_session(bytea), org_of_broadcast(uuid), org_of_channel(uuid),
        tenants(), tenant_named(text), applications_of_grams(int4[]), persons_of_grams(int4[]) TO stream_jobs_tenant;
    -- The queue of background work serves every organisation; whose a job is stands in its body.
    IF to_regnamespace('work') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA work TO stream_jobs_tenant;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA work TO stream_jobs_tenant;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA work TO stream_jobs_tenant;
    END IF;
END $$;
