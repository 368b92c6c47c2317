-- Up Migration

-- Names, types and indexes of an installation that administrators know; every TIMESTAMP is UTC, without zone.

CREATE TABLE accounts (
  account_id UUID PRIMARY KEY,
  created TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  created_by INET,
  last_active TIMESTAMP,
  ephemeral DOUBLE PRECISION,
  creation_actions_done BOOLEAN,
  password_hash VARCHAR(173),
  deleted BOOLEAN,
  banned BOOLEAN,
  unlisted BOOLEAN,
  name VARCHAR(39),
  org TEXT,
  email_address VARCHAR(254) UNIQUE,
  email_address_before_delete TEXT,
  email_address_verified JSONB,
  email_address_challenge JSONB,
  email_address_problem JSONB,
  passports JSONB,
  editor_settings JSONB,
  other_settings JSONB,
  terminal JSONB,
  autosave INTEGER,
  font_size INTEGER,
  evaluate_key TEXT,
  first_name VARCHAR(254),
  last_name VARCHAR(254),
  profile JSONB,
  customize JSONB,
  groups TEXT[],
  ssh_keys JSONB,
  api_key TEXT UNIQUE,
  lti_id TEXT[],
  lti_data JSONB,
  tags TEXT[],
  tours TEXT[],
  notes TEXT,
  owner_id UUID,
  sign_up_usage_intent TEXT,
  unread_message_count INTEGER,
  last_message_summary TIMESTAMP
);
CREATE UNIQUE INDEX accounts_lower_name_unique_idx ON accounts (lower(name));
CREATE INDEX accounts_lower_email_address_idx ON accounts (lower(email_address));
CREATE INDEX accounts_lower_first_name_idx ON accounts (lower(first_name) text_pattern_ops);
CREATE INDEX accounts_lower_last_name_idx ON accounts (lower(last_name) text_pattern_ops);
CREATE INDEX accounts_created_by_idx ON accounts (created_by);
CREATE INDEX accounts_created_idx ON accounts (created);
CREATE INDEX accounts_last_active_idx ON accounts (last_active DESC NULLS LAST);
CREATE INDEX accounts_lti_id_idx ON accounts (lti_id);
CREATE INDEX accounts_unlisted_idx ON accounts (unlisted);
CREATE INDEX accounts_passports_idx ON accounts ((passports IS NOT NULL));
CREATE INDEX accounts_ssh_keys_idx ON accounts ((ssh_keys IS NOT NULL));

CREATE TABLE projects (
  project_id UUID PRIMARY KEY,
  name VARCHAR(100),
  title TEXT,
  description TEXT,
  color TEXT,
  notes TEXT,
  users JSONB,
  manage_users_owner_only BOOLEAN,
  invite JSONB,
  invite_requests JSONB,
  deleted BOOLEAN,
  sandbox BOOLEAN,
  preemptible BOOLEAN,
  host JSONB,
  settings JSONB,
  site_license JSONB,
  status JSONB,
  state JSONB,
  last_edited TIMESTAMP,
  last_started TIMESTAMP,
  created TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  last_active JSONB,
  ephemeral DOUBLE PRECISION,
  action_request JSONB,
  course JSONB,
  disk_size INTEGER,
  resources JSONB,
  idle_timeout INTEGER,
  run_quota JSONB,
  compute_image TEXT,
  addons JSONB,
  lti_id TEXT[],
  lti_data JSONB,
  env JSONB,
  avatar_image_tiny TEXT,
  avatar_image_full TEXT,
  secret_token VARCHAR(256)
);
CREATE INDEX projects_last_edited_idx ON projects (last_edited);
CREATE INDEX projects_created_idx ON projects (created);
CREATE INDEX projects_lti_id_idx ON projects (lti_id);
CREATE INDEX projects_users_idx ON projects USING GIN (users);
CREATE INDEX projects_state_gin_idx ON projects USING GIN (state);
CREATE INDEX projects_state_state_idx ON projects ((state ->> 'state'));
CREATE INDEX projects_state_null_idx ON projects ((state IS NULL));
CREATE INDEX projects_settings_always_running_idx ON projects ((settings ->> 'always_running'));
CREATE INDEX projects_run_quota_always_running_idx ON projects ((run_quota ->> 'always_running'));
CREATE INDEX projects_deleted_idx ON projects (deleted);
CREATE INDEX projects_site_license_idx ON projects (site_license);
-- What a new leader of manage-action, and its sweep, have to find: requests that nobody finished.
CREATE INDEX projects_action_request_open_idx ON projects ((action_request ->> 'time'))
  WHERE action_request IS NOT NULL AND action_request ->> 'finished' IS NULL;

CREATE TABLE remember_me (
  hash CHAR(127) PRIMARY KEY,
  value JSONB,
  account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
  expire TIMESTAMP NOT NULL
);
CREATE INDEX remember_me_account_id_idx ON remember_me (account_id);
CREATE INDEX remember_me_expire_idx ON remember_me (expire);

CREATE TABLE auth_tokens (
  auth_token CHAR(24) PRIMARY KEY,
  account_id UUID NOT NULL,
  created TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  created_by UUID,
  is_admin BOOLEAN,
  expire TIMESTAMP NOT NULL
);
CREATE INDEX auth_tokens_expire_idx ON auth_tokens (expire);

CREATE TABLE api_keys (
  id SERIAL PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
  created TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  expire TIMESTAMP,
  last_active TIMESTAMP,
  hash VARCHAR(173) NOT NULL,
  name VARCHAR(128) NOT NULL,
  trunc VARCHAR(16) NOT NULL,
  project_id UUID
);
CREATE INDEX api_keys_account_id_idx ON api_keys (account_id);
CREATE INDEX api_keys_project_id_idx ON api_keys (project_id);
CREATE INDEX api_keys_expire_idx ON api_keys (expire);

CREATE TABLE passport_settings (strategy TEXT PRIMARY KEY, conf JSONB, info JSONB);
CREATE TABLE passport_store (key VARCHAR(1024) PRIMARY KEY, value TEXT, expire TIMESTAMP);
CREATE INDEX passport_store_expire_idx ON passport_store (expire);

CREATE TABLE password_reset (id UUID PRIMARY KEY, email_address VARCHAR(254), expire TIMESTAMP);
CREATE INDEX password_reset_expire_idx ON password_reset (expire);
CREATE TABLE password_reset_attempts (
  id UUID PRIMARY KEY,
  email_address VARCHAR(254),
  ip_address INET,
  time TIMESTAMP,
  expire TIMESTAMP
);
CREATE INDEX password_reset_attempts_email_address_idx ON password_reset_attempts (email_address, time);
CREATE INDEX password_reset_attempts_ip_address_idx ON password_reset_attempts (ip_address, time);
CREATE INDEX password_reset_attempts_expire_idx ON password_reset_attempts (expire);

CREATE TABLE registration_tokens (
  token TEXT PRIMARY KEY,
  descr TEXT,
  counter INTEGER NOT NULL DEFAULT 0,
  "limit" INTEGER,
  expires TIMESTAMP,
  disabled BOOLEAN,
  ephemeral DOUBLE PRECISION,
  customize JSONB
);
CREATE TABLE account_creation_actions (
  id UUID PRIMARY KEY,
  action JSONB,
  email_address VARCHAR(254),
  expire TIMESTAMP
);
CREATE INDEX account_creation_actions_email_address_idx ON account_creation_actions (email_address);
CREATE INDEX account_creation_actions_expire_idx ON account_creation_actions (expire);
CREATE TABLE project_invite_tokens (
  token TEXT PRIMARY KEY,
  project_id UUID NOT NULL,
  created TIMESTAMP,
  expires TIMESTAMP,
  usage_limit INTEGER,
  counter INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX project_invite_tokens_project_id_idx ON project_invite_tokens (project_id);

CREATE TABLE server_settings (name TEXT PRIMARY KEY, value TEXT, readonly BOOLEAN);

CREATE TABLE project_log (
  id UUID PRIMARY KEY,
  project_id UUID NOT NULL,
  time TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  account_id UUID,
  event JSONB
);
CREATE INDEX project_log_project_id_time_idx ON project_log (project_id, time DESC);
CREATE INDEX project_log_time_idx ON project_log (time);

CREATE TABLE central_log (
  id UUID PRIMARY KEY,
  event TEXT NOT NULL,
  value JSONB,
  time TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  expire TIMESTAMP
);
CREATE INDEX central_log_time_idx ON central_log (time);
CREATE INDEX central_log_event_idx ON central_log (event);
CREATE INDEX central_log_expire_idx ON central_log (expire);

-- Down Migration

DROP TABLE central_log, project_log, server_settings, project_invite_tokens, account_creation_actions, registration_tokens,
  password_reset_attempts, password_reset, passport_store, passport_settings, api_keys, auth_tokens, remember_me, projects, accounts;
