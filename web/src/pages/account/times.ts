/* "2026-11-23 20:39:37.754369+00", as the API writes a time where it gives no number: microseconds. */
export const microsOf = (text: string): number => Date.parse(text.replace(' ', 'T').replace(/\+00$/, 'Z')) * 1000;
