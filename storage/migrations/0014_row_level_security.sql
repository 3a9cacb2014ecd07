-- migrate:up

-- The role every request runs as: it owns nothing, so row-level security binds it. Roles belong to the whole server:
-- an earlier database, or its administrator, may have made it already.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stream_jobs_tenant') THEN
        CREATE ROLE stream_jobs_tenant NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'an administrator must first run: CREATE ROLE stream_jobs_tenant; GRANT stream_jobs_tenant TO %',
            quote_ident(current_user) USING ERRCODE = 'insufficient_privilege';
END $$;

DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'stream_jobs_tenant', 'SET') THEN
        EXECUTE format('GRANT stream_jobs_tenant TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'an administrator must first run: GRANT stream_jobs_tenant TO %', quote_ident(current_user)
            USING ERRCODE = 'insufficient_privilege';
END $$;

-- The second wall around every table that carries an organisation, and what a request may do with each table. Run after
-- each migration, so that no table is ever outside. app.org is of the transaction; the owner sees rows only where it
-- says that it keeps the whole database in order (app.maintenance).
CREATE FUNCTION raise_walls() RETURNS void LANGUAGE plpgsql AS $$
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

-- Whose a login, session, broadcast or channel is: all that is asked before an organisation is known. Each runs as the
-- owner; the setting means nothing to the role that called it.
CREATE FUNCTION org_of_login(wanted text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN (SELECT org_id FROM account WHERE login = wanted);
END $$;

CREATE FUNCTION org_of_session(wanted bytea) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN (SELECT org_id FROM session WHERE token_sha256 = wanted);
END $$;

CREATE FUNCTION org_of_broadcast(wanted uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN (SELECT org_id FROM broadcast WHERE id = wanted);
END $$;

CREATE FUNCTION org_of_channel(wanted uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN (SELECT org_id FROM channel WHERE id = wanted);
END $$;

-- Search of what is sealed. Behind the wall no index would be used, because @> is not held for leakproof; so these look
-- as the owner, for whom those two tables' wall is not forced, and name the organisation themselves.
CREATE FUNCTION applications_of_grams(wanted int4[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = vault, pg_temp AS $$
    SELECT application_id FROM vault.application
    WHERE grams @> wanted AND org_id = nullif(current_setting('app.org', true), '')::uuid
$$;

CREATE FUNCTION persons_of_grams(wanted int4[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = vault, pg_temp AS $$
    SELECT person_id FROM vault.resume
    WHERE grams @> wanted AND org_id = nullif(current_setting('app.org', true), '')::uuid
$$;

-- The tenants, by id, and the one of a name.
CREATE FUNCTION tenants() RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN QUERY SELECT id FROM organisation WHERE parent_id IS NULL ORDER BY id;
END $$;

CREATE FUNCTION tenant_named(wanted text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN (SELECT id FROM organisation WHERE name = wanted AND parent_id IS NULL);
END $$;


SELECT raise_walls();

-- migrate:down
DO $$
DECLARE
    place record;
BEGIN
    FOR place IN SELECT format('%I.%I', schemaname, tablename) AS name, policyname FROM pg_policies
    LOOP
        EXECUTE format('DROP POLICY %I ON %s', place.policyname, place.name);
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', place.name);
    END LOOP;
END $$;
DROP FUNCTION persons_of_grams(int4[]), applications_of_grams(int4[]), tenant_named(text), tenants(), org_of_channel(uuid), org_of_broadcast(uuid), org_of_session(bytea),
    org_of_login(text), raise_walls();
DROP OWNED BY stream_jobs_tenant;
