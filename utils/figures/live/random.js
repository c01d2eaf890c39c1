/* Random numbers that are the same in every browser for the same seed. A browser loads this as a classic
   script (`CourseRandom`), Node by `require`. */
(function (root) {
  "use strict";
  /* Mulberry32: numbers in [0, 1). */
  function uniform(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }
  /* A standard normal number from two uniform ones: Box and Muller. */
  function normal(draw) {
    return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  }
  root.CourseRandom = { uniform, normal };
  if (typeof module === "object") module.exports = root.CourseRandom;
})(typeof globalThis === "object" ? globalThis : this);
