// The verdicts on several loads of one fleet, side by side: the windows of one close while the next is hurt.

/** @param {{ exact: (what: object) => Promise<object> }} fleet */
export function verdicts(fleet) {
  const all = [];
  // A store that is away for the next fault's sake answers 503 to the question about this one: asked again.
  const ask = async (what, tries = 5) => {
    try {
      return await fleet.exact(what);
    } catch (error) {
      if (tries > 0 && /: 503 /.test(error.message)) return ask(what, tries - 1);
      throw error;
    }
  };
  return {
    /** Begins to wait for the verdict; `what` as of fleet.exact. */
    later: (what) =>
      void all.push(
        ask(what).then(
          (row) => ({ row }),
          (error) => ({ error }),
        ),
      ),
    /** The rows; throws the first verdict that went wrong. */
    async all() {
      const found = await Promise.all(all);
      for (const { error } of found) if (error) throw error;
      return found.map(({ row }) => row);
    },
  };
}
