/** As a ref: the field takes the focus when it appears. */
export function takeFocus(field) {
  if (field) field.focus();
}
