"""The sources of pictures over the interface: the system administrator's alone."""

from tests.api.conftest import App

PATH = "/api/v1/video/sources"
NEW = {"key": "platform_a", "kind": "wvp", "name": "平台甲", "base_url": "http://10.0.0.9:18080", "crs": "gcj02"}


def test_the_system_administrator_sets_up_changes_and_reads_a_source(app: App) -> None:
    client = app.client("system_admin")
    made = client.post(PATH, json=NEW)
    assert made.status_code == 201
    source_id = made.get_json()["id"]
    assert client.post(PATH, json=NEW).status_code == 409
    asked = client.post(f"{PATH}/{source_id}/sync")
    assert (asked.status_code, asked.get_json()["sync_asked_at"] is not None) == (202, True)
    assert client.patch(f"{PATH}/{source_id}", json={"crs": "wgs84", "enabled": False}).get_json()["crs"] == "wgs84"
    assert client.post(f"{PATH}/{source_id}/sync").status_code == 409
    assert client.patch(f"{PATH}/{source_id}", json={"crs": "moon"}).status_code == 400
    assert client.post(f"{PATH}/99999/sync").status_code == 404
    told = client.get(PATH).get_data(as_text=True)
    assert "平台甲" in told
    assert "10.0.0.9" not in told
    assert [act[0] for act in app.audit("add_video_source")] == ["system_admin"]
    with app.pool.connection() as conn:
        conn.execute("DELETE FROM hall.video_source WHERE id = %s", [source_id])


def test_nobody_else_sees_or_changes_sources(app: App) -> None:
    for role in ("leader", "dispatcher", "shift_leader", "worker", "wall", "security_admin", "audit_admin", "citizen"):
        client = app.client(role)
        assert client.get(PATH).status_code == 403, role
        assert client.post(PATH, json=NEW).status_code == 403, role
        assert client.post(f"{PATH}/1/sync").status_code == 403, role
        assert client.patch(f"{PATH}/1", json={"enabled": False}).status_code == 403, role
    assert app.client().get(PATH).status_code == 401


def test_addresses_with_passwords_and_strange_values_are_refused(app: App) -> None:
    client = app.client("system_admin")
    for wrong in (
        {"base_url": "http://u:p@10.0.0.9"},
        {"base_url": "ftp://x"},
        {"key": "A"},
        {"kind": "sample"},
        {"name": ""},
        {"other": 1},
        {"key": ""},
    ):
        answer = client.post(PATH, json=NEW | wrong)
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), wrong
