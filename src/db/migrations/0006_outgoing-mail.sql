-- Up Migration

-- Mail that has to go out: what it is about and to whom, never its text. Whoever sends it writes it then, so that no link with a secret is kept
-- here. A row is deleted when the server has taken the mail; one that was given up stays for a while, to be told about.
CREATE TABLE outgoing_mail (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  kind TEXT NOT NULL,
  email_address VARCHAR(254) NOT NULL,
  -- Absent where only the address is known: whether it has an account is not looked at before the mail is written.
  account_id UUID,
  created TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Also the end of the claim of whoever sends it now.
  next_attempt TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  give_up TIMESTAMP NOT NULL,
  failed TIMESTAMP,
  -- What the last attempt met, in words.
  problem TEXT
);
CREATE INDEX outgoing_mail_next_attempt_idx ON outgoing_mail (next_attempt) WHERE failed IS NULL;
CREATE INDEX outgoing_mail_failed_idx ON outgoing_mail (failed) WHERE failed IS NOT NULL;
CREATE TRIGGER outgoing_mail_insert AFTER INSERT ON outgoing_mail FOR EACH ROW EXECUTE FUNCTION notify_key('outgoing_mail', 'kind');

-- The secret of a link is kept as a hash; `id` is no longer a secret. The account is bound, too: an address may change hands.
ALTER TABLE password_reset ADD COLUMN account_id UUID, ADD COLUMN token_hash TEXT;
CREATE UNIQUE INDEX password_reset_token_hash_unique_idx ON password_reset (token_hash);
CREATE INDEX password_reset_account_id_idx ON password_reset (account_id);

-- Whether their address is verified is something that people see of themselves.
CREATE TRIGGER accounts_verified_change AFTER UPDATE OF email_address_verified ON accounts FOR EACH ROW
  WHEN (OLD.email_address_verified IS DISTINCT FROM NEW.email_address_verified) EXECUTE FUNCTION notify_key('accounts', 'account_id');

-- Down Migration

DROP TRIGGER accounts_verified_change ON accounts;
ALTER TABLE password_reset DROP COLUMN account_id, DROP COLUMN token_hash;
DROP TABLE outgoing_mail;
