// A small drawer in the browser; a forbidden one is simply empty.
export const drawer = {
  /** @param {string} name */
  get(name) {
    try {
      return JSON.parse(localStorage.getItem(`acclaim.${name}`) ?? 'null');
    } catch {
      return null;
    }
  },
  /** @param {string} name @param {unknown} value */
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(`acclaim.${name}`);
      else localStorage.setItem(`acclaim.${name}`, JSON.stringify(value));
    } catch {
      // nothing is lost but comfort
    }
  },
};
