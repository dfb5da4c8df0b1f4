/* Settings and About. English, German. */
export const SETTINGS = {
} as const;
