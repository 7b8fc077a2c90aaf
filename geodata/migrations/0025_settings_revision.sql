-- migrate:up
-- Dictionary, working time and channels count as one thing that changes seldom: whoever keeps them in memory asks for the row 'settings' of
-- hall.layer_revision, which costs nothing, instead of reading them anew.
CREATE TRIGGER event_class_set AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.event_class
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('settings');
CREATE TRIGGER event_sub_class_set AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.event_sub_class
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('settings');
CREATE TRIGGER case_standard_set AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.case_standard
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('settings');
CREATE TRIGGER work_day_set AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.work_day
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('settings');
CREATE TRIGGER intake_channel_set AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hall.intake_channel
    FOR EACH STATEMENT EXECUTE FUNCTION hall.touch_layers('settings');
-- hall.fact holds much else, some of which changes by the minute.
CREATE TRIGGER fact_set AFTER INSERT OR UPDATE ON hall.fact
    FOR EACH ROW WHEN (NEW.key IN ('working_time', 'case_steps')) EXECUTE FUNCTION hall.touch_layers('settings');
CREATE TRIGGER fact_unset AFTER DELETE ON hall.fact
    FOR EACH ROW WHEN (OLD.key IN ('working_time', 'case_steps')) EXECUTE FUNCTION hall.touch_layers('settings');

-- migrate:down
