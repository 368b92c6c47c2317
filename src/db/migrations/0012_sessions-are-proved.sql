-- Up Migration

-- When the password of the account was last typed in this session. NULL: not known; then it is asked for before what is dangerous.
ALTER TABLE remember_me ADD COLUMN proved TIMESTAMP;

-- Down Migration

ALTER TABLE remember_me DROP COLUMN proved;
