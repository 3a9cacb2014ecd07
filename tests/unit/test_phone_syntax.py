"""Scripts and stylesheets of the pages run on Chromium 77 and iOS 13; the lint that says so is tested too."""

import re
from pathlib import Path

import pytest

from tests.unit.phone_lint import faults_of_script, faults_of_style

# Optional chaining, nullish and logical assignment; a digit after ?. is a conditional with a fraction.
NEWER = re.compile(r"\?\.(?!\d)|\?\?|\|\|=|&&=")
STATIC = Path(__file__).resolve().parents[2] / "admin" / "static"


@pytest.mark.parametrize("script", sorted(STATIC.glob("js/**/*.js")), ids=lambda path: path.name)
def test_script_uses_only_what_the_promised_phones_know(script: Path) -> None:
    """A page that a cheap phone cannot parse shows it nothing at all."""
    assert faults_of_script(script.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("sheet", sorted(STATIC.glob("css/**/*.css")), ids=lambda path: path.name)
def test_stylesheet_uses_only_what_the_promised_phones_know(sheet: Path) -> None:
    """A rule an old web view drops must not be one the layout stands on."""
    assert faults_of_style(sheet.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("script", sorted(STATIC.glob("vendor/*.js")), ids=lambda path: path.name)
def test_vendored_script_holds_no_newer_operators(script: Path) -> None:
    """The bundles were built for the same phones."""
    assert NEWER.findall(script.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("a = b?.c;", "optional chaining"),
        ("a = b ?? c;", "nullish coalescing"),
        ("a ??= b;", "logical assignment"),
        ("a ||= b;", "logical assignment"),
        ("html`<p>${a?.b}</p>`;", "optional chaining"),
        ("class A { x = 1; }", "class field"),
        ("class A extends B { x; go() { return 1; } }", "class field"),
        ("class A { static { go(); } }", "static block"),
        ("class A { go() { return this.#x; } }", "private member"),
        ("const a = await b;", "top-level await"),
        ("if (a) { await b; }", "top-level await"),
        ("a = 10n;", "BigInt literal"),
        ("a = 1_000;", "numeric separator"),
        ("a = BigInt(1);", "BigInt"),
        ("a.replaceAll(b, c);", "replaceAll()"),
        ("a.at(-1);", "at()"),
        ("structuredClone(a);", "structuredClone"),
        ("crypto.randomUUID();", "randomUUID()"),
        ("Promise.any(a);", "Promise.any()"),
        ("export * as a from './a.js';", "export *"),
        ("a = /(?<=b)c/;", "lookbehind"),
        ("new ResizeObserver(a);", "ResizeObserver without typeof"),
        ("html`<dialog open></dialog>`;", "dialog or inert"),
        ("html`<div inert></div>`;", "dialog or inert"),
    ],
)
def test_lint_of_scripts_catches(script: str, fault: str) -> None:
    """Each forbidden thing is found and named."""
    assert fault in [found.partition(": ")[2] for found in faults_of_script(script)]


@pytest.mark.parametrize(
    "script",
    [
        "a = b ? .5 : c; d = b ?.5 : c;",
        "// a?.b\n/* c ?? d */ a = 'e?.f' + `g ?? h`;",
        "a = /b?.c??/.test(d) ? 1 : 2;",
        "a = b / c / d;",
        "class A { constructor() { this.x = 1; } static go(a = 1) { return a; } get y() { return 2; } }",
        "async function a() { await b; }\nconst c = async () => { for (const d of e) { await d; } };",
        "const a = async () => await b;",
        "point.at = at; mark.any(b);",
        "const a = typeof ResizeObserver === 'function' ? new ResizeObserver(b) : null;",
        "import('./a.js'); new URL('.', import.meta.url);",
        "try { a(); } catch { b(); }",
        "a = { ...b, c };",
        "function a({ class: b, c = 1 }) { const d = 2; return d; }",
        "a = html`${b.map((c) => html`<i>${`${c}`}</i>`)}`;",
    ],
)
def test_lint_of_scripts_lets_pass(script: str) -> None:
    """What the phones know, and what only looks new in a string, a comment or a pattern, is no fault."""
    assert faults_of_script(script) == []


@pytest.mark.parametrize(
    ("sheet", "fault"),
    [
        (".a { display: flex; gap: 8px; }", "gap outside a grid"),
        ("@media print { .a { display: flex; column-gap: 8px; } }", "gap outside a grid"),
        (".a:has(b) { color: red; }", ":has()"),
        (":is(a, b) { color: red; }", ":is() or :where()"),
        (":where(a) { color: red; }", ":is() or :where()"),
        (".a:not(.b, .c) { color: red; }", "list inside :not()"),
        (".a { height: 100dvh; }", "dynamic viewport unit"),
        (".a { aspect-ratio: 16 / 9; }", "aspect-ratio"),
        (".a { color: color-mix(in srgb, red, blue); }", "color-mix()"),
        (".a { inset: 0; }", "inset"),
        (".a { inset-inline: 0; }", "inset"),
        (".a { margin-inline: 0; }", "logical shorthand"),
        (".a { width: min(1px, 2px); }", "min(), max() or clamp()"),
        ("@layer a { b { color: red; } }", "@layer or @container"),
        (".a { color: red; .b { color: blue; } }", "nesting"),
        (".a { &:hover { color: blue; } }", "nesting"),
    ],
)
def test_lint_of_stylesheets_catches(sheet: str, fault: str) -> None:
    """Each forbidden feature is found and named."""
    assert fault in faults_of_style(sheet)


@pytest.mark.parametrize(
    "sheet",
    [
        ".a { display: grid; gap: 8px; grid-template-columns: minmax(0, 1fr); }",
        "@media print { .a { grid-gap: 8px; max-height: none; } }",
        ".a { box-shadow: inset 0 0 0 1px red; } /* gap: 8px; :has(b) */",
        "@keyframes a { from { opacity: 0; } to { opacity: 1; } }",
        ".a:not(.b) { min-width: 4px; }",
    ],
)
def test_lint_of_stylesheets_lets_pass(sheet: str) -> None:
    """Grids may have gaps, at-rules may hold rules, comments may say anything."""
    assert faults_of_style(sheet) == []
