-- A pause that is there already, and an end of one that has ended, change nothing: a trigger of the statement counted up all the
-- same, and whoever had just asked for leave was refused, as often as another copy looked.
DROP TRIGGER pause_began ON journal.pause;
DROP TRIGGER pause_ended ON journal.pause;
CREATE TRIGGER pause_began AFTER INSERT ON journal.pause
  FOR EACH ROW EXECUTE FUNCTION journal.count_guard_version();
CREATE TRIGGER pause_ended AFTER UPDATE OF ended ON journal.pause
  FOR EACH ROW WHEN (old.ended IS DISTINCT FROM new.ended) EXECUTE FUNCTION journal.count_guard_version();
