/** Copies a text, also where the browser keeps its clipboard to secure pages. */

function copyOldWay(text) {
  const box = document.createElement("textarea");
  box.value = text;
  box.setAttribute("readonly", "");
  box.className = "visually-hidden";
  document.body.appendChild(box);
  const focused = document.activeElement;
  box.select();
  let done = false;
  try {
    done = document.execCommand("copy");
  } catch (refused) {
    done = false;
  }
  box.remove();
  if (focused && focused.focus) focused.focus();
  return done;
}

/** Whether the text is on the clipboard now. */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (refused) {
    return copyOldWay(text);
  }
}
