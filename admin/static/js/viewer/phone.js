/** Phone numbers as they are typed: full-width digits, spaces and +86 are taken off, the rest is grouped 3-4-4. */

const MAINLAND = /^1[3-9]\d{9}$/;
const ABROAD = /^\+\d{8,15}$/;

/** Digits only, with a leading + where the number is from elsewhere. */
export function plainPhone(typed) {
  const text = typed.normalize("NFKC").replace(/[^\d+]/g, "");
  const digits = text.replace(/(?!^)\+/g, "");
  return digits.replace(/^(?:\+86|0086)(?=1)/, "").replace(/^86(?=1\d{10}$)/, "");
}

/** 138 0000 0001, also while it is being typed. */
export function groupedPhone(typed) {
  const plain = plainPhone(typed);
  if (plain[0] === "+" || plain[0] === "0") return plain;
  return [plain.slice(0, 3), plain.slice(3, 7), plain.slice(7)].filter(Boolean).join(" ");
}

export function isPhone(typed) {
  const plain = plainPhone(typed);
  return MAINLAND.test(plain) || ABROAD.test(plain);
}

/** Names the sentence that says why what was typed is no number to write to. */
export function phoneFault(typed) {
  const plain = plainPhone(typed);
  if (plain[0] === "1" && plain.length === 11) return "viewer.apply.phone_unknown";
  const landline = plain[0] === "0" || (plain[0] !== "1" && plain.length === 11);
  return landline ? "viewer.apply.phone_landline" : "viewer.apply.phone_invalid";
}

function placeAfter(text, digits) {
  let place = 0;
  for (let left = digits; left > 0 && place < text.length; place += 1) if (text[place] !== " ") left -= 1;
  return place;
}

/** Groups what stands in the field and leaves the caret after the digit it was behind. */
export function regroup(input) {
  const before = groupedPhone(input.value.slice(0, input.selectionStart)).replace(/ /g, "").length;
  const grouped = groupedPhone(input.value);
  if (grouped === input.value) return grouped;
  input.value = grouped;
  const place = placeAfter(grouped, before);
  input.setSelectionRange(place, place);
  return grouped;
}
