/** A value that tells who follows it when it changes. */

import { useLayoutEffect, useState } from "../../vendor/preact-htm.js";

export function watched(initial) {
  let value = initial;
  const followers = new Set();
  return {
    get: () => value,
    set: (changes) => {
      value = Object.assign({}, value, changes);
      followers.forEach((follow) => follow(value));
    },
    follow: (follow) => {
      followers.add(follow);
      return () => followers.delete(follow);
    },
  };
}

/** The value, and a new drawing whenever it changes. */
export function useWatched(one) {
  const [value, setValue] = useState(one.get());
  useLayoutEffect(() => {
    setValue(one.get());
    return one.follow(setValue);
  }, [one]);
  return value;
}
