"""Draws the pages: templates, words, boot data, and the files a page takes along."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel

from admin.assets import Assets
from admin.problems import error_headers, status_of
from admin.words import Catalogues, Words, facts, language
from stream_jobs.domain.errors import NotAllowed, NotFound, StreamJobsError

TEMPLATES = Path(__file__).parent / "templates"
STYLES = ("css/tokens.css", "css/base.css", "css/controls.css", "css/surfaces.css", "css/job_card.css")
FIGURES = ("css/figures.css", "css/print.css")
CONSOLE = tuple(f"css/console/{part}.css" for part in ("frame", "tray", "stage", "audience", "dialogs"))
MORE_STYLES = {
    "console": (*FIGURES, *CONSOLE),
    **dict.fromkeys(("organiser", "desk", "report"), (*FIGURES, "css/menu.css", "css/lists.css")),
    "collect": ("css/lists.css",),
    "wall": ("css/figures.css",),
    "series": (*FIGURES, "css/menu.css", "css/organiser.css", "css/report.css"),
}
CACHE = "private, no-cache"
# What would end the script element, or a line of script in old readers.
ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


class Html:
    """Everything drawn is escaped; data for scripts goes into blocks that are never run."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._catalogues = Catalogues(assets)
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"asset": assets.url, "facts": facts}

    def words(self, lang: str) -> Words:
        return self._catalogues.words(lang)

    def page(
        self,
        template: str,
        lang: str,
        *,
        page: str,
        catalogues: Sequence[str] = (),
        boot: Mapping[str, object] | None = None,
        **given: object,
    ) -> bytes:
        """page names the script and style of its own, where there are such files."""
        drawn = self._environment.get_template(template).render(
            words=self.words(lang),
            page=page,
            styles=[*STYLES, *MORE_STYLES.get(page, ()), *self._own("css", page, ".css")],
            script=next(iter(self._own("js", page, ".js")), None),
            catalogues=self._inlined(catalogues, lang),
            boot=data_block({"page": page, "language": lang, **boot}) if boot is not None else None,
            dark=given.pop("dark", False),
            **given,
        )
        return drawn.encode()

    def error(self, request: web.Request, error: StreamJobsError, request_id: str) -> web.Response:
        """A small page that says what happened and what to do, never more."""
        lang, status = language(request), status_of(type(error))
        said = self.words(lang).t(_said(request.path, error))
        body = self.page("error.html", lang, page="error", status=status, said=said, request_id=request_id)
        return html_response(body, status=status, headers=error_headers(error))

    def _own(self, kind: str, page: str, suffix: str) -> list[str]:
        names = (f"{kind}/pages/{page}{suffix}", f"{kind}/{page}{suffix}")
        return [name for name in names if name in self._assets]

    def _inlined(self, parts: Sequence[str], lang: str) -> list[tuple[str, Markup]]:
        texts = [(part, self._catalogues.text(part, lang)) for part in parts]
        return [(part, _unscripted(json.dumps(json.loads(text), ensure_ascii=False))) for part, text in texts if text]


def data_block(data: Mapping[str, object]) -> Markup:
    """JSON that stays data inside a script element."""
    return _unscripted(json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain))


def html_response(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=body,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={"Cache-Control": CACHE, **(headers or {})},
    )


def packed(body: bytes) -> tuple[bytes, bytes]:
    """The body, and the same compressed."""
    return body, gzip.compress(body, 6, mtime=0)


def packed_response(request: web.Request, body: tuple[bytes, bytes]) -> web.Response:
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return html_response(body[0], headers={"Vary": "Accept-Encoding"})
    return html_response(body[1], headers={"Vary": "Accept-Encoding", "Content-Encoding": "gzip"})


def _said(path: str, error: StreamJobsError) -> str:
    if isinstance(error, NotAllowed):
        return "shell.not_allowed"
    if not isinstance(error, NotFound):
        return "shell.failed"
    if path.startswith(("/b/", "/s/")):
        return "viewer.wrong_link_no_phone"
    return "shell.wrong_page_link" if path.startswith(("/r/", "/prompter/", "/overlay/")) else "shell.wrong_link"


def _unscripted(text: str) -> Markup:
    return Markup(text.translate(ESCAPES))


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return str(value)
