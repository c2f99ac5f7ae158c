"""The description of the API: what the framework sees of the routes, and what it can't see.

The framework knows no media type of its own for problems, no redirects, and not the records, whose schema is a file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any, cast

from fastapi import FastAPI

from runreel.model.record import RecordKind
from runreel.server.problem import MEDIA_TYPE

Document = dict[str, Any]

_RECORDS_SCHEMA = files("runreel.wire") / "records.v1.json"
_COMPONENTS = "#/components/schemas/"
_BY_NAME = "/api/runs/{agent_name}/{run_name}"


def described(app: FastAPI) -> Callable[[], Document]:
    """Return the function that describes an application; it works once and remembers."""
    describe = app.openapi

    def described_once() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(describe())
        return app.openapi_schema

    return described_once


def _completed(document: Document) -> Document:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            default = operation["responses"]["default"]
            # The framework takes it to be of the media type that the route answers.
            (problem,) = default["content"].values()
            default["content"] = {MEDIA_TYPE: problem}
            if path.startswith(_BY_NAME) and method == "get":
                operation["responses"]["307"] = {"description": "A former name; `Location` is the present one."}
    document["components"]["schemas"].update(_record_schemas())
    body = document["paths"]["/api/records"]["post"]["requestBody"]
    body["content"]["application/json"]["schema"] = {"$ref": f"{_COMPONENTS}records.batch"}
    return document


def _record_schemas() -> Document:
    """Return the schemas of records as components of the document."""
    text = _RECORDS_SCHEMA.read_text(encoding="utf-8").replace("#/$defs/", f"{_COMPONENTS}records.")
    batch = cast("Document", json.loads(text))
    parts: Document = batch.pop("$defs")
    # A choice by `record` says the same as the conditions of the file, and programs make types of it.
    kinds = {str(kind): f"{_COMPONENTS}records.{kind}" for kind in RecordKind}
    parts["record"] = {
        "description": parts["record"]["description"],
        "oneOf": [{"$ref": kind} for kind in kinds.values()],
        "discriminator": {"propertyName": "record", "mapping": kinds},
    }
    parts["batch"] = {key: value for key, value in batch.items() if not key.startswith("$")}
    return {f"records.{name}": part for name, part in parts.items()}
