/** How a card is called, in the reader's language. */

import { t } from "../i18n.js";

/** 3号, 政1 */
export function cardLabel(card) {
  return t("common.card.label_" + card.kind, { number: String(card.number) });
}

/** The pushes of a curve under the labels of their cards. */
export function labelled(marks, cards) {
  const names = {};
  cards.forEach((card) => {
    names[card.label] = cardLabel(card);
  });
  return marks.map((mark) => ({ at: mark.at, label: names[mark.label] || mark.label }));
}
