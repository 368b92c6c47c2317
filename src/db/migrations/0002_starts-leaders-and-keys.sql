-- Up Migration

-- Terms of the roles that lead; a write of a leader names its epoch and is refused when there is a later one.
CREATE TABLE leaders (
  name TEXT PRIMARY KEY,
  epoch BIGINT NOT NULL,
  since TIMESTAMPTZ NOT NULL
);

-- The starts of projects, one row each: its place in the queue, its phases, why it waits and how it ended. The queue columns
-- (requested … applied, outcome of a request) are manage-action's, the pod columns (scheduled … ready, reason while the pod waits) manage-state's.
CREATE TABLE project_starts (
  ticket BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id UUID NOT NULL,
  -- Whose turn it counts as: the owner of the project.
  owner_id UUID,
  -- action_request.time of the request, as it was written: what is served while it is still the same.
  request_time TEXT NOT NULL,
  requested TIMESTAMP NOT NULL,
  picked_up TIMESTAMP,
  applied TIMESTAMP,
  scheduled TIMESTAMP,
  pulled TIMESTAMP,
  started TIMESTAMP,
  ready TIMESTAMP,
  ended TIMESTAMP,
  -- NULL while under way; then running, failed or cancelled.
  outcome TEXT CHECK (outcome IN ('running', 'failed', 'cancelled')),
  pod_uid TEXT,
  -- Why it waits or failed: a code of ours, in words for the user, and what Kubernetes says.
  reason TEXT,
  message TEXT,
  kubernetes_reason TEXT
);
CREATE UNIQUE INDEX project_starts_under_way_unique_idx ON project_starts (project_id) WHERE outcome IS NULL;
CREATE INDEX project_starts_project_id_idx ON project_starts (project_id, ticket DESC);
CREATE INDEX project_starts_queue_idx ON project_starts (owner_id, ticket) WHERE outcome IS NULL AND applied IS NULL;

-- The keys with which hubs sign what they assert to a project server. Pods are given the public halves only.
CREATE TABLE hub_signing_keys (
  kid TEXT PRIMARY KEY,
  private_jwk JSONB NOT NULL,
  public_jwk JSONB NOT NULL,
  created TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  retired TIMESTAMP
);

-- One-time tickets with which a browser enters a project's own origin; only a hash is kept.
CREATE TABLE project_origin_tickets (
  hash TEXT PRIMARY KEY,
  account_id UUID NOT NULL,
  project_id UUID NOT NULL,
  -- The session (remember_me.hash) that asked: when it ends, so does the cookie made from the ticket.
  session_hash CHAR(127) NOT NULL,
  expire TIMESTAMP NOT NULL
);
CREATE INDEX project_origin_tickets_expire_idx ON project_origin_tickets (expire);

-- Counters of rate-limiter-flexible, so that a limit is the same on every replica.
CREATE TABLE rate_limits (
  key VARCHAR(255) PRIMARY KEY,
  points INTEGER NOT NULL DEFAULT 0,
  expire BIGINT
);

-- Down Migration

DROP TABLE rate_limits, project_origin_tickets, hub_signing_keys, project_starts, leaders;
