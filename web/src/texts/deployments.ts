/* What runs where. English, German. */
export const DEPLOYMENTS = {
} as const;
