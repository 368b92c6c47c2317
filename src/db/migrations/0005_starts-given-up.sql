-- Up Migration

-- manage-idle asks that a start which waits too long be given up; manage-action does it. The code of the reason, or NULL.
ALTER TABLE project_starts ADD COLUMN give_up TEXT;
CREATE TRIGGER project_starts_give_up AFTER UPDATE OF give_up ON project_starts FOR EACH ROW
  WHEN (NEW.give_up IS NOT NULL) EXECUTE FUNCTION notify_key('project_starts_give_up', 'project_id');

-- Down Migration

DROP TRIGGER project_starts_give_up ON project_starts;
ALTER TABLE project_starts DROP COLUMN give_up;
