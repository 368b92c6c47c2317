-- Up Migration

-- Notifications carry a key and nothing else: who is woken looks at the row. One channel per question that somebody asks;
-- equal notifications of one transaction are delivered once.

-- The columns are named by the triggers: UPDATE OF fires when a statement names them, WHEN drops what did not change.
CREATE FUNCTION notify_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- TG_ARGV: channel, column that holds the key
  PERFORM pg_notify(TG_ARGV[0], CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ->> TG_ARGV[1] ELSE to_jsonb(NEW) ->> TG_ARGV[1] END);
  RETURN NULL;
END;
$$;

CREATE TRIGGER projects_action_request_insert AFTER INSERT ON projects FOR EACH ROW
  WHEN (NEW.action_request IS NOT NULL) EXECUTE FUNCTION notify_key('projects_action_request', 'project_id');
CREATE TRIGGER projects_action_request_update AFTER UPDATE OF action_request ON projects FOR EACH ROW
  WHEN (OLD.action_request IS DISTINCT FROM NEW.action_request)
  EXECUTE FUNCTION notify_key('projects_action_request', 'project_id');

CREATE TRIGGER projects_state_update AFTER UPDATE OF state ON projects FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION notify_key('projects_state', 'project_id');

-- Membership, deletion: what decides who may.
CREATE TRIGGER projects_users_insert AFTER INSERT OR DELETE ON projects FOR EACH ROW
  EXECUTE FUNCTION notify_key('projects_users', 'project_id');
CREATE TRIGGER projects_users_update AFTER UPDATE OF users, deleted ON projects FOR EACH ROW
  WHEN (OLD.users IS DISTINCT FROM NEW.users OR OLD.deleted IS DISTINCT FROM NEW.deleted)
  EXECUTE FUNCTION notify_key('projects_users', 'project_id');

-- What people see of a project besides its state and members.
CREATE TRIGGER projects_summary_update
  AFTER UPDATE OF title, description, name, color, last_edited, compute_image, run_quota, settings, env ON projects FOR EACH ROW
  WHEN ((OLD.title, OLD.description, OLD.name, OLD.color, OLD.last_edited, OLD.compute_image, OLD.run_quota, OLD.settings, OLD.env)
    IS DISTINCT FROM
    (NEW.title, NEW.description, NEW.name, NEW.color, NEW.last_edited, NEW.compute_image, NEW.run_quota, NEW.settings, NEW.env))
  EXECUTE FUNCTION notify_key('projects_summary', 'project_id');

CREATE TRIGGER project_starts_change AFTER INSERT OR UPDATE ON project_starts FOR EACH ROW
  EXECUTE FUNCTION notify_key('project_starts', 'project_id');

-- What decides whether somebody may still do anything: bans, deletion, groups, passwords; and what they see of themselves.
CREATE TRIGGER accounts_change AFTER UPDATE OF banned, deleted, groups, password_hash, first_name, last_name, email_address, profile, editor_settings, other_settings
  ON accounts FOR EACH ROW EXECUTE FUNCTION notify_key('accounts', 'account_id');
CREATE TRIGGER accounts_delete AFTER DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION notify_key('accounts', 'account_id');

-- A session or an API key that ended: the key is the hash (never the secret), or the id.
CREATE TRIGGER remember_me_delete AFTER DELETE OR UPDATE ON remember_me FOR EACH ROW EXECUTE FUNCTION notify_key('remember_me', 'hash');
CREATE TRIGGER api_keys_change AFTER DELETE OR UPDATE OF hash, expire, project_id ON api_keys FOR EACH ROW EXECUTE FUNCTION notify_key('api_keys', 'id');

CREATE TRIGGER server_settings_change AFTER INSERT OR UPDATE OR DELETE ON server_settings FOR EACH ROW
  EXECUTE FUNCTION notify_key('server_settings', 'name');

-- Down Migration

DROP TRIGGER server_settings_change ON server_settings;
DROP TRIGGER api_keys_change ON api_keys;
DROP TRIGGER remember_me_delete ON remember_me;
DROP TRIGGER accounts_delete ON accounts;
DROP TRIGGER accounts_change ON accounts;
DROP TRIGGER project_starts_change ON project_starts;
DROP TRIGGER projects_summary_update ON projects;
DROP TRIGGER projects_users_update ON projects;
DROP TRIGGER projects_users_insert ON projects;
DROP TRIGGER projects_state_update ON projects;
DROP TRIGGER projects_action_request_update ON projects;
DROP TRIGGER projects_action_request_insert ON projects;
DROP FUNCTION notify_key();
