"""Finds in our scripts and stylesheets what Chromium 77 or Safari on iOS 13 cannot read or does not know."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

PUNCTUATION = re.compile(
    r">>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|/=|%="
    r"|&=|\|=|\^=|<<|>>|\*\*|.",
    re.DOTALL,
)
BEFORE_A_REGEX = {
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "new",
    "do",
    "else",
    "yield",
    "await",
    "throw",
}
NOT_FUNCTIONS = {"if", "for", "while", "switch", "catch", "with"}

WORD = re.compile(r"[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*")
NUMBER = re.compile(r"0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?")
REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
STRING = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)


class Token(NamedTuple):
    kind: str
    text: str
    line: int


START = Token("start", "", 0)
END = Token("end", "", 0)


@dataclass
class Scanner:
    """Splits a script into tokens; the text of template literals is one kind of token, code inside them is code."""

    source: str
    at: int = 0
    tokens: list[Token] = field(default_factory=list)

    def scan(self) -> list[Token]:
        self._code(inside_template=False)
        return self.tokens

    def _add(self, kind: str, text: str) -> None:
        self.tokens.append(Token(kind, text, self.source.count("\n", 0, self.at) + 1))
        self.at += len(text)

    def _code(self, inside_template: bool) -> None:
        depth = 0
        while self.at < len(self.source):
            if space := SPACE.match(self.source, self.at):
                self.at = space.end()
                continue
            if inside_template and depth == 0 and self.source[self.at] == "}":
                return
            self._one()
            depth += {"{": 1, "}": -1}.get(self.tokens[-1].text, 0) if self.tokens[-1].kind == "punctuation" else 0

    def _one(self) -> None:
        here = self.source[self.at]
        if here == "`":
            self._template()
        elif here in "'\"" and (string := STRING.match(self.source, self.at)):
            self._add("string", string[0])
        elif here == "#" and (name := WORD.match(self.source, self.at + 1)):
            self._add("private", "#" + name[0])
        elif name := WORD.match(self.source, self.at):
            self._add("name", name[0])
        elif number := NUMBER.match(self.source, self.at):
            self._add("number", number[0])
        elif here == "/" and self._regex_may_stand() and (regex := REGEX.match(self.source, self.at)):
            self._add("regex", regex[0])
        else:
            # a ?.5 : b is a conditional with a number, not a chain.
            punctuation = PUNCTUATION.match(self.source, self.at)
            self._add("punctuation", punctuation[0] if punctuation else here)

    def _regex_may_stand(self) -> bool:
        if not self.tokens:
            return True
        last = self.tokens[-1]
        if last.kind == "name":
            return last.text in BEFORE_A_REGEX
        return last.kind == "punctuation" and last.text not in {")", "]", "}"}

    def _template(self) -> None:
        self._add("template", "`")
        while self.at < len(self.source):
            piece = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*", re.DOTALL).match(self.source, self.at)
            self._add("template", piece[0] if piece else "")
            if self.source.startswith("`", self.at):
                self._add("template", "`")
                return
            self.at += len("${")
            self._code(inside_template=True)
            self.at += len("}")


def tokens_of(script: str) -> list[Token]:
    return Scanner(script).scan()


NEW_OPERATORS = {
    "?.": "optional chaining",
    "??": "nullish coalescing",
    "??=": "logical assignment",
    "||=": "logical assignment",
    "&&=": "logical assignment",
}
NEW_METHODS = {
    "at",
    "findLast",
    "findLastIndex",
    "hasOwn",
    "randomUUID",
    "replaceAll",
    "replaceChildren",
    "requestSubmit",
    "showModal",
    "toReversed",
    "toSorted",
    "toSpliced",
}
NEW_GLOBALS = {"structuredClone", "WeakRef", "FinalizationRegistry", "BigInt", "AggregateError"}
NEW_STATICS = {("Promise", "any"), ("AbortSignal", "timeout"), ("AbortSignal", "any")}
# iOS 13.0 to 13.3 have none: a script must ask before it uses it.
ASK_FIRST = {"ResizeObserver"}


def faults_of_script(script: str) -> list[str]:
    """What the promised phones cannot run, as "line: fault"; empty when all is well."""
    tokens = tokens_of(script)
    found = [*_new_tokens(tokens), *_new_names(tokens), *_class_fields(tokens), *_top_level_await(tokens)]
    return [f"{line}: {fault}" for line, fault in sorted(set(found))]


def _new_tokens(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    for kind, text, line in tokens:
        if kind == "punctuation" and text in NEW_OPERATORS:
            yield line, NEW_OPERATORS[text]
        if kind == "private":
            yield line, "private member"
        if kind == "number" and text.endswith("n") and not text.startswith("0x"):
            yield line, "BigInt literal"
        if kind == "number" and "_" in text:
            yield line, "numeric separator"
        if kind == "regex" and ("(?<=" in text or "(?<!" in text):
            yield line, "lookbehind"
        if kind == "regex" and set(text.rpartition("/")[2]) & set("dv"):
            yield line, "regex flag"
        if kind == "template" and re.search(r"<dialog|\sinert[\s=>]", text):
            yield line, "dialog or inert"


def _new_names(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    asked = {b.text for a, b in pairwise(tokens) if a.text == "typeof"}
    padded = [START, START, *tokens, END]
    for object_, before, token, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        if token.text == "export" and after.text == "*":
            yield token.line, "export *"
        if token.kind != "name":
            continue
        called_on_something = before.text == "." and after.text == "("
        if called_on_something and token.text in NEW_METHODS:
            yield token.line, f"{token.text}()"
        if called_on_something and (object_.text, token.text) in NEW_STATICS:
            yield token.line, f"{object_.text}.{token.text}()"
        if before.text != "." and token.text in NEW_GLOBALS:
            yield token.line, token.text
        if before.text != "." and token.text in ASK_FIRST - asked:
            yield token.line, f"{token.text} without typeof"


def _class_fields(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    bodies: list[bool] = []
    class_ahead = False
    for before, token in pairwise([START, *tokens]):
        in_class_body = bool(bodies) and bodies[-1]
        if token.kind == "name" and token.text == "class" and before.text != ".":
            class_ahead = True
        elif token.text == ":" and before.text == "class":
            class_ahead = False
        elif token.kind == "punctuation" and token.text in "([{":
            if in_class_body and token.text == "{" and before.text == "static":
                yield token.line, "static block"
            bodies.append(class_ahead and token.text == "{")
            class_ahead = class_ahead and token.text != "{"
        elif token.kind == "punctuation" and token.text in ")]}":
            bodies.pop()
        elif in_class_body and (token.text == "=" or (token.text == ";" and before.kind == "name")):
            yield token.line, "class field"


def _top_level_await(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    opened: list[tuple[str, bool]] = []
    heads: list[str] = []
    head_of_last_parenthesis = ""
    arrow_since_statement = False
    for before, token in pairwise([START, *tokens]):
        if token.kind == "punctuation" and token.text in "([{":
            function = token.text == "{" and (
                before.text == "=>" or (before.text == ")" and head_of_last_parenthesis not in NOT_FUNCTIONS)
            )
            opened.append((token.text, function))
            if token.text == "(":
                heads.append(before.text)
        elif token.kind == "punctuation" and token.text in ")]}":
            if opened.pop()[0] == "(":
                head_of_last_parenthesis = heads.pop()
        elif token.text == "=>":
            arrow_since_statement = True
        elif token.text == ";":
            arrow_since_statement = False
        elif token.kind == "name" and token.text == "await" and before.text != ".":
            inside = arrow_since_statement or any(function for _, function in opened)
            yield from [] if inside else [(token.line, "top-level await")]


FORBIDDEN_CSS = {
    ":has()": r":has\(",
    ":is() or :where()": r":(?:is|where)\(",
    "list inside :not()": r":not\([^)]*,",
    "dynamic viewport unit": r"\d(?:dvh|svh|lvh|dvw|svw|lvw)\b",
    "aspect-ratio": r"(?<![\w-])aspect-ratio\s*:",
    "color-mix()": r"color-mix\(",
    "inset": r"(?<![\w-])inset(?:-[a-z-]+)?\s*:",
    "logical shorthand": r"(?<![\w-])(?:margin|padding)-(?:inline|block)\s*:",
    "min(), max() or clamp()": r"(?<![\w-])(?:min|max|clamp)\(",
    "@layer or @container": r"@(?:layer|container)\b",
}
BLOCK = re.compile(r"(?P<head>[^{};]*)\{(?P<body>[^{}]*)\}")
GAP = re.compile(r"(?<![\w-])(?:row-|column-)?gap\s*:")
GRID = re.compile(r"display\s*:\s*(?:inline-)?grid")


def faults_of_style(sheet: str) -> list[str]:
    """What the promised phones do not know; gap is taken only beside display: grid in the same rule."""
    text = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    found = [name for name, pattern in FORBIDDEN_CSS.items() if re.search(pattern, text)]
    if any(GAP.search(block["body"]) and not GRID.search(block["body"]) for block in BLOCK.finditer(text)):
        found.append("gap outside a grid")
    if _is_nested(text):
        found.append("nesting")
    return found


def _is_nested(text: str) -> bool:
    inside: list[str] = []
    for head, brace in re.findall(r"([^{};]*)([{};])", text):
        if brace == "{":
            if any(not outer.startswith("@") for outer in inside):
                return True
            inside.append(head.strip())
        elif brace == "}":
            inside.pop()
    return False
