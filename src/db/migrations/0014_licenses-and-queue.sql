-- Up Migration

-- Licences, as administrators know them from such installations: one may also be made by an INSERT.
CREATE TABLE site_licenses (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  title TEXT,
  description TEXT,
  info JSONB,
  -- In force from `activates` (never, while NULL) until `expires` (for ever, while NULL).
  activates TIMESTAMP,
  expires TIMESTAMP,
  created TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  last_used TIMESTAMP,
  managers TEXT[],
  -- Only its managers and administrators give it to projects.
  restricted BOOLEAN,
  upgrades JSONB,
  quota JSONB,
  run_limit INTEGER,
  apply_limit INTEGER,
  voucher_code TEXT,
  subscription_id INTEGER,
  -- The value of `expires` of whose coming the managers were told.
  ending_told TIMESTAMP
);
CREATE INDEX site_licenses_created_idx ON site_licenses (created DESC, id);
CREATE INDEX site_licenses_activates_idx ON site_licenses (activates);
CREATE INDEX site_licenses_expires_idx ON site_licenses (expires);
CREATE INDEX site_licenses_managers_idx ON site_licenses USING GIN (managers);

CREATE TABLE site_license_usage_log (
  license_id UUID NOT NULL,
  project_id UUID NOT NULL,
  start TIMESTAMP NOT NULL,
  stop TIMESTAMP,
  PRIMARY KEY (license_id, project_id, start)
);
CREATE INDEX site_license_usage_log_stop_idx ON site_license_usage_log (license_id, stop);
CREATE INDEX site_license_usage_log_ended_idx ON site_license_usage_log (stop);
CREATE UNIQUE INDEX site_license_usage_log_open_unique_idx ON site_license_usage_log (project_id, license_id) WHERE stop IS NULL;

-- What a licence gives; not that it was used.
CREATE TRIGGER site_licenses_insert AFTER INSERT OR DELETE ON site_licenses FOR EACH ROW EXECUTE FUNCTION notify_key('site_licenses', 'id');
CREATE TRIGGER site_licenses_update AFTER UPDATE ON site_licenses FOR EACH ROW
  WHEN ((OLD.title, OLD.activates, OLD.expires, OLD.managers, OLD.restricted, OLD.upgrades, OLD.quota, OLD.run_limit)
    IS DISTINCT FROM
    (NEW.title, NEW.activates, NEW.expires, NEW.managers, NEW.restricted, NEW.upgrades, NEW.quota, NEW.run_limit))
  EXECUTE FUNCTION notify_key('site_licenses', 'id');

-- What a running project would have by now, where that is not `run_quota`, and why it does not have it yet; by manage-action alone.
ALTER TABLE projects ADD COLUMN pending_quota JSONB;
CREATE INDEX projects_pending_quota_idx ON projects (project_id) WHERE pending_quota IS NOT NULL;

-- A B-tree takes no value beyond some 2,700 bytes, and what is asked is which projects have a licence.
DROP INDEX projects_site_license_idx;
CREATE INDEX projects_site_license_keys_idx ON projects USING GIN (site_license) WITH (fastupdate = off);

-- What decides about the quota of a project: its settings, which licences it has (their values are manage-action's), what members give it.
CREATE FUNCTION notify_quota() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.settings IS DISTINCT FROM NEW.settings
    OR jsonb_path_query_array(OLD.site_license, '$.keyvalue().key', '{}', true) IS DISTINCT FROM jsonb_path_query_array(NEW.site_license, '$.keyvalue().key', '{}', true)
    OR jsonb_path_query_array(OLD.users, '$.*.upgrades', '{}', true) IS DISTINCT FROM jsonb_path_query_array(NEW.users, '$.*.upgrades', '{}', true)
  THEN
    PERFORM pg_notify('projects_quota', NEW.project_id::text);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER projects_quota_update AFTER UPDATE OF settings, site_license, users ON projects FOR EACH ROW
  WHEN ((OLD.settings, OLD.site_license, OLD.users) IS DISTINCT FROM (NEW.settings, NEW.site_license, NEW.users))
  EXECUTE FUNCTION notify_quota();

DROP TRIGGER projects_summary_update ON projects;
CREATE TRIGGER projects_summary_update
  AFTER UPDATE OF title, description, name, color, last_edited, compute_image, run_quota, pending_quota, site_license, settings, env
  ON projects FOR EACH ROW
  WHEN ((OLD.title, OLD.description, OLD.name, OLD.color, OLD.last_edited, OLD.compute_image, OLD.run_quota, OLD.pending_quota, OLD.site_license, OLD.settings, OLD.env)
    IS DISTINCT FROM
    (NEW.title, NEW.description, NEW.name, NEW.color, NEW.last_edited, NEW.compute_image, NEW.run_quota, NEW.pending_quota, NEW.site_license, NEW.settings, NEW.env))
  EXECUTE FUNCTION notify_key('projects_summary', 'project_id');

-- Whose turn a start counts as besides its owner's, how many were in flight when its turn came (it included), on which node its pod is, and whether
-- it is a rescue.
ALTER TABLE project_starts ADD COLUMN license_id UUID, ADD COLUMN in_flight INTEGER, ADD COLUMN node TEXT, ADD COLUMN rescue BOOLEAN;
CREATE INDEX project_starts_ended_idx ON project_starts (ended DESC) WHERE outcome = 'running';

-- What a letter is made of besides its kind and the account: ids, and words that somebody wrote; never a secret.
ALTER TABLE outgoing_mail ADD COLUMN about JSONB;

-- What roles with rights in the cluster tell of it, so that pages need none: one row for each thing told, written whole.
CREATE TABLE cluster_facts (
  name TEXT PRIMARY KEY,
  value JSONB NOT NULL,
  time TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);

-- Down Migration

ALTER TABLE outgoing_mail DROP COLUMN about;
DROP TABLE cluster_facts;
DROP INDEX project_starts_ended_idx;
ALTER TABLE project_starts DROP COLUMN license_id, DROP COLUMN in_flight, DROP COLUMN node, DROP COLUMN rescue;
DROP TRIGGER projects_summary_update ON projects;
CREATE TRIGGER projects_summary_update
  AFTER UPDATE OF title, description, name, color, last_edited, compute_image, run_quota, settings, env ON projects FOR EACH ROW
  WHEN ((OLD.title, OLD.description, OLD.name, OLD.color, OLD.last_edited, OLD.compute_image, OLD.run_quota, OLD.settings, OLD.env)
    IS DISTINCT FROM
    (NEW.title, NEW.description, NEW.name, NEW.color, NEW.last_edited, NEW.compute_image, NEW.run_quota, NEW.settings, NEW.env))
  EXECUTE FUNCTION notify_key('projects_summary', 'project_id');
DROP TRIGGER projects_quota_update ON projects;
DROP FUNCTION notify_quota();
DROP INDEX projects_site_license_keys_idx;
CREATE INDEX projects_site_license_idx ON projects (site_license);
ALTER TABLE projects DROP COLUMN pending_quota;
DROP TABLE site_license_usage_log, site_licenses;
