-- Up Migration

-- What a person sees of each session: a name for it that is no secret, since when, when it was last used, and roughly which browser.
ALTER TABLE remember_me
  ADD COLUMN id UUID NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN created TIMESTAMP,
  ADD COLUMN last_active TIMESTAMP,
  ADD COLUMN browser VARCHAR(60);
-- Not of the sessions that are there already: nobody knows when they began.
ALTER TABLE remember_me ALTER COLUMN created SET DEFAULT (now() AT TIME ZONE 'UTC');

-- That a session was used changes nobody's rights.
DROP TRIGGER remember_me_delete ON remember_me;
CREATE TRIGGER remember_me_delete AFTER DELETE OR UPDATE OF hash, value, account_id, expire ON remember_me FOR EACH ROW
  EXECUTE FUNCTION notify_key('remember_me', 'hash');

-- Down Migration

DROP TRIGGER remember_me_delete ON remember_me;
CREATE TRIGGER remember_me_delete AFTER DELETE OR UPDATE ON remember_me FOR EACH ROW EXECUTE FUNCTION notify_key('remember_me', 'hash');
ALTER TABLE remember_me DROP COLUMN id, DROP COLUMN created, DROP COLUMN last_active, DROP COLUMN browser;
