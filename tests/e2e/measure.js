/** What does not fit on the viewer's page as it stands: a list of sentences, empty when all is well. */
({ main, atOnce }) => {
  const TOUCH = 48;
  // Glyphs are taller than their line: this much of a box is not ink.
  const GLYPH = 2;
  const faults = [];
  const root = document.documentElement;
  const dialogs = document.querySelectorAll("[role=dialog]");
  const dialog = dialogs[dialogs.length - 1];
  const body = dialog && dialog.querySelector(".sheet-body");
  const shown = (element) => element.getClientRects().length > 0 && !element.closest(".visually-hidden, .skip-link");
  const named = (element) => `“${(element.getAttribute("aria-label") || element.textContent).trim().slice(0, 24)}”`;

  function texts(within) {
    const found = [];
    const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.textContent.trim() && shown(node.parentElement)) {
        const range = document.createRange();
        range.selectNodeContents(node);
        found.push({ element: node.parentElement, box: range.getBoundingClientRect() });
      }
    }
    return found;
  }

  function isCut({ element, box }) {
    for (let around = element; around !== document.body; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (style.overflowX === "auto" || style.overflowX === "scroll") return false;
      if (style.position === "fixed") break;
      if (style.textOverflow === "ellipsis" && style.overflowX === "hidden") return false;
      if (style.overflowX === "hidden" && style.webkitLineClamp === "none") {
        const frame = around.getBoundingClientRect();
        if (box.right > frame.right + 1 || box.bottom > frame.bottom + 1) return true;
      }
    }
    return box.left < 0 || box.right > root.clientWidth + 1;
  }

  function topOf(selector) {
    const tops = Array.from(document.querySelectorAll(selector)).filter(shown);
    return Math.min(innerHeight, ...tops.map((bar) => bar.getBoundingClientRect().top));
  }

  function isHit(element) {
    const box = element.getBoundingClientRect();
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return Boolean(hit) && (element.contains(hit) || hit.contains(element) && hit.matches("label"));
  }

  function checkWidth() {
    if (root.scrollWidth > root.clientWidth) faults.push("wider than the screen");
    texts(dialog || document.body).filter(isCut).forEach(({ element }) => faults.push(`cut off: ${named(element)}`));
  }

  function checkEnds() {
    if (dialog) {
      const box = dialog.getBoundingClientRect();
      if (box.top < 0 || box.bottom > innerHeight) faults.push("sheet larger than the screen");
      return;
    }
    const before = pageYOffset;
    scrollTo(0, 0);
    const top = document.querySelector(".viewer-top").getBoundingClientRect().bottom;
    const low = (text) => text.element.closest("main") && text.box.top < top - GLYPH && !text.element.closest(".viewer-stage");
    texts(document.body).filter(low).forEach(({ element }) => faults.push(`under the top bar: ${named(element)}`));
    scrollTo(0, root.scrollHeight);
    const bottom = topOf(".tabs-bottom, .viewer-sticky");
    const high = (text) => !text.element.closest(".tabs-bottom, .viewer-sticky, .viewer-stage") && text.box.bottom > bottom;
    texts(document.body).filter(high).forEach(({ element }) => faults.push(`under the bottom bars: ${named(element)}`));
    scrollTo(0, before);
  }

  function checkTargets() {
    const targets = (dialog || document.body).querySelectorAll("button, a[href], select, input:not([type=checkbox]), label.check");
    Array.from(targets).filter(shown).forEach((target) => {
      const { width, height } = target.getBoundingClientRect();
      if (width < TOUCH - 0.5 || height < TOUCH - 0.5) {
        faults.push(`too small: ${named(target)} ${Math.round(width)} × ${Math.round(height)}`);
      }
    });
  }

  function checkMain() {
    const choices = Array.from((dialog || document).querySelectorAll(main)).filter(shown);
    if (choices.length === 0) return faults.push(`no main action: ${main}`);
    const inSight = (element) => {
      const box = element.getBoundingClientRect();
      return box.top >= 0 && box.bottom <= innerHeight && isHit(element);
    };
    if (choices.some(inSight)) return undefined;
    if (atOnce) return faults.push(`out of sight: ${named(choices[0])}`);
    choices[0].scrollIntoView({ block: "center" });
    if (!inSight(choices[0])) faults.push(`out of reach: ${named(choices[0])}`);
    if (body) body.scrollTo(0, 0);
    return scrollTo(0, 0);
  }

  checkMain();
  checkWidth();
  checkEnds();
  checkTargets();
  return faults;
}
