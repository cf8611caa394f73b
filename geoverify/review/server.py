"""The addresses of the review page; each does one thing with the desk and answers in JSON or with a picture."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

import msgspec
from flask import Blueprint, Flask, Response, abort, request
from waitress.server import create_server

from geoverify.case.custody import Kind
from geoverify.case.decisions import Confidence, Likelihood
from geoverify.case.store import open_case
from geoverify.errors import GeoverifyError
from geoverify.previews.worker import PreviewAnswer, Previews
from geoverify.register.sites import describe_site
from geoverify.review.desk import Desk, Judgement
from geoverify.review.drafts import Drawing, Sighting, draw_footprint, note_view
from geoverify.review.guard import HOST, guard

PAGE_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".txt": "text/plain", ".png": "image/png"}
THREADS = 4
PAGE = resources.files("geoverify.review") / "page"


@contextmanager
def open_server(desk: Desk, token: str, port: int) -> Iterator[tuple[Any, str]]:
    """Listen on this machine's loopback; gives the server, whose `run` returns at an interrupt, and the page's address."""
    server = create_server(make_app(desk, token), host=HOST, port=port, threads=THREADS, ident="geoverify")
    try:
        yield server, f"http://{HOST}:{server.effective_port}/{token}/"
    finally:
        server.close()


def make_app(desk: Desk, token: str) -> Flask:
    """The page's addresses, all of them below the token."""
    app = Flask("geoverify.review", static_folder=None)
    guard(app, token)
    page = Blueprint("page", "geoverify.review", url_prefix="/<token>")

    @app.errorhandler(GeoverifyError)
    def tell(error: GeoverifyError) -> Response:
        return _answer({"message": str(error)}, 409)

    @app.errorhandler(msgspec.MsgspecError)
    def refuse(error: msgspec.MsgspecError) -> Response:
        return _answer({"message": f"not what this address takes: {error}"}, 400)

    @page.get("/")
    @page.get("/page/<name>")
    def show_page(name: str = "review.html") -> Response:
        return _read_page(name)

    @page.get("/case")
    def show_case() -> Response:
        return _answer(_describe_case(desk))

    @page.get("/queue")
    def show_queue() -> Response:
        return _answer(desk.queue())

    @page.get("/file/<key>")
    def show_file(key: str) -> Response:
        return _answer(desk.describe(key, request.args.get("by", "")))

    @page.get("/frames/<key>")
    def list_frames(key: str) -> Response:
        answer = desk.frames(key)
        if not isinstance(answer, Previews):
            return _answer({"message": answer.message, "frames": []})
        return _answer({"message": "", "frames": [{"time_s": picture.time_s} for picture in answer.pictures]})

    @page.get("/frame/<key>/<int:number>")
    def show_frame(key: str, number: int) -> Response:
        return _picture(desk.frames(key), number)

    @page.get("/reference/<digest>")
    def show_reference(digest: str) -> Response:
        return _picture(desk.reference(digest), 0)

    @page.get("/picture/<name>")
    def show_picture(name: str) -> Response:
        return Response(desk.evidence_picture(name), mimetype="image/jpeg")

    @page.post("/file/<key>/judgement")
    def judge(key: str) -> Response:
        judgement = msgspec.json.decode(request.get_data(), type=Judgement)
        desk.judge(key, judgement)
        if judgement.view is not None and judgement.site is not None:
            _note_view(desk, key, judgement)
        return _answer(desk.describe(key, judgement.by))

    @page.post("/footprint")
    def draw() -> Response:
        return _answer(_draw(desk, msgspec.json.decode(request.get_data(), type=Drawing)))

    app.register_blueprint(page)
    return app


def _answer(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def _picture(answer: PreviewAnswer, number: int) -> Response:
    if not isinstance(answer, Previews) or number >= len(answer.pictures):
        abort(404)
    return Response(answer.pictures[number].jpeg, mimetype="image/jpeg")


def _read_page(name: str) -> Response:
    suffix = name[name.rfind(".") :]
    folder = resources.files("geoverify.pages") / "vendor" / "leaflet" if name.startswith("leaflet.") else PAGE
    file = folder / name
    # Routes take no slashes, so that a name stays inside the folder.
    if suffix not in PAGE_TYPES or not file.is_file():
        abort(404)
    return Response(file.read_bytes(), mimetype=PAGE_TYPES[suffix])


def _describe_case(desk: Desk) -> dict[str, Any]:
    register = desk.register
    return {
        "name": desk.case_file.name,
        "reviewer": desk.reviewer,
        "registers": [] if register is None else list(register.infos),
        "sites": [] if register is None else [{"name": site.name, **describe_site(site)} for site in register.sites],
        "likelihoods": [item.value for item in Likelihood],
        "confidences": [item.value for item in Confidence],
    }


def _draw(desk: Desk, drawing: Drawing) -> dict[str, str]:
    register = desk.find_register(drawing.site)
    path, digest = draw_footprint(desk.case_file, register, drawing, dt.datetime.now(dt.UTC))
    with open_case(desk.case_file) as case:
        case.log(Kind.DRAFTED, {"draft": path.name, "sha256": digest, "site": drawing.site, "by": drawing.by})
    return {"draft": path.name, "sha256": digest}


def _note_view(desk: Desk, key: str, judgement: Judgement) -> None:
    assert judgement.site is not None and judgement.view is not None
    digest = desk.digest_of(key)
    sighting = Sighting(by=judgement.by, site=judgement.site, sha256=digest, view=judgement.view)
    note_view(desk.case_file, desk.find_register(judgement.site), sighting, dt.datetime.now(dt.UTC))
