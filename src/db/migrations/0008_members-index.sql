-- Up Migration

-- Every list of an account's projects reads this index, and every change of a project writes into it. Entries that wait in a list of their
-- own until the next vacuum make each reader wade through up to 4 MB of them, and make writing no cheaper.
ALTER INDEX projects_users_idx SET (fastupdate = off);
SELECT gin_clean_pending_list('projects_users_idx');

-- Down Migration

ALTER INDEX projects_users_idx RESET (fastupdate);
