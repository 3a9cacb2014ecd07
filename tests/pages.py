"""What a viewer's page makes of what it is told; strict where a page forgives, so that a server's fault is seen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from realtime.protocol import stage_publication
from stream_jobs.domain.events import StageEntry
from stream_jobs.ports import Snapshot

Json = Mapping[str, Any]
State = Mapping[str, object]


@dataclass
class Page:
    """One viewer's: how far it has been told, what it shows, and every body since its snapshot."""

    seq: int = 0
    epoch: str | None = None
    state: dict[str, Any] = field(default_factory=dict)
    bodies: dict[int, Json] = field(default_factory=dict)

    def asks(self, channel: str) -> dict[str, Any]:
        """Its subscribe: for what it missed, when it has been told something before."""
        if self.epoch is None:
            return {"channel": channel}
        return {"channel": channel, "recover": True, "epoch": self.epoch, "offset": self.seq}

    def subscribed(self, reply: Json) -> str:
        """Takes the answer to its subscribe; what is wrong with it, or nothing."""
        if not reply.get("recovered"):
            self._start_from(reply["data"])
            return ""
        if (reply["epoch"], reply["offset"]) != (self.epoch, self.seq):
            return "recovered from elsewhere"
        return "".join(self.take(publication["data"]) for publication in reply.get("publications", ()))

    def _start_from(self, snapshot: Json) -> None:
        self.seq, self.epoch, self.bodies = snapshot["seq"], snapshot["epoch"], {}
        self.state = dict(state_of(snapshot))

    def take(self, body: Json) -> str:
        """Takes a publication's body; what is wrong with its place, or nothing."""
        if "seq" not in body:
            return ""
        if body["seq"] != self.seq + 1:
            return f"{'gap' if body['seq'] > self.seq else 'double'}: {body['seq']} after {self.seq}; "
        self.seq = body["seq"]
        self.bodies[self.seq] = body
        self._show(body)
        return ""

    def _show(self, body: Json) -> None:
        match body["type"]:
            case "card_pushed":
                self.state["on_stage"] = (body["seq"], body["card"]["id"])
                self.state["pushes"] = {**self.state["pushes"], body["seq"]: body["card"]["id"]}
            case "card_withdrawn":
                self.state["on_stage"] = None
                if self.state["pinned"] == body["card_id"]:
                    self.state["pinned"] = None
            case "card_pinned":
                self.state["pinned"] = body["card_id"]
            case "card_unpinned":
                self.state["pinned"] = None
            case "undone":
                stage = body["on_stage"]
                self.state["on_stage"] = stage and (stage["seq"], stage["card_id"])
                self.state |= {"pinned": body["pinned"], "status": body["status"]}
            case "tray_changed" | "card_state_changed" | "question_answered":
                self.state["tray_version"] = body["tray_version"]


def state_of(snapshot: Json) -> State:
    """What a page shows of a snapshot."""
    stage = snapshot["on_stage"]
    return {
        "status": snapshot["broadcast"]["status"],
        "on_stage": stage and (stage["seq"], stage["card"]["id"]),
        "pinned": snapshot["pinned"],
        "pushes": {push["seq"]: push["card_id"] for push in snapshot["pushes"]},
        "tray_version": snapshot["tray_version"],
    }


def shown_of(snapshot: Snapshot) -> State:
    return state_of(snapshot.model_dump(mode="json"))


def body_of(entry: StageEntry) -> Json:
    """As every viewer must have it."""
    body: Json = json.loads(stage_publication(entry))["data"]
    return body
