/* The dashboard. English, German. */
export const DASHBOARD = {
} as const;
