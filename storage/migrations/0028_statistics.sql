-- migrate:up

-- A show that began after statistics were last gathered has no rows in them: any index that begins with broadcast_id then
-- looks as good as the primary key, and each look-up of one row read all rows of the show. Without statistics of that
-- column every show is expected to be a two-hundredth of the table, and a look-up takes the index that has its whole key.
ALTER TABLE visit ALTER COLUMN broadcast_id SET STATISTICS 0;
ALTER TABLE visit_interval ALTER COLUMN broadcast_id SET STATISTICS 0;
ALTER TABLE application ALTER COLUMN broadcast_id SET STATISTICS 0;
ALTER TABLE receipt ALTER COLUMN broadcast_id SET STATISTICS 0;

SELECT pg_clear_attribute_stats('public', name, 'broadcast_id', false)
FROM unnest(ARRAY['visit', 'visit_interval', 'application', 'receipt']) AS name;

-- migrate:down
ALTER TABLE receipt ALTER COLUMN broadcast_id SET STATISTICS -1;
ALTER TABLE application ALTER COLUMN broadcast_id SET STATISTICS -1;
ALTER TABLE visit_interval ALTER COLUMN broadcast_id SET STATISTICS -1;
ALTER TABLE visit ALTER COLUMN broadcast_id SET STATISTICS -1;
