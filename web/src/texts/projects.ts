/* Projects and their members, users. English, German. */
export const PROJECTS = {
} as const;
