-- Up Migration

-- Whether a key may do what its account may as an administrator's: only where an administrator made it as one. A key that was made before its
-- account became an administrator's, or before it did so anew, never may, by whatever way that came about.
ALTER TABLE api_keys ADD COLUMN acts_as_admin BOOLEAN NOT NULL DEFAULT false;

CREATE FUNCTION keys_are_no_administrators() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE api_keys SET acts_as_admin = false WHERE account_id = NEW.account_id AND acts_as_admin;
  RETURN NULL;
END $$;

CREATE TRIGGER accounts_admin_change AFTER UPDATE OF groups ON accounts FOR EACH ROW
  WHEN (('admin' = ANY(OLD.groups)) IS DISTINCT FROM ('admin' = ANY(NEW.groups)))
  EXECUTE FUNCTION keys_are_no_administrators();

-- Down Migration

DROP TRIGGER accounts_admin_change ON accounts;
DROP FUNCTION keys_are_no_administrators();
ALTER TABLE api_keys DROP COLUMN acts_as_admin;
