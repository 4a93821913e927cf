"""What Zoom Record Sync writes into other systems: the requests of each preset, as people may change them."""

from __future__ import annotations

from typing import Any, Final

from components.zoom.shared.kinds import in_words
from components.zoom.shared.wording import LABELS

PER_INSIGHT: Final = "insight"

PER_MEETING: Final = "meeting"

BEARER: Final = "Bearer token"

BASIC: Final = "User and token (Basic)"

NO_SIGN_IN: Final = "None"

ZENDESK_CREATE: Final = """POST {{base_url}}/api/v2/tickets
Idempotency-Key: zoom-{{insight_id}}

{
  "ticket": {
    "subject": "{{title}}",
    "external_id": "zoom-{{insight_id}}",
    "tags": ["zoom"],
    "comment": {
      "public": false,
      "html_body": "<p>{{found_line|html}}</p>\\n<p>{{point|html}}</p>\\n<p>{{answer_line|html}}</p>\\n<p>{{source_line|html}}</p>"
    }
  }
}"""

ZENDESK_TASK: Final = """POST {{base_url}}/api/v2/tickets
Idempotency-Key: zoom-{{insight_id}}

{
  "ticket": {
    "type": "task",
    "due_at": "{{due_time}}",
    "subject": "{{title}}",
    "external_id": "zoom-{{insight_id}}",
    "tags": ["zoom"],
    "comment": {
      "public": false,
      "html_body": "<p>{{found_line|html}}</p>\\n<p>{{point|html}}</p>"
    }
  }
}"""

ZENDESK_UPDATE: Final = """PUT {{base_url}}/api/v2/tickets/{{record_id}}

{
  "ticket": {
    "subject": "{{title}}",
    "comment": {
      "public": false,
      "html_body": "<p>{{updated_line|html}}</p>\\n<p>{{point|html}}</p>\\n<p>{{answer_line|html}}</p>"
    }
  }
}"""

ZENDESK_TASK_UPDATE: Final = """PUT {{base_url}}/api/v2/tickets/{{record_id}}

{
  "ticket": {
    "due_at": "{{due_time}}",
    "subject": "{{title}}",
    "comment": {"public": false, "html_body": "<p>{{updated_line|html}}</p>\\n<p>{{point|html}}</p>"}
  }
}"""

HUBSPOT_CREATE: Final = """POST {{base_url}}/crm/v3/objects/notes

{
  "properties": {
    "hs_timestamp": "{{started_at}}",
    "hs_note_body": "<p><b>{{label|html}}</b> ({{topic|html}}, {{date}})</p>\\n<p>{{point|html}}</p>\\n<p>{{answer_line|html}}</p>"
  },
  "associations": [
    {
      "to": {"id": "{{parent}}"},
      "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 214}]
    }
  ]
}"""

HUBSPOT_UPDATE: Final = """PATCH {{base_url}}/crm/v3/objects/notes/{{record_id}}

{
  "properties": {
    "hs_note_body": "<p><b>{{label|html}}</b> ({{topic|html}}, {{date}})</p>\\n<p>{{point|html}}</p>\\n<p>{{answer_line|html}}</p>"
  }
}"""

NOTION_CREATE: Final = """POST {{base_url}}/v1/pages
Notion-Version: 2022-06-28

{
  "parent": {"page_id": "{{parent}}"},
  "properties": {"title": {"title": [{"text": {"content": "{{topic}}, {{date}}"}}]}},
  "children": [{"heading_2": {"rich_text": [{"text": {"content": "{{to_do_title}}"}}]}}]
}"""

NOTION_APPEND: Final = """PATCH {{base_url}}/v1/blocks/{{record_id}}/children
Notion-Version: 2022-06-28

{"children": [{"to_do": {"rich_text": [{"text": {"content": "{{point}}"}}], "checked": false}}]}"""

NOTION_UPDATE: Final = """PATCH {{base_url}}/v1/blocks/{{item_id}}
Notion-Version: 2022-06-28

{"to_do": {"rich_text": [{"text": {"content": "{{point}}"}}]}}"""

NOTION_FINISH: Final = """PATCH {{base_url}}/v1/blocks/{{record_id}}/children
Notion-Version: 2022-06-28

{
  "children": [
    {"heading_2": {"rich_text": [{"text": {"content": "{{summary_title}}"}}]}},
    {"paragraph": {"rich_text": [{"text": {"content": "{{summary_part}}"}}]}},
    {"heading_2": {"rich_text": [{"text": {"content": "{{attendees_title}}"}}]}},
    {"paragraph": {"rich_text": [{"text": {"content": "{{attendees_part}}"}}]}}
  ]
}"""

JIRA_CREATE: Final = """POST {{base_url}}/rest/api/3/issue

{
  "fields": {
    "project": {"key": "{{parent}}"},
    "issuetype": {"name": "Task"},
    "summary": "{{title}}",
    "description": {
      "type": "doc",
      "version": 1,
      "content": [
        {
          "type": "paragraph",
          "content": [{"type": "text", "text": "{{found_line}}\\n{{point}}\\n{{answer_line}}"}]
        }
      ]
    },
    "duedate": "{{due_date}}",
    "labels": ["zoom"]
  }
}"""

JIRA_UPDATE: Final = """PUT {{base_url}}/rest/api/3/issue/{{record_id}}

{
  "fields": {
    "summary": "{{title}}",
    "description": {
      "type": "doc",
      "version": 1,
      "content": [
        {
          "type": "paragraph",
          "content": [{"type": "text", "text": "{{found_line}}\\n{{point}}\\n{{answer_line}}"}]
        }
      ]
    },
    "duedate": "{{due_date}}"
  }
}"""

CUSTOM_CREATE: Final = """POST {{base_url}}

{
  "id": "{{insight_id}}",
  "kind": "{{kind}}",
  "text": "{{text}}",
  "owner": "{{owner}}",
  "due": "{{due}}",
  "due_date": "{{due_date}}",
  "answer": "{{answer}}",
  "meeting": "{{topic}}",
  "meeting_id": "{{meeting_id}}",
  "started_at": "{{started_at}}"
}"""

ZENDESK: Final = {
    "one_record_per": PER_INSIGHT,
    "sign_in": BASIC,
    "base_url": "",
    "kinds": in_words(["problem"]),
    "create_request": ZENDESK_CREATE,
    "append_request": "",
    "update_request": ZENDESK_UPDATE,
    "finish_request": "",
    "record_id": "{{reply.ticket.id}}",
    "item_id": "",
    "record_name": "Ticket #{{record_id}}",
    "record_url": "{{base_url}}/agent/tickets/{{record_id}}",
}

PRESETS: Final[dict[str, dict[str, Any]]] = {
    "Zendesk ticket": ZENDESK,
    "Zendesk task": ZENDESK
    | {
        "kinds": in_words(["follow_up", "action_item"]),
        "create_request": ZENDESK_TASK,
        "update_request": ZENDESK_TASK_UPDATE,
        "record_name": "Task #{{record_id}}",
    },
    "HubSpot note": ZENDESK
    | {
        "sign_in": BEARER,
        "base_url": "https://api.hubapi.com",
        "kinds": in_words(["objection", "buying_signal"]),
        "create_request": HUBSPOT_CREATE,
        "update_request": HUBSPOT_UPDATE,
        "record_id": "{{reply.id}}",
        "record_name": "HubSpot note",
        "record_url": "",
    },
    "Notion page": {
        "one_record_per": PER_MEETING,
        "sign_in": BEARER,
        "base_url": "https://api.notion.com",
        "kinds": in_words(["action_item", "follow_up"]),
        "create_request": NOTION_CREATE,
        "append_request": NOTION_APPEND,
        "update_request": NOTION_UPDATE,
        "finish_request": NOTION_FINISH,
        "record_id": "{{reply.id}}",
        "item_id": "{{reply.results.0.id}}",
        "record_name": "Notion page",
        "record_url": "{{reply.url}}",
    },
    "Jira issue": ZENDESK
    | {
        "kinds": in_words(["action_item", "follow_up"]),
        "create_request": JIRA_CREATE,
        "update_request": JIRA_UPDATE,
        "record_id": "{{reply.key}}",
        "record_name": "{{record_id}}",
        "record_url": "{{base_url}}/browse/{{record_id}}",
    },
    "Custom": ZENDESK
    | {
        "sign_in": NO_SIGN_IN,
        "kinds": in_words(LABELS),
        "create_request": CUSTOM_CREATE,
        "update_request": CUSTOM_CREATE,
        "record_id": "",
        "record_name": "",
        "record_url": "",
    },
}
"""What each preset writes into the fields, in the form of each system in which nobody can speak markup: a comment's
``body`` is Markdown at Zendesk, an issue's description is wiki markup in version 2 of Jira's API, which both mention
people and hide addresses behind words.

The APIs: developer.zendesk.com (Tickets, Ticket comments, idempotency),
developers.hubspot.com (Notes; 214 is the association of a note with a deal), developers.notion.com (Create a page,
Append block children, Update a block), developer.atlassian.com (Jira Cloud REST API v3, Issues;
Atlassian Document Format)."""

FIRST_PRESET: Final = "Zendesk ticket"
