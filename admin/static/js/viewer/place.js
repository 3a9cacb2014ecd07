/** The town a workplace is in, as far as its words say. */

/** 东莞 of 东莞长安, 广东省东莞市长安镇 or 东莞市; 示例县 of 示例县城关镇. */
export function placeOf(workplace) {
  const local = workplace.replace(/^.{2,3}?(?:省|自治区)(?=.)/, "");
  const named = /^(.{2,6}?)(市|州|县|区)/.exec(local);
  if (named) return named[2] === "市" ? named[1] : named[0];
  return /^[\u4e00-\u9fff]/.test(local) ? local.slice(0, 2) : local.split(/[\s,]/)[0];
}
