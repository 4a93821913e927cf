"""Zoom Connection through Langflow's own loader."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder

WEBHOOK = {"webhook_url": "https://zoom.test/secret-path", "verification_token": "secret-token"}
ACCOUNT = {
    "send_through": "Meeting chat",
    "account_id": "A",
    "client_id": "C",
    "client_secret": "secret-token",
}


def test_it_tells_no_secret(component):
    """Neither printed, nor logged, nor made JSON, as Langflow does with what goes along an edge."""
    for inputs in (WEBHOOK, ACCOUNT):
        connection = component("connection", **inputs).build_connection()
        shown = repr(connection) + str(vars(connection)) + json.dumps(jsonable_encoder(connection))
        assert "secret" not in shown.casefold().replace("secretstr", "")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"webhook_url": "https://zoom.test/x"}, "needs more: Verification Token or Signing Secret"),
        (ACCOUNT | {"client_secret": ""}, "Meeting chat needs more: Client Secret or Access Token"),
        ({"send_through": "Pigeon"}, "Send Through must be one of"),
    ],
)
def test_what_is_half_filled_in_is_an_error(component, inputs: dict[str, Any], words: str):
    """Before anything is posted, and in the words that the fields have."""
    with pytest.raises(RuntimeError, match=words):
        component("connection", **inputs).build_connection()


def test_without_credentials_it_is_a_dry_run(component):
    """The node says so where the editor shows it."""
    node = component("connection")

    assert node.build_connection().missing() is None
    assert [one.message for one in node._logs] == ["Incoming webhook: dry run, no credentials"]


def test_flows_can_rely_on_its_names(component):
    """What people's flows store of the component stays; its edge fits Zoom Chat Output."""
    loaded = component("connection")
    node = loaded.to_frontend_node()["data"]["node"]
    chat = component("chat_output").to_frontend_node()["data"]["node"]["template"]["connection"]

    assert (type(loaded).__name__, loaded.name) == ("ZoomConnection", "ZoomConnection")
    assert [(one["name"], one["method"]) for one in node["outputs"]] == [("connection", "build_connection")]
    assert node["outputs"][0]["types"] == chat["input_types"] == ["ChatConnection"]
    assert set(WEBHOOK) | set(ACCOUNT) <= {one.name for one in loaded.inputs}


def test_the_editor_shows_the_inputs_of_the_chosen_way(component):
    """And hides those of the others."""
    made = component("connection")
    config = made.to_frontend_node()["data"]["node"]["template"]
    made.update_build_config(config, "Chatbot", "send_through")

    assert config["robot_jid"]["show"]
    assert not config["webhook_url"]["show"]
