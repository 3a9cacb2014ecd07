/** Labels of cards as the server says them, 3号 or 政1, alone or before a title, in the reader's language. */

import { t } from "./i18n.js";

const LABELS = [
  [/^(\d+)号/, "common.card.label_job"],
  [/^政(\d+)/, "common.card.label_policy"],
];

export function labelled(text) {
  const known = LABELS.find(([pattern]) => pattern.test(text));
  return known ? text.replace(known[0], (whole, number) => t(known[1], { number })) : text;
}
