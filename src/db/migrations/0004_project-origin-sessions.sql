-- Up Migration

-- Cookies of projects' own origins: each is good for one project and ends with the session that it came from. Only a hash is kept.
CREATE TABLE project_origin_sessions (
  hash TEXT PRIMARY KEY,
  project_id UUID NOT NULL,
  session_hash CHAR(127) NOT NULL REFERENCES remember_me ON DELETE CASCADE,
  expire TIMESTAMP NOT NULL
);
CREATE INDEX project_origin_sessions_session_hash_idx ON project_origin_sessions (session_hash);
CREATE INDEX project_origin_sessions_expire_idx ON project_origin_sessions (expire);

-- Down Migration

DROP TABLE project_origin_sessions;
