-- Up Migration

-- Hubs look at an account for whether it may do anything, whether it is an administrator, and what people see of it. A statement that writes
-- these columns without changing them, and settings of an editor, which are written all the time, woke every hub for nothing.
-- That an address was verified is told by accounts_verified_change (0006).
DROP TRIGGER accounts_change ON accounts;
CREATE TRIGGER accounts_change AFTER UPDATE OF banned, deleted, groups, first_name, last_name, email_address, profile ON accounts FOR EACH ROW
  WHEN ((OLD.banned, OLD.deleted, OLD.groups, OLD.first_name, OLD.last_name, OLD.email_address, OLD.profile)
    IS DISTINCT FROM
    (NEW.banned, NEW.deleted, NEW.groups, NEW.first_name, NEW.last_name, NEW.email_address, NEW.profile))
  EXECUTE FUNCTION notify_key('accounts', 'account_id');

-- Down Migration

DROP TRIGGER accounts_change ON accounts;
CREATE TRIGGER accounts_change AFTER UPDATE OF banned, deleted, groups, password_hash, first_name, last_name, email_address, profile, editor_settings, other_settings
  ON accounts FOR EACH ROW EXECUTE FUNCTION notify_key('accounts', 'account_id');
