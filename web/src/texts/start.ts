/* The first hour. English, German. */
export const START = {
} as const;
