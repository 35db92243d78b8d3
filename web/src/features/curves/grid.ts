/** Charts side by side, as many as fit. */
export const GRID = {
  display: "grid",
  gap: 1.5,
  gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 480px), 1fr))",
};
