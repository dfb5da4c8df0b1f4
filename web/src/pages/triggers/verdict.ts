/* What became of a delivery at the door, before anything in it was looked at: its words, and its tone. */
export const VERDICTS = { accepted: ['verdictAccepted', 'good'], unauthorized: ['verdictUnauthorized', 'bad'], forbidden: ['verdictForbidden', 'bad'], unreadable: ['verdictUnreadable', 'bad'] } as const;
export const verdictOf = (one: { verdict: string }) => VERDICTS[one.verdict as keyof typeof VERDICTS] ?? VERDICTS.unreadable;
