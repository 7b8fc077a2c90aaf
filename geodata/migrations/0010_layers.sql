-- migrate:up
-- One view per layer: integer id, geom in 4326, grid_code, and the promised columns. Differences of shape are settled here.
CREATE VIEW hall.layer_district AS
    SELECT id, code AS grid_code, code, name, households, people, buildings, organizations, area_m2, geom, geom_3857
    FROM hall.area WHERE level = 'district';
CREATE VIEW hall.layer_streets AS
    SELECT id, code AS grid_code, code, name, kind, households, people, buildings, organizations, area_m2, geom, geom_3857
    FROM hall.area WHERE level = 'street';
CREATE VIEW hall.layer_communities AS
    SELECT id, code AS grid_code, code, name, kind, households, people, buildings, organizations, area_m2, geom, geom_3857
    FROM hall.area WHERE level = 'community';
CREATE VIEW hall.layer_base_grids AS
    SELECT a.id, a.code AS grid_code, a.code, a.name, a.kind, a.households, a.people, a.buildings, a.organizations,
           a.norm_people_min, a.norm_people_max, a.size_flag, a.area_m2, array_to_string(a.duties, ',') AS duties,
           w.id AS worker_id, w.name AS worker_name, w.phone AS worker_phone, a.geom, a.geom_3857
    FROM hall.area a LEFT JOIN hall.worker w ON w.grid_code = a.code AND w.role = 'grid_worker'
    WHERE a.level = 'base_grid';
CREATE VIEW hall.layer_city_management_grids AS
    SELECT id, code AS grid_code, code, name, households, people, buildings, organizations, area_m2, geom, geom_3857
    FROM hall.area WHERE level = 'city_grid';
CREATE VIEW hall.layer_roads AS
    SELECT id, grid_code, name, highway, speed_kmh, length_m, (forward <> backward) AS one_way, drive, bridge, tunnel, width_m,
           geom, geom_3857
    FROM hall.road_edge;
CREATE VIEW hall.layer_places AS
    SELECT id, grid_code, class, name, name_raw, address, phone, array_to_string(flags, ',') AS flags, geom FROM hall.place;
CREATE VIEW hall.layer_buildings AS
    SELECT id, grid_code, code, name, address, use_type, floors, floors_below, units, height_m, height_source, built_year,
           property_company, area_m2, rooms, people, organizations, array_to_string(flags, ',') AS flags, geom, geom_3857
    FROM hall.building;
CREATE VIEW hall.layer_people AS
    SELECT id, grid_code, id_no, name, sex, birth_date,
           CASE WHEN birth_date > current_date - interval '18 years' THEN '0-17'
                WHEN birth_date > current_date - interval '60 years' THEN '18-59'
                WHEN birth_date > current_date - interval '80 years' THEN '60-79' ELSE '80+' END AS age_group,
           phone, nation, pop_type, education, occupation, hukou_address, care, household_id, relation, room_id, building_id,
           registered_on, array_to_string(flags, ',') AS flags, geom
    FROM hall.person;
CREATE VIEW hall.layer_organizations AS
    SELECT id, grid_code, uscc, name, org_type, industry, state, risk, legal_rep, phone, address, employees, is_key, building_id,
           room_id, array_to_string(flags, ',') AS flags, geom
    FROM hall.organization;
CREATE VIEW hall.layer_parts AS
    SELECT p.id, p.grid_code, p.obj_id, p.class_code, c.name AS class_name, c.major, p.name, p.state, p.manage_dept, p.owner_dept,
           p.maintain_dept, p.data_source, p.accuracy, p.heading_deg, p.installed_on, p.changed_on,
           array_to_string(p.flags, ',') AS flags, p.geom
    FROM hall.part p JOIN hall.part_class c ON c.code = p.class_code;
CREATE VIEW hall.layer_sensors AS
    SELECT id, grid_code, code, name, kind, status, metric, unit, value, limit_value, reported_at, part_id, building_id, owner_dept,
           installed_on, array_to_string(flags, ',') AS flags, geom
    FROM hall.sensor;
CREATE VIEW hall.layer_cameras AS
    SELECT id, grid_code, gb_id, name, owner, place_type, ptz_type, placement, azimuth_deg, fov_deg, view_range_m, height_m, online,
           is_key, ai_enabled, address, retention_days, changed_at, array_to_string(flags, ',') AS flags, geom
    FROM hall.camera;
CREATE VIEW hall.layer_workers AS
    SELECT w.id, w.grid_code, w.worker_no, w.name, w.phone, w.role, w.team, array_to_string(w.skills, ',') AS skills, w.status, w.load,
           p.reported_at, p.speed_kmh, p.heading_deg, p.battery_pct, array_to_string(w.flags, ',') AS flags, p.geom
    FROM hall.worker w JOIN hall.worker_position p ON p.worker_id = w.id;
CREATE VIEW hall.layer_vehicles AS
    SELECT id, grid_code, plate, kind, sub_kind, team, driver, phone, terminal_no, status, reported_at, speed_kmh, heading_deg,
           array_to_string(flags, ',') AS flags, geom
    FROM hall.vehicle;
CREATE VIEW hall.layer_resources AS
    SELECT id, grid_code, kind, name, address, contact, phone, capacity, available, state, is_key, synthetic,
           array_to_string(flags, ',') AS flags, geom
    FROM hall.resource;
CREATE VIEW hall.layer_events AS
    SELECT e.id, e.grid_code, e.case_no, e.title, e.description, e.class_code, c.name AS class_name, e.major, e.level, e.source, e.state,
           e.closed_at IS NULL AS open, e.reported_at, e.deadline_at, e.step_started_at, e.closed_at, e.reporter, e.reporter_phone,
           e.place_text, e.building_id, e.worker_id, e.dup_of, array_to_string(e.flags, ',') AS flags, e.geom
    FROM hall.event e JOIN hall.event_class c ON c.code = e.class_code;
CREATE VIEW hall.layer_open_events AS SELECT * FROM hall.layer_events WHERE open;

-- migrate:down
