-- Up Migration

-- When the leader last said a word. One that is silent for long (its process is stopped, its machine stalls) keeps its advisory lock, for the
-- kernel answers in its place: a replica that waits ends its connection. A word counts in the term it was said in, that is if it is not
-- before `since`: leaders of the release before say none.
ALTER TABLE leaders ADD COLUMN seen TIMESTAMPTZ;

-- Down Migration

ALTER TABLE leaders DROP COLUMN seen;
